/* SPDX-License-Identifier: MIT */
/* pool - the threads of a loop that run blocking code: yon_thread. */
#ifndef POOL_H
#define POOL_H

#define POOL_THREADS_MAX 64
#define POOL_QUEUE_MAX 1024 /* calls that wait for a thread */

#endif
