/* SPDX-License-Identifier: MIT */
/* foreign - names of commands and options that people bring along from Slurm,
 * HyperQueue, Flux, pueue, task-spooler, GNU parallel, xargs, Gearman and the
 * like, and how it is written here. Pure.
 *
 * To add one: its name in a row of foreign.c. A test compares the rows with
 * commands.c: what yon has itself is never foreign.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

struct foreign {
    const char *names; /* with blanks between: kill, --cwd, -j */
    const char *where; /* of options: commands; NULL: all, and before any */
    const char *here;  /* what to write, or why there is no such thing */
};

extern const struct foreign foreign_commands[], foreign_options[];

/* What to write for it; NULL: nobody is known to call anything so. */
const char *foreign_command(const char *name);
/* The same for --name or -x of a command (NULL: before any). "--name=": for a
 * value that the option of yon does not take. */
const char *foreign_option(const char *command, const char *name);

/* Whether the word is in a list of names. */
bool foreign_has(const char *names, const char *word, size_t len);

#endif
