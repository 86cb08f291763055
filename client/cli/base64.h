/* SPDX-License-Identifier: MIT */
/* base64 - RFC 4648, with padding. Pure. */
#ifndef BASE64_H
#define BASE64_H

#include "libcommon/buf.h"

void base64_encode(struct buf *out, struct view bytes);
/* ERR_FORMAT  not base64; out has what was decoded before. */
enum err base64_decode(struct buf *out, struct view text);

#endif
