/* SPDX-License-Identifier: MIT */
/* yon submit: a job or an array, handed in. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/cmd.h"
#include "client/cli/command_files.h"
#include "client/cli/functions.h"
#include "client/cli/item_values.h"
#include "client/cli/job_words.h"
#include "client/cli/json.h"
#include "client/cli/placeholder.h"
#include "client/cli/submission.h"
#include "client/cli/wait.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "proto/spec.h"

/* ---- items ---- */

static int items_of_file(const struct cli *c, const char *path,
                         struct items *items)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    char errmsg[ERRMSG_LEN];
    enum err err;

    if (in == NULL)
        return cli_usage(c, "--each-line %s: %s", path, strerror(errno));
    err = items_read(items, in, errmsg);
    if (!is_stdin)
        fclose(in);
    if (err == ERR_LIMIT)
        return cli_fail(c, (struct fault){ EXITS_REFUSED, err, "" }, "%s: %s",
                        is_stdin ? "stdin" : path, errmsg);
    if (err != ERR_NONE)
        return cli_usage(c, "%s: %s", is_stdin ? "stdin" : path, errmsg);
    return EXITS_DONE;
}

static int items_of_words(const struct cli *c, const struct job_words *w,
                          struct items *items)
{
    char errmsg[ERRMSG_LEN];

    for (size_t i = 0; i < w->n_items; i++)
        if (strcmp(w->items[i], ":::") == 0)
            return cli_usage(c, "::: may be given only once");
    for (size_t i = 0; i < w->n_items; i++)
        if (items_append(items, view_str(w->items[i]), errmsg) != ERR_NONE)
            return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                            "%s", errmsg);
    return EXITS_DONE;
}

static int items_of_range(const struct cli *c, const char *text,
                          struct items *items)
{
    struct number_range range;
    char errmsg[ERRMSG_LEN];

    if (number_range_parse(text, &range, errmsg) != ERR_NONE)
        return cli_usage(c, "--array: %s; other numbers are items: ::: 1 2 5",
                         errmsg);
    items_from_range(items, range);
    return EXITS_DONE;
}

static int items_find(const struct cli *c, const struct job_words *w,
                      struct items *items)
{
    const char *array = options_text(&c->options, OPT_ARRAY, NULL);
    const char *file = options_text(&c->options, OPT_EACH_LINE, NULL);
    int n_sources = (array != NULL) + (file != NULL) + (w->items != NULL);
    int code = EXITS_DONE;

    if (n_sources > 1)
        return cli_usage(c, "items come from one of --array, --each-line and "
                            ":::");
    if (array != NULL)
        return items_of_range(c, array, items);
    if (file != NULL)
        code = items_of_file(c, file, items);
    else if (w->items != NULL)
        code = items_of_words(c, w, items);
    if (code == EXITS_DONE && n_sources > 0 && items->n == 0)
        return cli_usage(c, "no items: the list is empty");
    return code;
}

/* Those that are to be values must be JSON. */
static int check_values(const struct cli *c, const struct submission *s)
{
    char errmsg[ERRMSG_LEN];

    if (s->kind != KIND_CALL ||
        item_values_check(&s->items, buf_view(&s->spec), errmsg) == ERR_NONE)
        return EXITS_DONE;
    return cli_usage(c, "%s; KEY={} passes a text", errmsg);
}

/* ---- warnings ---- */

/* The programs of those, whose scripts have names in braces. */
static bool is_awk_or_sed(const char *program)
{
    size_t len = strlen(program);

    return len >= 3 && (strcmp(program + len - 3, "awk") == 0 ||
                        strcmp(program + len - 3, "sed") == 0);
}

static void warn_of_unknown(const struct cli *c, const struct job_words *w)
{
    bool names = !is_awk_or_sed(w->at[0]);

    for (size_t i = 0; i < w->n; i++) {
        struct view found = placeholder_find_unknown(w->at[i], names);

        if (found.len == 0)
            continue;
        cli_warn(c,
                 "%.*s is not replaced: placeholders are {}, {.}, {/}, {//}, "
                 "{/.} and {#}",
                 (int)found.len, (const char *)found.data);
        return;
    }
}

static void warn_of_words(const struct cli *c, const struct job_words *w,
                          const struct items *items)
{
    bool uses_item = options_has(&c->options, OPT_ARGS);
    bool is_call = options_has(&c->options, OPT_CALL);

    for (size_t i = 0; i < w->n; i++) {
        uses_item |= placeholder_is_in(w->at[i]);
        if (*w->at[i] == '\0' && !is_call)
            cli_warn(c,
                     "argument %zu of the command is empty: a variable that "
                     "is not set here?",
                     i);
    }
    if (w->n > 0 && !options_has(&c->options, OPT_PLACEHOLDER))
        warn_of_unknown(c, w);
    if (items->n_cr > 0)
        cli_warn(c,
                 "%" PRIu32 " items end in a carriage return, as in files of "
                 "Windows; remove it with tr -d '\\r'",
                 items->n_cr);
    if (uses_item || items->n == 0 || options_has(&c->options, OPT_ARRAY))
        return;
    if (is_call)
        cli_warn(c, "no {} in the arguments: every call gets the same ones");
}

