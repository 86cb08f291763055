/* SPDX-License-Identifier: MIT */
/* json - between msgpack and JSON, without loss. */
#include "client/cli/json.h"

#include <inttypes.h>
#include <math.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/base64.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/num.h"
#include "libcommon/utf8.h"
#include "proto/bounds.h"
#include "proto/render.h"
#include "proto/scan.h"
#include "proto/spec.h"

/* ---- small ones ---- */

static json_t *string_of(struct buf *b)
{
    json_t *s =
        json_stringn(b->data != NULL ? (const char *)b->data : "", b->len);

    ASSERT(s != NULL);
    buf_fini(b);
    return s;
}

static json_t *base64_of(struct view bytes)
{
    struct buf text = { 0 };

    base64_encode(&text, bytes);
    return json_pack("{s:o}", "$base64", string_of(&text));
}

json_t *json_bytes(struct view bytes)
{
    if (!utf8_is_valid(bytes))
        return base64_of(bytes);
    return json_stringn(bytes.len > 0 ? (const char *)bytes.data : "",
                        bytes.len);
}

json_t *json_text(struct view text)
{
    struct buf safe = { 0 };

    if (utf8_is_valid(text))
        return json_bytes(text);
    utf8_add_safe(&safe, text);
    return string_of(&safe);
}

json_t *json_text_or_null(struct view text)
{
    return text.len > 0 ? json_text(text) : json_null();
}

json_t *json_time(int64_t unix_ms)
{
    struct buf text = { 0 };

    if (unix_ms == 0)
        return json_null();
    duration_add_rfc3339(&text, unix_ms);
    return string_of(&text);
}

json_t *json_seconds(int64_t from_ms, int64_t to_ms)
{
    if (from_ms == 0 || to_ms == 0)
        return json_null();
    return json_real((double)(to_ms - from_ms) / 1000);
}

/* ---- msgpack to JSON ---- */

static json_t *value_of(const msgpack_object *o);

static json_t *uint_of(uint64_t n)
{
    char text[24];

    if (n <= INT64_MAX)
        return json_integer((json_int_t)n);
    snprintf(text, sizeof text, "%" PRIu64, n);
    return json_pack("{s:s}", "$uint", text);
}

static json_t *float_of(double d)
{
    if (isfinite(d))
        return json_real(d);
    return json_pack("{s:s}", "$float",
                     isnan(d) ? "nan"
                     : d > 0  ? "inf"
                              : "-inf");
}

/* What stands for the item of an element, or for its number. */
static bool is_item(struct view text)
{
    return view_equal(text, view_str("{}")) ||
           view_equal(text, view_str("{#}"));
}

static json_t *ext_of(const msgpack_object_ext *ext)
{
    struct view bytes = view_of(ext->ptr, ext->size);
    json_t *o;

    if (ext->type == RENDER_EXT_ITEM && is_item(bytes))
        return json_pack("{s:o}", JSON_ITEM, json_text(bytes));
    o = base64_of(bytes);
    json_object_set_new(o, "$ext", json_integer(ext->type));
    return o;
}

static json_t *array_of(const msgpack_object_array *a)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < a->size; i++)
        json_array_append_new(array, value_of(&a->ptr[i]));
    return array;
}

/* The key with a NUL behind it. */
static const char *key_of(const msgpack_object *key, struct buf *text)
{
    buf_clear(text);
    if (key->type == MSGPACK_OBJECT_STR || key->type == MSGPACK_OBJECT_BIN)
        utf8_add_safe(text, view_of(key->via.str.ptr, key->via.str.size));
    else
        json_add(text, value_of(key));
    return buf_text(text);
}

static json_t *object_of(const msgpack_object_map *map)
{
    json_t *object = json_object();
    struct buf key = { 0 };

    for (uint32_t i = 0; i < map->size; i++)
        json_object_set_new(object, key_of(&map->ptr[i].key, &key),
                            value_of(&map->ptr[i].val));
    buf_fini(&key);
    return object;
}

