/* SPDX-License-Identifier: MIT */
/* outbox - frames that the socket has not taken yet, in order. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "libcommon/buf.h"

/* Zeroed memory is an empty outbox. */
struct outbox {
    struct buf *frames; /* frames[first .. n) wait */
    size_t first, n, cap;
};

void outbox_fini(struct outbox *o);
/* Drop all. */
void outbox_clear(struct outbox *o);
/* Take n frames over; those at `frames` are empty afterwards. */
void outbox_take(struct outbox *o, struct buf *frames, size_t n);
struct buf *outbox_first(struct outbox *o); /* NULL when empty */
void outbox_drop_first(struct outbox *o);

#endif
