/* SPDX-License-Identifier: MIT */
/* sock_rig - a ROUTER that echoes and a DEALER that counts, on one loop.
 */
#ifndef SOCK_RIG_H
#define SOCK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/zmq/context.h"
#include "libcommon/rt/zmq/curve.h"
#include "libcommon/rt/zmq/sock.h"
#include "libcommon/rt/zmq/zap.h"

#define IPC "ipc://"

struct fixture {
    char dir[64];
    char endpoint[128];
    struct loop *loop;
    struct sock *server, *client;
    /* tcp has keys */
    struct zap *zap;
    struct sock_keys served, mine;
    struct curve_key allowed; /* public */
    uint32_t number;          /* given to it */
    /* what the server has seen */
    size_t n_served;
    conn_id from, before;
    enum err echoed; /* of the last echo */
    /* what the client has sent and seen */
    size_t n_sent, n_wanted, window;
    size_t n_back;
    struct buf last;
    uv_timer_t turns; /* see keep_turning */
};

static inline void serve(void *arg, conn_id from, struct view bytes)
{
    struct fixture *f = arg;

    f->n_served++;
    f->from = from;
    f->echoed = sock_send(f->server, from, bytes);
}

static inline void note_echo(void *arg, conn_id from, struct view bytes)
{
    struct fixture *f = arg;

    ASSERT(from.n == 0);
    f->n_back++;
    buf_clear(&f->last);
    buf_add_view(&f->last, bytes);
}

static inline uint32_t allow(void *arg, const struct curve_key *client)
{
    const struct fixture *f = arg;

    return curve_key_equal(client, &f->allowed) ? f->number : 0;
}

/* Made while there is no socket, as curve_make wants. */
static inline void make_keys(struct fixture *f)
{
    static struct sock_keys served, mine;
    static struct curve_key allowed;
    static bool made;

    if (!made) {
        ASSERT(curve_make(&mine.server, &served.own) == ERR_NONE);
        ASSERT(curve_make(&allowed, &mine.own) == ERR_NONE);
        made = true;
    }
    f->served = served;
    f->mine = mine;
    f->allowed = allowed;
    f->number = 7;
}

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    make_keys(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/yon-test-sock-XXXXXX");
    ASSERT(mkdtemp(f->dir) != NULL);
    snprintf(f->endpoint, sizeof f->endpoint, IPC "%s/s", f->dir);
    f->loop = loop_new();
    uv_timer_init(loop_uv(f->loop), &f->turns);
    f->window = 1;
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    sock_close(f->client, 0);
    sock_close(f->server, 0);
    zap_close(f->zap);
    uv_close((uv_handle_t *)&f->turns, NULL);
    loop_free(f->loop);
    context_end();
    unlink(f->endpoint + strlen(IPC));
    ASSERT(rmdir(f->dir) == 0);
    buf_fini(&f->last);
    free(f);
    return 0;
}

static inline void bind_server(struct fixture *f, const char *endpoint)
{
    char errmsg[ERRMSG_LEN];

    if (f->zap == NULL)
        assert_int_equal(zap_open(loop_uv(f->loop), allow, f, &f->zap, errmsg),
                         ERR_NONE);
    assert_int_equal(sock_bind(loop_uv(f->loop), endpoint, &f->served, serve, f,
                               &f->server, errmsg),
                     ERR_NONE);
}

static inline void connect_client(struct fixture *f, const char *endpoint)
{
    char errmsg[ERRMSG_LEN];

    assert_int_equal(sock_connect(loop_uv(f->loop), endpoint, &f->mine,
                                  note_echo, f, &f->client, errmsg),
                     ERR_NONE);
}

/* Send what the window allows; true when all that is wanted has come back. */
static inline bool all_are_back(void *arg)
{
    struct fixture *f = arg;

    while (f->n_sent < f->n_wanted && f->n_sent - f->n_back < f->window &&
           sock_send(f->client, (conn_id){ 0 }, view_str("hello")) == ERR_NONE)
        f->n_sent++;
    return f->n_back == f->n_wanted;
}

static inline void echo(struct fixture *f, size_t n, size_t window)
{
    f->n_wanted += n;
    f->window = window;
    loop_run_await(f->loop, all_are_back, f);
}

#define WITH_SOCKETS(test) \
    cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
