/* SPDX-License-Identifier: MIT */
/* confirm - a question before much is done at once. */
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

/* Everything but yes means no. */
static bool says_yes(void)
{
    char line[16] = "";

    return fgets(line, sizeof line, stdin) != NULL &&
           (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
}

/* The answer to --dry-run. */
struct dry_run {
    const char *verb;
    uint64_t n;
};

static json_t *dry_run_doc(void *arg, const void *thing)
{
    const struct dry_run *d = thing;

    (void)arg;
    return json_pack("{s:s, s:s, s:I}", "schema", "yon.dryrun/1", "verb",
                     d->verb, "n", (json_int_t)d->n);
}

static void dry_run_text(void *arg, const void *thing, struct buf *out)
{
    const struct dry_run *d = thing;

    (void)arg;
    buf_addf(out, "%" PRIu64 "\n", d->n);
}

static const struct output_view dry_run_view = { .doc = dry_run_doc,
                                                 .text = dry_run_text };

int confirm(const struct cli *c, const char *verb, uint64_t n, bool *go)
{
    struct dry_run dry_run = { verb, n };

    *go = false;
    if (options_has(&c->options, OPT_DRY_RUN)) {
        output_one(c->output, &dry_run_view, NULL, &dry_run);
        return EXITS_DONE;
    }
    *go = n <= CONFIRM_MAX || options_has(&c->options, OPT_YES);
    if (*go)
        return EXITS_DONE;
    if (!isatty(STDIN_FILENO))
        return cli_usage(
            c, "this would %s %" PRIu64 " jobs; confirm with --yes", verb, n);
    fprintf(stderr, "%s %" PRIu64 " jobs? [y/N] ", verb, n);
    *go = says_yes();
    return EXITS_DONE;
}
