/* SPDX-License-Identifier: MIT */
/* layout - the fields of every operation and record, as tables made from the
 * lists of op.h. Encoder, decoder, copies and tests follow them.
 * Private to proto and its tests. Pure.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "proto/op.h"

/* boot_id and job_key. */
#define BIN16_LEN 16
_Static_assert(sizeof(boot_id) == BIN16_LEN && sizeof(job_key) == BIN16_LEN,
               "both are the bytes of a bin");

/* Types of fields that hold one value: those that hold it themselves, and those
 * that are a struct view. */
#define FIELD_PLAIN_LIST(X) \
    X(u8)                   \
    X(u32)                  \
    X(u64)                  \
    X(i64)                  \
    X(flag)                 \
    X(boot)                 \
    X(key)                  \
    FIELD_VIEW_LIST(X)
#define FIELD_VIEW_LIST(X) \
    X(name)                \
    X(text)                \
    X(bytes)

enum field_type {
#define FIELD_PLAIN(type) FIELD_##type,
#define FIELD_RECORD(NAME, record) FIELD_##record,
#define FIELD_RECORDS(records, record, n_max) FIELD_##records,
    FIELD_PLAIN_LIST(FIELD_PLAIN) FIELD_names,
    RECORD_LIST(FIELD_RECORD) RECORDS_LIST(FIELD_RECORDS) FIELD_TYPE_COUNT
#undef FIELD_PLAIN
#undef FIELD_RECORD
#undef FIELD_RECORDS
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset; /* in the struct */
};

struct layout {
    const char *name; /* "HELLO", "OUTCOME" */
    const struct field *fields;
    uint32_t n_fields;
    size_t size; /* of the struct */
};

enum field_kind {
    FIELD_IS_PLAIN,
    FIELD_IS_NAMES,   /* a list that points to views */
    FIELD_IS_RECORD,  /* one record, inside the struct */
    FIELD_IS_RECORDS, /* a list that points to records */
};

/* The kind of a field type, and what it consists of. */
struct field_rule {
    enum field_kind kind;
    const struct layout *(*record)(void);
    uint32_t n_max; /* entries of a list */
};
extern const struct field_rule field_rules[FIELD_TYPE_COUNT];

/* NULL for a number that is no operation. Offsets count from the address of
 * op->u. */
const struct layout *layout_of_op(uint64_t type);
/* layout_of_outcome(), layout_of_policy() ...: one a record. */
#define LAYOUT_OF_RECORD(NAME, record) \
    const struct layout *layout_of_##record(void);
RECORD_LIST(LAYOUT_OF_RECORD)
#undef LAYOUT_OF_RECORD

/* Whether a field of this type holds one value. */
static inline bool field_is_plain(enum field_type type)
{
    return type < FIELD_names;
}
/* Whether it is a struct view. */
static inline bool field_is_view(enum field_type type)
{
    return type >= FIELD_name && type < FIELD_names;
}
/* Whether it may borrow what it says: a view, a list, a record. */
static inline bool field_borrows(enum field_type type)
{
    return type >= FIELD_name;
}

/* Any list: struct names, struct attempt_keys ... */
struct any_list {
    const void *at;
    size_t n;
};
struct any_list field_get_list(const void *field);
void field_set_list(void *field, struct any_list list);

#endif
