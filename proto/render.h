/* SPDX-License-Identifier: MIT */
/* render - the placeholders of an array's element, as in GNU parallel.
 *
 *   {}    the item                    {/}   its last part: a/b.c -> b.c
 *   {.}   without its extension       {//}  its folder:    a/b.c -> a
 *   {/.}  last part, no extension     {#}   number of the element
 *
 * Other braces stay as they are. What was put in is not scanned again. Items
 * and texts are any bytes. Pure.
 */
#ifndef RENDER_H
#define RENDER_H

#include "libcommon/buf.h"

struct render {
    struct view item;
    struct view number; /* of the element */
    size_t len_max;     /* bytes that `out` may hold afterwards */
};

/* Add `text` with its placeholders replaced. ERR_LIMIT: it becomes longer than
 * len_max; a part of it was added. */
enum err render_text(struct buf *out, struct view text,
                     const struct render *with);

/* Add a msgpack value with the placeholders in its strings replaced; scan_one
 * has accepted it before. ERR_LIMIT as above. */
enum err render_value(struct buf *out, struct view value,
                      const struct render *with);

#endif
