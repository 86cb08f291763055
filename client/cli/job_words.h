/* SPDX-License-Identifier: MIT */
/* job_words - the arguments of yon submit: the words of a command or call, and
 * behind ::: the items of an array. */
#ifndef JOB_WORDS_H
#define JOB_WORDS_H

#include "client/cli/cli.h"

/* Freed by job_words_fini. */
struct job_words {
    char **at;
    size_t n;
    char **items; /* NULL: no ::: */
    size_t n_items;
    char **owned; /* the words, when they are not those that were typed */
};

struct job_words job_words_split(const struct options *o);
void job_words_fini(struct job_words *w);

/* Whether it will be an array. */
bool job_words_are_of_items(const struct cli *c, const struct job_words *w);

/* Make them what the worker takes: --sh and -I are done with, an item that no
 * word uses is appended. Refuse what would be taken literally, or as code, by
 * mistake. Returns 0 or, told, an exit code. */
int job_words_read(const struct cli *c, struct job_words *w);

#endif
