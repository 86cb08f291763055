/* SPDX-License-Identifier: MIT */
/* job_words - the words of a job, from those that were typed. */
#include "client/cli/job_words.h"

#include <stdlib.h>
#include <string.h>

#include "client/cli/interpreter.h"
#include "client/cli/placeholder.h"
#include "client/cli/shell_line.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/spec.h"

struct job_words job_words_split(const struct options *o)
{
    struct job_words w = { .at = o->args };

    while (w.n < o->n_args && strcmp(w.at[w.n], ":::") != 0)
        w.n++;
    if (w.n < o->n_args) {
        w.items = w.at + w.n + 1;
        w.n_items = o->n_args - w.n - 1;
    }
    return w;
}

void job_words_fini(struct job_words *w)
{
    if (w->owned != NULL)
        shell_line_free(w->owned, w->n);
    *w = (struct job_words){ 0 };
}

/* Items that are no numbers of ours. */
static bool are_of_texts(const struct cli *c, const struct job_words *w)
{
    return w->items != NULL || options_has(&c->options, OPT_EACH_LINE);
}

bool job_words_are_of_items(const struct cli *c, const struct job_words *w)
{
    return are_of_texts(c, w) || options_has(&c->options, OPT_ARRAY);
}

/* Copies, and room for one more. */
static void own(struct job_words *w)
{
    char **words = xcalloc(w->n + 1, sizeof *words);

    for (size_t i = 0; i < w->n; i++)
        words[i] = xstrdup(w->at[i]);
    w->at = w->owned = words;
}

/* ---- {} of others ---- */

static bool is_one_of(const char *word, const char *const *some, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, some[i]) == 0)
            return true;
    return false;
}

/* An option behind which {} is what find, or xargs, puts there. */
static bool is_exec(const char *word)
{
    static const char *const some[] = { "-exec", "-execdir", "-ok", "-okdir",
                                        "-I{}" };

    return is_one_of(word, some, ARRAY_LEN(some));
}

static bool has_own_placeholder(const char *word)
{
    static const char *const some[] = { "xargs", "parallel", "fd", "fdfind" };
    const char *slash = strrchr(word, '/');

    return is_exec(word) ||
           is_one_of(slash != NULL ? slash + 1 : word, some, ARRAY_LEN(some));
}

/* {} as a word, or as the value of an option. */
static bool is_bare(const char *word)
{
    size_t len = strlen(word);

    return strcmp(word, "{}") == 0 ||
           (word[0] == '-' && len > 3 && strcmp(word + len - 3, "={}") == 0);
}

/* The same for a line of sh: what it has of others is not looked for. */
static bool is_bare_in_line(const char *line)
{
    static const char before[] = " \t\n=\"'/", behind[] = " \t\n\"');&|/.";
    const char *at = line;

    if (strstr(line, "-exec") != NULL || strstr(line, "-ok") != NULL ||
        strstr(line, "xargs") != NULL || strstr(line, "parallel") != NULL)
        return false;
    while ((at = strstr(at, "{}")) != NULL) {
        if ((at == line || strchr(before, at[-1]) != NULL) &&
            strchr(behind, at[2]) != NULL) /* also the end */
            return true;
        at += 2;
    }
    return false;
}

static int refuse_no_items(const struct cli *c, const char *name)
{
    return cli_usage(c,
                     "there are no items for %s: they come from ::: ITEM..., "
                     "--each-line FILE or --array 1-9%s",
                     name,
                     options_has(&c->options, OPT_CALL)
                         ? "; to pass {} as it is, KEY:='\"{}\"'"
                     : strcmp(name, "{}") == 0
                         ? "; to pass {} as it is, give the placeholder "
                           "another name: -I %"
                         : "");
}

/* KEY={} of a call. */
static bool is_text_of_item(const char *word)
{
    size_t len = strlen(word);

    return len > 3 && strcmp(word + len - 3, "={}") == 0 &&
           word[len - 4] != ':';
}

static int check_without_items(const struct cli *c, const struct job_words *w,
                               const char *name)
{
    bool is_call = options_has(&c->options, OPT_CALL);
    bool found = false;

    for (size_t i = 0; i < w->n; i++) {
        if (name != NULL && strstr(w->at[i], name) != NULL)
            return refuse_no_items(c, name);
        if (!is_call && has_own_placeholder(w->at[i]))
            return EXITS_DONE;
        found |= is_call ? is_text_of_item(w->at[i]) : is_bare(w->at[i]);
    }
    return found && name == NULL ? refuse_no_items(c, "{}") : EXITS_DONE;
}

/* find DIR -exec cmd {} \; over items: which {} is whose? */
static int check_whose(const struct cli *c, const struct job_words *w)
{
    const char *other = NULL;

    for (size_t i = 0; i < w->n; i++) {
        if (other != NULL && strstr(w->at[i], "{}") != NULL)
            return cli_usage(c,
                             "{} behind %s has a meaning of its own, and would "
                             "be the item: give the item another name, as in "
                             "-I %% -- find %% -exec ls {} \\;",
                             other);
        if (is_exec(w->at[i]))
            other = w->at[i];
    }
    return EXITS_DONE;
}

/* ---- -I ---- */

