/* SPDX-License-Identifier: MIT */
/* frame_pipe - operations over a stream socket, between a process of a worker
 * and the ones in which its cpu calls run: frames (proto/frame.h), each behind
 * its length, 4 bytes in the order of this machine. It never blocks.
 */
#ifndef FRAME_PIPE_H
#define FRAME_PIPE_H

#include <stdbool.h>

#include "libcommon/buf.h"
#include "proto/op.h"

struct frame_pipe {
    int fd;
    struct frame_reader *reader;
    struct buf in, out;
    size_t taken; /* bytes at the front of `in` that were read */
};

/* fd: non-blocking; the pipe's from now on. */
void frame_pipe_init(struct frame_pipe *d, int fd);
void frame_pipe_fini(struct frame_pipe *d);

/* Add an operation to what is to be sent, and send what can be. */
void frame_pipe_put(struct frame_pipe *d, const struct op *op);
/* Send what can be. Whether something is left: the socket is full. Nobody at
 * the other end is no error here: frame_pipe_next tells. */
bool frame_pipe_flush(struct frame_pipe *d);

/* The next operation that has arrived; what it points to lives until the next
 * call. ERR_BUSY: not yet; ERR_CLOSED: nobody is at the other end, or what it
 * says makes no sense. */
enum err frame_pipe_next(struct frame_pipe *d, struct op *op);

#endif
