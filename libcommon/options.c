/* SPDX-License-Identifier: MIT */
/* options - a command line, read as lists of rows say. */
#include "libcommon/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/near.h"

/* One call of options_read. */
struct options_reader {
    struct options *out;
    const struct options_rules *rules;
    char *errmsg;
};

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

static const struct option *find(const struct options_rules *rules, char letter,
                                 const char *name, size_t len)
{
    const struct option *opt = find_in(rules->own, letter, name, len);

    return opt != NULL ? opt : find_in(rules->shared, letter, name, len);
}

/* The name of an option that may have been meant; NULL: none. */
static const char *find_near(const struct options_rules *rules,
                             const char *name)
{
    const struct option *lists[] = { rules->own, rules->shared };

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (const struct option *o = lists[i]; o != NULL && o->name != NULL;
             o++)
            if (o->help != NULL && near_names(name, o->name))
                return o->name;
    return NULL;
}

/* What to write in place of what begins with dashes, so long. */
static const char *find_instead(const struct options_rules *rules,
                                const char *dashes, const char *name,
                                size_t len, const char *end)
{
    struct buf text = { 0 };
    const char *instead = NULL;

    if (rules->instead != NULL) {
        buf_addf(&text, "%s%.*s%s", dashes, (int)len, name, end);
        instead = rules->instead(rules->who, buf_text(&text));
    }
    buf_fini(&text);
    return instead;
}

/* near: the name that may have been meant, or NULL. */
static enum err unknown(const struct options_reader *r, const char *dashes,
                        const char *name, size_t len, const char *near)
{
    const char *instead = find_instead(r->rules, dashes, name, len, "");
    const char *who = r->rules->who, *between = "", *end = "";

    if (instead != NULL) {
        between = ": ";
    } else if (near != NULL) {
        between = "; did you mean --";
        instead = near;
        end = "?";
    }
    return err_set(r->errmsg, ERR_FORMAT, "%s%sno option %s%.*s%s%s%s",
                   who != NULL ? who : "", who != NULL ? " has " : "", dashes,
                   (int)len, name, between, instead != NULL ? instead : "",
                   end);
}

/* --name, without a value that stood behind it. */
static enum err unknown_long(const struct options_reader *r, const char *name)
{
    return unknown(r, "--", name, strlen(name), find_near(r->rules, name));
}

/* The first letter of `word`; of others than ASCII all, so as not to cut one.
 */
static enum err unknown_short(const struct options_reader *r, const char *word)
{
    return unknown(r, "-", word,
                   isascii((unsigned char)*word) ? 1 : strlen(word), NULL);
}

/* ---- reading ---- */

static const struct given *given_find(const struct options *o,
                                      const struct option *opt)
{
    for (size_t i = o->n_given; i-- > 0;)
        if (o->given[i].option == opt)
            return &o->given[i];
    return NULL;
}

/* One of two values would be dropped: better to ask which. */
static enum err check_once(const struct options_reader *r,
                           const struct option *opt, const char *text)
{
    const struct given *before = given_find(r->out, opt);

    if (opt->is_list || before == NULL || r->rules->last_wins)
        return ERR_NONE;
    return err_set(r->errmsg, ERR_FORMAT,
                   "--%s takes one value, and was given two: \"%s\" and "
                   "\"%s\"",
                   opt->name, before->text, text);
}

static enum err check_value(const struct options_reader *r,
                            const struct option *opt, const char *text)
{
    char why[ERRMSG_LEN] = "";
    enum err err = option_check(opt, text, why);
    const char *instead;

    if (err == ERR_NONE)
        return err;
    instead = find_instead(r->rules, "--", opt->name, strlen(opt->name), "=");
    return err_set(r->errmsg, err, "%s%s%s", why,
                   instead != NULL ? "; or " : "",
                   instead != NULL ? instead : "");
}

/* Keep an option. inline_text: a value that stood in the same word, or NULL. */
static enum err take_option(struct options_reader *r, const struct option *opt,
                            const char *inline_text)
{
    struct options *o = r->out;
    const char *text = inline_text;
    enum err err = ERR_NONE;

    ASSERT((opt->value == NULL) == (opt->type == OPTION_FLAG));
    if (opt->value == NULL && text != NULL)
        return err_set(r->errmsg, ERR_FORMAT, "--%s takes no value", opt->name);
    if (opt->value != NULL && text == NULL)
        text = options_take_word(o);
    if (opt->value != NULL && text == NULL)
        return err_set(r->errmsg, ERR_SHORT, "--%s wants a value: %s",
                       opt->name, opt->value);
    if (text != NULL)
        err = check_value(r, opt, text);
    if (text != NULL && err == ERR_NONE)
        err = check_once(r, opt, text);
    if (err != ERR_NONE)
        return err;
    o->given = xrealloc(o->given, (o->n_given + 1) * sizeof *o->given);
    o->given[o->n_given++] = (struct given){ opt, text };
    return ERR_NONE;
}

