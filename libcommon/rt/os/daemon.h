/* SPDX-License-Identifier: MIT */
/* daemon - the command line of a daemon: one table, into one struct.
 *
 * How to add an option: libcommon/option.h. --log-level, --help and --version
 * belong to every daemon and are here.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "libcommon/option.h"

struct daemon {
    const char *name;    /* "yond" */
    const char *summary; /* behind the name */
    const char *usage;   /* the same, in the line of usage */
    const struct option *options;
    const char *notes; /* more to say behind the options, or NULL */
    /* Take a word that is no option. NULL: there may be none. */
    enum err (*take)(void *config, const char *word, char *errmsg);
    /* Whether the values fit together; may complete them. NULL: nothing to do.
     * On error errmsg (ERRMSG_LEN) says what is wrong. */
    enum err (*check)(void *config, char *errmsg);
};

/* Read the command line into *config, where fields without a default keep the
 * caller's value, and set the level of the log. Of two values the last wins.
 * Returns -1 to go on, or the exit code with which to end: 0 after --help and
 * --version, 2 after a message about a wrong option. Texts stay in argv. */
int daemon_read(const struct daemon *p, int argc, char **argv, void *config);

#endif