static json_t *value_of(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return uint_of(o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(o->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return float_of(o->via.f64);
    case MSGPACK_OBJECT_STR:
        return json_bytes(view_of(o->via.str.ptr, o->via.str.size));
    case MSGPACK_OBJECT_BIN:
        return json_bytes(view_of(o->via.bin.ptr, o->via.bin.size));
    case MSGPACK_OBJECT_ARRAY:
        return array_of(&o->via.array);
    case MSGPACK_OBJECT_MAP:
        return object_of(&o->via.map);
    case MSGPACK_OBJECT_EXT:
        return ext_of(&o->via.ext);
    default:
        return json_null();
    }
}

enum err json_from_msgpack(struct view in, json_t **out)
{
    enum err err = scan_one(in, VALUE_DEPTH_MAX);
    msgpack_zone zone;
    msgpack_object o;

    if (err != ERR_NONE)
        return err;
    if (!msgpack_zone_init(&zone, 4096))
        return ERR_MEMORY;
    if (msgpack_unpack((const char *)in.data, in.len, NULL, &zone, &o) ==
        MSGPACK_UNPACK_SUCCESS)
        *out = value_of(&o);
    else
        err = ERR_FORMAT;
    msgpack_zone_destroy(&zone);
    return err;
}

/* ---- JSON to msgpack ---- */

struct packing {
    msgpack_packer packer;
    char *errmsg;
};

static int write_buf(void *arg, const char *bytes, size_t len)
{
    buf_add(arg, bytes, len);
    return 0;
}

static void pack_str(struct packing *p, const char *text, size_t len)
{
    msgpack_pack_str(&p->packer, len);
    msgpack_pack_str_body(&p->packer, text, len);
}

static enum err pack_base64(struct packing *p, const char *text)
{
    struct buf bytes = { 0 };
    enum err err = base64_decode(&bytes, view_str(text));

    if (err == ERR_NONE) {
        msgpack_pack_bin(&p->packer, bytes.len);
        msgpack_pack_bin_body(&p->packer, bytes.data, bytes.len);
    } else {
        (void)err_set(p->errmsg, err,
                      "\"$base64\" has text that is not base64");
    }
    buf_fini(&bytes);
    return err;
}

static enum err pack_uint(struct packing *p, const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    if (end == text || *end != '\0' || *text == '-')
        return err_set(p->errmsg, ERR_FORMAT, "\"$uint\" wants digits");
    msgpack_pack_uint64(&p->packer, n);
    return ERR_NONE;
}

static enum err pack_float(struct packing *p, const char *text)
{
    if (strcmp(text, "nan") != 0 && strcmp(text, "inf") != 0 &&
        strcmp(text, "-inf") != 0)
        return err_set(p->errmsg, ERR_FORMAT,
                       "\"$float\" wants \"nan\", \"inf\" or \"-inf\"");
    msgpack_pack_double(&p->packer, strtod(text, NULL));
    return ERR_NONE;
}

static enum err pack_item(struct packing *p, const char *text)
{
    if (!is_item(view_str(text)))
        return err_set(p->errmsg, ERR_FORMAT,
                       "\"" JSON_ITEM "\" wants \"{}\" or \"{#}\"");
    msgpack_pack_ext(&p->packer, strlen(text), RENDER_EXT_ITEM);
    msgpack_pack_ext_body(&p->packer, text, strlen(text));
    return ERR_NONE;
}

static const struct marked {
    const char *key;
    enum err (*pack)(struct packing *p, const char *text);
} marked[] = {
    { "$base64", pack_base64 },
    { "$uint", pack_uint },
    { "$float", pack_float },
    { JSON_ITEM, pack_item },
};

/* An object for a value that JSON lacks: one key that starts with $. */
static const struct marked *marked_find(const json_t *object, const char **text)
{
    if (json_object_size(object) != 1)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(marked); i++) {
        *text = json_string_value(json_object_get(object, marked[i].key));
        if (*text != NULL)
            return &marked[i];
    }
    return NULL;
}

static enum err pack_value(struct packing *p, const json_t *value,
                           unsigned depth);

static enum err pack_object(struct packing *p, const json_t *value,
                            unsigned depth)
{
    const char *text;
    const struct marked *m = marked_find(value, &text);
    void *at = json_object_iter((json_t *)(uintptr_t)value);
    enum err err = ERR_NONE;

    if (m != NULL)
        return m->pack(p, text);
    msgpack_pack_map(&p->packer, json_object_size(value));
    for (; at != NULL && err == ERR_NONE;
         at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        const char *key = json_object_iter_key(at);

        pack_str(p, key, strlen(key));
        err = pack_value(p, json_object_iter_value(at), depth + 1);
    }
    return err;
}

