/* SPDX-License-Identifier: MIT */
/* spec - the work of a job: made by clients, read by workers; opaque to the
 * coordinator, but for what tells two commands apart.
 *
 * Command: a msgpack map with the keys (str)
 *   "argv": [bin, ...]      at least one entry
 *   "cwd":  bin             may be missing
 *   "env":  {bin: bin, ...} may be missing; names are not empty, without '='
 *   "stdin": bin            any bytes; may be missing
 *   "ticket": bin           SPEC_TICKET_LEN bytes, in place of "stdin": the
 *                           worker fetches it from the client (PROTOCOL.md)
 *   "stdout_file", "stderr_file": bin; may be missing: the worker keeps that
 *                           output. The same name is one open file
 *   "append": true          such a file keeps what it has; may be missing
 *   "output_limit": integer  bytes to keep of stdout, and of stderr; may be
 *                           missing: the worker's choice, which also limits it
 *   "around": a map, the last; may be missing: what the command found where it
 *             was submitted, which is no part of what it is to do
 *     "env":     {bin: bin, ...}  all that was there: but for "pass", nothing
 *                                 of the worker's is added
 *     "env_zstd": bin             in place of "env": that map, as one frame of
 *                                 zstd, at most SPEC_ENV_MAX bytes unpacked
 *     "pass":    [bin, ...]       names that the worker's own values stand for
 *     "umask":   integer, 0 to 0777
 *     "ulimits": {str: [integer, integer], ...}  soft and hard; the highest
 *                                 number of 64 bits: none
 *     "one_output": true          stdout and stderr were one file there: both
 *                                 are "stdout", in the order of the writes
 * Other keys are ignored. Call: one msgpack value, the arguments. Items of an
 * array: msgpack bin values, one behind the other. Pure.
 */
#ifndef SPEC_H
#define SPEC_H

#include "libcommon/buf.h"
#include "proto/op.h"

#define ARGV_MAX 65536
#define SPEC_TICKET_LEN 32
#define SPEC_ENV_MAX (4u << 20) /* the kernel takes less */
#define VALUE_DEPTH_MAX 16      /* nesting of arguments and results of calls */

/* A limit of the kernel, by the name that getrlimit(2) has for it without
 * RLIMIT_, in small letters. */
struct command_ulimit {
    struct view name;
    uint64_t soft, hard;
};

struct command_ulimits {
    const struct command_ulimit *at;
    size_t n;
};

struct command_around {
    bool has_env;         /* else the worker's few variables */
    struct labels env;    /* none that the command's env names */
    struct view env_zstd; /* instead: compressed, for command_env_decode */
    struct names pass;
    bool has_umask;
    uint32_t umask;
    struct command_ulimits ulimits;
    bool one_output; /* for outputs that yon keeps */
};

struct command_spec {
    struct names argv;              /* any bytes but NUL */
    struct view cwd;                /* empty: the worker's choice */
    struct labels env;              /* key, value: any bytes but NUL */
    struct view input;              /* stdin; any bytes */
    struct view ticket;             /* empty, or SPEC_TICKET_LEN bytes */
    struct view out_file, err_file; /* empty: yon keeps that output */
    bool append;
    uint64_t output_limit; /* 0: the worker's choice */
    struct command_around around;
};

/* Append. Asserts what the decoder would refuse of the counts. */
void command_spec_encode(struct buf *out, const struct command_spec *spec);

/* Decoded lists live in an arena, until spec_arena_fini; the views look into
 * `in`. Zeroed memory is an empty arena. */
struct spec_arena {
    void *zone; /* msgpack's */
};
void spec_arena_fini(struct spec_arena *a);
/* ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE: *out unchanged, errmsg says what.
 */
enum err command_spec_decode(struct spec_arena *a, struct view in,
                             struct command_spec *out, char *errmsg);

/* The map "env" alone, for who compresses it. The decoder's views look into
 * `in`; its errors are those of command_spec_decode. */
void command_env_encode(struct buf *out, const struct labels *env);
enum err command_env_decode(struct spec_arena *a, struct view in,
                            struct labels *out, char *errmsg);

/* What of a command makes it the same command again: all but "around". */
struct view command_spec_essence(struct view spec);

/* Append an item of at most ITEMS_LEN_MAX bytes. */
void items_add(struct buf *out, struct view item);
/* Append the number that people know the next item by. */
void items_add_number(struct buf *out, int64_t number);
/* Check a packed list: exactly n items without NUL bytes, each with a number
 * before it or not, nothing behind them, at most ITEMS_LEN_MAX bytes.
 * ERR_SHORT, ERR_TYPE, ERR_FORMAT, ERR_RANGE. */
enum err items_check(struct view items, uint32_t n);
/* Take the first item off a checked list. */
struct view items_take(struct view *items);
/* The same; *number becomes the number that stands before it, if one does. */
struct view items_take_numbered(struct view *items, int64_t *number);

/* Check a range of n >= 1 numbers: ERR_RANGE when one is beyond int64_t. */
enum err range_check(int64_t first, int64_t step, uint32_t n);
/* Text of element k (1-based) of a checked range, into out, with a NUL. Returns
 * its length. */
#define RANGE_TEXT_LEN 24
size_t range_text(int64_t first, int64_t step, uint32_t k,
                  char out[RANGE_TEXT_LEN]);
/* The same as a number. */
int64_t range_number(int64_t first, int64_t step, uint32_t k);

#endif