static enum err take_long(struct options_reader *r, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct option *opt = find(r->rules, 0, word, len);

    if (opt == NULL) {
        char *name = xmemdup0(word, len);
        enum err err = unknown_long(r, name);

        free(name);
        return err;
    }
    return take_option(r, opt, word[len] == '=' ? word + len + 1 : NULL);
}

/* -a, -abc, -ovalue */
static enum err take_short(struct options_reader *r, const char *word)
{
    for (; *word != '\0'; word++) {
        const struct option *opt = find(r->rules, *word, NULL, 0);
        const char *rest = word[1] != '\0' ? word + 1 : NULL;
        enum err err;

        if (opt == NULL)
            return unknown_short(r, word);
        err = take_option(r, opt, opt->value != NULL ? rest : NULL);
        if (err != ERR_NONE || opt->value != NULL)
            return err;
    }
    return ERR_NONE;
}

enum err options_read(struct options *o, const struct options_rules *rules,
                      char *errmsg)
{
    struct options_reader r = { o, rules, errmsg };
    enum err err = ERR_NONE;

    while (err == ERR_NONE && *o->words != NULL) {
        const char *word = *o->words;
        bool is_option = word[0] == '-' && word[1] != '\0';

        if (!is_option && rules->stop_at_word)
            break;
        if (rules->stop_at != NULL && strcmp(word, rules->stop_at) == 0)
            break;
        (void)options_take_word(o);
        if (strcmp(word, "--") == 0)
            options_take_rest(o);
        else if (!is_option)
            o->args[o->n_args++] = o->words[-1];
        else if (word[1] == '-')
            err = take_long(&r, word + 2);
        else
            err = take_short(&r, word + 1);
    }
    return err;
}

char *options_take_word(struct options *o)
{
    return *o->words != NULL ? *o->words++ : NULL;
}

void options_take_rest(struct options *o)
{
    while (*o->words != NULL)
        o->args[o->n_args++] = *o->words++;
}

void options_init(struct options *o, int argc, char **argv)
{
    *o = (struct options){ 0 };
    o->args = xcalloc((size_t)argc + 1, sizeof *o->args);
    o->words = argc > 0 ? argv + 1 : argv;
}

void options_fini(struct options *o)
{
    free(o->given);
    free(o->args);
    *o = (struct options){ 0 };
}

/* ---- the struct of a program ---- */

enum err options_store(const struct options *o, const struct option *list,
                       void *config, char *errmsg)
{
    enum err err = ERR_NONE;

    for (const struct option *opt = list; opt->name != NULL; opt++)
        if (opt->otherwise != NULL && err == ERR_NONE)
            err = option_store(opt, opt->otherwise, config, errmsg);
    ASSERT(err == ERR_NONE); /* our own defaults */
    for (size_t i = 0; i < o->n_given && err == ERR_NONE; i++)
        err =
            option_store(o->given[i].option, o->given[i].text, config, errmsg);
    return err;
}

/* ---- asking ---- */

static const struct given *given_by_id(const struct options *o, int id)
{
    for (size_t i = o->n_given; i-- > 0;)
        if (o->given[i].option->id == id)
            return &o->given[i];
    return NULL;
}

bool options_has(const struct options *o, int id)
{
    return given_by_id(o, id) != NULL;
}

const char *options_text(const struct options *o, int id, const char *otherwise)
{
    const struct given *g = given_by_id(o, id);

    return g != NULL ? g->text : otherwise;
}

int options_number(const struct options *o, int id, int otherwise)
{
    const struct given *g = given_by_id(o, id);

    return g != NULL ? (int)option_number(g->option, g->text) : otherwise;
}

static int64_t long_number(const struct options *o, int id, int64_t otherwise)
{
    const struct given *g = given_by_id(o, id);

    return g != NULL ? option_number(g->option, g->text) : otherwise;
}

int64_t options_duration(const struct options *o, int id, int64_t otherwise)
{
    return long_number(o, id, otherwise);
}

int64_t options_size(const struct options *o, int id, int64_t otherwise)
{
    return long_number(o, id, otherwise);
}
