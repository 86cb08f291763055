/* SPDX-License-Identifier: MIT */
/* yon wait: until jobs have ended. */
#include "client/cli/cmd.h"
#include "client/cli/wait.h"

int cmd_wait(struct cli *c)
{
    const struct options *o = &c->options;
    struct wait_options how = {
        .any = options_has(o, OPT_ANY),
        .progress = options_has(o, OPT_PROGRESS),
    };
    struct targets targets = { 0 };
    int code;

    if (how.any && options_has(o, OPT_ALL))
        return cli_usage(c, "--any and --all cannot be combined");
    cli_catch_interrupt(c);
    code = targets_find_active_await(c, &targets);
    if (code == EXITS_DONE && targets.n > 0)
        code = wait_jobs_await(c, &targets, how);
    targets_fini(&targets);
    return wait_exit(c, code);
}
