/* SPDX-License-Identifier: MIT */
/* map - from a 64-bit number to a pointer. Pure.
 *
 * Open addressing, grown by doubling. Zeroed memory is an empty map. The values
 * belong to the caller and are never NULL. Keys may be any number.
 */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;
    void *value; /* NULL: free */
};

struct map {
    struct map_slot *slots;
    size_t n;
    size_t cap; /* a power of two, or 0 */
};

void map_fini(struct map *m);                     /* frees no value */
void *map_get(const struct map *m, uint64_t key); /* NULL when absent */
/* Returns what stood there before, or NULL. */
void *map_put(struct map *m, uint64_t key, void *value);
void *map_remove(struct map *m, uint64_t key); /* what stood there, or NULL */
/* Walk: start with *at = 0; NULL at the end. Order is none; no change of the
 * map while walking. */
void *map_next(const struct map *m, size_t *at);
void map_check(const struct map *m);

#endif
