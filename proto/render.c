/* SPDX-License-Identifier: MIT */
/* render - what each placeholder stands for, in texts and in msgpack. */
#include "proto/render.h"

#include <string.h>

#include "libcommon/check.h"
#include "proto/jsonitem.h"
#include "proto/spec.h"

/* ---- parts of an item ---- */

static struct view part(struct view v, size_t from, size_t to)
{
    return view_of(v.data + from, to - from);
}

/* Offset of the last such byte; v.len: there is none. */
static size_t find_last(struct view v, uint8_t byte)
{
    for (size_t i = v.len; i > 0; i--)
        if (v.data[i - 1] == byte)
            return i - 1;
    return v.len;
}

static struct view basename_of(struct view v)
{
    size_t slash = find_last(v, '/');

    return slash == v.len ? v : part(v, slash + 1, v.len);
}

/* Without what begins with the last dot, unless a slash follows that. */
static struct view without_extension(struct view v)
{
    size_t dot = find_last(v, '.');
    size_t slash = find_last(v, '/');
    bool slash_behind = slash != v.len && slash > dot;

    if (dot == v.len || slash_behind)
        return v;
    return part(v, 0, dot);
}

static struct view without_slashes_at_end(struct view v)
{
    while (v.len > 1 && v.data[v.len - 1] == '/')
        v.len--;
    return v;
}

/* As dirname(1). */
static struct view dirname_of(struct view v)
{
    size_t slash;

    v = without_slashes_at_end(v);
    slash = find_last(v, '/');
    if (slash == v.len)
        return view_str(".");
    return without_slashes_at_end(part(v, 0, slash + 1));
}

/* ---- texts ---- */

static enum err add(struct buf *out, struct view v, size_t len_max)
{
    if (out->len > len_max || v.len > len_max - out->len)
        return ERR_LIMIT;
    buf_add_view(out, v);
    return ERR_NONE;
}

enum placeholder { ITEM, BARE, BASE, DIR, BASE_BARE, NUMBER, BRACE, NONE };

static const struct view placeholders[] = {
    [ITEM] = { (const uint8_t *)"{}", 2 },
    [BARE] = { (const uint8_t *)"{.}", 3 },
    [BASE] = { (const uint8_t *)"{/}", 3 },
    [DIR] = { (const uint8_t *)"{//}", 4 },
    [BASE_BARE] = { (const uint8_t *)"{/.}", 4 },
    [NUMBER] = { (const uint8_t *)"{#}", 3 },
    [BRACE] = { (const uint8_t *)"{\"{\"}", 5 },
};
_Static_assert(ARRAY_LEN(placeholders) == NONE, "one text per placeholder");

/* The placeholder that `text` begins with. */
static enum placeholder placeholder_at(struct view text)
{
    enum placeholder p;

    for (p = 0; p < NONE; p++)
        if (text.len >= placeholders[p].len &&
            memcmp(text.data, placeholders[p].data, placeholders[p].len) == 0)
            break;
    return p;
}

static enum err add_placeholder(struct buf *out, enum placeholder p,
                                const struct render *with)
{
    switch (p) {
    case ITEM:
        return add(out, with->item, with->len_max);
    case BARE:
        return add(out, without_extension(with->item), with->len_max);
    case BASE:
        return add(out, basename_of(with->item), with->len_max);
    case DIR:
        return add(out, dirname_of(with->item), with->len_max);
    case BASE_BARE:
        return add(out, without_extension(basename_of(with->item)),
                   with->len_max);
    case NUMBER:
        return add(out, with->number, with->len_max);
    case BRACE:
        return add(out, view_str("{"), with->len_max);
    case NONE:
        break;
    }
    UNREACHABLE("add_placeholder: it is none");
}

/* Bytes before the first brace that opens. */
static size_t plain_len(struct view text)
{
    const uint8_t *brace =
        text.len == 0 ? NULL : memchr(text.data, '{', text.len);

    return brace == NULL ? text.len : (size_t)(brace - text.data);
}

void render_escape(struct buf *out, struct view text)
{
    struct view piece;

    while (text.len > 0) {
        bool is_one = placeholder_at(text) != NONE;

        (void)view_take(&text, 1, &piece);
        buf_add_view(out, is_one ? placeholders[BRACE] : piece);
    }
}

enum err render_text(struct buf *out, struct view text,
                     const struct render *with)
{
    enum err err = ERR_NONE;
    struct view piece;

    while (text.len > 0 && err == ERR_NONE) {
        enum placeholder p = placeholder_at(text);

        if (p != NONE) {
            view_take(&text, placeholders[p].len, &piece);
            err = add_placeholder(out, p, with);
        } else {
            size_t skip = text.data[0] == '{' ? 1 : 0;

            view_take(&text, skip + plain_len(part(text, skip, text.len)),
                      &piece);
            err = add(out, piece, with->len_max);
        }
    }
    return err;
}

/* ---- msgpack values ---- */

/* A token is a scalar, or the head of a container: since a string stays one
 * value whatever its length, no nesting has to be followed. */
struct token {
    size_t head; /* bytes of type and length */
    size_t body;
    bool is_str, is_ext;
};

static size_t big_endian(const uint8_t *at, size_t n)
{
    size_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | at[i];
    return value;
}

