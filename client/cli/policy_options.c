/* SPDX-License-Identifier: MIT */
#include "client/cli/policy_options.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/duration.h"
#include "proto/policy.h"

static bool read_ms(const char *text, uint32_t *out)
{
    int64_t ms;

    if (duration_parse(text, &ms) != ERR_NONE || ms > POLICY_DELAY_MAX_MS)
        return false;
    *out = (uint32_t)ms;
    return true;
}

/* MIN..MAX, or one duration that is both. A maximum of 0 would stand for the
 * default: 0 is a minimum of 0. */
static int read_backoff(const struct cli *c, const char *text,
                        struct policy *out)
{
    char *min = xstrdup(text);
    char *dots = strstr(min, "..");
    bool ok;

    if (dots != NULL)
        *dots = '\0';
    ok = read_ms(min, &out->backoff_min_ms) &&
         read_ms(dots != NULL ? dots + 2 : min, &out->backoff_max_ms);
    free(min);
    if (!ok)
        return cli_usage(c,
                         "--backoff %s: a time or two, at most 7 days, as "
                         "in 1s..60s",
                         text);
    if (out->backoff_max_ms == 0 && out->backoff_min_ms == 0)
        out->backoff_max_ms = 1;
    return EXITS_DONE;
}

static int read_max_fails(const struct cli *c, const char *text,
                          struct policy *out)
{
    char *end = NULL;
    unsigned long n = 0;

    if (*text >= '0' && *text <= '9')
        n = strtoul(text, &end, 10);
    if (end != NULL && n > 0 && n <= UINT32_MAX && *end == '\0')
        out->max_fails = (uint32_t)n;
    else if (end != NULL && n > 0 && n <= 100 && strcmp(end, "%") == 0)
        out->max_fails_percent = (uint32_t)n;
    else
        return cli_usage(c, "--max-fails %s: a number from 1, or 1%% to 100%%",
                         text);
    return EXITS_DONE;
}

int policy_options_read(const struct cli *c, struct policy *out)
{
    const struct options *o = &c->options;
    const char *backoff = options_text(o, OPT_BACKOFF, NULL);
    const char *max_fails = options_text(o, OPT_MAX_FAILS, NULL);
    const char *retry_on = options_text(o, OPT_RETRY_ON, NULL);
    char errmsg[ERRMSG_LEN];
    int code = EXITS_DONE;

    *out = (struct policy){
        .retries = (uint32_t)options_number(o, OPT_RETRY, 0),
        .retry_on = view_str(retry_on),
        .at_most_once = options_has(o, OPT_AT_MOST_ONCE),
        .queue_ms = (uint64_t)options_duration(o, OPT_QUEUE_TIMEOUT, 0),
        .start_ms = (uint64_t)options_duration(o, OPT_START_TIMEOUT, 0),
        .run_ms = (uint64_t)options_duration(o, OPT_RUN_TIMEOUT, 0),
        .idle_ms = (uint64_t)options_duration(o, OPT_IDLE_TIMEOUT, 0),
        .total_ms = (uint64_t)options_duration(o, OPT_DEADLINE, 0),
    };
    if (retry_on != NULL && *retry_on == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--retry-on is empty: name what to retry on, as in "
                            "exit=N,signal=N,error=NAME,run-timeout, or leave "
                            "it out for any failure");
    if (out->retries == 0 && (backoff != NULL || retry_on != NULL))
        return cli_usage(c, "--backoff and --retry-on go with --retry");
    if (backoff != NULL)
        code = read_backoff(c, backoff, out);
    if (code == EXITS_DONE && max_fails != NULL)
        code = read_max_fails(c, max_fails, out);
    if (code == EXITS_DONE && policy_check(out, errmsg) != ERR_NONE)
        code = cli_usage(c, "%s", errmsg);
    return code;
}
