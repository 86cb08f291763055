/* SPDX-License-Identifier: MIT */
/* item_values - items of an array that come into the arguments of a call as
 * values. */
#include "client/cli/item_values.h"

#include <inttypes.h>
#include <string.h>

#include "client/cli/json.h"
#include "client/cli/placeholder.h"
#include "libcommon/num.h"
#include "proto/jsonitem.h"
#include "proto/spec.h"

#define SHOWN_LEN 40 /* of an item, in messages */

/* ---- in what was typed ---- */

/* The length of the string that begins there, with its quotes. */
static size_t string_len(struct view json)
{
    size_t i = 1;

    while (i < json.len && json.data[i] != '"')
        i += json.data[i] == '\\' ? 2 : 1;
    return i < json.len ? i + 1 : json.len;
}

/* The length of the placeholder that begins there; 0: none does. */
static size_t placeholder_at(struct view json)
{
    char text[PLACEHOLDER_LEN_MAX + 1] = "";
    size_t len =
        json.len < PLACEHOLDER_LEN_MAX ? json.len : PLACEHOLDER_LEN_MAX;

    memcpy(text, json.data, len);
    return placeholder_len(text);
}

static enum err add_mark(struct buf *out, struct view text, char *errmsg)
{
    if (!view_equal(text, view_str("{}")) && !view_equal(text, view_str("{#}")))
        return err_set(errmsg, ERR_FORMAT,
                       "%.*s is text: write KEY=%.*s, or put it in quotes",
                       (int)text.len, (const char *)text.data, (int)text.len,
                       (const char *)text.data);
    buf_addf(out, "{\"" JSON_ITEM "\":\"%.*s\"}", (int)text.len,
             (const char *)text.data);
    return ERR_NONE;
}

enum err item_values_mark(struct buf *out, struct view json, char *errmsg)
{
    enum err err = ERR_NONE;

    while (json.len > 0 && err == ERR_NONE) {
        size_t len = placeholder_at(json);
        struct view piece;
        bool is_mark = len > 0;

        if (!is_mark)
            len = *json.data == '"' ? string_len(json) : 1;
        (void)view_take(&json, len, &piece);
        if (is_mark)
            err = add_mark(out, piece, errmsg);
        else
            buf_add_view(out, piece);
    }
    return err;
}

/* ---- in the items ---- */

/* Whether {"$item": "{}"} is in the value. */
static bool wants_item(json_t *value)
{
    const char *mark = json_string_value(json_object_get(value, JSON_ITEM));
    bool found = mark != NULL && strcmp(mark, "{}") == 0;
    const char *key;
    json_t *child;
    size_t i;

    json_object_foreach(value, key, child) found |= wants_item(child);
    json_array_foreach(value, i, child) found |= wants_item(child);
    return found;
}

static size_t depth_of(json_t *value)
{
    size_t deepest = 0, i;
    const char *key;
    json_t *child;

    json_object_foreach(value, key, child) deepest =
        num_max_size(deepest, depth_of(child));
    json_array_foreach(value, i, child) deepest =
        num_max_size(deepest, depth_of(child));
    return deepest + (json_is_object(value) || json_is_array(value));
}

/* What the worker makes of it must be what stands there: it knows no marks, as
 * {"$base64": ...}. */
static enum err check_marks(struct view text, const json_t *value, char *errmsg)
{
    struct buf here = { 0 }, there = { 0 };
    enum err err = json_to_msgpack(value, &here, errmsg);

    if (err == ERR_NONE)
        err = jsonitem_pack(&there, text, VALUE_DEPTH_MAX, errmsg);
    if (err == ERR_NONE && !view_equal(buf_view(&here), buf_view(&there)))
        err =
            err_set(errmsg, ERR_FORMAT,
                    "\"$base64\", \"$uint\" and \"$float\" are for arguments, "
                    "not for items");
    buf_fini(&here);
    buf_fini(&there);
    return err;
}

static enum err check_item(struct view text, size_t depth_max, char *errmsg)
{
    json_t *value;
    enum err err = json_read(text, "as a value it", &value, errmsg);

    if (err == ERR_NONE && depth_of(value) > depth_max)
        err = err_set(errmsg, ERR_RANGE,
                      "with the arguments it is nested deeper than %d",
                      VALUE_DEPTH_MAX);
    if (err == ERR_NONE)
        err = check_marks(text, value, errmsg);
    json_decref(value);
    return err;
}

static enum err check_all(const struct items *items, size_t depth_max,
                          char *errmsg)
{
    struct view packed = buf_view(&items->packed);
    enum err err = ERR_NONE;

    for (uint32_t i = 1; i <= items->n && err == ERR_NONE; i++) {
        struct view text = items_take(&packed);

        err = check_item(text, depth_max, errmsg);
        if (err != ERR_NONE)
            err = err_wrap(errmsg, err, "item %" PRIu32 ", %.*s", i,
                           text.len < SHOWN_LEN ? (int)text.len : SHOWN_LEN,
                           (const char *)text.data);
    }
    return err;
}

enum err item_values_check(const struct items *items, struct view args,
                           char *errmsg)
{
    json_t *value = NULL;
    enum err err = ERR_NONE;

    if (items->packed.len == 0 || /* numbers are JSON */
        json_from_msgpack(args, &value) != ERR_NONE)
        return ERR_NONE;
    /* The mark itself is a level, which the item takes the place of. */
    if (wants_item(value))
        err = check_all(items, VALUE_DEPTH_MAX + 1 - depth_of(value), errmsg);
    json_decref(value);
    return err;
}
