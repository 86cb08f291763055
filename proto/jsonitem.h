/* SPDX-License-Identifier: MIT */
/* jsonitem - the item of an element as a value: JSON text, packed as msgpack.
 *
 * Objects become maps with str keys, integers of 64 bits integers, other
 * numbers doubles. There are no marks ({"$base64": ...}) for what JSON lacks.
 * Pure.
 */
#ifndef JSONITEM_H
#define JSONITEM_H

#include "libcommon/buf.h"

/* Add the one value that the text is; on error a part of it may have been
 * added.
 * ERR_FORMAT  it is not JSON, or has a NUL in a string;
 * ERR_RANGE   a number is too large, or it nests deeper than `depth_max`;
 * errmsg says what. */
enum err jsonitem_pack(struct buf *out, struct view text, unsigned depth_max,
                       char *errmsg);

#endif
