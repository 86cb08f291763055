/* SPDX-License-Identifier: MIT */
/* map - open addressing with linear probing, at most three quarters full.
 *
 * A removal moves later elements of the same run back, so that no tombstones
 * are left and a run always ends at a free slot.
 */
#include "libcommon/map.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"

#define MAP_CAP_MIN 16

static size_t map_home(const struct map *m, uint64_t key)
{
    return (size_t)hash_mix(key) & (m->cap - 1);
}

static size_t map_after(const struct map *m, size_t i)
{
    return (i + 1) & (m->cap - 1);
}

/* The slot of key, or the free one where it would go. */
static size_t map_find(const struct map *m, uint64_t key)
{
    size_t i = map_home(m, key);

    while (m->slots[i].value != NULL && m->slots[i].key != key)
        i = map_after(m, i);
    return i;
}

static void map_grow(struct map *m)
{
    struct map old = *m;

    m->cap = old.cap > 0 ? old.cap * 2 : MAP_CAP_MIN;
    m->slots = xcalloc(m->cap, sizeof *m->slots);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].value != NULL)
            m->slots[map_find(m, old.slots[i].key)] = old.slots[i];
    }
    free(old.slots);
}

void map_fini(struct map *m)
{
    if (m == NULL)
        return;
    free(m->slots);
    *m = (struct map){ 0 };
}

void *map_get(const struct map *m, uint64_t key)
{
    return m->n > 0 ? m->slots[map_find(m, key)].value : NULL;
}

void *map_put(struct map *m, uint64_t key, void *value)
{
    struct map_slot *slot;
    void *before;

    ASSERT(value != NULL);
    if (m->n >= m->cap / 4 * 3)
        map_grow(m);
    slot = &m->slots[map_find(m, key)];
    before = slot->value;
    *slot = (struct map_slot){ key, value };
    if (before == NULL)
        m->n++;
    return before;
}

/* Close the gap at `gap`: each element behind it, up to the end of the run,
 * moves there when its home is not between the gap and its place. */
static void map_close_gap(struct map *m, size_t gap)
{
    size_t mask = m->cap - 1;

    for (size_t i = map_after(m, gap); m->slots[i].value != NULL;
         i = map_after(m, i)) {
        size_t home = map_home(m, m->slots[i].key);

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            m->slots[gap] = m->slots[i];
            gap = i;
        }
    }
    m->slots[gap] = (struct map_slot){ 0 };
}

void *map_remove(struct map *m, uint64_t key)
{
    size_t i;
    void *before;

    if (m->n == 0)
        return NULL;
    i = map_find(m, key);
    before = m->slots[i].value;
    if (before == NULL)
        return NULL;
    map_close_gap(m, i);
    m->n--;
    return before;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;

        if (value != NULL)
            return value;
    }
    return NULL;
}

void map_check(const struct map *m)
{
    size_t n = 0;

    ASSERT((m->cap & (m->cap - 1)) == 0);
    ASSERT_IF(m->n > 0, m->n < m->cap);
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].value == NULL)
            continue;
        n++;
        ASSERT(map_find(m, m->slots[i].key) == i);
    }
    ASSERT(n == m->n);
}
