/* SPDX-License-Identifier: MIT */
/* foreground - a command that stays with its job until the end. */
#include "client/cli/foreground.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
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
    return waited;
}

/* The job goes on, which is not what timeout(1) does. */
static int fail_timeout(const struct cli *c, uint64_t job)
{
    struct fault fault = { EXITS_TIMEOUT, ERR_TIMEOUT, "" };

    snprintf(fault.hint, sizeof fault.hint,
             "%" PRIu64 " goes on; cancel with: yon cancel %" PRIu64
             "    a limit for it: --run-timeout",
             job, job);
    return cli_fail(c, fault, "timed out: --timeout %s",
                    options_text(&c->options, OPT_TIMEOUT, ""));
}

int foreground_await(struct cli *c, uint64_t job, yon_future *f)
{
    struct start_notice notice;
    enum waited waited;
    int code;

    start_notice_begin(&notice, c, job);
    waited = end_await(c, job, f);
    code = waited == WAITED_TIMEOUT ? fail_timeout(c, job)
                                    : cli_fail_wait(c, waited, f);
    start_notice_end_await(&notice);
    return code == EXITS_DONE && c->interrupted ? cli_interrupted_exit(c)
                                                : code;
}