/* ---- the job ---- */

static int fill(const struct cli *c, struct job_words *w, struct submission *s)
{
    const char *fn = options_text(&c->options, OPT_CALL, NULL);
    int code;

    if (fn == NULL && options_has(&c->options, OPT_ARGS))
        return cli_usage(c, "--args needs --call");
    code = job_words_read(c, w);
    if (code != EXITS_DONE)
        return code;
    code = fn != NULL ? submission_call(c, fn, w->at, w->n,
                                        job_words_are_of_items(c, w), s)
                      : submission_command(c, w->at, w->n, s);
    if (code == EXITS_DONE)
        code = items_find(c, w, &s->items);
    if (code == EXITS_DONE)
        code = check_values(c, s);
    if (code == EXITS_DONE && fn == NULL)
        code = command_files_check(c, &s->items);
    if (code == EXITS_DONE)
        warn_of_words(c, w, &s->items);
    return code;
}

static json_t *receipt_doc(void *arg, const void *thing)
{
    const struct cli *c = arg;
    const struct submission *s = thing;
    const char *name = options_text(&c->options, OPT_NAME, "");

    return json_pack("{s:s, s:o, s:o, s:b, s:I, s:b}", "schema", "yon.submit/1",
                     "id", json_sprintf("%" PRIu64, s->job), "name",
                     json_text_or_null(view_str(name)), "array", s->items.n > 0,
                     "n", (json_int_t)(s->items.n > 0 ? s->items.n : 1),
                     "existed", s->existed);
}

static void receipt_text(void *arg, const void *thing, struct buf *out)
{
    const struct submission *s = thing;

    (void)arg;
    buf_addf(out, "%" PRIu64 "\n", s->job);
}

static int put_receipt(struct cli *c, const struct submission *s)
{
    static const struct output_view view = { .doc = receipt_doc,
                                             .text = receipt_text };

    output_one(c->output, &view, c, s);
    return cli_put_end(c);
}

static void say_submitted(const struct cli *c, const struct submission *s,
                          bool waits)
{
    const char *many = s->items.n > 0 ? "s" : "";
    const char *name = options_text(&c->options, OPT_NAME, NULL);
    struct buf line = { 0 };

    buf_addf(&line, s->existed ? "already exists: " : "submitted ");
    buf_addf(&line, "%s%" PRIu64, s->items.n > 0 ? "array " : "", s->job);
    if (name != NULL)
        buf_addf(&line, " \"%s\"", name);
    if (s->items.n > 0) {
        buf_addf(&line, ", ");
        duration_add_number(&line, s->items.n);
        buf_addf(&line, s->items.n == 1 ? " job" : " jobs");
    }
    if (waits)
        buf_addf(&line, ".   output: yon logs %" PRIu64, s->job);
    else
        buf_addf(&line, ".   watch: yon wait %" PRIu64 "%s", s->job,
                 s->items.n > 0 ? " -p" : "");
    buf_addf(&line, "    result%s: yon result %" PRIu64 "%s", many, s->job,
             s->items.n > 0 ? " --each" : "");
    cli_say(c, "%s", buf_text(&line));
    buf_fini(&line);
}

static int wait_for_await(struct cli *c, const struct submission *s)
{
    struct wait_options how = {
        .progress = options_has(&c->options, OPT_PROGRESS),
    };
    struct targets targets = { 0 };
    int code = targets_of_job_await(c, s->job, &targets);

    if (code == EXITS_DONE)
        code = wait_jobs_await(c, &targets, how);
    targets_fini(&targets);
    return code;
}

/* JSON is one document: how the job ended or, when that will not be known, the
 * receipt. */
static int wait_for_json_await(struct cli *c, const struct submission *s)
{
    int code = wait_for_await(c, s);

    if (code != EXITS_DONE && code != EXITS_FAILED && code != EXITS_CANCELLED)
        (void)put_receipt(c, s);
    return code;
}

/* Send it and, when wanted, wait. */
static int hand_in_await(struct cli *c, struct submission *s)
{
    bool waits = options_has(&c->options, OPT_WAIT) ||
                 options_has(&c->options, OPT_PROGRESS);
    int code = cli_connect(c);

    if (code == EXITS_DONE && s->kind == KIND_CALL)
        functions_warn_await(c, s->fn);
    if (waits)
        cli_catch_interrupt(c); /* before it is there: its id is to be told */
    if (code == EXITS_DONE)
        code = submission_send_await(c, s);
    if (code != EXITS_DONE)
        return code;
    if (waits && c->output->is_document)
        return wait_for_json_await(c, s);
    code = put_receipt(c, s);
    say_submitted(c, s, waits && code == EXITS_DONE);
    return waits && code == EXITS_DONE ? wait_for_await(c, s) : code;
}

int cmd_submit(struct cli *c)
{
    struct job_words w = job_words_split(&c->options);
    struct submission s = { 0 };
    int code = fill(c, &w, &s);

    if (code == EXITS_DONE)
        code = hand_in_await(c, &s);
    submission_fini(&s);
    job_words_fini(&w);
    return code;
}
