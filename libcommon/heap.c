/* SPDX-License-Identifier: MIT */
/* heap - a binary heap whose elements know their place. */
#include "libcommon/heap.h"

#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

/* Places count from 1, so that 0 means "in none"; the array counts from 0. */
static void heap_set(struct heap *h, size_t place, struct heap_node *node)
{
    h->at[place - 1] = node;
    node->place = place;
}

static struct heap_node *heap_at(const struct heap *h, size_t place)
{
    return h->at[place - 1];
}

/* Move `node`, which wants `place`, up to where its parent is not larger. */
static void heap_rise(struct heap *h, size_t place, struct heap_node *node)
{
    while (place > 1 && h->less(node, heap_at(h, place / 2))) {
        heap_set(h, place, heap_at(h, place / 2));
        place /= 2;
    }
    heap_set(h, place, node);
}

/* Move `node`, which wants `place`, down to where no child is smaller. */
static void heap_sink(struct heap *h, size_t place, struct heap_node *node)
{
    for (;;) {
        size_t child = place * 2;

        if (child > h->n)
            break;
        if (child < h->n && h->less(heap_at(h, child + 1), heap_at(h, child)))
            child++;
        if (!h->less(heap_at(h, child), node))
            break;
        heap_set(h, place, heap_at(h, child));
        place = child;
    }
    heap_set(h, place, node);
}

void heap_init(struct heap *h, heap_less *less)
{
    *h = (struct heap){ .less = less };
}

void heap_fini(struct heap *h)
{
    if (h == NULL)
        return;
    free(h->at);
    h->at = NULL;
    h->n = h->cap = 0;
}

void heap_insert(struct heap *h, struct heap_node *node)
{
    ASSERT(node->place == 0);
    h->at = vec_grow(h->at, &h->cap, h->n + 1, sizeof(struct heap_node *));
    h->n++;
    heap_rise(h, h->n, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    size_t place = node->place;
    struct heap_node *last;

    if (place == 0)
        return;
    ASSERT(place <= h->n && heap_at(h, place) == node);
    node->place = 0;
    last = heap_at(h, h->n);
    h->n--;
    if (last == node)
        return;
    if (place > 1 && h->less(last, heap_at(h, place / 2)))
        heap_rise(h, place, last);
    else
        heap_sink(h, place, last);
}

struct heap_node *heap_top(const struct heap *h)
{
    return h->n > 0 ? heap_at(h, 1) : NULL;
}

void heap_check(const struct heap *h)
{
    ASSERT(h->n <= h->cap);
    for (size_t place = 1; place <= h->n; place++) {
        ASSERT(heap_at(h, place)->place == place);
        ASSERT_IF(place > 1,
                  !h->less(heap_at(h, place), heap_at(h, place / 2)));
    }
}
