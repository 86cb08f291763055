/* SPDX-License-Identifier: MIT */
/* layout - the tables; each stands in the function that returns it, where
 * `this` can be the struct whose fields it lists. */
#include "proto/layout.h"

#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"

/* The row behind the last field is for operations that have none. */
#define FIELD_ROW(type, field) OP_BY_TYPE(type, ROWS_IN_LINE, ROW)(type, field)
#define ROW(type, field) { #field, FIELD_##type, offsetof(this, field) },
#define ROWS_IN_LINE(type, field) ATTEMPT_KEY_RECORD(ROW)
#define LAYOUT_BODY(name, this_struct, FIELDS)                                 \
    {                                                                          \
        typedef struct this_struct this;                                       \
        static const struct field rows[] = { FIELDS(FIELD_ROW){ 0 } };         \
        static const struct layout layout = { name, rows, ARRAY_LEN(rows) - 1, \
                                              sizeof(this) };                  \
        return &layout;                                                        \
    }

#define RECORD_LAYOUT(NAME, record)               \
    const struct layout *layout_of_##record(void) \
        LAYOUT_BODY(#NAME, record, NAME##_RECORD)
RECORD_LIST(RECORD_LAYOUT)

#define OP_LAYOUT(NAME, member, ...)                       \
    static const struct layout *op_##member##_layout(void) \
        LAYOUT_BODY(#NAME, op_##member, NAME##_FIELDS)
OP_LIST(OP_LAYOUT)

const struct field_rule field_rules[FIELD_TYPE_COUNT] = {
    [FIELD_names] = { FIELD_IS_NAMES, NULL, FUNCTIONS_MAX },
#define RECORD_RULE(NAME, record) \
    [FIELD_##record] = { FIELD_IS_RECORD, layout_of_##record, 0 },
#define RECORDS_RULE(records, record, n_max) \
    [FIELD_##records] = { FIELD_IS_RECORDS, layout_of_##record, (n_max) },
    RECORD_LIST(RECORD_RULE) RECORDS_LIST(RECORDS_RULE)
};

const struct layout *layout_of_op(uint64_t type)
{
    switch (type) {
#define OP_CASE(NAME, member, ...) \
    case OP_##NAME:                \
        return op_##member##_layout();
        OP_LIST(OP_CASE)
    default:
        return NULL;
    }
}

const char *op_name(enum op_type type)
{
    const struct layout *layout = layout_of_op(type);

    return layout != NULL ? layout->name : "?";
}

#define LIST_LOOKS_ALIKE(records, record, n_max)                        \
    _Static_assert(sizeof(struct records) == sizeof(struct any_list) && \
                       offsetof(struct records, n) ==                   \
                           offsetof(struct any_list, n),                \
                   "every list is a pointer and a count");
RECORDS_LIST(LIST_LOOKS_ALIKE)
LIST_LOOKS_ALIKE(names, view, FUNCTIONS_MAX)

/* Copied, since the lists are structs of different types. */
struct any_list field_get_list(const void *field)
{
    struct any_list list;

    memcpy(&list, field, sizeof list);
    return list;
}

void field_set_list(void *field, struct any_list list)
{
    memcpy(field, &list, sizeof list);
}
