/* SPDX-License-Identifier: MIT */
/* format - one pass, with a stack of the brackets that are open. */
#include "proto/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "proto/spec.h" /* VALUE_DEPTH_MAX */

char format_take(const char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\n' || **at == ',')
        ++*at;
    return **at != 0 ? *(*at)++ : 0;
}

unsigned format_count(const char *at)
{
    unsigned n = 0, depth = 0;

    for (;;) {
        char c = format_take(&at);

        if (c == 0 || ((c == ']' || c == '}') && depth == 0))
            return n;
        if (c == ']' || c == '}')
            depth--;
        else if (c != '?' && depth == 0)
            n++;
        if (c == '[' || c == '{')
            depth++;
    }
}

struct checking {
    enum format_use use;
    unsigned depth, depth_max;
    /* Of each open bracket, and of the top at 0: */
    char close[VALUE_DEPTH_MAX + 1];
    unsigned n_values[VALUE_DEPTH_MAX + 1];
    bool maybe; /* a ? was read, its letter was not */
};

static bool is_key(const struct checking *c)
{
    return c->close[c->depth] == '}' && c->n_values[c->depth] % 2 == 0;
}

/* What is wrong with a letter that begins a value; NULL: nothing. */
static const char *check_value(const struct checking *c, char letter)
{
    const char *letters =
        c->use == FORMAT_READ ? "biIUdsSBVn[{*" : "biIUdsSBVn[{";
    const char *keys = c->use == FORMAT_READ ? "s" : "sS";

    if (strchr(letters, letter) == NULL)
        return "unknown letter";
    if (is_key(c) && (c->maybe || strchr(keys, letter) == NULL))
        return "a key must be 's'";
    return NULL;
}

static const char *open_bracket(struct checking *c, char letter)
{
    if (c->depth == c->depth_max)
        return "nested too deep";
    c->depth++;
    c->close[c->depth] = letter == '[' ? ']' : '}';
    c->n_values[c->depth] = 0;
    return NULL;
}

static const char *close_bracket(struct checking *c, char letter)
{
    if (c->maybe || c->close[c->depth] != letter)
        return "unexpected bracket";
    if (letter == '}' && !is_key(c))
        return "a key without a value";
    c->depth--;
    return NULL;
}

static const char *check_letter(struct checking *c, char letter)
{
    const char *wrong;

    if (letter == ']' || letter == '}')
        return close_bracket(c, letter);
    if (letter == '?' && c->use == FORMAT_READ && !c->maybe) {
        c->maybe = true;
        return NULL;
    }
    wrong = check_value(c, letter);
    if (wrong != NULL)
        return wrong;
    c->maybe = false;
    c->n_values[c->depth]++;
    return letter == '[' || letter == '{' ? open_bracket(c, letter) : NULL;
}

static const char *check_end(const struct checking *c)
{
    if (c->maybe)
        return "'?' without a letter";
    return c->depth > 0 ? "bracket not closed" : NULL;
}

enum err format_check(const char *format, enum format_use use, char *errmsg)
{
    /* Several values at the top get an array around them. */
    struct checking c = { .use = use,
                          .depth_max =
                              VALUE_DEPTH_MAX - (format_count(format) > 1) };
    const char *at = format, *wrong = NULL;

    while (wrong == NULL) {
        char letter = format_take(&at);

        if (letter == 0)
            break;
        wrong = check_letter(&c, letter);
    }
    if (wrong != NULL)
        return err_set(errmsg, ERR_FORMAT, "format \"%s\": %s at '%c'", format,
                       wrong, at[-1]);
    wrong = check_end(&c);
    if (wrong != NULL)
        return err_set(errmsg, ERR_FORMAT, "format \"%s\": %s", format, wrong);
    return ERR_NONE;
}
