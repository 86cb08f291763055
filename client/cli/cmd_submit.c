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
#include "client/cli/json.h"
#include "client/cli/placeholder.h"
#include "client/cli/shell_line.h"
#include "client/cli/submission.h"
#include "client/cli/wait.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "proto/spec.h"

/* The arguments: a command, or the words of a call; behind ::: items. */
struct typed {
    char **words;
    size_t n_words;
    char **items; /* NULL: no ::: */
    size_t n_items;
    char **owned; /* words, when they are not those that were typed; freed by
                     shell_line_free */
};

static struct typed typed_split(const struct options *o)
{
    struct typed t = { .words = o->args };

    while (t.n_words < o->n_args && strcmp(t.words[t.n_words], ":::") != 0)
        t.n_words++;
    if (t.n_words < o->n_args) {
        t.items = t.words + t.n_words + 1;
        t.n_items = o->n_args - t.n_words - 1;
    }
    return t;
}

static bool has_items(const struct cli *c, const struct typed *t)
{
    return t->items != NULL || options_has(&c->options, OPT_EACH_LINE) ||
           options_has(&c->options, OPT_ARRAY);
}

/* ---- items ---- */

static int items_of_file(const struct cli *c, const char *path,
                         struct items *items)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    char errmsg[ERRMSG_LEN];
    enum err err;

    if (in == NULL)
        return cli_usage(c, "%s: %s", path, strerror(errno));
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

static int items_of_words(const struct cli *c, const struct typed *t,
                          struct items *items)
{
    char errmsg[ERRMSG_LEN];

    for (size_t i = 0; i < t->n_items; i++)
        if (strcmp(t->items[i], ":::") == 0)
            return cli_usage(c, "::: may be given only once");
    for (size_t i = 0; i < t->n_items; i++)
        if (items_append(items, view_str(t->items[i]), errmsg) != ERR_NONE)
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
        return cli_usage(c, "%s", errmsg);
    items_from_range(items, range);
    return EXITS_DONE;
}

static int items_find(const struct cli *c, const struct typed *t,
                      struct items *items)
{
    const char *array = options_text(&c->options, OPT_ARRAY, NULL);
    const char *file = options_text(&c->options, OPT_EACH_LINE, NULL);
    int n_sources = (array != NULL) + (file != NULL) + (t->items != NULL);
    int code = EXITS_DONE;

    if (n_sources > 1)
        return cli_usage(c, "items come from one of --array, --each-line and "
                            ":::");
    if (array != NULL)
        return items_of_range(c, array, items);
    if (file != NULL)
        code = items_of_file(c, file, items);
    else if (t->items != NULL)
        code = items_of_words(c, t, items);
    if (code == EXITS_DONE && n_sources > 0 && items->n == 0)
        return cli_usage(c, "no items: the list is empty");
    return code;
}

/* ---- words ---- */

