/* SPDX-License-Identifier: MIT */
/* builder - yon_builder of <yon/value.h>: one msgpack value, written piece by
 * piece. The head of a container is written when it ends, as only then its
 * length is known. Private to proto and its public functions. Pure.
 */
#ifndef BUILDER_H
#define BUILDER_H

#include <yon/value.h>

#include "libcommon/buf.h"
#include "proto/spec.h"
#include "proto/value_doc.h"

/* A container that is open; the first of them is the top, which has one value.
 */
struct builder_level {
    bool is_map;
    size_t n;       /* values in it; of a map: and keys */
    size_t head_at; /* of its head, in the bytes */
    size_t key_at;  /* of the newest key of a map */
};

struct yon_builder {
    struct buf bytes;
    struct builder_level levels[VALUE_DEPTH_MAX + 1];
    unsigned depth;       /* of the innermost level; 0: the top */
    struct buf values;    /* of a format, until they are appended */
    struct value_doc doc; /* for reading */
    enum err err;         /* the first */
    char errmsg[ERRMSG_LEN];
};

void builder_init(struct yon_builder *b);
void builder_fini(struct yon_builder *b);

/* Begin a value here; is_string: it can be a key. Returns where to append its
 * bytes; NULL: there is an error, which stays. */
struct buf *builder_begin(struct yon_builder *b, bool is_string);
/* The error, unless there was one before; the place is put before the text. */
void builder_fail(struct yon_builder *b, enum err err, const char *text);
/* Append values that were checked. */
void builder_add(struct yon_builder *b, struct view values);
void builder_open(struct yon_builder *b, bool is_map);
void builder_close(struct yon_builder *b);

/* The value, which lives until the builder is changed; an empty one is nil. */
enum err builder_value(const struct yon_builder *b, struct view *out,
                       char *errmsg);

#endif
