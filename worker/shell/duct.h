/* SPDX-License-Identifier: MIT */
/* duct - operations over a stream socket, between a process of a worker and the
 * ones in which its cpu calls run: frames (proto/frame.h), each behind its
 * length, 4 bytes in the order of this machine. It never blocks.
 */
#ifndef DUCT_H
#define DUCT_H

#include <stdbool.h>

#include "libcommon/buf.h"
#include "proto/op.h"

struct duct {
    int fd;
    struct frame_reader *reader;
    struct buf in, out;
    size_t taken; /* bytes at the front of `in` that were read */
};

/* fd: non-blocking; the duct's from now on. */
void duct_init(struct duct *d, int fd);
void duct_fini(struct duct *d);

/* Add an operation to what is to be sent, and send what can be. */
void duct_put(struct duct *d, const struct op *op);
/* Send what can be. Whether something is left: the socket is full. Nobody at
 * the other end is no error here: duct_next tells. */
bool duct_flush(struct duct *d);

/* The next operation that has arrived; what it points to lives until the next
 * call. ERR_BUSY: not yet; ERR_CLOSED: nobody is at the other end, or what it
 * says makes no sense. */
enum err duct_next(struct duct *d, struct op *op);

#endif
