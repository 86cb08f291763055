/* SPDX-License-Identifier: MIT */
/* foreground - a command that stays with its job until the end. */
#include "client/cli/foreground.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "client/cli/start_notice.h"

void foreground_cancel_await(struct cli *c, uint64_t job, const char *reason)
{
    struct op op = { .type = OP_CANCEL };

    op.u.cancel.job = job;
    op.u.cancel.first = 1;
    op.u.cancel.last = 1;
    op.u.cancel.reason = view_str(reason);
    (void)cli_request_await(c, &op, NULL, NULL); /* what is wrong is told */
}

/* What asked for the end. */
static const char *interrupt_name(const struct cli *c)
{
    switch (cli_interrupted_exit(c) - EXITS_SIGNAL) {
    case SIGTERM:
        return "SIGTERM";
    case SIGHUP:
        return "SIGHUP";
    default:
        return "Ctrl-C";
    }
}

static enum waited end_await(struct cli *c, uint64_t job, yon_future *f)
{
    enum waited waited = c->interrupted ? WAITED_INTERRUPT : cli_await(c, f);

    if (waited == WAITED_INTERRUPT) {
        const char *why = interrupt_name(c);

        cli_say(c, "yon: %s: cancelling %" PRIu64 "; Ctrl-C%s leaves at once",
                why, job, strcmp(why, "Ctrl-C") == 0 ? " again" : "");
        foreground_cancel_await(c, job, why);
        waited = cli_await(c, f);
    }
    if (waited == WAITED_TIMEOUT)
        cli_say(c, "yon: %" PRIu64 " goes on; cancel with: yon cancel %" PRIu64,
                job, job);
    return waited;
}

int foreground_await(struct cli *c, uint64_t job, yon_future *f)
{
    struct start_notice notice;
    int code;

    start_notice_begin(&notice, c, job);
    code = cli_fail_wait(c, end_await(c, job, f), f);
    start_notice_end_await(&notice);
    return code == EXITS_DONE && c->interrupted ? cli_interrupted_exit(c)
                                                : code;
}
