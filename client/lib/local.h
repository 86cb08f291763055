/* SPDX-License-Identifier: MIT */
/* local - a client without a coordinator: its functions are those of this
 * process, and each call is a coroutine of its loop.
 *
 * All else that a client can be asked for is refused: it is "broken" from the
 * start, with a text that says what it is.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include "client/lib/contact.h"
#include "proto/op.h"

#define LOCAL_ADDRESS "local:"

/* ERR_STATE: no loop, for there is no coroutine. */
enum err local_open(struct loop *loop, yon_client **out);
/* It is closed, and all are told. What runs goes on; the last one frees the
 * client. */
void local_close(yon_client *c);

yon_future *local_submit(yon_client *c, const struct op *submit);

#endif
