/* SPDX-License-Identifier: MIT */
/* promise - the inside of yon_promise: bytes and a code from any thread
 * complete a future. yon_keep of <yon/co.h> packs a value and calls this. */
#ifndef PROMISE_H
#define PROMISE_H

#include <yon/co.h>

#include "libcommon/buf.h"

/* End the promise's future with the value (taken) or the error. Frees the
 * promise. */
void promise_keep(yon_promise *p, struct buf value, int code, const char *text);

#endif
