/* SPDX-License-Identifier: MIT */
/* list - doubly linked, inside the element. Pure.
 *
 * A head and an element not in a list point to themselves. Zeroed memory is not
 * a list: call list_init.
 */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/check.h"

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l;
    l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

/* Put `item` before `at`; with a head: at the end. */
static inline void list_insert(struct list *at, struct list *item)
{
    item->next = at;
    item->prev = at->prev;
    at->prev->next = item;
    at->prev = item;
}

/* Harmless for an element that is in no list. */
static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

#define LIST_ENTRY(pointer, type, member) CONTAINER_OF(pointer, type, member)
/* `it` may be removed in the body. */
#define LIST_EACH(it, save, head)                                        \
    for (struct list *it = (head)->next, *save = it->next; it != (head); \
         it = save, save = it->next)

#endif
