/* SPDX-License-Identifier: MIT */
/* render - the placeholders of an array's element, as in GNU parallel.
 *
 *   {}    the item                    {/}   its last part: a/b.c -> b.c
 *   {.}   without its extension       {//}  its folder:    a/b.c -> a
 *   {/.}  last part, no extension     {#}   number of the element
 *   {"{"} a brace that opens: {"{"}} is {} as it stands
 *
 * Other braces stay as they are. What was put in is not scanned again. Items
 * and texts are any bytes.
 *
 * In a msgpack value they are replaced in strings. An ext of type
 * RENDER_EXT_ITEM whose bytes are {} or {#} is the item or number itself, as
 * the value that it is in JSON. Pure.
 */
#ifndef RENDER_H
#define RENDER_H

#include "libcommon/buf.h"

#define RENDER_EXT_ITEM 89 /* Y */

struct render {
    struct view item;
    struct view number; /* of the element */
    size_t len_max;     /* bytes that `out` may hold afterwards */
};

/* Add `text` so that render_text makes of it what it is now. */
void render_escape(struct buf *out, struct view text);

/* Add `text` with its placeholders replaced. ERR_LIMIT: it becomes longer than
 * len_max; a part of it was added. */
enum err render_text(struct buf *out, struct view text,
                     const struct render *with);

/* Add a msgpack value with its placeholders replaced; scan_one has accepted it
 * before, and may not accept what comes out: a value of an item nests, too.
 * ERR_LIMIT as above; ERR_FORMAT, ERR_RANGE: the item is no JSON, and is needed
 * as a value; errmsg says what. */
enum err render_value(struct buf *out, struct view value,
                      const struct render *with, char *errmsg);

#endif
