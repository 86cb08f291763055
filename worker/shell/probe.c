/* SPDX-License-Identifier: MIT */
/* probe - whether anybody listens at the coordinator's address. */
#include "worker/shell/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/endpoint.h"

struct
try {
    struct probe *probe; /* NULL: forgotten */
    bool open;           /* the handle is */
    int64_t began_ms;
    uv_getaddrinfo_t lookup;
    struct addrinfo *found;      /* all addresses of the name */
    const struct addrinfo *next; /* to be tried */
    uv_connect_t connect;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
};

static void try_free(struct try *t)
{
    if (t->probe != NULL)
        t->probe->now = NULL;
    uv_freeaddrinfo(t->found);
    free(t);
}

static void tell(struct try *t)
{
    struct probe *p = t->probe;
    int64_t began_ms = t->began_ms;

    try_free(t);
    if (p != NULL)
        p->refused(p->arg, began_ms);
}

/* ---- tcp: each address that the name has ---- */

static void try_next(struct try *t);

static void tcp_refused(uv_handle_t *handle)
{
    try_next(handle->data);
}

static void closed(uv_handle_t *handle)
{
    try_free(handle->data);
}

static void try_close(struct try *t, uv_close_cb then)
{
    if (t->open)
        uv_close(&t->uv.handle, then);
    t->open = false;
}

static void tcp_told(uv_connect_t *req, int status)
{
    try_close(req->data, status == UV_ECONNREFUSED ? tcp_refused : closed);
}

static void try_next(struct try *t)
{
    const struct addrinfo *at = t->next;

    if (at == NULL || t->probe == NULL) {
        tell(t);
        return;
    }
    t->next = at->ai_next;
    uv_tcp_init(t->probe->loop, &t->uv.tcp);
    t->uv.handle.data = t;
    t->open = true;
    if (uv_tcp_connect(&t->connect, &t->uv.tcp, at->ai_addr, tcp_told) != 0)
        try_close(t, closed);
}

static void looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct try *t = req->data;

    t->found = found;
    t->next = found;
    if (status == 0 && found != NULL)
        try_next(t);
    else
        try_free(t);
}

/* "tcp://HOST:PORT", checked when it was read. */
static void try_tcp(struct try *t, const struct endpoint *e)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    char host[ENDPOINT_LEN];
    char *port;

    snprintf(host, sizeof host, "%s", e->text + strlen("tcp://"));
    port = strrchr(host, ':');
    *port++ = '\0';
    if (e->is_ipv6) { /* [HOST] */
        memmove(host, host + 1, strlen(host));
        host[strlen(host) - 1] = '\0';
    }
    if (uv_getaddrinfo(t->probe->loop, &t->lookup, looked_up, host, port,
                       &hints) != 0)
        try_free(t);
}

/* ---- ipc ---- */

static void pipe_refused(uv_handle_t *handle)
{
    tell(handle->data);
}

/* No socket at the path: its coordinator has removed it. */
static void pipe_told(uv_connect_t *req, int status)
{
    bool refused = status == UV_ECONNREFUSED || status == UV_ENOENT;

    try_close(req->data, refused ? pipe_refused : closed);
}

static void try_ipc(struct try *t, const char *path)
{
    uv_pipe_init(t->probe->loop, &t->uv.pipe, 0);
    t->uv.handle.data = t;
    t->open = true;
    uv_pipe_connect(&t->connect, &t->uv.pipe, path, pipe_told);
}

void probe_begin(struct probe *p)
{
    struct endpoint e;
    struct try *t;

    if (endpoint_for_connect(p->server, &e, NULL) != ERR_NONE)
        return;
    probe_forget(p);
    t = xcalloc(1, sizeof *t);
    t->probe = p;
    t->connect.data = t->lookup.data = t;
    t->began_ms = clock_boot_ms();
    p->now = t;
    if (e.path != NULL)
        try_ipc(t, e.path);
    else
        try_tcp(t, &e);
}

void probe_forget(struct probe *p)
{
    struct try *t = p->now;

    if (t == NULL)
        return;
    p->now = NULL;
    t->probe = NULL;
    try_close(t, closed);
}
