/* SPDX-License-Identifier: MIT */
/* arena - a list of chunks, of which the newest is being filled. */
#include "proto/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"

/* Lists of ordinary length are decoded without any malloc. */
#define CHUNK_LEN (32u << 10)

struct arena_chunk {
    struct arena_chunk *next;
    size_t cap; /* of room */
    alignas(max_align_t) uint8_t room[];
};

static size_t chunk_len(const struct arena *a)
{
    return a->chunk_len > 0 ? a->chunk_len : CHUNK_LEN;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t len)
{
    size_t cap = len > chunk_len(a) ? len : chunk_len(a);
    struct arena_chunk *chunk = malloc(sizeof *chunk + cap);

    if (chunk == NULL)
        return NULL;
    *chunk = (struct arena_chunk){ .next = a->chunk, .cap = cap };
    a->chunk = chunk;
    a->used = 0;
    return chunk;
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
    struct arena_chunk *chunk = a->chunk;
    size_t len;
    void *room;

    ASSERT(size > 0 && n <= SIZE_MAX / 4 / size);
    len = (n * size + alignof(max_align_t) - 1) / alignof(max_align_t) *
          alignof(max_align_t);
    if (chunk == NULL || chunk->cap - a->used < len)
        chunk = add_chunk(a, len);
    if (chunk == NULL)
        return NULL;
    room = chunk->room + a->used;
    a->used += len;
    return memset(room, 0, n * size);
}

static void drop_chunk(struct arena *a)
{
    struct arena_chunk *chunk = a->chunk;

    a->chunk = chunk->next;
    free(chunk);
}

void arena_clear(struct arena *a)
{
    while (a->chunk != NULL &&
           (a->chunk->next != NULL || a->chunk->cap > chunk_len(a)))
        drop_chunk(a);
    a->used = 0;
}

void arena_fini(struct arena *a)
{
    while (a->chunk != NULL)
        drop_chunk(a);
    a->used = 0;
}
