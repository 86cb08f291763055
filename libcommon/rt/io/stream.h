/* SPDX-License-Identifier: MIT */
/* stream - the inside of yon_stream, for the code that makes one.
 *
 * References: the user's, the open handle's (until libuv has closed it), and
 * one of each coroutine that is inside a call.
 */
#ifndef STREAM_H
#define STREAM_H

#include <yon/io.h>

#include "libcommon/buf.h"
#include "libcommon/rt/co/opened.h"
#include "libcommon/rt/io/iowait.h"

/* Bytes read ahead while no one waits. Beyond it, the peer has to wait. */
#define STREAM_AHEAD (64u << 10)
/* Bytes copied of what does not fit the socket now: a write that is cut short
 * leaves them to libuv, which cannot be stopped. */
#define STREAM_CHUNK (64u << 10)

struct reader; /* see stream.c */

struct yon_stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct opened opened;
    unsigned n_refs;
    bool is_fifo;                /* a pipe, not a socket */
    bool is_lent;                /* by yon_process_stream */
    bool is_reading, is_writing; /* a coroutine is inside such a call */
    bool is_shut, is_closed;     /* by the user */

    struct buf in; /* read ahead; taken up to in_at */
    size_t in_at;
    struct buf line;       /* of yon_read_line */
    int in_status;         /* 0, UV_EOF or an error: nothing more comes */
    struct reader *reader; /* NULL: nobody waits */

    /* One request to libuv at a time; it may outlive its maker. */
    union {
        uv_connect_t connect;
        uv_write_t write;
        uv_shutdown_t shutdown;
    } req;
    bool req_pending;
    int req_status;
    struct buf out;        /* that it writes */
    struct iowait *writer; /* NULL: nobody waits */
};

/* On the loop of the coroutine that runs. The caller closes it, always. */
yon_stream *stream_new_tcp(void);
yon_stream *stream_new_unix(void);
/* An end of a pipe; takes fd, also on error. ERR_SYSTEM. */
enum err stream_new_fifo(int fd, yon_stream **out);
/* As yon_stream_close, for one that is open; also when its loop ends. */
void stream_end(yon_stream *s);
/* The request s->req has begun, or could not (error). Wait for its end: its
 * status in *status. ERR_CANCELLED, ERR_TIMEOUT: it goes on; ERR_CLOSED. */
enum err stream_request_await(yon_stream *s, int error, int *status);
/* Its callback. */
void stream_request_end(yon_stream *s, int status);

#endif
