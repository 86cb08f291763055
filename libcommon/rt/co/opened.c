/* SPDX-License-Identifier: MIT */
/* opened - a list on each loop, and a line for each thing that is left. */
#include "libcommon/rt/co/opened.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

static void write_line(const struct opened_left *left)
{
    bool named = left->by[0] != '\0';

    fprintf(stderr,
            "yon: misuse: yon_run: %s%s was left open%s%s, and is closed now: "
            "call %s before\n",
            left->what, left->which, named ? " by coroutine " : "", left->by,
            left->remedy);
}

static opened_fn *told = write_line;

/* All that is open on a loop. */
struct opened_list {
    struct loop_part part;
    struct loop *loop;
    struct list all; /* struct opened, the oldest first */
};

void opened_set(opened_fn *fn)
{
    told = fn;
}

void opened_forget(struct opened *o)
{
    if (o->link.next == NULL)
        return;
    list_remove(&o->link);
    free(o->by);
    o->by = NULL;
}

static void tell(const struct opened *o)
{
    struct buf by = { 0 };

    if (o->by != NULL)
        buf_addf(&by, "%s", o->by);
    else if (o->entry != 0)
        misuse_name(&by, o->entry);
    told(&(struct opened_left){ .what = o->what,
                                .which = o->which == NULL ? "" : o->which,
                                .by = buf_text(&by),
                                .remedy = o->remedy });
    buf_fini(&by);
}

static void close_all(struct opened_list *list)
{
    while (!list_is_empty(&list->all)) {
        struct opened *o = LIST_ENTRY(list->all.next, struct opened, link);

        tell(o);
        o->close(o);
    }
}

static void list_close(struct loop_part *part)
{
    struct opened_list *list = CONTAINER_OF(part, struct opened_list, part);

    if (list->loop->uv == &list->loop->own)
        close_all(list);
    while (!list_is_empty(&list->all))
        opened_forget(LIST_ENTRY(list->all.next, struct opened, link));
    free(list);
}

/* NULL: nothing was opened there yet. */
static struct opened_list *list_find(const struct loop *l)
{
    struct loop_part *part = loop_part_find(l, list_close);

    return part == NULL ? NULL : CONTAINER_OF(part, struct opened_list, part);
}

static struct opened_list *list_of(struct loop *l)
{
    struct opened_list *list = list_find(l);

    if (list != NULL)
        return list;
    list = xcalloc(1, sizeof *list);
    list->loop = l;
    list->part.close = list_close;
    list_init(&list->all);
    loop_part_add(l, &list->part);
    return list;
}

void opened_add(struct opened *o, struct loop *l)
{
    const struct coro *co = coro_current();
    struct buf by = { 0 };

    list_init(&o->link);
    if (co != NULL && co->entry == 0)
        buf_addf(&by, "'%s'", co->name);
    o->by = by.len == 0 ? NULL : xstrdup(buf_text(&by));
    o->entry = co == NULL ? 0 : co->entry;
    buf_fini(&by);
    list_insert(&list_of(l)->all, &o->link);
}

void opened_close_all(struct loop *l)
{
    struct opened_list *list = list_find(l);

    if (list != NULL)
        close_all(list);
}
