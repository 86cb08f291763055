/* SPDX-License-Identifier: MIT */
/* own - one walk through the layouts, which counts first and copies then. */
#include "proto/own.h"

#include <stdalign.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/layout.h"

/* Lists begin at such addresses, so that their entries are aligned. */
#define LIST_ALIGN alignof(struct any_list)

#define RECORD_IS_ALIGNED(NAME, record)                  \
    _Static_assert(alignof(struct record) <= LIST_ALIGN, \
                   "a list in the room is aligned for any record");
RECORD_LIST(RECORD_IS_ALIGNED)

struct own_walk {
    uint8_t *room; /* NULL: count only, and write nowhere */
    size_t len;    /* taken so far */
};

/* Where the copy is; NULL when only counting. */
static void *keep_bytes(struct own_walk *w, const void *from, size_t len)
{
    uint8_t *to = w->room == NULL ? NULL : w->room + w->len;

    w->len += len;
    if (to != NULL && len > 0)
        memcpy(to, from, len);
    return to;
}

static void keep_view(struct own_walk *w, struct view *v)
{
    void *copy = keep_bytes(w, v->data, v->len);

    if (copy != NULL)
        v->data = copy;
}

/* The entries of a list, to be walked in their turn: those of the copy, or,
 * when only counting, those that are there, which the walk leaves alone. */
static void *keep_list(struct own_walk *w, void *field, size_t size, size_t *n)
{
    struct any_list list = field_get_list(field);
    void *copy;

    w->len = (w->len + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
    copy = keep_bytes(w, list.at, list.n * size);
    *n = list.n;
    if (copy == NULL)
        return (void *)(uintptr_t)list.at;
    field_set_list(field, (struct any_list){ copy, list.n });
    return copy;
}

static void keep_names(struct own_walk *w, void *field)
{
    size_t n;
    struct view *at = keep_list(w, field, sizeof *at, &n);

    for (size_t i = 0; i < n; i++)
        keep_view(w, &at[i]);
}

static void keep_fields(struct own_walk *w, const struct layout *layout,
                        void *at);

static void keep_records(struct own_walk *w, const struct layout *layout,
                         void *field)
{
    size_t n;
    char *at = keep_list(w, field, layout->size, &n);

    for (size_t i = 0; i < n; i++)
        keep_fields(w, layout, at + i * layout->size);
}

static void keep_more(struct own_walk *w, enum field_type type, void *field)
{
    const struct field_rule *rule = &field_rules[type];

    switch (rule->kind) {
    case FIELD_IS_PLAIN:
        break;
    case FIELD_IS_NAMES:
        keep_names(w, field);
        break;
    case FIELD_IS_RECORD:
        keep_fields(w, rule->record(), field);
        break;
    case FIELD_IS_RECORDS:
        keep_records(w, rule->record(), field);
        break;
    }
}

static void keep_fields(struct own_walk *w, const struct layout *layout,
                        void *at)
{
    const struct field *end = layout->fields + layout->n_fields;

    for (const struct field *f = layout->fields; f < end; f++) {
        if (!field_borrows(f->type))
            continue;
        if (field_is_view(f->type))
            keep_view(w, (void *)((char *)at + f->offset));
        else
            keep_more(w, f->type, (char *)at + f->offset);
    }
}

static size_t borrowed_len(const struct layout *layout, const void *from)
{
    struct own_walk w = { NULL, 0 };

    keep_fields(&w, layout, (void *)(uintptr_t)from);
    return w.len;
}

static void own(const struct layout *layout, void *at, void *room)
{
    struct own_walk w = { room, 0 };

    ASSERT(room != NULL);
    keep_fields(&w, layout, at);
}

size_t op_borrowed_len(const struct op *op)
{
    return borrowed_len(layout_of_op(op->type), &op->u);
}

void op_own(struct op *op, void *room)
{
    own(layout_of_op(op->type), &op->u, room);
}

#define OWN_RECORD(NAME, record)                            \
    size_t record##_borrowed_len(const struct record *from) \
    {                                                       \
        return borrowed_len(layout_of_##record(), from);    \
    }                                                       \
    void record##_own(struct record *at, void *room)        \
    {                                                       \
        own(layout_of_##record(), at, room);                \
    }
RECORD_LIST(OWN_RECORD)
