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
#define UMASK_MAX 0777
#define AROUND "around"

/* ---- writing ---- */

static bool has_nul(struct view v)
{
    return v.len > 0 && memchr(v.data, 0, v.len) != NULL;
}

static void pack_names(struct buf *out, const struct names *names)
{
    mp_pack_array(out, names->n);
    for (size_t i = 0; i < names->n; i++)
        mp_pack_bytes(out, names->at[i]);
}

void command_env_encode(struct buf *out, const struct labels *env)
{
    mp_pack_map(out, env->n);
    for (size_t i = 0; i < env->n; i++) {
        mp_pack_bytes(out, env->at[i].key);
        mp_pack_bytes(out, env->at[i].value);
    }
}

static void pack_ulimits(struct buf *out, const struct command_ulimits *limits)
{
    mp_pack_map(out, limits->n);
    for (size_t i = 0; i < limits->n; i++) {
        mp_pack_text(out, limits->at[i].name);
        mp_pack_array(out, 2);
        mp_pack_uint64(out, limits->at[i].soft);
        mp_pack_uint64(out, limits->at[i].hard);
    }
}

static size_t around_size(const struct command_around *around)
{
    return (size_t)around->has_env + (around->env_zstd.len > 0) +
           (around->pass.n > 0) + around->has_umask + (around->ulimits.n > 0) +
           around->one_output;
}

static void pack_around(struct buf *out, const struct command_around *around)
{
    mp_pack_map(out, around_size(around));
    if (around->has_env) {
        mp_pack_text(out, view_str("env"));
        command_env_encode(out, &around->env);
    }
    if (around->env_zstd.len > 0) {
        mp_pack_text(out, view_str("env_zstd"));
        mp_pack_bytes(out, around->env_zstd);
    }
    if (around->pass.n > 0) {
        mp_pack_text(out, view_str("pass"));
        pack_names(out, &around->pass);
    }
    if (around->has_umask) {
        mp_pack_text(out, view_str("umask"));
        mp_pack_uint64(out, around->umask);
    }
    if (around->ulimits.n > 0) {
        mp_pack_text(out, view_str("ulimits"));
        pack_ulimits(out, &around->ulimits);
    }
    if (around->one_output) {
        mp_pack_text(out, view_str("one_output"));
        mp_pack_flag(out, true);
    }
}

/* Nothing when it is empty. */
static void pack_given(struct buf *out, const char *key, struct view value)
{
    if (value.len == 0)
        return;
    mp_pack_text(out, view_str(key));
    mp_pack_bytes(out, value);
}

