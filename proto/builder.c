/* SPDX-License-Identifier: MIT */
/* builder - one msgpack value, written piece by piece. */
#include "proto/builder.h"

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/mp.h"
#include "proto/scan.h"

#define MSGPACK_NIL "\xc0"

void builder_init(struct yon_builder *b)
{
    *b = (struct yon_builder){ .doc.what = "value" };
}

void builder_fini(struct yon_builder *b)
{
    buf_fini(&b->bytes);
    buf_fini(&b->values);
    value_doc_fini(&b->doc);
}

static struct builder_level *top(struct yon_builder *b)
{
    return &b->levels[b->depth];
}

/* A map waits for the value of its newest key. */
static bool is_behind_key(const struct builder_level *l)
{
    return l->is_map && l->n % 2 == 1;
}

/* ---- the error ---- */

static void add_key(const struct yon_builder *b, const struct builder_level *l,
                    struct buf *out)
{
    struct view rest =
        view_of(b->bytes.data + l->key_at, b->bytes.len - l->key_at);
    struct mp_value key;
    enum err err = mp_take(&rest, &key);

    ASSERT(err == ERR_NONE && key.type == MP_STR);
    value_doc_add_key(key.u.bytes, out);
}

/* The place of the value that comes next. Each level but the innermost is in
 * the middle of its newest value. */
static void add_place(const struct yon_builder *b, struct buf *out)
{
    buf_addf(out, "value");
    for (unsigned i = 1; i <= b->depth; i++) {
        const struct builder_level *l = &b->levels[i];
        size_t n = l->n - (i < b->depth);

        if (!l->is_map)
            buf_addf(out, "[%zu]", n);
        else if (n % 2 == 1)
            add_key(b, l, out);
        else
            buf_addf(out, "[key %zu]", n / 2);
    }
}

void builder_fail(struct yon_builder *b, enum err err, const char *text)
{
    struct buf place = { 0 };

    if (b->err != ERR_NONE)
        return;
    add_place(b, &place);
    b->err = err_set(b->errmsg, err, "%s: %s", buf_text(&place), text);
    buf_fini(&place);
    buf_fini(&b->bytes); /* nobody gets it */
}

/* ---- values ---- */

struct buf *builder_begin(struct yon_builder *b, bool is_string)
{
    struct builder_level *l = top(b);

    if (b->err == ERR_NONE && b->bytes.len > FRAME_LEN_MAX)
        builder_fail(b, ERR_LIMIT, "the value is larger than 32 MiB");
    else if (b->depth == 0 && l->n == 1)
        builder_fail(b, ERR_FORMAT,
                     "a second value at the top: begin an array before them");
    else if (l->is_map && !is_behind_key(l) && !is_string)
        builder_fail(b, ERR_FORMAT, "a key must be a string");
    if (b->err != ERR_NONE)
        return NULL;
    value_doc_fini(&b->doc);
    if (l->is_map && !is_behind_key(l))
        l->key_at = b->bytes.len;
    l->n++;
    return &b->bytes;
}

void builder_add(struct yon_builder *b, struct view values)
{
    while (values.len > 0) {
        struct view rest = values;
        struct mp_value first;
        struct buf *out;
        size_t len = 0;
        enum err err = mp_take(&rest, &first);

        ASSERT(err == ERR_NONE);
        err = scan_value(values, VALUE_DEPTH_MAX - b->depth, &len);
        if (err != ERR_NONE) {
            ASSERT(err == ERR_RANGE);
            builder_fail(b, err, "nested too deep");
            return;
        }
        out = builder_begin(b, first.type == MP_STR);
        if (out == NULL)
            return;
        buf_add(out, values.data, len);
        values.data += len;
        values.len -= len;
    }
}

void builder_open(struct yon_builder *b, bool is_map)
{
    struct builder_level level = { .is_map = is_map };

    if (b->depth == VALUE_DEPTH_MAX)
        builder_fail(b, ERR_RANGE, "nested too deep");
    if (builder_begin(b, false) == NULL)
        return;
    level.head_at = b->bytes.len;
    buf_add(&b->bytes, MSGPACK_NIL, 1); /* until its end */
    b->levels[++b->depth] = level;
}

/* Put the head where a byte stands for it. */
static void put_head(struct buf *bytes, const struct builder_level *l)
{
    struct buf head = { 0 };
    uint8_t *at;

    if (l->is_map)
        mp_pack_map(&head, l->n / 2);
    else
        mp_pack_array(&head, l->n);
    buf_room(bytes, head.len);
    at = bytes->data + l->head_at;
    memmove(at + head.len, at + 1, bytes->len - l->head_at - 1);
    memcpy(at, head.data, head.len);
    bytes->len += head.len - 1;
    buf_fini(&head);
}

void builder_close(struct yon_builder *b)
{
    if (b->err != ERR_NONE)
        return;
    if (b->depth == 0) {
        builder_fail(b, ERR_FORMAT, "no array or map is open");
        return;
    }
    if (is_behind_key(top(b))) {
        builder_fail(b, ERR_FORMAT, "the key has no value");
        return;
    }
    put_head(&b->bytes, top(b));
    b->depth--;
}

static enum err check_whole(const struct yon_builder *b, char *errmsg)
{
    const struct builder_level *l = &b->levels[b->depth];
    struct buf place = { 0 };

    if (b->err != ERR_NONE)
        return err_set(errmsg, b->err, "%s", b->errmsg);
    if (b->bytes.len > FRAME_LEN_MAX)
        return err_set(errmsg, ERR_LIMIT,
                       "value: %zu bytes, which is more than 32 MiB",
                       b->bytes.len);
    if (b->depth == 0)
        return ERR_NONE;
    add_place(b, &place);
    err_set(errmsg, ERR_FORMAT, "%s: the %s was not ended", buf_text(&place),
            l->is_map ? "map" : "array");
    buf_fini(&place);
    return ERR_FORMAT;
}

enum err builder_value(const struct yon_builder *b, struct view *out,
                       char *errmsg)
{
    enum err err = check_whole(b, errmsg);

    if (err == ERR_NONE)
        *out = b->bytes.len > 0 ? buf_view(&b->bytes) : view_str(MSGPACK_NIL);
    return err;
}
