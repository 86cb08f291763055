/* SPDX-License-Identifier: MIT */
/* connect - streams to others, and pipes: <yon/io.h>. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/io/lookup.h"
#include "libcommon/rt/io/stream.h"
#include "libcommon/rt/os/endpoint.h"

static void connected(uv_connect_t *req, int status)
{
    stream_request_end(req->handle->data, status);
}

/* One address; its status as of libuv. */
static enum err address_await(const struct sockaddr_storage *address,
                              int *status, yon_stream **out)
{
    yon_stream *s = stream_new_tcp();
    int error;
    enum err err;

    uv_tcp_nodelay(&s->uv.tcp, 1);
    error = uv_tcp_connect(&s->req.connect, &s->uv.tcp,
                           (const struct sockaddr *)address, connected);
    err = stream_request_await(s, error, status);
    if (err != ERR_NONE || *status != 0)
        yon_stream_close(s);
    else
        *out = s;
    return err;
}

int yon_tcp_connect(const char *host, const char *service, yon_stream **out)
{
    struct sockaddr_storage at[LOOKUP_MAX];
    size_t n = 0;
    int status = UV_EAI_NONAME;
    enum err err = lookup_await(host, service, at, LOOKUP_MAX, &n);

    for (size_t i = 0; i < n && err == ERR_NONE && status != 0; i++)
        err = address_await(&at[i], &status, out);
    if (err == ERR_NONE && status != 0)
        err = io_fail(status, "cannot connect to %s, %s", host, service);
    return -(int)err;
}

static enum err unix_await(const char *path, yon_stream **out)
{
    yon_stream *s = stream_new_unix();
    int status;
    enum err err;

    uv_pipe_connect(&s->req.connect, &s->uv.pipe, path, connected);
    err = stream_request_await(s, 0, &status);
    if (err == ERR_NONE && status != 0)
        err = io_fail(status, "cannot connect to %s", path);
    if (err != ERR_NONE)
        yon_stream_close(s);
    else
        *out = s;
    return err;
}

int yon_unix_connect(const char *path, yon_stream **out)
{
    enum err err = io_begin_await();

    if (err == ERR_NONE && strlen(path) > ENDPOINT_PATH_MAX)
        err = ERR_RANGE;
    return -(int)(err != ERR_NONE ? err : unix_await(path, out));
}

int yon_pipe(yon_stream **read_end, yon_stream **write_end)
{
    int fds[2];
    enum err err = io_begin();

    if (err != ERR_NONE)
        return -(int)err;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -(int)io_fail(-errno, "cannot make a pipe");
    err = stream_new_fifo(fds[0], read_end);
    if (err != ERR_NONE) {
        close(fds[1]);
        return -(int)err;
    }
    err = stream_new_fifo(fds[1], write_end);
    if (err != ERR_NONE)
        yon_stream_close(*read_end);
    return -(int)err;
}
