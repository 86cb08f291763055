/* SPDX-License-Identifier: MIT */
/* shell_line - a line for sh whose placeholders are data, never code. */
#include "client/cli/shell_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/placeholder.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"

/* ---- quoting ---- */

#define NESTED_MAX 64

/* What quotes at a place of the line. A command in $( ) or ` ` begins without
 * quotes, also within "". */
enum quote { PLAIN, SINGLE, DOUBLE };

struct quoted_line {
    const char *at;
    struct buf out;
    enum quote quote[NESTED_MAX]; /* of each command around, outermost first */
    char end[NESTED_MAX];         /* ) or `, which ends that command */
    size_t depth;
    char **words;
    size_t n_words;
};

static void add_word(struct quoted_line *l, const char *text, size_t len)
{
    l->words = xrealloc(l->words, (l->n_words + 1) * sizeof *l->words);
    l->words[l->n_words++] = xmemdup0(text, len);
}

/* As the next parameter, so that it is one word whatever is in it. */
static void add_placeholder(struct quoted_line *l, size_t len)
{
    size_t number = l->n_words - 3; /* behind sh -c LINE sh */

    switch (l->quote[l->depth]) {
    case PLAIN:
        buf_addf(&l->out, "\"${%zu}\"", number);
        break;
    case SINGLE:
        buf_addf(&l->out, "'\"${%zu}\"'", number);
        break;
    case DOUBLE:
        buf_addf(&l->out, "${%zu}", number);
        break;
    }
    add_word(l, l->at, len);
    l->at += len;
}

static void copy(struct quoted_line *l, size_t len)
{
    buf_add(&l->out, l->at, len);
    l->at += len;
}

static void push(struct quoted_line *l, char end)
{
    if (l->depth + 1 < NESTED_MAX)
        l->depth++;
    l->quote[l->depth] = PLAIN;
    l->end[l->depth] = end;
}

static void step_quoted(struct quoted_line *l)
{
    enum quote *quote = &l->quote[l->depth];
    char c = *l->at;

    if (*quote == SINGLE) {
        *quote = c == '\'' ? PLAIN : SINGLE;
    } else if (c == '"') {
        *quote = *quote == DOUBLE ? PLAIN : DOUBLE;
    } else if (c == '\'' && *quote == PLAIN) {
        *quote = SINGLE;
    } else if (l->depth > 0 && c == l->end[l->depth] && *quote == PLAIN) {
        l->depth--;
    } else if (c == '`') {
        push(l, '`');
    } else if (c == '(' && (*quote == PLAIN || l->at[-1] == '$')) {
        push(l, ')');
    }
    copy(l, 1);
}

/* To the end of a comment; 0: here begins none. */
static size_t comment_len(const struct quoted_line *l, const char *begin)
{
    bool is_first = l->at == begin || strchr(" \t\n;&|(", l->at[-1]) != NULL;

    if (*l->at != '#' || l->quote[l->depth] != PLAIN || !is_first)
        return 0;
    return strcspn(l->at, "\n");
}

static void quote_line(struct quoted_line *l, const char *begin)
{
    for (l->at = begin; *l->at != '\0';) {
        size_t len = placeholder_len(l->at);
        size_t comment = comment_len(l, begin);

        if (comment > 0)
            copy(l, comment);
        else if (len > 0)
            add_placeholder(l, len);
        else if (*l->at == '\\' && l->at[1] != '\0' &&
                 l->quote[l->depth] != SINGLE)
            copy(l, 2);
        else
            step_quoted(l);
    }
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

static bool has_placeholder(const char *line)
{
    while (*line != '\0' && placeholder_len(line) == 0)
        line++;
    return *line != '\0';
}

enum err shell_line_command(const char *line, char ***words, size_t *n_words,
                            char *errmsg)
{
    static const char *const before[] = { "sh", "-c", "", "sh" };
    struct quoted_line l = { 0 };

    if (has_here_document(line) && has_placeholder(line))
        return err_set(errmsg, ERR_FORMAT,
                       "--sh: a placeholder beside a here-document: use "
                       "\"$YON_ITEM\" in place of {}");
    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        add_word(&l, before[i], strlen(before[i]));
    quote_line(&l, line);
    free(l.words[2]);
    l.words[2] = xmemdup0(l.out.data, l.out.len);
    buf_fini(&l.out);
    *words = l.words;
    *n_words = l.n_words;
    return ERR_NONE;
}

void shell_line_free(char **words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        free(words[i]);
    free(words);
}

/* ---- code in a word ---- */

struct interpreter {
    const char *name;
    char option; /* the word behind it is code */
};

static const struct interpreter shells[] = {
    { "sh", 'c' },  { "bash", 'c' }, { "dash", 'c' }, { "zsh", 'c' },
    { "ksh", 'c' }, { "mksh", 'c' }, { "ash", 'c' },  { "fish", 'c' },
    { "csh", 'c' }, { "tcsh", 'c' }, { "yash", 'c' }, { "busybox", 'c' },
    { NULL, 'c' },
};
static const struct interpreter others[] = {
    { "python", 'c' }, { "python3", 'c' }, { "perl", 'e' }, { "ruby", 'e' },
    { "node", 'e' },   { "lua", 'e' },     { NULL, 'e' },
};

static const struct interpreter *find_in(const struct interpreter *list,
                                         const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;

    for (; list->name != NULL; list++)
        if (strcmp(list->name, name) == 0)
            return list;
    return NULL;
}

bool shell_line_is_shell(const char *program)
{
    return find_in(shells, program) != NULL;
}

/* -c, -ec, -lc: the next word is code. */
static bool takes_code(const char *word, char option)
{
    return word[0] == '-' && word[1] != '-' && strchr(word, option) != NULL;
}

const char *shell_line_find_code(char *const *words, size_t n_words)
{
    for (size_t i = 0; i + 2 < n_words; i++) {
        const struct interpreter *found = find_in(shells, words[i]);

        if (found == NULL)
            found = find_in(others, words[i]);
        if (found == NULL)
            continue;
        for (size_t k = i + 1; k + 1 < n_words && words[k][0] == '-'; k++)
            if (takes_code(words[k], found->option))
                return placeholder_has_item(words[k + 1]) ? words[i] : NULL;
    }
    return NULL;
}
