/* SPDX-License-Identifier: MIT */
/* shell_line - a line for sh whose placeholders are data, never code. */
#include "client/cli/shell_line.h"

#include <stdlib.h>
#include <string.h>

#include "client/cli/interpreter.h"
#include "client/cli/placeholder.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/render.h"

/* ---- quoting ---- */

#define NESTED_MAX 64

/* What quotes at a place of the line. A command in $( ) or ` ` begins without
 * quotes, also within "". */
enum quote { PLAIN, SINGLE, DOUBLE };

/* A command around the place: the line itself, or one in brackets. */
struct quoted_level {
    enum quote quote;
    char end;           /* ) or `, which ends it */
    bool is_arithmetic; /* $(( )) */
    const char *word;   /* where its last word begins */
};

struct quoted_line {
    const char *begin, *at;
    const char *name; /* of the placeholder; NULL: the usual ones */
    struct buf out;
    struct quoted_level level[NESTED_MAX];
    size_t depth;
    char **words; /* sh -c LINE sh, and what the variables get */
    size_t n_words;
    char *errmsg;
};

#define N_BEFORE 4 /* words before the first value */

static void add_word(struct quoted_line *l, const char *text, size_t len)
{
    l->words = xrealloc(l->words, (l->n_words + 1) * sizeof *l->words);
    l->words[l->n_words++] = xmemdup0(text, len);
}

static size_t len_of_placeholder(const struct quoted_line *l)
{
    size_t len = l->name == NULL ? 0 : strlen(l->name);

    if (l->name == NULL)
        return placeholder_len(l->at);
    return strncmp(l->at, l->name, len) == 0 ? len : 0;
}

static bool is_number(const struct quoted_line *l, size_t len)
{
    return l->name == NULL && len == 3 && l->at[1] == '#';
}

/* A number of ours can do no harm; anything else would be evaluated. */
static enum err check_place(const struct quoted_line *l, size_t len)
{
    const struct quoted_level *level = &l->level[l->depth];
    const char *program;

    if (is_number(l, len))
        return ERR_NONE;
    if (level->is_arithmetic)
        return err_set(l->errmsg, ERR_FORMAT,
                       "--sh: in $(( )) an item would be evaluated: take its "
                       "number, {#} or $YON_INDEX, or write expr %.*s + 1",
                       (int)len, l->at);
    program =
        interpreter_before(view_of(l->begin, (size_t)(level->word - l->begin)));
    if (program != NULL)
        return err_set(l->errmsg, ERR_FORMAT,
                       "--sh: the item would become code of %s: give it as an "
                       "argument, as in sh -c '... \"$1\"' sh %.*s",
                       program, (int)len, l->at);
    return ERR_NONE;
}

/* As the next variable, so that it is one word whatever is in it. */
static enum err add_placeholder(struct quoted_line *l, size_t len)
{
    const struct quoted_level *level = &l->level[l->depth];
    size_t number = l->n_words - N_BEFORE + 1;
    enum err err = check_place(l, len);

    if (err != ERR_NONE)
        return err;
    if (level->is_arithmetic || level->quote == DOUBLE)
        buf_addf(&l->out, "${yon%zu}", number);
    else if (level->quote == SINGLE)
        buf_addf(&l->out, "'\"${yon%zu}\"'", number);
    else
        buf_addf(&l->out, "\"${yon%zu}\"", number);
    if (l->name != NULL)
        add_word(l, "{}", 2);
    else
        add_word(l, l->at, len);
    l->at += len;
    return ERR_NONE;
}

static void copy(struct quoted_line *l, size_t len)
{
    buf_add(&l->out, l->at, len);
    l->at += len;
}

static void push(struct quoted_line *l, char end)
{
    struct quoted_level *outer = &l->level[l->depth];
    bool is_arithmetic = outer->is_arithmetic;

    if (end == ')' && l->at > l->begin && l->at[-1] == '$')
        is_arithmetic = l->at[1] == '(';
    if (l->depth + 1 < NESTED_MAX)
        l->depth++;
    l->level[l->depth] = (struct quoted_level){ .end = end,
                                                .is_arithmetic = is_arithmetic,
                                                .word = l->at + 1 };
}

