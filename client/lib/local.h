/* SPDX-License-Identifier: MIT */
/* local - a client without a coordinator: its functions are those of this
 * process, and each call is a coroutine of its loop.
 *
 * It answers a call with its end and the progress before that; everything else
 * is refused.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include "client/lib/handle.h"

#define LOCAL_ADDRESS "local:"

/* ERR_STATE: no loop, for there is no coroutine. */
enum err local_open(struct loop *loop, yon_client **out);

#endif
