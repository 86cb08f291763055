/* SPDX-License-Identifier: MIT */
/* nursery - the process that makes the keepers of a worker's loop.
 *
 * It is forked while the worker is small and has one thread, so that keepers
 * are cheap. When a keeper was killed (a program may do that to its parent),
 * what that one has left comes to the nursery, which kills it.
 */
#ifndef NURSERY_H
#define NURSERY_H

#include <stdbool.h>
#include <sys/types.h>

#include "worker/shell/leaf.h"

struct nursery {
    int sock;
    pid_t pid;
};

/* Fork it, before any thread and with the limits that programs shall get. The
 * leaves are its own from now on. argv: of main(), overwritten in the new
 * process, so that its command line is not taken for a worker's; NULL is fine.
 * False: it cannot be forked (errno). */
bool nursery_start(struct nursery *out, struct leaves *leaves, char **argv);

/* Ask for a keeper; number: never used before. Orders come to it from `sock`,
 * which stays the caller's. False: the nursery is gone. */
bool nursery_make(const struct nursery *n, unsigned number, int sock);
/* End that one by SIGKILL, and then what it has left. */
void nursery_end(const struct nursery *n, unsigned number);
/* Without blocking: a keeper that has ended, and of which nothing is left, as
 * `sock` being readable tells. ERR_BUSY: none for now; ERR_CLOSED: the nursery
 * is gone. When the reader is behind some are not told. */
enum err nursery_next_gone(const struct nursery *n, unsigned *number);

/* Wait until keepers and programs have gone, for KEEPER_PATIENCE_MS at most.
 * Harmless twice. */
void nursery_stop(struct nursery *n);

#endif
