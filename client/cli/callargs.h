/* SPDX-License-Identifier: MIT */
/* callargs - the argument of a call from what was typed. */
#ifndef CALLARGS_H
#define CALLARGS_H

#include "libcommon/buf.h"

/* From words: KEY=TEXT, KEY:=JSON make a map, a sole :=JSON is the argument
 * itself; no words: nil. `of_items`: {} in JSON is the item of an array
 * (item_values.h). ERR_FORMAT, ERR_RANGE: errmsg says what is wrong. */
enum err callargs_from_words(char *const *words, size_t n, bool of_items,
                             struct buf *out, char *errmsg);
/* From a file ("-": stdin): msgpack when its name ends in .msgpack, else JSON.
 * ERR_IO, ERR_FORMAT, ERR_LIMIT: errmsg. */
enum err callargs_from_file(const char *path, struct buf *out, char *errmsg);

#endif