static struct token counted(const uint8_t *at, size_t len_bytes)
{
    return (struct token){ .head = 1 + len_bytes,
                           .body = big_endian(at + 1, len_bytes) };
}

static struct token counted_str(const uint8_t *at, size_t len_bytes)
{
    struct token token = counted(at, len_bytes);

    token.is_str = true;
    return token;
}

/* The type, one byte, is the first of its body. */
static struct token counted_ext(const uint8_t *at, size_t len_bytes)
{
    struct token token = counted(at, len_bytes);

    token.body++;
    token.is_ext = true;
    return token;
}

/* Length of a value of the types 0xc0 .. 0xdf, from its head. */
static struct token token_long(const uint8_t *at)
{
    /* clang-format off */
    static const uint8_t body[0x20] = {
        [0x0a] = 4, [0x0b] = 8, /* float */
        [0x0c] = 1, [0x0d] = 2, [0x0e] = 4, [0x0f] = 8, /* unsigned */
        [0x10] = 1, [0x11] = 2, [0x12] = 4, [0x13] = 8, /* signed */
        [0x14] = 2, [0x15] = 3, [0x16] = 5, [0x17] = 9, [0x18] = 17, /* fixext */
        [0x1c] = 2, [0x1d] = 4, [0x1e] = 2, [0x1f] = 4, /* counts */
    };
    /* clang-format on */
    uint8_t type = *at;

    if (type >= 0xc4 && type <= 0xc6) /* bin */
        return counted(at, (size_t)1 << (type - 0xc4));
    if (type >= 0xc7 && type <= 0xc9)
        return counted_ext(at, (size_t)1 << (type - 0xc7));
    if (type >= 0xd9 && type <= 0xdb)
        return counted_str(at, (size_t)1 << (type - 0xd9));
    return (struct token){ .head = 1,
                           .body = body[type - 0xc0],
                           .is_ext = type >= 0xd4 && type <= 0xd8 };
}

static struct token token_at(const uint8_t *at)
{
    if (*at >= 0xa0 && *at <= 0xbf)
        return (struct token){ .head = 1, .body = *at & 0x1f, .is_str = true };
    if (*at >= 0xc0 && *at <= 0xdf)
        return token_long(at);
    return (struct token){ .head = 1 }; /* fixint, fixmap, fixarray */
}

#define STR_HEAD_MAX 5

/* The shortest head for a string of `len` bytes. Returns its length. */
static size_t put_str_head(uint8_t at[STR_HEAD_MAX], size_t len)
{
    size_t len_bytes = len < 32 ? 0 : len <= 0xff ? 1 : len <= 0xffff ? 2 : 4;

    at[0] = (uint8_t)(len_bytes == 0   ? 0xa0 | len
                      : len_bytes == 1 ? 0xd9
                      : len_bytes == 2 ? 0xda
                                       : 0xdb);
    for (size_t i = 0; i < len_bytes; i++)
        at[1 + i] = (uint8_t)(len >> 8 * (len_bytes - 1 - i));
    return 1 + len_bytes;
}

/* The text is rendered behind room for the longest head, then moved up to the
 * one that it needs. */
static enum err render_str(struct buf *out, struct view text,
                           const struct render *with)
{
    size_t head_at = out->len;
    size_t text_at = head_at + STR_HEAD_MAX;
    size_t head_len, len;
    enum err err;

    ASSERT(with->len_max <= UINT32_MAX);
    buf_room(out, STR_HEAD_MAX);
    out->len = text_at;
    err = render_text(out, text, with);
    len = out->len - text_at;
    head_len = put_str_head(out->data + head_at, len);
    memmove(out->data + head_at + head_len, out->data + text_at, len);
    out->len = head_at + head_len + len;
    return err;
}

/* Whether the body of an ext stands for the item or the number, and for which.
 */
static bool is_item(struct view body, const struct render *with,
                    struct view *item)
{
    struct view text = part(body, 1, body.len);

    if (body.data[0] != RENDER_EXT_ITEM)
        return false;
    *item = view_equal(text, placeholders[ITEM]) ? with->item : with->number;
    return view_equal(text, placeholders[ITEM]) ||
           view_equal(text, placeholders[NUMBER]);
}

static enum err render_item(struct buf *out, struct view item,
                            const struct render *with, char *errmsg)
{
    enum err err = jsonitem_pack(out, item, VALUE_DEPTH_MAX, errmsg);

    if (err == ERR_NONE && out->len > with->len_max)
        err = ERR_LIMIT;
    return err;
}

static enum err render_token(struct buf *out, struct token token,
                             struct view piece, const struct render *with,
                             char *errmsg)
{
    struct view body = part(piece, token.head, piece.len), item;

    if (token.is_str)
        return render_str(out, body, with);
    if (token.is_ext && is_item(body, with, &item))
        return render_item(out, item, with, errmsg);
    return add(out, piece, with->len_max);
}

enum err render_value(struct buf *out, struct view value,
                      const struct render *with, char *errmsg)
{
    enum err err = ERR_NONE;
    struct view piece;

    while (value.len > 0 && err == ERR_NONE) {
        struct token token = token_at(value.data);

        err = view_take(&value, token.head + token.body, &piece);
        ASSERT(err == ERR_NONE);
        err = render_token(out, token, piece, with, errmsg);
    }
    return err;
}
