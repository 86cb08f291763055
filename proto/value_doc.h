/* SPDX-License-Identifier: MIT */
/* value_doc - a value that is being read: its bytes, the strings that were read
 * out of it, and the places in it as people are told them. Private to proto and
 * to its users' structs. Pure.
 */
#ifndef VALUE_DOC_H
#define VALUE_DOC_H

#include "libcommon/buf.h"
#include "proto/arena.h"

/* Zeroed memory is an empty document. */
struct value_doc {
    struct view bytes;    /* one whole value, checked */
    struct arena strings; /* copies */
    const char *what;     /* what messages call the value; NULL: "args" */
};

void value_doc_fini(struct value_doc *doc);

/* The value that begins at `at`, and all that follows it. */
struct view value_doc_from(const struct value_doc *doc, const uint8_t *at);
/* Add the place of the value that begins at `at`: args[2].name */
void value_doc_add_place(const struct value_doc *doc, const uint8_t *at,
                         struct buf *out);
/* Add a key to a place: .name, or ["two words"]. Bytes of any kind. */
void value_doc_add_key(struct view key, struct buf *out);

#endif
