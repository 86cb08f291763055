/* SPDX-License-Identifier: MIT */
/* pool - threads for blocking code, of one loop; a bounded number. */
#ifndef POOL_H
#define POOL_H

#define POOL_THREADS_MAX 64
#define POOL_QUEUE_MAX 1024 /* calls that wait for a thread */

struct pool;
/* Wait for all calls, those in the queue too; their letters are still to be
 * opened. NULL is fine. */
void pool_stop(struct pool *p);
void pool_free(struct pool *p); /* afterwards; NULL is fine */

#endif
