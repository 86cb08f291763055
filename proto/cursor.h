/* SPDX-License-Identifier: MIT */
/* cursor - struct yon_cursor of <yon/value.h>: from value to value in a
 * document that was checked. Nothing is allocated. Private to proto and its
 * public functions. Pure.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include <yon/value.h>

#include "proto/mp.h"
#include "proto/value_doc.h"

struct yon_cursor cursor_of(struct value_doc *doc); /* at its value */
bool cursor_is_none(const struct yon_cursor *c);    /* at no value */
/* At the value of the whole document. */
bool cursor_is_top(const struct yon_cursor *c);

/* The value that is there: of a container its head. `c` is at one. */
struct mp_value cursor_value(const struct yon_cursor *c);
/* All its bytes. */
struct view cursor_bytes(const struct yon_cursor *c);

/* Put the place before what errmsg says. Returns err. `c` is at a value. */
enum err cursor_blame(const struct yon_cursor *c, enum err err, char *errmsg);

/* As the public functions of these names. errmsg has the text, but for
 * ERR_EXHAUSTED. That of ERR_ABSENT is ".key: missing", without the place of
 * the container, which is a search: a caller may expect that there is none. */
enum err cursor_next(struct yon_cursor *array, struct yon_cursor *value,
                     char *errmsg);
enum err cursor_next_pair(struct yon_cursor *map, struct yon_cursor *key,
                          struct yon_cursor *value, char *errmsg);
enum err cursor_item(const struct yon_cursor *array, size_t i,
                     struct yon_cursor *value, char *errmsg);
enum err cursor_get(const struct yon_cursor *map, struct view key,
                    struct yon_cursor *value, char *errmsg);

#endif
