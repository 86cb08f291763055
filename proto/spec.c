/* SPDX-License-Identifier: MIT */
/* spec - commands as msgpack maps, items of arrays as packed bins. */
#include "proto/spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/mp.h"
#include "proto/scan.h"
#include "proto/tree.h"

#define ZONE_CHUNK_LEN 4096 /* argv of ordinary commands */

/* ---- writing ---- */

static bool has_nul(struct view v)
{
    return v.len > 0 && memchr(v.data, 0, v.len) != NULL;
}

static void pack_env(struct buf *out, const struct labels *env)
{
    mp_pack_map(out, env->n);
    for (size_t i = 0; i < env->n; i++) {
        mp_pack_bytes(out, env->at[i].key);
        mp_pack_bytes(out, env->at[i].value);
    }
}

void command_spec_encode(struct buf *out, const struct command_spec *spec)
{
    ASSERT(spec->argv.n > 0 && spec->argv.n <= ARGV_MAX);
    ASSERT(spec->env.n <= ARGV_MAX);
    mp_pack_map(out, 1u + (spec->cwd.len > 0) + (spec->env.n > 0));
    mp_pack_text(out, view_str("argv"));
    mp_pack_array(out, spec->argv.n);
    for (size_t i = 0; i < spec->argv.n; i++)
        mp_pack_bytes(out, spec->argv.at[i]);
    if (spec->cwd.len > 0) {
        mp_pack_text(out, view_str("cwd"));
        mp_pack_bytes(out, spec->cwd);
    }
    if (spec->env.n > 0) {
        mp_pack_text(out, view_str("env"));
        pack_env(out, &spec->env);
    }
}

/* ---- reading ---- */

void spec_arena_fini(struct spec_arena *a)
{
    if (a == NULL || a->zone == NULL)
        return;
    msgpack_zone_free(a->zone);
    a->zone = NULL;
}

/* What is being decoded, and where to. */
struct spec_reader {
    msgpack_zone *zone;
    struct command_spec spec;
    char *errmsg;
};

static enum err get_room(struct spec_reader *r, const char *what, uint32_t n,
                         size_t size, void **room)
{
    if (n > ARGV_MAX)
        return err_set(r->errmsg, ERR_RANGE,
                       "%s: %" PRIu32 " entries, at most %d", what, n,
                       ARGV_MAX);
    *room = tree_zone_take(r->zone, n, size);
    if (*room == NULL)
        return err_set(r->errmsg, ERR_MEMORY, "out of memory");
    return ERR_NONE;
}

static enum err get_bytes(struct spec_reader *r, const char *what,
                          const msgpack_object *o, struct view *out)
{
    if (o->type != MSGPACK_OBJECT_BIN)
        return err_set(r->errmsg, ERR_TYPE, "%s: expected binary, got %s", what,
                       tree_type(o));
    *out = tree_bin(o);
    if (has_nul(*out))
        return err_set(r->errmsg, ERR_FORMAT, "%s: NUL byte inside", what);
    return ERR_NONE;
}

static enum err get_argv(struct spec_reader *r, const msgpack_object *o)
{
    void *room;
    struct view *argv;
    enum err err;

    if (o->type != MSGPACK_OBJECT_ARRAY)
        return err_set(r->errmsg, ERR_TYPE, "argv: expected array, got %s",
                       tree_type(o));
    err = get_room(r, "argv", o->via.array.size, sizeof *argv, &room);
    argv = room;
    for (uint32_t i = 0; err == ERR_NONE && i < o->via.array.size; i++)
        err = get_bytes(r, "argv", &o->via.array.ptr[i], &argv[i]);
    if (err == ERR_NONE)
        r->spec.argv = (struct names){ argv, o->via.array.size };
    return err;
}

static enum err get_label(struct spec_reader *r, const msgpack_object_kv *kv,
                          struct label *out)
{
    enum err err = get_bytes(r, "env", &kv->key, &out->key);

    if (err == ERR_NONE)
        err = get_bytes(r, "env", &kv->val, &out->value);
    if (err != ERR_NONE)
        return err;
    if (out->key.len == 0 || memchr(out->key.data, '=', out->key.len) != NULL)
        return err_set(r->errmsg, ERR_FORMAT,
                       "env: a name is empty or contains '='");
    return ERR_NONE;
}

static enum err get_env(struct spec_reader *r, const msgpack_object *o)
{
    void *room;
    struct label *env;
    enum err err;