static void step_quoted(struct quoted_line *l)
{
    struct quoted_level *level = &l->level[l->depth];
    bool is_plain = level->quote == PLAIN;
    char c = *l->at;

    if (level->quote == SINGLE) {
        level->quote = c == '\'' ? PLAIN : SINGLE;
    } else if (c == '"') {
        level->quote = is_plain ? DOUBLE : PLAIN;
    } else if (c == '\'' && is_plain) {
        level->quote = SINGLE;
    } else if (l->depth > 0 && c == level->end && is_plain) {
        l->depth--;
    } else if (c == '`') {
        push(l, '`');
    } else if (c == '(' &&
               (is_plain || (l->at > l->begin && l->at[-1] == '$'))) {
        push(l, ')');
    } else if (is_plain && strchr(" \t\n;&|<>", c) != NULL) {
        level->word = l->at + 1;
    }
    copy(l, 1);
}

/* To the end of a comment; 0: here begins none. */
static size_t comment_len(const struct quoted_line *l)
{
    bool is_first = l->at == l->begin || strchr(" \t\n;&|(", l->at[-1]) != NULL;

    if (*l->at != '#' || l->level[l->depth].quote != PLAIN || !is_first)
        return 0;
    return strcspn(l->at, "\n");
}

static enum err quote_line(struct quoted_line *l)
{
    enum err err = ERR_NONE;

    while (*l->at != '\0' && err == ERR_NONE) {
        size_t len = len_of_placeholder(l);
        size_t comment = comment_len(l);

        if (comment > 0)
            copy(l, comment);
        else if (len > 0)
            err = add_placeholder(l, len);
        else if (*l->at == '\\' && l->at[1] != '\0' &&
                 l->level[l->depth].quote != SINGLE)
            copy(l, 2);
        else
            step_quoted(l);
    }
    return err;
}

static bool has_here_document(const char *line)
{
    const char *at = line;

    while ((at = strstr(at, "<<")) != NULL) {
        size_t n = strspn(at, "<");

        if (n == 2)
            return true;
        at += n;
    }
    return false;
}

/* What this reader cannot tell the quotes of; NULL: nothing. The brackets of
 * case look like the end of $( ). */
static const char *find_unclear(const char *line)
{
    bool nests = strstr(line, "$(") != NULL || strchr(line, '`') != NULL;

    if (has_here_document(line))
        return "a here-document";
    if (strstr(line, "esac") != NULL && nests)
        return "case and $( )";
    return strstr(line, "$'") != NULL ? "$'...'" : NULL;
}

/* The variables, and the line, of which the worker replaces nothing: it would
 * put the item into a comment, or behind a backslash, as it is. */
static void put_line(struct quoted_line *l)
{
    struct buf line = { 0 };

    for (size_t i = N_BEFORE; i < l->n_words; i++)
        buf_addf(&line, "yon%zu=${%zu}%s", i - N_BEFORE + 1, i - N_BEFORE + 1,
                 i + 1 < l->n_words ? " " : "; ");
    render_escape(&line, buf_view(&l->out));
    free(l->words[2]);
    l->words[2] = xmemdup0(line.data, line.len);
    buf_fini(&line);
}

static void begin(struct quoted_line *l)
{
    static const char *const before[N_BEFORE] = { "sh", "-c", "", "sh" };

    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        add_word(l, before[i], strlen(before[i]));
}

enum err shell_line_command(const char *line, const char *name, char ***words,
                            size_t *n_words, char *errmsg)
{
    struct quoted_line l = {
        .begin = line, .at = line, .name = name, .errmsg = errmsg
    };
    enum err err;

    begin(&l);
    l.level[0].word = line;
    err = quote_line(&l);
    if (err == ERR_NONE && l.n_words > N_BEFORE && find_unclear(line) != NULL)
        err = err_set(errmsg, ERR_FORMAT,
                      "--sh: a placeholder beside %s: use \"$YON_ITEM\" in "
                      "place of {}",
                      find_unclear(line));
    put_line(&l);
    buf_fini(&l.out);
    *words = l.words;
    *n_words = l.n_words;
    return err;
}

void shell_line_plain(const char *line, char ***words, size_t *n_words)
{
    struct quoted_line l = { 0 };

    begin(&l);
    free(l.words[2]);
    l.words[2] = xstrdup(line);
    *words = l.words;
    *n_words = l.n_words;
}

void shell_line_free(char **words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        free(words[i]);
    free(words);
}
