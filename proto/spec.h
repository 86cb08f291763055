/* SPDX-License-Identifier: MIT */
/* spec - what a job is to do: opaque to the coordinator, made by clients, read
 * by workers.
 *
 * Command: msgpack map { "argv": [bin, ...], "cwd": bin, "env": {bin: bin, ...}
 * }; argv has at least one entry; cwd and env may be missing. Call: any one
 * msgpack value, the arguments. Items of an array: msgpack bin values, one
 * behind the other. Pure.
 */
#ifndef SPEC_H
#define SPEC_H

#include "buf.h"
#include "op.h"

#define ARGV_MAX 65536
#define VALUE_DEPTH_MAX 16 /* nesting of arguments and results of calls */

struct command_spec {
    struct names argv; /* any bytes but NUL */
    struct view cwd;   /* empty: the worker's choice */
    struct labels env; /* key, value: any bytes but NUL */
};

void command_spec_encode(struct buf *out, const struct command_spec *spec);

/* Decoded into memory of *out's arena; the views look into `in`. Zeroed memory
 * is an empty arena. */
struct spec_arena {
    void *zone; /* msgpack's */
};
void spec_arena_fini(struct spec_arena *a);
/* ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE: *out unchanged, errmsg says what.
 */
enum err command_spec_decode(struct spec_arena *a, struct view in,
                             struct command_spec *out, char *errmsg);

void items_add(struct buf *out, struct view item);
/* Check a packed list: exactly n items, nothing behind them. */
enum err items_check(struct view items, uint32_t n);
/* Take the first item off a checked list. */
struct view items_take(struct view *items);
/* Text of element k (1-based) of a range, into out. Returns its length. */
#define RANGE_TEXT_LEN 24
size_t range_text(int64_t first, int64_t step, uint32_t k,
                  char out[RANGE_TEXT_LEN]);

#endif
