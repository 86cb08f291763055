/* SPDX-License-Identifier: MIT */
/* options - a command line, read as lists of rows say (option.h).
 *
 * Options stand anywhere: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -abc;
 * behind "--" all words are arguments. Pure.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "libcommon/option.h"

/* How words are to be read. */
struct options_rules {
    const char *who;             /* in messages: "submit"; NULL: the program */
    const struct option *own;    /* looked at first; NULL: none */
    const struct option *shared; /* NULL: none */
    bool stop_at_word;           /* before the first that is no option */
    const char *stop_at;         /* before this one; NULL: none */
    bool last_wins;              /* of two values; else two are an error */
    /* What to write in place of --name or -n, which is no option, or of
     * --name= with a value that the option does not take; NULL: unknown. The
     * member itself: nobody is asked. */
    const char *(*instead)(const char *who, const char *name);
};

struct given {
    const struct option *option;
    const char *text; /* NULL for a flag */
};

/* What was typed; texts are borrowed from argv. Freed by options_fini. */
struct options {
    struct given *given; /* in order */
    size_t n_given;
    char **args; /* what is left: n_args and a NULL */
    size_t n_args;
    char **words; /* those to be read yet, ended by NULL */
};

/* argv[0] is skipped; argv[argc] is NULL. */
void options_init(struct options *o, int argc, char **argv);
void options_fini(struct options *o); /* zeroed is fine */

/* Read words until there are no more. After a stop it may be called again, with
 * other rules.
 * ERR_FORMAT, ERR_RANGE, ERR_SHORT  an option is wrong or wants a value: errmsg
 * says so. *o keeps what was read before. */
enum err options_read(struct options *o, const struct options_rules *rules,
                      char *errmsg);
/* The next word that was not read, which counts as read; NULL: there is none.
 */
char *options_take_word(struct options *o);
/* All words that were not read are arguments. */
void options_take_rest(struct options *o);

/* Put the given values of `list`, and the defaults of the others, into the
 * struct that its rows mean. Only the `read` of a row can fail. */
enum err options_store(const struct options *o, const struct option *list,
                       void *config, char *errmsg);

bool options_has(const struct options *o, int id);
/* The text given, of a list the last, or `otherwise`. */
const char *options_text(const struct options *o, int id,
                         const char *otherwise);
int options_number(const struct options *o, int id, int otherwise);
int64_t options_duration(const struct options *o, int id, int64_t otherwise);
int64_t options_size(const struct options *o, int id, int64_t otherwise);

#endif