static enum err pack_array(struct packing *p, const json_t *value,
                           unsigned depth)
{
    enum err err = ERR_NONE;

    msgpack_pack_array(&p->packer, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value) && err == ERR_NONE; i++)
        err = pack_value(p, json_array_get(value, i), depth + 1);
    return err;
}

static enum err pack_value(struct packing *p, const json_t *value,
                           unsigned depth)
{
    if (depth > VALUE_DEPTH_MAX)
        return err_set(p->errmsg, ERR_RANGE, "nested deeper than %d",
                       VALUE_DEPTH_MAX);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return pack_object(p, value, depth);
    case JSON_ARRAY:
        return pack_array(p, value, depth);
    case JSON_STRING:
        pack_str(p, json_string_value(value), json_string_length(value));
        return ERR_NONE;
    case JSON_INTEGER:
        msgpack_pack_int64(&p->packer, json_integer_value(value));
        return ERR_NONE;
    case JSON_REAL:
        msgpack_pack_double(&p->packer, json_real_value(value));
        return ERR_NONE;
    case JSON_TRUE:
        msgpack_pack_true(&p->packer);
        return ERR_NONE;
    case JSON_FALSE:
        msgpack_pack_false(&p->packer);
        return ERR_NONE;
    default:
        msgpack_pack_nil(&p->packer);
        return ERR_NONE;
    }
}

enum err json_to_msgpack(const json_t *value, struct buf *out, char *errmsg)
{
    struct packing p = { .errmsg = errmsg };

    msgpack_packer_init(&p.packer, out, write_buf);
    return pack_value(&p, value, 0);
}

/* ---- text ---- */

/* How deep brackets nest in what should be JSON: jansson's parser recurses. */
static size_t json_depth(struct view text)
{
    size_t depth = 0, deepest = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char ch = (char)text.data[i];

        if (quoted && ch == '\\')
            i++;
        else if (ch == '"')
            quoted = !quoted;
        else if (!quoted && (ch == '[' || ch == '{'))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!quoted && depth > 0 && (ch == ']' || ch == '}'))
            depth--;
    }
    return deepest;
}

enum err json_read(struct view text, const char *what, json_t **out,
                   char *errmsg)
{
    json_error_t e;

    *out = NULL;
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return err_set(errmsg, ERR_FORMAT, "%s contains a NUL byte", what);
    if (json_depth(text) > VALUE_DEPTH_MAX)
        return err_set(errmsg, ERR_RANGE, "%s is nested deeper than %d", what,
                       VALUE_DEPTH_MAX);
    *out = json_loadb((const char *)text.data, text.len,
                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
    if (*out == NULL)
        return err_set(errmsg, ERR_FORMAT, "%s is not JSON: %s (line %d)", what,
                       e.text, e.line);
    return ERR_NONE;
}

static int write_text(const char *text, size_t len, void *arg)
{
    buf_add(arg, text, len);
    return 0;
}

/* Digits after which a number reads back as itself. */
static size_t real_digits(double d)
{
    char text[40];

    for (int digits = 15; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            return (size_t)digits;
    }
    return 17;
}

/* The digits that all numbers of a value need: 0.1 must not be written as
 * 0.10000000000000001. */
static size_t digits_of(json_t *value)
{
    size_t digits = 0, i;
    const char *key;
    json_t *child;

    if (json_is_real(value))
        return real_digits(json_real_value(value));
    if (json_is_object(value))
        json_object_foreach(value, key, child) digits =
            num_max_size(digits, digits_of(child));
    json_array_foreach(value, i, child) digits =
        num_max_size(digits, digits_of(child));
    return digits;
}

void json_add(struct buf *out, json_t *value)
{
    int bad = json_dump_callback(value, write_text, out,
                                 JSON_COMPACT | JSON_ENCODE_ANY |
                                     JSON_REAL_PRECISION(digits_of(value)));

    ASSERT(bad == 0);
    json_decref(value);
}
