/* SPDX-License-Identifier: MIT */
#include "client/cli/command.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/near.h"

struct parser {
    struct options *out;
    char **argv; /* ended by NULL */
    size_t at;
    char *errmsg;
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* ---- values ---- */

static enum err number_parse(const char *text, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\0')
        return ERR_FORMAT;
    if (n > INT32_MAX || n < INT32_MIN)
        return ERR_RANGE;
    *out = (int)n;
    return ERR_NONE;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);

    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");

        if (n == len && strncmp(choices, text, n) == 0)
            return true;
        choices += n + (choices[n] == '|');
    }
    return false;
}

static enum err value_check(const struct option *opt, const char *text,
                            char *errmsg)
{
    enum err err;
    int64_t ms;
    int n = 0;

    switch (opt->type) {
    case OPTION_NUMBER:
        if (number_parse(text, &n) != ERR_NONE || n < opt->min || n > opt->max)
            return err_set(errmsg, ERR_RANGE,
                           "--%s wants a number from %d to %d, not \"%s\"",
                           opt->name, opt->min, opt->max, text);
        return ERR_NONE;
    case OPTION_DURATION:
        err = duration_parse(text, &ms);
        if (err == ERR_RANGE)
            return err_set(errmsg, err,
                           "--%s takes at most %d days, not \"%s\"", opt->name,
                           (int)(DURATION_MAX_MS / 86400000), text);
        if (err != ERR_NONE)
            return err_set(errmsg, ERR_FORMAT,
                           "--%s wants a time like 90s, 1.5h or 500ms, not "
                           "\"%s\"",
                           opt->name, text);
        if (ms == 0)
            return err_set(errmsg, ERR_RANGE,
                           "--%s must be more than 0; leave it out for no "
                           "limit",
                           opt->name);
        return ERR_NONE;
    case OPTION_CHOICE:
        if (!is_choice(opt->value, text))
            return err_set(errmsg, ERR_FORMAT,
                           "--%s wants one of %s, not \"%s\"", opt->name,
                           opt->value, text);
        return ERR_NONE;
    default:
        return ERR_NONE;
    }
}

/* ---- finding ---- */

static const struct option *find_in(const struct option *list, char letter,
                                    const char *name, size_t len)
{
    for (; list != NULL && list->name != NULL; list++) {
        if (letter != 0 && list->letter == letter)
            return list;
        if (letter == 0 && strlen(list->name) == len &&
            strncmp(list->name, name, len) == 0)
            return list;
    }
    return NULL;
}

static const struct option *find(const struct parser *p, char letter,
                                 const char *name, size_t len)
{
    const struct option *opt = NULL;

    if (p->out->command != NULL)
        opt = find_in(p->out->command->options, letter, name, len);
    return opt != NULL ? opt : find_in(global_options, letter, name, len);
}

static const char *near_option(const struct command *c, const char *name)
{
    const struct option *lists[] = { c != NULL ? c->options : NULL,
                                     global_options };

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (const struct option *o = lists[i]; o != NULL && o->name != NULL;
             o++)
            if (near_names(name, o->name))
                return o->name;
    return NULL;
}

/* --name, without a value that stood behind it. */
static enum err unknown_long(const struct parser *p, const char *name)
{
    const char *near = near_option(p->out->command, name);
    const struct command *c = p->out->command;

    return err_set(p->errmsg, ERR_FORMAT, "%s%sno option --%s%s%s%s",
                   c != NULL ? c->name : "", c != NULL ? " has " : "", name,
                   near != NULL ? "; did you mean --" : "",
                   near != NULL ? near : "", near != NULL ? "?" : "");
}

/* The first letter of `word`; of others than ASCII all, so as not to cut one.
 */
static enum err unknown_short(const struct parser *p, const char *word)
{
    const struct command *c = p->out->command;
    int len = isascii((unsigned char)*word) ? 1 : ERRMSG_LEN;

    return err_set(p->errmsg, ERR_FORMAT, "%s%sno option -%.*s",
                   c != NULL ? c->name : "", c != NULL ? " has " : "", len,
                   word);
}

enum err command_unknown(const char *name, char *errmsg)
{
    for (const struct command *c = commands; c->name != NULL; c++)
        if (near_names(name, c->name))
            return err_set(errmsg, ERR_FORMAT,
                           "no command \"%s\"; did you mean \"%s\"?", name,
                           c->name);
    return err_set(errmsg, ERR_FORMAT, "no command \"%s\"", name);
}

/* ---- reading ---- */

static const struct given *given_find(const struct options *o,
                                      enum option_id id)
{
    for (size_t i = o->n_given; i-- > 0;)
        if (o->given[i].id == id)
            return &o->given[i];
    return NULL;
}

