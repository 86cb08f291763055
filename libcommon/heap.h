/* SPDX-License-Identifier: MIT */
/* heap - the smallest first; elements know their place. Pure.
 *
 * Elements embed a heap_node. `less` decides the order of two of them.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
    size_t place; /* 1-based place in the heap; 0: in none */
};

typedef bool heap_less(const struct heap_node *a, const struct heap_node *b);

struct heap {
    struct heap_node **at;
    size_t n, cap;
    heap_less *less;
};

void heap_init(struct heap *h, heap_less *less);
void heap_fini(struct heap *h); /* frees no element */
void heap_insert(struct heap *h, struct heap_node *node);
void heap_remove(struct heap *h, struct heap_node *node); /* in none: nothing */
struct heap_node *heap_top(const struct heap *h);         /* NULL when empty */
void heap_check(const struct heap *h);

#endif