    if (o->type != MSGPACK_OBJECT_MAP)
        return err_set(r->errmsg, ERR_TYPE, "env: expected map, got %s",
                       tree_type(o));
    err = get_room(r, "env", o->via.map.size, sizeof *env, &room);
    env = room;
    for (uint32_t i = 0; err == ERR_NONE && i < o->via.map.size; i++)
        err = get_label(r, &o->via.map.ptr[i], &env[i]);
    if (err == ERR_NONE)
        r->spec.env = (struct labels){ env, o->via.map.size };
    return err;
}

static enum err get_entry(struct spec_reader *r, const msgpack_object_kv *kv)
{
    struct view key;

    if (kv->key.type != MSGPACK_OBJECT_STR)
        return err_set(r->errmsg, ERR_TYPE, "a key: expected string, got %s",
                       tree_type(&kv->key));
    key = tree_str(&kv->key);
    if (view_equal(key, view_str("argv")))
        return get_argv(r, &kv->val);
    if (view_equal(key, view_str("cwd")))
        return get_bytes(r, "cwd", &kv->val, &r->spec.cwd);
    if (view_equal(key, view_str("env")))
        return get_env(r, &kv->val);
    return ERR_NONE; /* of a newer version */
}

static enum err get_spec(struct spec_reader *r, const msgpack_object *o)
{
    if (o->type != MSGPACK_OBJECT_MAP)
        return err_set(r->errmsg, ERR_TYPE, "expected map, got %s",
                       tree_type(o));
    for (uint32_t i = 0; i < o->via.map.size; i++) {
        enum err err = get_entry(r, &o->via.map.ptr[i]);

        if (err != ERR_NONE)
            return err;
    }
    if (r->spec.argv.n == 0)
        return err_set(r->errmsg, ERR_RANGE, "argv is empty or missing");
    return ERR_NONE;
}

enum err command_spec_decode(struct spec_arena *a, struct view in,
                             struct command_spec *out, char *errmsg)
{
    struct spec_reader r = { .errmsg = errmsg };
    msgpack_object o;
    enum err err;

    if (in.len > SPEC_LEN_MAX)
        return err_set(errmsg, ERR_RANGE, "command: %zu bytes, at most %u",
                       in.len, SPEC_LEN_MAX);
    err = scan_one(in, VALUE_DEPTH_MAX);
    if (err != ERR_NONE)
        return err_set(errmsg, err, "command: %s", err_text(err));
    if (a->zone == NULL)
        a->zone = tree_zone_new(ZONE_CHUNK_LEN);
    r.zone = a->zone;
    err = tree_unpack(r.zone, in, &o);
    if (err != ERR_NONE)
        return err_set(errmsg, err, "command: %s", err_text(err));
    err = get_spec(&r, &o);
    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "command");
    *out = r.spec;
    return ERR_NONE;
}

/* ---- items ---- */

void items_add(struct buf *out, struct view item)
{
    ASSERT(item.len <= ITEMS_LEN_MAX);
    mp_pack_bytes(out, item);
}

/* Take a bin off the front. */
static enum err take_bin(struct view *in, struct view *out)
{
    struct mp_value v;
    enum err err = mp_take(in, &v);

    if (err == ERR_NONE && v.type != MP_BIN)
        err = ERR_TYPE;
    if (err == ERR_NONE)
        *out = v.u.bytes;
    return err;
}

enum err items_check(struct view items, uint32_t n)
{
    struct view item;

    if (items.len > ITEMS_LEN_MAX)
        return ERR_RANGE;
    for (uint32_t i = 0; i < n; i++) {
        enum err err = take_bin(&items, &item);

        if (err != ERR_NONE)
            return err;
        if (has_nul(item))
            return ERR_FORMAT;
    }
    return items.len == 0 ? ERR_NONE : ERR_FORMAT;
}

struct view items_take(struct view *items)
{
    struct view item = { 0 };
    enum err err = take_bin(items, &item);

    ASSERT(err == ERR_NONE);
    return item;
}

enum err range_check(int64_t first, int64_t step, uint32_t n)
{
    /* Wide enough for any first, step and n. */
    __int128 last = first + (__int128)step * ((int64_t)n - 1);

    return n > 0 && last >= INT64_MIN && last <= INT64_MAX ? ERR_NONE
                                                           : ERR_RANGE;
}

size_t range_text(int64_t first, int64_t step, uint32_t k,
                  char out[RANGE_TEXT_LEN])
{
    /* Unsigned, so that a range that nobody checked wraps around. */
    uint64_t number = (uint64_t)first + (uint64_t)step * (k - UINT64_C(1));

    return (size_t)snprintf(out, RANGE_TEXT_LEN, "%" PRId64, (int64_t)number);
}