static int line_to_words(const struct cli *c, const char *line, struct typed *t)
{
    char errmsg[ERRMSG_LEN];

    if (t->n_words > 0 || options_has(&c->options, OPT_CALL))
        return cli_usage(c, "--sh has the whole command: nothing may stand "
                            "beside it but options and ::: ITEM...");
    if (*line == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--sh is empty");
    if (shell_line_command(line, &t->owned, &t->n_words, errmsg) != ERR_NONE)
        return cli_usage(c, "%s", errmsg);
    t->words = t->owned;
    return EXITS_DONE;
}

/* As parallel and xargs do it: the item is the last argument. */
static void append_item(struct typed *t)
{
    char **words = xcalloc(t->n_words + 1, sizeof *words);

    for (size_t i = 0; i < t->n_words; i++)
        words[i] = xstrdup(t->words[i]);
    words[t->n_words++] = xstrdup("{}");
    t->words = t->owned = words;
}

/* The words as they are to be run. */
static int words_find(const struct cli *c, struct typed *t)
{
    const struct options *o = &c->options;
    const char *line = options_text(o, OPT_SH, NULL), *program;
    bool of_list = t->items != NULL || options_has(o, OPT_EACH_LINE);
    bool uses_item = false;

    for (size_t i = 0; i < t->n_words; i++) {
        if (strcmp(t->words[i], ":::+") == 0 ||
            strcmp(t->words[i], "::::") == 0)
            return cli_usage(c,
                             "there is no %s: items are words behind :::, or "
                             "the lines of --each-line FILE",
                             t->words[i]);
        uses_item |= placeholder_is_in(t->words[i]);
    }
    if (line != NULL)
        return line_to_words(c, line, t);
    if (!of_list || options_has(o, OPT_CALL))
        return EXITS_DONE;
    program = shell_line_find_code(t->words, t->n_words);
    if (program != NULL && shell_line_is_shell(program))
        return cli_usage(c,
                         "an item would become code of %s: write yon submit "
                         "--sh 'LINE', which quotes each placeholder, or give "
                         "it as an argument: %s -c '... \"$1\"' sh {}",
                         program, program);
    if (program != NULL)
        return cli_usage(c,
                         "an item would become code of %s: give {} as an "
                         "argument of its own, behind the code",
                         program);
    if (!uses_item && t->n_words > 0 && t->n_words < ARGV_MAX)
        append_item(t);
    return EXITS_DONE;
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

static void warn_of_unknown(const struct cli *c, const struct typed *t)
{
    bool names = !is_awk_or_sed(t->words[0]);

    for (size_t i = 0; i < t->n_words; i++) {
        struct view found = placeholder_find_unknown(t->words[i], names);

        if (found.len == 0)
            continue;
        cli_warn(c,
                 "%.*s is not replaced: placeholders are {}, {.}, {/}, {//}, "
                 "{/.} and {#}",
                 (int)found.len, (const char *)found.data);
        return;
    }
}

/* find -exec has {} of its own. */
static bool has_bare_placeholder(const struct typed *t)
{
    bool found = false;

    for (size_t i = 0; i < t->n_words; i++) {
        if (strcmp(t->words[i], "-exec") == 0)
            return false;
        found |= strcmp(t->words[i], "{}") == 0;
    }
    return found;
}

static void warn_of_words(const struct cli *c, const struct typed *t,
                          const struct items *items)
{
    bool uses_item = options_has(&c->options, OPT_ARGS);
    bool is_call = options_has(&c->options, OPT_CALL);

    for (size_t i = 0; i < t->n_words; i++) {
        uses_item |= placeholder_is_in(t->words[i]);
        if (*t->words[i] == '\0' && !is_call)
            cli_warn(c,
                     "argument %zu of the command is empty: a variable that "
                     "is not set here?",
                     i);
    }
    if (t->n_words > 0)
        warn_of_unknown(c, t);
    if (items->n_cr > 0)
        cli_warn(c,
                 "%" PRIu32 " items end in a carriage return, as in files of "
                 "Windows; remove it with tr -d '\\r'",
                 items->n_cr);
    if (items->n == 0 && !is_call && has_bare_placeholder(t))
        cli_warn(c, "{} is passed as it is: items come from :::, --each-line "
                    "or --array");
    if (uses_item || items->n == 0 || options_has(&c->options, OPT_ARRAY))
        return;
    if (is_call)
        cli_warn(c, "no {} in the arguments: every call gets the same ones");
}

/* ---- the job ---- */

static int fill(const struct cli *c, struct typed *t, struct submission *s)
{
    const char *fn = options_text(&c->options, OPT_CALL, NULL);
    int code;

    if (fn == NULL && options_has(&c->options, OPT_ARGS))
        return cli_usage(c, "--args needs --call");
    code = words_find(c, t);
    if (code != EXITS_DONE)
        return code;
    code = fn != NULL ? submission_call(c, fn, t->words, t->n_words,
                                        has_items(c, t), s)
                      : submission_command(c, t->words, t->n_words, s);
    if (code == EXITS_DONE)
        code = items_find(c, t, &s->items);
    if (code == EXITS_DONE)
        code = check_values(c, s);
    if (code == EXITS_DONE && fn == NULL)
        code = command_files_check(c, &s->items);
    if (code == EXITS_DONE)
        warn_of_words(c, t, &s->items);
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

static void say_submitted(const struct cli *c, const struct submission *s)
{
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
    buf_addf(&line,
             ".   watch: yon wait %" PRIu64
             "%s    result%s: yon result %" PRIu64 "%s",
             s->job, s->items.n > 0 ? " -p" : "", s->items.n > 0 ? "s" : "",
             s->job, s->items.n > 0 ? " --each" : "");
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
    if (!waits || s->existed || code != EXITS_DONE)
        say_submitted(c, s);
    return waits && code == EXITS_DONE ? wait_for_await(c, s) : code;
}

int cmd_submit(struct cli *c)
{
    struct typed t = typed_split(&c->options);
    struct submission s = { 0 };
    int code = fill(c, &t, &s);

    if (code == EXITS_DONE)
        code = hand_in_await(c, &s);
    submission_fini(&s);
    if (t.owned != NULL)
        shell_line_free(t.owned, t.n_words);
    return code;
}
