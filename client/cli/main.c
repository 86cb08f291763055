/* SPDX-License-Identifier: MIT */
/* yon - the command line. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <yon/co.h>

#include "client/cli/cmd.h"
#include "client/cli/help.h"
#include "libcommon/rt/co/run.h"
#include "libcommon/rt/co/unread.h"
#include "libcommon/rt/os/stdfiles.h"
#include "libcommon/rt/zmq/address.h"

static int command_co(void *arg)
{
    struct cli *c = arg;

    c->exit = c->command->run(c);
    cli_fini(c);
    return 0;
}

static int run(struct cli *c)
{
    int err;

    if (options_has(&c->options, OPT_HELP))
        return cmd_help(c);
    if (options_has(&c->options, OPT_VERSION))
        return cmd_version(c);
    if (c->command == NULL)
        return cli_usage(c, "which command?");
    if (c->output->id == OUTPUT_ID && !c->command->has_ids)
        return cli_usage(c, "%s has no ids to print: -o id is not for it",
                         c->command->name);
    if (c->output->is_json && c->command->json_by != NULL)
        return cli_usage(c,
                         "%s prints what the command writes, not JSON: use "
                         "%s",
                         c->command->name, c->command->json_by);
    if (c->command->is_plain)
        return c->command->run(c);
    if (options_has(&c->options, OPT_ACCESS))
        address_use_access(options_text(&c->options, OPT_ACCESS, ""));
    err = run_without_sigint(command_co, c);
    return err == 0 ? c->exit : cli_fail_err(c, (enum err) - err, NULL);
}

int main(int argc, char **argv)
{
    struct cli c = { 0 };
    char errmsg[ERRMSG_LEN] = "";
    enum err err;
    int code, end;

    stdfiles_open();
    unread_set(NULL); /* commands say what matters */
    setlocale(LC_CTYPE, "");
    err = command_line_read(argc, argv, &c.options, &c.command, errmsg);
    cli_init(&c);
    if (err != ERR_NONE)
        code = cli_usage(&c, "%s", errmsg);
    else
        code = run(&c);
    end = cli_put_end(&c);
    options_fini(&c.options);
    return code != EXITS_DONE ? code : end;
}
