/* SPDX-License-Identifier: MIT */
/* interpreter - programs that take a word of their command line as code. */
#include "client/cli/interpreter.h"

#include <stdlib.h>
#include <string.h>

#include "client/cli/placeholder.h"
#include "libcommon/mem.h"

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
    { "python", 'c' }, { "perl", 'e' },    { "ruby", 'e' }, { "node", 'e' },
    { "lua", 'e' },    { "Rscript", 'e' }, { "php", 'r' },  { NULL, 'c' },
};
/* Here the option may stand behind words that are none. */
static const struct interpreter loose[] = {
    { "su", 'c' },    { "runuser", 'c' }, { "script", 'c' },
    { "flock", 'c' }, { NULL, 'c' },
};

/* Without a version, as in python3.11. */
static size_t name_len(const char *name)
{
    size_t len = strlen(name);

    while (len > 1 && strchr("0123456789.", name[len - 1]) != NULL)
        len--;
    return len;
}

static const struct interpreter *find_in(const struct interpreter *list,
                                         const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    size_t len = name_len(name);

    for (; list->name != NULL; list++)
        if (strlen(list->name) == len && strncmp(list->name, name, len) == 0)
            return list;
    return NULL;
}

/* -c, -ec, -lc: the next word is code. */
static bool takes_code(const char *word, char option)
{
    return word[0] == '-' && word[1] != '-' && strchr(word, option) != NULL;
}

bool interpreter_is_shell(const char *program)
{
    return find_in(shells, program) != NULL;
}

const char *interpreter_find(char *const *words, size_t n_words)
{
    for (size_t i = 0; i + 2 < n_words; i++) {
        const struct interpreter *strict = find_in(shells, words[i]);
        const struct interpreter *found;

        if (strict == NULL)
            strict = find_in(others, words[i]);
        found = strict != NULL ? strict : find_in(loose, words[i]);
        if (found == NULL)
            continue;
        for (size_t k = i + 1; k + 1 < n_words; k++) {
            if (takes_code(words[k], found->option))
                return placeholder_has_item(words[k + 1]) ? words[i] : NULL;
            if (strict != NULL && words[k][0] != '-')
                break;
        }
    }
    return NULL;
}

/* ---- in a line ---- */

static bool is_in(const char *letters, uint8_t c)
{
    return c != 0 && strchr(letters, c) != NULL;
}

/* The last word is taken off, for the caller to free; NULL: there is none, or
 * the command begins here. */
static char *take_last(struct view *line)
{
    size_t end = line->len, from;

    while (end > 0 && is_in(" \t", line->data[end - 1]))
        end--;
    from = end;
    while (from > 0 && !is_in(" \t\n;&|(`", line->data[from - 1]))
        from--;
    *line = view_of(line->data, from);
    return end > from ? xmemdup0(line->data + from, end - from) : NULL;
}

const char *interpreter_before(struct view line)
{
    const struct interpreter *found = NULL;
    char *word = take_last(&line);
    bool takes = word != NULL && takes_code(word, 'c');
    bool is_eval = false;

    while (word != NULL && found == NULL && !is_eval) {
        is_eval = strcmp(word, "eval") == 0;
        if (takes && word[0] != '-') {
            found = find_in(shells, word);
            takes = false;
        }
        free(word);
        word = take_last(&line);
    }
    free(word);
    return is_eval ? "eval" : found != NULL ? found->name : NULL;
}
