/* SPDX-License-Identifier: MIT */
/* value_doc - a value that is being read, and the places in it. */
#include "proto/value_doc.h"

#include <ctype.h>
#include <inttypes.h>

#include "libcommon/check.h"
#include "libcommon/utf8.h"
#include "proto/mp.h"
#include "proto/scan.h"
#include "proto/spec.h"

#define KEY_COLUMNS_MAX 40 /* of a key in a message */

void value_doc_fini(struct value_doc *doc)
{
    if (doc != NULL)
        arena_fini(&doc->strings);
}

struct view value_doc_from(const struct value_doc *doc, const uint8_t *at)
{
    const uint8_t *end = doc->bytes.data + doc->bytes.len;

    ASSERT(at >= doc->bytes.data && at < end);
    return view_of(at, (size_t)(end - at));
}

/* ---- places ---- */

static bool is_word(struct view key)
{
    if (key.len == 0 || key.len > KEY_COLUMNS_MAX || isdigit(key.data[0]))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (key.data[i] >= 0x80 ||
            (!isalnum(key.data[i]) && key.data[i] != '_' && key.data[i] != '-'))
            return false;
    return true;
}

void value_doc_add_key(struct view key, struct buf *out)
{
    size_t shown = utf8_cut(key, KEY_COLUMNS_MAX);

    if (is_word(key)) {
        buf_addf(out, ".");
        buf_add_view(out, key);
        return;
    }
    buf_addf(out, "[\"");
    utf8_add_safe(out, view_of(key.data, shown));
    buf_addf(out, shown < key.len ? "...\"]" : "\"]");
}

/* The key is a string, mostly. */
static void add_key_at(const struct value_doc *doc, const uint8_t *at,
                       struct buf *out)
{
    struct view rest = value_doc_from(doc, at);
    struct mp_value key;

    if (mp_take(&rest, &key) != ERR_NONE)
        UNREACHABLE("the document was checked");
    if (key.type == MP_STR)
        value_doc_add_key(key.u.bytes, out);
    else if (key.type == MP_UNSIGNED)
        buf_addf(out, "[%" PRIu64 "]", key.u.n);
    else if (key.type == MP_NEGATIVE)
        buf_addf(out, "[%" PRId64 "]", key.u.negative);
    else
        buf_addf(out, "[%s]", mp_type_name(key.type));
}

/* A container, and which of the values in it (of a map: keys, too) holds `at`.
 */
struct inner {
    bool is_map;
    uint64_t index;
    const uint8_t *before; /* the value before that one */
    const uint8_t *child;
};

static struct inner find(const struct value_doc *doc, const uint8_t *from,
                         const uint8_t *at)
{
    struct view rest = value_doc_from(doc, from);
    struct mp_value head;
    struct inner in = { 0 };
    enum err err = mp_take(&rest, &head);

    ASSERT(err == ERR_NONE);
    ASSERT(head.type == MP_ARRAY || head.type == MP_MAP);
    in.is_map = head.type == MP_MAP;
    for (;; in.index++) {
        size_t len = 0;

        in.before = in.child;
        in.child = rest.data;
        err = scan_value(rest, VALUE_DEPTH_MAX, &len);
        ASSERT(err == ERR_NONE);
        if (at < rest.data + len)
            return in;
        rest.data += len;
        rest.len -= len;
    }
}

void value_doc_add_place(const struct value_doc *doc, const uint8_t *at,
                         struct buf *out)
{
    const uint8_t *here = doc->bytes.data;

    buf_addf(out, "%s", doc->what != NULL ? doc->what : "args");
    while (here != at) {
        struct inner in = find(doc, here, at);

        if (!in.is_map)
            buf_addf(out, "[%" PRIu64 "]", in.index);
        else if (in.index % 2 == 1)
            add_key_at(doc, in.before, out);
        else
            buf_addf(out, "[key %" PRIu64 "]", in.index / 2);
        here = in.child;
    }
}
