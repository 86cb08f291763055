/* SPDX-License-Identifier: MIT */
/* confirm - before much is done at once, people are asked. */
#include "client/cli/confirm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int confirm_filter(const struct cli *c, struct targets *targets)
{
    const char *state = options_text(&c->options, OPT_STATE, NULL);
    size_t n = 0;

    for (size_t i = 0; i < targets->n; i++)
        if (state == NULL ||
            strcmp(state_name(targets->at[i].job->info.state), state) == 0)
            targets->at[n++] = targets->at[i];
    targets->n = n;
    if (n > 0)
        return EXITS_DONE;
    return cli_fail(c, (struct fault){ EXITS_NOTHING, ERR_ABSENT, "" },
                    "no job matches");
}

/* Who types something else than yes means no. */
static bool says_yes(void)
{
    char line[16] = "";

    return fgets(line, sizeof line, stdin) != NULL &&
           (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
}

static void put_count(const struct cli *c, const char *verb, uint64_t n)
{
    struct buf line = { 0 };

    if (cli_is_json(c)) {
        cli_put_json(c, json_pack("{s:s, s:s, s:I}", "schema", "yon.dryrun/1",
                                  "verb", verb, "n", (json_int_t)n));
        return;
    }
    buf_addf(&line, "%" PRIu64 "\n", n);
    cli_put(c, buf_view(&line));
    buf_fini(&line);
}

int confirm(const struct cli *c, const char *verb, uint64_t n, bool *go)
{
    *go = false;
    if (options_has(&c->options, OPT_DRY_RUN)) {
        put_count(c, verb, n);
        return EXITS_DONE;
    }
    *go = n <= CONFIRM_MAX || options_has(&c->options, OPT_YES);
    if (*go)
        return EXITS_DONE;
    if (!isatty(STDIN_FILENO))
        return cli_usage(c, "this would %s %" PRIu64 " jobs: say --yes", verb,
                         n);
    fprintf(stderr, "%s %" PRIu64 " jobs? [y/N] ", verb, n);
    *go = says_yes();
    return EXITS_DONE;
}
