/* SPDX-License-Identifier: MIT */
/* listener - connections that others make to us: <yon/io.h>.
 *
 * libuv accepts one connection ahead and waits until it is taken; the others
 * wait in the kernel.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/io/lookup.h"
#include "libcommon/rt/io/stream.h"
#include "libcommon/rt/os/endpoint.h"

#define BACKLOG 512

struct yon_listener {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct opened opened;
    unsigned n_refs; /* of the user, the handle, and a coroutine that accepts */
    unsigned port;   /* 0: not TCP */
    bool is_ready;   /* a connection waits to be taken */
    bool is_closed;
    int status;              /* an error, for the next accept */
    struct iowait *acceptor; /* NULL: no one waits */
};

static void listener_unref(yon_listener *l)
{
    ASSERT(l->n_refs > 0);
    if (--l->n_refs == 0)
        free(l);
}

static void handle_closed(uv_handle_t *handle)
{
    listener_unref(handle->data);
}

static void listener_end(yon_listener *l)
{
    l->is_closed = true;
    opened_forget(&l->opened);
    iowait_end(l->acceptor);
    uv_close(&l->uv.handle, handle_closed);
    listener_unref(l);
}

void yon_listener_close(yon_listener *l)
{
    if (l == NULL || !io_is_ours(l->uv.handle.loop))
        return;
    MISUSE_IF(!loop_is_at(l->uv.handle.loop),
              "the listener belongs to another thread");
    MISUSE_IF(l->is_closed, "the listener was closed before");
    listener_end(l);
}

static void has_connected(uv_stream_t *stream, int status)
{
    yon_listener *l = stream->data;

    if (status == 0)
        l->is_ready = true;
    else
        l->status = status;
    iowait_end(l->acceptor);
}

static void left_open(struct opened *o)
{
    listener_end(CONTAINER_OF(o, yon_listener, opened));
}

static yon_listener *listener_new(void)
{
    yon_listener *l = xcalloc(1, sizeof *l);

    l->n_refs = 2;
    l->opened = (struct opened){ .what = "a listener",
                                 .remedy = "yon_listener_close",
                                 .close = left_open };
    opened_add(&l->opened, loop_current());
    return l;
}

/* ---- TCP ---- */

/* Returns 0 or an error of libuv. */
static int note_port(yon_listener *l)
{
    struct sockaddr_storage at = { 0 };
    int len = sizeof at;
    int error = uv_tcp_getsockname(&l->uv.tcp, (struct sockaddr *)&at, &len);

    if (error != 0)
        return error;
    if (at.ss_family == AF_INET6)
        l->port = ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
    else
        l->port = ntohs(((struct sockaddr_in *)&at)->sin_port);
    return 0;
}

static enum err tcp_listen(const struct sockaddr_storage *at,
                           yon_listener **out)
{
    yon_listener *l = listener_new();
    int error;

    uv_tcp_init(loop_uv(loop_current()), &l->uv.tcp);
    l->uv.handle.data = l;
    error = uv_tcp_bind(&l->uv.tcp, (const struct sockaddr *)at, 0);
    if (error == 0)
        error = uv_listen(&l->uv.stream, BACKLOG, has_connected);
    if (error == 0)
        error = note_port(l);
    if (error != 0) {
        yon_listener_close(l);
        return io_fail(error, "cannot listen");
    }
    *out = l;
    return ERR_NONE;
}

int yon_tcp_listen(const char *host, unsigned port, yon_listener **out)
{
    struct sockaddr_storage at;
    char service[sizeof "65535"];
    size_t n;
    enum err err;

    if (port > UINT16_MAX)
        return YON_ERANGE;
    snprintf(service, sizeof service, "%hu", (unsigned short)port);
    err = lookup_await(host == NULL ? "127.0.0.1" : host, service, &at, 1, &n);
    if (err == ERR_NONE)
        err = tcp_listen(&at, out);
    return -(int)err;
}

unsigned yon_listener_port(const yon_listener *l)
{
    return l->port;
}

/* ---- Unix ---- */

/* Of a folder that is not there libuv says what Windows would: EACCES. */
static int unix_bind(yon_listener *l, const char *path)
{
    int error = uv_pipe_bind(&l->uv.pipe, path);
    char *copy = xstrdup(path);

    if (error == UV_EACCES && access(dirname(copy), F_OK) != 0)
        error = -errno;
    free(copy);
    return error;
}

static enum err unix_listen(const char *path, yon_listener **out)
{
    yon_listener *l = listener_new();
    int error;

    uv_pipe_init(loop_uv(loop_current()), &l->uv.pipe, 0);
    l->uv.handle.data = l;
    error = unix_bind(l, path);
    if (error == 0)
        error = uv_listen(&l->uv.stream, BACKLOG, has_connected);
    if (error != 0) {
        yon_listener_close(l);
        return io_fail(error, "cannot listen at %s", path);
    }
    *out = l;
    return ERR_NONE;
}

int yon_unix_listen(const char *path, yon_listener **out)
{
    enum err err = io_begin();

    if (err == ERR_NONE && strlen(path) > ENDPOINT_PATH_MAX)
        err = ERR_RANGE;
    return -(int)(err != ERR_NONE ? err : unix_listen(path, out));
}

/* ---- accepting ---- */

static enum err ready_await(yon_listener *l)
{
    struct iowait w = { 0 };
    enum err err;
    int status;

    if (!l->is_ready && l->status == 0) {
        l->acceptor = &w;
        err = iowait_await(&w);
        l->acceptor = NULL;
        if (l->is_closed || err != ERR_NONE)
            return l->is_closed ? ERR_CLOSED : err;
    }
    status = l->status;
    l->status = 0;
    return status == 0 ? ERR_NONE : io_fail(status, "cannot accept");
}

static enum err take(yon_listener *l, yon_stream **out)
{
    yon_stream *s = l->port != 0 ? stream_new_tcp() : stream_new_unix();
    int error = uv_accept(&l->uv.stream, &s->uv.stream);

    l->is_ready = false;
    if (error != 0) {
        yon_stream_close(s);
        return io_fail(error, "cannot accept");
    }
    if (l->port != 0)
        uv_tcp_nodelay(&s->uv.tcp, 1);
    *out = s;
    return ERR_NONE;
}

int yon_accept(yon_listener *l, yon_stream **out)
{
    enum err err = io_begin_on_await(l->uv.handle.loop);

    if (err == ERR_NONE && l->acceptor != NULL)
        err = ERR_BUSY;
    if (err != ERR_NONE)
        return -(int)err;
    l->n_refs++;
    err = ready_await(l);
    if (err == ERR_NONE)
        err = take(l, out);
    listener_unref(l);
    return -(int)err;
}