/* One of two values would be dropped: better to ask which. */
static enum err check_once(const struct parser *p, const struct option *opt,
                           const char *text)
{
    const struct given *before = given_find(p->out, opt->id);

    if (opt->is_list || before == NULL)
        return ERR_NONE;
    return err_set(p->errmsg, ERR_FORMAT,
                   "--%s takes one value, and was given two: \"%s\" and "
                   "\"%s\"",
                   opt->name, before->text, text);
}

/* Keep an option. inline_text: a value that stood in the same word, or NULL. */
static enum err take_option(struct parser *p, const struct option *opt,
                            const char *inline_text)
{
    struct options *o = p->out;
    const char *text = inline_text;
    enum err err;

    if (opt->value != NULL && text == NULL) {
        text = p->argv[p->at];
        if (text == NULL)
            return err_set(p->errmsg, ERR_SHORT, "--%s wants a value: %s",
                           opt->name, opt->value);
        p->at++;
    }
    if (opt->value == NULL && text != NULL)
        return err_set(p->errmsg, ERR_FORMAT, "--%s takes no value", opt->name);
    if (text != NULL) {
        err = value_check(opt, text, p->errmsg);
        if (err == ERR_NONE)
            err = check_once(p, opt, text);
        if (err != ERR_NONE)
            return err;
    }
    o->given = xrealloc(o->given, (o->n_given + 1) * sizeof *o->given);
    o->given[o->n_given++] = (struct given){ opt->id, text };
    return ERR_NONE;
}

static enum err take_long(struct parser *p, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct option *opt = find(p, 0, word, len);

    if (opt == NULL) {
        char *name = xmemdup0(word, len);
        enum err err = unknown_long(p, name);

        free(name);
        return err;
    }
    return take_option(p, opt, word[len] == '=' ? word + len + 1 : NULL);
}

/* -a, -abc, -ovalue */
static enum err take_short(struct parser *p, const char *word)
{
    for (; *word != '\0'; word++) {
        const struct option *opt = find(p, *word, NULL, 0);
        const char *rest = word[1] != '\0' ? word + 1 : NULL;
        enum err err;

        if (opt == NULL)
            return unknown_short(p, word);
        err = take_option(p, opt, opt->value != NULL ? rest : NULL);
        if (err != ERR_NONE || opt->value != NULL)
            return err;
    }
    return ERR_NONE;
}

static void take_arg(struct parser *p, char *word)
{
    p->out->args[p->out->n_args++] = word;
}

static void take_rest(struct parser *p)
{
    while (p->argv[p->at] != NULL)
        take_arg(p, p->argv[p->at++]);
}

static bool ends_options(const struct options *o)
{
    return o->command != NULL && o->command->takes_command;
}

static enum err take_word(struct parser *p)
{
    char *word = p->argv[p->at++];
    struct options *o = p->out;

    if (strncmp(word, "--", 2) == 0 && word[2] != '\0')
        return take_long(p, word + 2);
    if (word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0)
        return take_short(p, word + 1);
    if (strcmp(word, "--") == 0) {
        take_rest(p);
        return ERR_NONE;
    }
    if (o->command == NULL) {
        o->command = command_find(word);
        return o->command != NULL ? ERR_NONE : command_unknown(word, p->errmsg);
    }
    take_arg(p, word);
    if (ends_options(o))
        take_rest(p);
    return ERR_NONE;
}

enum err options_parse(int argc, char **argv, struct options *out, char *errmsg)
{
    struct parser p = { .out = out, .argv = argv, .at = 1, .errmsg = errmsg };
    enum err err = ERR_NONE;

    *out = (struct options){ 0 };
    out->args = xcalloc((size_t)argc + 1, sizeof *out->args);
    while (err == ERR_NONE && argc > 0 && argv[p.at] != NULL)
        err = take_word(&p);
    return err;
}

void options_fini(struct options *o)
{
    free(o->given);
    free(o->args);
    *o = (struct options){ 0 };
}

/* ---- asking ---- */

bool options_has(const struct options *o, enum option_id id)
{
    return given_find(o, id) != NULL;
}

const char *options_text(const struct options *o, enum option_id id,
                         const char *otherwise)
{
    const struct given *g = given_find(o, id);

    return g != NULL ? g->text : otherwise;
}

int options_number(const struct options *o, enum option_id id, int otherwise)
{
    const char *text = options_text(o, id, NULL);

    if (text != NULL)
        (void)number_parse(text, &otherwise); /* was checked when taken */
    return otherwise;
}

int64_t options_duration(const struct options *o, enum option_id id,
                         int64_t otherwise)
{
    const char *text = options_text(o, id, NULL);

    if (text != NULL)
        (void)duration_parse(text, &otherwise);
    return otherwise;
}
