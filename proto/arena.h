/* SPDX-License-Identifier: MIT */
/* arena - memory that is given piece by piece and taken back at once. Private
 * to proto. Pure.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_chunk; /* see arena.c */

/* Zeroed memory is an empty arena. */
struct arena {
    struct arena_chunk *chunk; /* the newest */
    size_t used;               /* of it */
    size_t chunk_len;          /* bytes that a chunk has; 0: 32 KiB */
};

/* Zeroed room for n things of `size` bytes; NULL when there is no memory: n may
 * come from outside. */
void *arena_take(struct arena *a, size_t n, size_t size);
/* Take all back; one chunk of ordinary size is kept. */
void arena_clear(struct arena *a);
void arena_fini(struct arena *a);

#endif
