/* SPDX-License-Identifier: MIT */
/* value.h - values of any length: a builder writes one, a cursor reads one.
 *
 * Where a format of <yon/yon.h> knows all that it writes and reads, nothing
 * else is needed. Lists and maps whose length only the data knows go by its
 * letter V: where values are written it stands for a builder, where they are
 * read for a cursor.
 *
 *   yon_builder *list = yon_builder_new();
 *   yon_build_array(list);
 *   for (size_t i = 0; i < n; i++)
 *       yon_build(list, "{ss sI}", "name", at[i].name, "size", at[i].size);
 *   yon_build_end(list);
 *   yon_future *f = yon_call(client, "total", "{sV}", "files", list);
 *   yon_builder_free(list);
 *
 *   yon_cursor list = { 0 }, file;
 *   int err = yon_args(job, "{sV}", "files", &list);
 *   while (err == 0 && (err = yon_cursor_next(&list, &file)) == 0) {
 *       err = yon_cursor_read(&file, "{sI}", "size", &size);
 *       sum += size;
 *   }
 *   if (err != YON_EEXHAUSTED)
 *       return err;
 *
 * Errors name the place: "args.files[2].size: expected integer, got string". A
 * job that returns such a code passes the text on.
 */
#ifndef YON_VALUE_H
#define YON_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include <yon/err.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- builder ----
 *
 * One value, written piece by piece: all that yon_build... appends between
 * yon_build_array and its yon_build_end are the values of an array, between
 * yon_build_map and its yon_build_end the keys, which are strings, and values
 * of a map in turn. It grows as needed. The first error sticks: what is
 * appended afterwards is dropped, and whoever takes the value is told. So only
 * the end needs to be looked at. Not thread-safe; needs no coroutine.
 */
typedef struct yon_builder yon_builder;

/* An empty builder, which is nil. Never NULL; free it with yon_builder_free. */
yon_builder *yon_builder_new(void);
/* Free it; what was made from it stays. NULL is fine. */
void yon_builder_free(yon_builder *b);
/* Begin anew: forget the value and the error. */
void yon_builder_clear(yon_builder *b);
/* 0: it is one whole value; else what went wrong first, with the place in
 * yon_why. YON_EFORMAT: a second value at the top, a key that is no string or
 * has no value, an array or a map that is not ended or was never begun, a
 * string that is NULL, a format that is invalid; YON_ERANGE: nested more than
 * 16 deep; YON_ELIMIT: larger than 32 MiB (calls and results take 1 MiB). */
int yon_builder_error(const yon_builder *b);
/* The value as msgpack bytes; NULL when there is an error. Lives until the
 * builder is changed or freed. */
const void *yon_builder_raw(const yon_builder *b, size_t *len);
/* Read what was built, by format, as yon_result does; so bytes from elsewhere
 * are read after yon_build_raw. Strings and cursors live until the builder is
 * changed or freed. Its error; YON_ETYPE, YON_ERANGE, YON_EFORMAT. */
int yon_builder_read(yon_builder *b, const char *format, ...);

/* Append values by format, one after the other: in an array each is a value of
 * it, in a map keys and values. */
void yon_build(yon_builder *b, const char *format, ...);
void yon_build_nil(yon_builder *b);
void yon_build_bool(yon_builder *b, int flag);
void yon_build_int(yon_builder *b, int64_t n);
void yon_build_uint(yon_builder *b, uint64_t n);
void yon_build_double(yon_builder *b, double d);
/* A string, or a key. It should be UTF-8, which nobody checks. */
void yon_build_string(yon_builder *b, const char *text);
/* The same of len bytes. NULL is fine when len is 0. */
void yon_build_string_len(yon_builder *b, const char *text, size_t len);
void yon_build_binary(yon_builder *b, const void *data, size_t len);
/* A value that is msgpack bytes already, checked. YON_EFORMAT, YON_ESHORT: it
 * is not one whole value. */
void yon_build_raw(yon_builder *b, const void *value, size_t len);
/* Begin an array: what follows is in it, until yon_build_end. */
void yon_build_array(yon_builder *b);
/* Begin a map: keys and values follow in turn, until yon_build_end. */
void yon_build_map(yon_builder *b);
/* End the innermost array or map. */
void yon_build_end(yon_builder *b);

/* ---- cursor ----
 *
 * A place in a value that was read with V, by yon_args, yon_result and the
 * like. It lives where the strings of that call live: as long as the job or the
 * future. Copy it freely; there is nothing to free. { 0 } is at no value: so
 * "?V" reads what may be missing.
 */
typedef struct yon_cursor {
    void *doc;                      /* all members are private */
    const unsigned char *at, *next; /* the value; what is next in it */
    uint64_t left;                  /* that are next */
} yon_cursor;

enum yon_type {
    YON_TYPE_NONE, /* { 0 } */
    YON_TYPE_NIL,
    YON_TYPE_BOOL,
    YON_TYPE_INTEGER,
    YON_TYPE_FLOAT,
    YON_TYPE_STRING,
    YON_TYPE_BINARY,
    YON_TYPE_ARRAY,
    YON_TYPE_MAP,
    YON_TYPE_EXTENSION /* of msgpack; only yon_cursor_raw reads it */
};
/* What is there. */
enum yon_type yon_cursor_type(const yon_cursor *c);
/* Values of an array, pairs of a map, bytes of a string or binary; else 0. */
size_t yon_cursor_count(const yon_cursor *c);

/* Walk an array: set *value to the first value in it, at the next call to the
 * second ... YON_EEXHAUSTED: that was the last, and it begins anew; also { 0 }.
 * YON_ETYPE: not an array. */
int yon_cursor_next(yon_cursor *array, yon_cursor *value);
/* The same with a map; key (NULL is fine) is a string, mostly. */
int yon_cursor_next_pair(yon_cursor *map, yon_cursor *key, yon_cursor *value);
/* Value number i of an array, from 0. It is searched from the front: walk
 * rather than count. YON_EABSENT: there are not so many; YON_ETYPE. */
int yon_cursor_item(const yon_cursor *array, size_t i, yon_cursor *value);
/* Look up a key of a map. YON_EABSENT: it has none such; YON_ETYPE: not a map.
 */
int yon_cursor_get(const yon_cursor *map, const char *key, yon_cursor *value);

/* Read what is there by format, as yon_args does: "I", "s", "{sI ss}", "[dd]",
 * "V" ... YON_ETYPE, YON_ERANGE, YON_EFORMAT; yon_why has the text. Strings
 * live as long as what the cursor came from. */
int yon_cursor_read(const yon_cursor *c, const char *format, ...);
/* What is there as msgpack bytes; NULL for { 0 }. Lives as long as what the
 * cursor came from. */
const void *yon_cursor_raw(const yon_cursor *c, size_t *len);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