static int read_name(const struct cli *c, const char **name)
{
    *name = options_text(&c->options, OPT_PLACEHOLDER, NULL);
    if (*name == NULL)
        return EXITS_DONE;
    if (**name == '\0') /* such as "$UNSET" */
        return cli_usage(c, "-I is empty: which text stands for the item?");
    if (options_has(&c->options, OPT_CALL))
        return cli_usage(c, "-I is for commands: for calls {} is the item, and "
                            "{\"{\"}} a {} as it stands");
    return EXITS_DONE;
}

/* With -I these mean nothing any more. */
static void warn_of_parts(const struct cli *c, const char *word,
                          const char *name)
{
    for (; *word != '\0'; word++) {
        size_t len = placeholder_len(word);

        if (len > 2 && strncmp(word, name, len) != 0)
            cli_warn(c,
                     "%.*s is passed as it is: with -I its text alone is "
                     "replaced; --sh has ${x##*/} and ${x%%.*} of the shell",
                     (int)len, word);
    }
}

static int rename_words(const struct cli *c, struct job_words *w,
                        const char *name)
{
    struct buf word = { 0 };
    bool any = false;

    own(w);
    for (size_t i = 0; i < w->n; i++) {
        buf_clear(&word);
        warn_of_parts(c, w->at[i], name);
        any |= placeholder_rename(&word, w->at[i], name);
        free(w->at[i]);
        w->at[i] = xstrdup(buf_text(&word));
    }
    buf_fini(&word);
    return any ? EXITS_DONE
               : cli_usage(c, "-I %s: there is no %s in the command", name,
                           name);
}

/* ---- --sh ---- */

static int check_line(const struct cli *c, const struct job_words *w,
                      const char *line)
{
    if (w->n > 0 || options_has(&c->options, OPT_CALL))
        return cli_usage(c, "--sh has the whole command: nothing may stand "
                            "beside it but options and ::: ITEM...");
    if (*line == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--sh is empty");
    return EXITS_DONE;
}

/* Nothing can be appended to a line, as to a command. */
static int check_use(const struct cli *c, const struct job_words *w,
                     const char *line, const char *name)
{
    bool is_used =
        name != NULL ? strstr(line, name) != NULL : placeholder_is_in(line);

    if (is_used || (name == NULL && !are_of_texts(c, w)))
        return EXITS_DONE;
    return cli_usage(c,
                     "there is no %s in the line of --sh, so that each job "
                     "would be the same",
                     name != NULL ? name : "{}");
}

static int read_line(const struct cli *c, struct job_words *w, const char *line,
                     const char *name)
{
    char errmsg[ERRMSG_LEN];
    enum err err = ERR_NONE;
    int code = check_line(c, w, line);

    if (code == EXITS_DONE && job_words_are_of_items(c, w))
        code = check_use(c, w, line, name);
    if (code != EXITS_DONE)
        return code;
    if (job_words_are_of_items(c, w))
        err = shell_line_command(line, name, &w->owned, &w->n, errmsg);
    else if (name != NULL && strstr(line, name) != NULL)
        return refuse_no_items(c, name);
    else if (name == NULL && is_bare_in_line(line))
        return refuse_no_items(c, "{}");
    else
        shell_line_plain(line, &w->owned, &w->n);
    w->at = w->owned;
    return err == ERR_NONE ? EXITS_DONE : cli_usage(c, "%s", errmsg);
}

/* ---- all of them ---- */

static int check_separators(const struct cli *c, const struct job_words *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (strncmp(w->at[i], ":::", 3) == 0)
            return cli_usage(c,
                             "there is no %s: items are words behind :::, or "
                             "the lines of --each-line FILE",
                             w->at[i]);
    return EXITS_DONE;
}

/* A number of --array is harmless wherever it comes. */
static int check_code(const struct cli *c, const struct job_words *w)
{
    const char *program =
        are_of_texts(c, w) ? interpreter_find(w->at, w->n) : NULL;

    if (program == NULL)
        return EXITS_DONE;
    if (interpreter_is_shell(program))
        return cli_usage(c,
                         "an item would become code of %s: write yon submit "
                         "--sh 'LINE', which quotes each placeholder, or give "
                         "it as an argument: %s -c '... \"$1\"' sh {}",
                         program, program);
    return cli_usage(c,
                     "an item would become code of %s: give {} as an argument "
                     "of its own, behind the code",
                     program);
}

/* As parallel and xargs do it: the item is the last argument. */
static void append_item(struct job_words *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (placeholder_is_in(w->at[i]))
            return;
    if (w->n == 0 || w->n >= ARGV_MAX)
        return;
    own(w);
    w->at[w->n++] = xstrdup("{}");
}

static int read_command(const struct cli *c, struct job_words *w,
                        const char *name)
{
    int code = name != NULL ? rename_words(c, w, name) : check_whose(c, w);

    if (code == EXITS_DONE)
        code = check_code(c, w);
    if (code == EXITS_DONE && are_of_texts(c, w))
        append_item(w);
    return code;
}

int job_words_read(const struct cli *c, struct job_words *w)
{
    const char *line = options_text(&c->options, OPT_SH, NULL), *name;
    int code = check_separators(c, w);

    if (code == EXITS_DONE)
        code = read_name(c, &name);
    if (code != EXITS_DONE)
        return code;
    if (line != NULL)
        return read_line(c, w, line, name);
    if (!job_words_are_of_items(c, w))
        return check_without_items(c, w, name);
    if (options_has(&c->options, OPT_CALL))
        return EXITS_DONE;
    return read_command(c, w, name);
}
