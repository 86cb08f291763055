/* SPDX-License-Identifier: MIT */
/* cursor - from value to value in a document. */
#include "proto/cursor.h"

#include "libcommon/check.h"
#include "proto/scan.h"
#include "proto/spec.h"

struct yon_cursor cursor_of(struct value_doc *doc)
{
    return (struct yon_cursor){ .doc = doc, .at = doc->bytes.data };
}

bool cursor_is_none(const struct yon_cursor *c)
{
    return c->at == NULL;
}

static const struct value_doc *doc_of(const struct yon_cursor *c)
{
    return c->doc;
}

bool cursor_is_top(const struct yon_cursor *c)
{
    return c->at == doc_of(c)->bytes.data;
}

struct mp_value cursor_value(const struct yon_cursor *c)
{
    struct view rest = value_doc_from(c->doc, c->at);
    struct mp_value v;
    enum err err = mp_take(&rest, &v);

    ASSERT(err == ERR_NONE);
    return v;
}

/* The value that begins there ends before what is returned. */
static const uint8_t *behind(const struct yon_cursor *c, const uint8_t *at)
{
    size_t len = 0;
    enum err err =
        scan_value(value_doc_from(c->doc, at), VALUE_DEPTH_MAX, &len);

    ASSERT(err == ERR_NONE);
    return at + len;
}

struct view cursor_bytes(const struct yon_cursor *c)
{
    return view_of(c->at, (size_t)(behind(c, c->at) - c->at));
}

enum err cursor_blame(const struct yon_cursor *c, enum err err, char *errmsg)
{
    struct buf text = { 0 };

    value_doc_add_place(c->doc, c->at, &text);
    err_wrap(errmsg, err, "%s", buf_text(&text));
    buf_fini(&text);
    return err;
}

/* Go to the first of the values in a container; nil at the top is an empty one:
 * no argument. */
static enum err begin(struct yon_cursor *c, enum mp_type type, char *errmsg)
{
    struct view rest;
    struct mp_value head;
    enum err err;

    if (cursor_is_none(c))
        return ERR_NONE;
    rest = value_doc_from(c->doc, c->at);
    err = mp_take(&rest, &head);
    ASSERT(err == ERR_NONE);
    if (head.type == MP_NIL && cursor_is_top(c))
        return ERR_NONE;
    if (head.type != type) {
        err_set(errmsg, ERR_TYPE, "expected %s, got %s", mp_type_name(type),
                mp_type_name(head.type));
        return cursor_blame(c, ERR_TYPE, errmsg);
    }
    c->next = rest.data;
    c->left = type == MP_MAP ? 2 * head.u.n : head.u.n;
    return ERR_NONE;
}

/* With none left it begins anew. */
static enum err step(struct yon_cursor *c, enum mp_type type, char *errmsg)
{
    if (c->next == NULL) {
        enum err err = begin(c, type, errmsg);

        if (err != ERR_NONE)
            return err;
    }
    if (c->left > 0)
        return ERR_NONE;
    c->next = NULL;
    return ERR_EXHAUSTED;
}

static struct yon_cursor take(struct yon_cursor *c)
{
    struct yon_cursor value = { .doc = c->doc, .at = c->next };

    ASSERT(c->left > 0);
    c->next = behind(c, c->next);
    c->left--;
    return value;
}

enum err cursor_next(struct yon_cursor *array, struct yon_cursor *value,
                     char *errmsg)
{
    enum err err = step(array, MP_ARRAY, errmsg);

    if (err == ERR_NONE)
        *value = take(array);
    return err;
}

enum err cursor_next_pair(struct yon_cursor *map, struct yon_cursor *key,
                          struct yon_cursor *value, char *errmsg)
{
    enum err err = step(map, MP_MAP, errmsg);

    if (err != ERR_NONE)
        return err;
    *key = take(map);
    *value = take(map);
    return ERR_NONE;
}

static struct yon_cursor not_begun(const struct yon_cursor *c)
{
    return (struct yon_cursor){ .doc = c->doc, .at = c->at };
}

enum err cursor_item(const struct yon_cursor *array, size_t i,
                     struct yon_cursor *value, char *errmsg)
{
    struct yon_cursor walk = not_begun(array), item = { 0 };
    enum err err = ERR_NONE;

    for (size_t n = 0; err == ERR_NONE && n <= i; n++)
        err = cursor_next(&walk, &item, errmsg);
    if (err == ERR_NONE)
        *value = item;
    if (err != ERR_EXHAUSTED)
        return err;
    return err_set(errmsg, ERR_ABSENT, "[%zu]: missing", i);
}

static bool is_key(const struct yon_cursor *c, struct view key)
{
    struct mp_value v = cursor_value(c);

    return v.type == MP_STR && view_equal(v.u.bytes, key);
}

enum err cursor_get(const struct yon_cursor *map, struct view key,
                    struct yon_cursor *value, char *errmsg)
{
    struct yon_cursor walk = not_begun(map), k, v;
    struct buf text = { 0 };
    enum err err;

    while ((err = cursor_next_pair(&walk, &k, &v, errmsg)) == ERR_NONE)
        if (is_key(&k, key)) {
            *value = v;
            return ERR_NONE;
        }
    if (err != ERR_EXHAUSTED)
        return err;
    value_doc_add_key(key, &text);
    err_set(errmsg, ERR_ABSENT, "%s: missing", buf_text(&text));
    buf_fini(&text);
    return ERR_ABSENT;
}
