/* SPDX-License-Identifier: MIT */
/* pool - threads for blocking code, of one loop; a bounded number. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>

#define POOL_THREADS_MAX 64
#define POOL_QUEUE_MAX 1024 /* calls that wait for a thread */

struct coro; /* opaque, see coro.h */
struct pool;
/* Wait for all calls, those in the queue too; their messages are still to be
 * opened. NULL is fine. */
void pool_stop(struct pool *p);
void pool_free(struct pool *p); /* afterwards; NULL is fine */
/* Its calls, if it has any, are nobody's from now on. */
void pool_disown(struct pool *p, const struct coro *root);
/* For whom this thread of a pool runs a call; NULL: none, or nobody's. May be
 * called in the handler of a signal. */
const struct coro *pool_root_here(void);

#endif