void command_spec_encode(struct buf *out, const struct command_spec *spec)
{
    ASSERT(spec->argv.n > 0 && spec->argv.n <= ARGV_MAX);
    ASSERT(spec->ticket.len == 0 || spec->ticket.len == SPEC_TICKET_LEN);
    ASSERT(spec->env.n <= ARGV_MAX && spec->around.env.n <= ARGV_MAX);
    mp_pack_map(out, 1u + (spec->cwd.len > 0) + (spec->env.n > 0) +
                         (spec->input.len > 0) + (spec->ticket.len > 0) +
                         (spec->out_file.len > 0) + (spec->err_file.len > 0) +
                         spec->append + (spec->output_limit > 0) +
                         (around_size(&spec->around) > 0));
    mp_pack_text(out, view_str("argv"));
    pack_names(out, &spec->argv);
    pack_given(out, "cwd", spec->cwd);
    if (spec->env.n > 0) {
        mp_pack_text(out, view_str("env"));
        command_env_encode(out, &spec->env);
    }
    pack_given(out, "stdin", spec->input);
    pack_given(out, "ticket", spec->ticket);
    pack_given(out, "stdout_file", spec->out_file);
    pack_given(out, "stderr_file", spec->err_file);
    if (spec->append) {
        mp_pack_text(out, view_str("append"));
        mp_pack_flag(out, true);
    }
    if (spec->output_limit > 0) {
        mp_pack_text(out, view_str("output_limit"));
        mp_pack_uint64(out, spec->output_limit);
    }
    if (around_size(&spec->around) > 0) {
        mp_pack_text(out, view_str(AROUND));
        pack_around(out, &spec->around);
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

static enum err get_any_bytes(struct spec_reader *r, const char *what,
                              const msgpack_object *o, struct view *out)
{
    if (o->type != MSGPACK_OBJECT_BIN)
        return err_set(r->errmsg, ERR_TYPE, "%s: expected binary, got %s", what,
                       tree_type(o));
    *out = tree_bin(o);
    return ERR_NONE;
}

static enum err get_bytes(struct spec_reader *r, const char *what,
                          const msgpack_object *o, struct view *out)
{
    enum err err = get_any_bytes(r, what, o, out);

    if (err != ERR_NONE)
        return err;
    if (has_nul(*out))
        return err_set(r->errmsg, ERR_FORMAT, "%s: NUL byte inside", what);
    return ERR_NONE;
}

static enum err get_names(struct spec_reader *r, const char *what,
                          const msgpack_object *o, struct names *out)
{
    void *room;
    struct view *names;
    enum err err;

    if (o->type != MSGPACK_OBJECT_ARRAY)
        return err_set(r->errmsg, ERR_TYPE, "%s: expected array, got %s", what,
                       tree_type(o));
    err = get_room(r, what, o->via.array.size, sizeof *names, &room);
    names = room;
    for (uint32_t i = 0; err == ERR_NONE && i < o->via.array.size; i++)
        err = get_bytes(r, what, &o->via.array.ptr[i], &names[i]);
    if (err == ERR_NONE)
        *out = (struct names){ names, o->via.array.size };
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

static enum err get_env(struct spec_reader *r, const msgpack_object *o,
                        struct labels *out)
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
        *out = (struct labels){ env, o->via.map.size };
    return err;
}

static enum err get_number(struct spec_reader *r, const char *what,
                           const msgpack_object *o, uint64_t max, uint64_t *out)
{
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return err_set(r->errmsg, ERR_TYPE,
                       "%s: expected positive integer, got %s", what,
                       tree_type(o));
    if (o->via.u64 > max)
        return err_set(r->errmsg, ERR_RANGE, "%s: %" PRIu64 " is too large",
                       what, o->via.u64);
    *out = o->via.u64;
    return ERR_NONE;
}

static enum err get_flag(struct spec_reader *r, const char *what,
                         const msgpack_object *o, bool *out)
{
    if (o->type != MSGPACK_OBJECT_BOOLEAN)
        return err_set(r->errmsg, ERR_TYPE, "%s: expected boolean, got %s",
                       what, tree_type(o));
    *out = o->via.boolean;
    return ERR_NONE;
}

static enum err get_umask(struct spec_reader *r, const msgpack_object *o,
                          struct command_around *out)
{
    uint64_t n = 0;
    enum err err = get_number(r, "umask", o, UMASK_MAX, &n);

    out->umask = (uint32_t)n;
    out->has_umask = err == ERR_NONE;
    return err;
}

static enum err get_ulimit(struct spec_reader *r, const msgpack_object_kv *kv,
                           struct command_ulimit *out)
{
    const msgpack_object *pair = &kv->val;
    enum err err;

    if (kv->key.type != MSGPACK_OBJECT_STR)
        return err_set(r->errmsg, ERR_TYPE, "ulimits: expected string, got %s",
                       tree_type(&kv->key));
    if (pair->type != MSGPACK_OBJECT_ARRAY || pair->via.array.size != 2)
        return err_set(r->errmsg, ERR_TYPE,
                       "ulimits: expected array of soft and hard limit");
    out->name = tree_str(&kv->key);
    err = get_number(r, "ulimits", &pair->via.array.ptr[0], UINT64_MAX,
                     &out->soft);
    if (err == ERR_NONE)
        err = get_number(r, "ulimits", &pair->via.array.ptr[1], UINT64_MAX,
                         &out->hard);
    return err;
}

static enum err get_ulimits(struct spec_reader *r, const msgpack_object *o,
                            struct command_ulimits *out)
{
    void *room;
    struct command_ulimit *limits;
    enum err err;

    if (o->type != MSGPACK_OBJECT_MAP)
        return err_set(r->errmsg, ERR_TYPE, "ulimits: expected map, got %s",
                       tree_type(o));
    err = get_room(r, "ulimits", o->via.map.size, sizeof *limits, &room);
    limits = room;
    for (uint32_t i = 0; err == ERR_NONE && i < o->via.map.size; i++)
        err = get_ulimit(r, &o->via.map.ptr[i], &limits[i]);
    if (err == ERR_NONE)
        *out = (struct command_ulimits){ limits, o->via.map.size };
    return err;
}

static enum err get_key(struct spec_reader *r, const msgpack_object *o,
                        struct view *out)
{
    if (o->type != MSGPACK_OBJECT_STR)
        return err_set(r->errmsg, ERR_TYPE, "a key: expected string, got %s",
                       tree_type(o));
    *out = tree_str(o);
    return ERR_NONE;
}

static enum err get_around_entry(struct spec_reader *r,
                                 const msgpack_object_kv *kv)
{
    struct command_around *out = &r->spec.around;
    struct view key = { 0 };
    enum err err = get_key(r, &kv->key, &key);

    if (err != ERR_NONE)
        return err;
    if (view_equal(key, view_str("env"))) {
        out->has_env = true;
        return get_env(r, &kv->val, &out->env);
    }
    if (view_equal(key, view_str("env_zstd")))
        return get_any_bytes(r, "env_zstd", &kv->val, &out->env_zstd);
    if (view_equal(key, view_str("pass")))
        return get_names(r, "pass", &kv->val, &out->pass);
    if (view_equal(key, view_str("umask")))
        return get_umask(r, &kv->val, out);
    if (view_equal(key, view_str("ulimits")))
        return get_ulimits(r, &kv->val, &out->ulimits);
    if (view_equal(key, view_str("one_output")))
        return get_flag(r, "one_output", &kv->val, &out->one_output);
    return ERR_NONE; /* of a newer version */
}

static enum err get_around(struct spec_reader *r, const msgpack_object *o)
{
    if (o->type != MSGPACK_OBJECT_MAP)
        return err_set(r->errmsg, ERR_TYPE, AROUND ": expected map, got %s",
                       tree_type(o));
    for (uint32_t i = 0; i < o->via.map.size; i++) {
        enum err err = get_around_entry(r, &o->via.map.ptr[i]);

        if (err != ERR_NONE)
            return err_wrap(r->errmsg, err, AROUND);
    }
    return ERR_NONE;
}

static enum err get_ticket(struct spec_reader *r, const msgpack_object *o)
{
    enum err err = get_any_bytes(r, "ticket", o, &r->spec.ticket);

    if (err == ERR_NONE && r->spec.ticket.len != SPEC_TICKET_LEN)
        return err_set(r->errmsg, ERR_RANGE, "ticket: %zu bytes, expected %d",
                       r->spec.ticket.len, SPEC_TICKET_LEN);
    return err;
}

static enum err get_entry(struct spec_reader *r, const msgpack_object_kv *kv)
{
    struct view key = { 0 };
    enum err err = get_key(r, &kv->key, &key);

    if (err != ERR_NONE)
        return err;
    if (view_equal(key, view_str("argv")))
        return get_names(r, "argv", &kv->val, &r->spec.argv);
    if (view_equal(key, view_str("cwd")))
        return get_bytes(r, "cwd", &kv->val, &r->spec.cwd);
    if (view_equal(key, view_str("env")))
        return get_env(r, &kv->val, &r->spec.env);
    if (view_equal(key, view_str("stdin")))
        return get_any_bytes(r, "stdin", &kv->val, &r->spec.input);
    if (view_equal(key, view_str("ticket")))
        return get_ticket(r, &kv->val);
    if (view_equal(key, view_str("stdout_file")))
        return get_bytes(r, "stdout_file", &kv->val, &r->spec.out_file);
    if (view_equal(key, view_str("stderr_file")))
        return get_bytes(r, "stderr_file", &kv->val, &r->spec.err_file);
    if (view_equal(key, view_str("append")))
        return get_flag(r, "append", &kv->val, &r->spec.append);
    if (view_equal(key, view_str("output_limit")))
        return get_number(r, "output_limit", &kv->val, INT64_MAX,
                          &r->spec.output_limit);
    if (view_equal(key, view_str(AROUND)))
        return get_around(r, &kv->val);
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

/* One value, in the zone of the arena. */
static enum err unpack(struct spec_arena *a, struct view in,
                       msgpack_object *out)
{
    enum err err = scan_one(in, VALUE_DEPTH_MAX);

    if (err != ERR_NONE)
        return err;
    if (a->zone == NULL)
        a->zone = tree_zone_new(ZONE_CHUNK_LEN);
    return tree_unpack(a->zone, in, out);
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
    err = unpack(a, in, &o);
    if (err != ERR_NONE)
        return err_set(errmsg, err, "command: %s", err_text(err));
    r.zone = a->zone;
    err = get_spec(&r, &o);
    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "command");
    *out = r.spec;
    return ERR_NONE;
}

enum err command_env_decode(struct spec_arena *a, struct view in,
                            struct labels *out, char *errmsg)
{
    struct spec_reader r = { .errmsg = errmsg };
    msgpack_object o;
    enum err err = unpack(a, in, &o);

    if (err != ERR_NONE)
        return err_set(errmsg, err, "env: %s", err_text(err));
    r.zone = a->zone;
    return get_env(&r, &o, out);
}

struct view command_spec_essence(struct view spec)
{
    struct view rest = spec, before;
    struct mp_value head, key;
    size_t len;

    if (mp_take(&rest, &head) != ERR_NONE || head.type != MP_MAP)
        return spec;
    for (uint64_t i = 0; i < head.u.n; i++) {
        before = rest;
        if (mp_take(&rest, &key) != ERR_NONE || key.type != MP_STR ||
            scan_value(rest, VALUE_DEPTH_MAX, &len) != ERR_NONE)
            return spec;
        if (len == rest.len && view_equal(key.u.bytes, view_str(AROUND)))
            return view_of(spec.data, spec.len - before.len);
        rest = view_of(rest.data + len, rest.len - len);
    }
    return spec;
}

/* ---- items ---- */

void items_add(struct buf *out, struct view item)
{
    ASSERT(item.len <= ITEMS_LEN_MAX);
    mp_pack_bytes(out, item);
}

void items_add_number(struct buf *out, int64_t number)
{
    mp_pack_int64(out, number);
}

static bool is_number(const struct mp_value *v, int64_t *number)
{
    if (v->type == MP_NEGATIVE)
        *number = v->u.negative;
    else if (v->type == MP_UNSIGNED && v->u.n <= INT64_MAX)
        *number = (int64_t)v->u.n;
    else
        return false;
    return true;
}

/* Take a bin off the front, with the integer before it, if there is one. */
static enum err take_item(struct view *in, int64_t *number, struct view *out)
{
    struct mp_value v;
    enum err err = mp_take(in, &v);

    if (err == ERR_NONE && is_number(&v, number))
        err = mp_take(in, &v);
    if (err == ERR_NONE && v.type != MP_BIN)
        err = ERR_TYPE;
    if (err == ERR_NONE)
        *out = v.u.bytes;
    return err;
}

enum err items_check(struct view items, uint32_t n)
{
    struct view item;
    int64_t number;

    if (items.len > ITEMS_LEN_MAX)
        return ERR_RANGE;
    for (uint32_t i = 0; i < n; i++) {
        enum err err = take_item(&items, &number, &item);

        if (err != ERR_NONE)
            return err;
        if (has_nul(item))
            return ERR_FORMAT;
    }
    return items.len == 0 ? ERR_NONE : ERR_FORMAT;
}

struct view items_take_numbered(struct view *items, int64_t *number)
{
    struct view item = { 0 };
    enum err err = take_item(items, number, &item);

    ASSERT(err == ERR_NONE);
    return item;
}

struct view items_take(struct view *items)
{
    int64_t number;

    return items_take_numbered(items, &number);
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
    return (size_t)snprintf(out, RANGE_TEXT_LEN, "%" PRId64,
                            range_number(first, step, k));
}

int64_t range_number(int64_t first, int64_t step, uint32_t k)
{
    /* Unsigned, so that a range that nobody checked wraps around. */
    return (int64_t)((uint64_t)first + (uint64_t)step * (k - UINT64_C(1)));
}
