/* SPDX-License-Identifier: MIT */
/* json - between msgpack and JSON, without loss.
 *
 *   msgpack                                  JSON
 *   str, bin that is valid UTF-8             string
 *   other str, bin                           {"$base64": "..."}
 *   integer above 2^63 - 1                   {"$uint": "..."}
 *   NaN, infinity                            {"$float": "nan" "inf" "-inf"}
 *   ext                                      {"$ext": type, "$base64": "..."}
 *   ... of RENDER_EXT_ITEM                   {"$item": "{}" "{#}"}
 *   key of a map that is no string           its JSON text as the key
 *
 * Back: a JSON string becomes str, and the objects above what they stand for,
 * but for other ext. Pure.
 */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>

#include "libcommon/buf.h"

#define JSON_ITEM "$item"

/* Bytes as a string, or as {"$base64": ...}. */
json_t *json_bytes(struct view bytes);
/* Text for people: bytes that are no UTF-8 are shown as \xNN. */
json_t *json_text(struct view text);
/* Text, or null when it is empty. */
json_t *json_text_or_null(struct view text);
/* An RFC 3339 time; null for 0. */
json_t *json_time(int64_t unix_ms);
/* Seconds between two times; null when one is unknown. */
json_t *json_seconds(int64_t from_ms, int64_t to_ms);

/* One msgpack value. Errors as those of scan_one(). */
enum err json_from_msgpack(struct view in, json_t **out);
/* Add the value to `out`. ERR_FORMAT, ERR_RANGE: nested deeper than
 * VALUE_DEPTH_MAX; errmsg says what. */
enum err json_to_msgpack(const json_t *value, struct buf *out, char *errmsg);

/* Read text. ERR_FORMAT, ERR_RANGE: nested deeper than VALUE_DEPTH_MAX; errmsg
 * says what is wrong with `what`, and *out is NULL. */
enum err json_read(struct view text, const char *what, json_t **out,
                   char *errmsg);
/* Add the compact text of a value, and drop the reference to it. */
void json_add(struct buf *out, json_t *value);

#endif
