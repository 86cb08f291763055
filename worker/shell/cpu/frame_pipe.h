/* SPDX-License-Identifier: MIT */
/* frame_pipe - operations over a stream socket, between a process of a worker
 * and those in which its cpu calls run. Each is a frame (proto/frame.h) behind
 * its length, 4 bytes in the order of this machine. Nothing here blocks.
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
    size_t taken; /* bytes at the front of `in` to be dropped next */
};

/* fd: non-blocking; owned from now on. */
void frame_pipe_init(struct frame_pipe *d, int fd);
void frame_pipe_fini(struct frame_pipe *d);

/* Queue an operation, and send what fits. */
void frame_pipe_put(struct frame_pipe *d, const struct op *op);
/* Send what fits. True: the socket is full, and something is left. When the
 * other end is gone nothing is left; frame_pipe_next reports that. */
bool frame_pipe_flush(struct frame_pipe *d);

/* The next operation that has arrived; its views are good until the next call.
 * ERR_BUSY: none yet; ERR_CLOSED: the other end is gone, or sends nonsense. */
enum err frame_pipe_next(struct frame_pipe *d, struct op *op);

#endif
