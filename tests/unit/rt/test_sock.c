/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <zmq.h>

#include "tests/unit/rt/sock_rig.h"

#include "proto/bounds.h"

_Static_assert(SOCK_MSG_MAX == FRAME_LEN_MAX, "the transport takes any frame");

static void echo_goes_over_ipc(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 3, 1);
    assert_int_equal(f->n_served, 3);
    assert_true(view_equal(buf_view(&f->last), view_str("hello")));
    assert_true(f->from.n != 0);
    assert_int_equal(f->echoed, ERR_NONE);
}

static void echo_goes_over_tcp_with_a_chosen_port(void **state)
{
    struct fixture *f = *state;

    bind_server(f, "tcp://127.0.0.1:0");
    assert_memory_equal(sock_endpoint(f->server), "tcp://127.0.0.1:", 16);
    assert_true(strtol(sock_endpoint(f->server) + 16, NULL, 10) > 0);
    connect_client(f, sock_endpoint(f->server));
    echo(f, 3, 1);
    assert_true(view_equal(buf_view(&f->last), view_str("hello")));
}

static void the_client_may_be_there_first(void **state)
{
    struct fixture *f = *state;

    connect_client(f, f->endpoint);
    assert_int_equal(sock_send(f->client, (conn_id){ 0 }, view_str("x")),
                     ERR_BUSY);
    bind_server(f, f->endpoint);
    echo(f, 1, 1);
    assert_int_equal(f->n_served, 1);
}

static void ten_thousand_messages_pass_without_a_hang(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 5000, 1);
    echo(f, 10000, 30); /* what the server has room for */
    assert_int_equal(f->n_served, 15000);
}

static bool nothing_left_to_send(void *arg)
{
    struct fixture *f = arg;

    all_are_back(f);
    return f->n_sent == f->n_wanted;
}

static bool all_are_served(void *arg)
{
    struct fixture *f = arg;

    return f->n_served == f->n_wanted;
}

static void count(void *arg, conn_id from, struct view bytes)
{
    (void)from, (void)bytes;
    ((struct fixture *)arg)->n_served++;
}

/* A server that never answers: the sender meets the high-water marks and must
 * be woken when there is room again. */
static void a_flood_that_meets_the_limits_arrives(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sock_bind(loop_uv(f->loop), f->endpoint, NULL, count, f,
                               &f->server, NULL),
                     ERR_NONE);
    connect_client(f, f->endpoint);
    f->n_wanted = 10000;
    f->window = SIZE_MAX;
    loop_run_await(f->loop, nothing_left_to_send, f);
    loop_run_await(f->loop, all_are_served, f);
    assert_int_equal(f->n_served, 10000);
}

static bool big_one_is_back(void *arg)
{
    return ((struct fixture *)arg)->last.len == SOCK_MSG_MAX;
}

static void the_largest_message_passes(void **state)
{
    struct fixture *f = *state;
    struct buf big = { .len = SOCK_MSG_MAX };

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    big.data = xcalloc(1, big.len);
    memset(big.data, 'b', big.len);
    assert_int_equal(sock_send(f->client, (conn_id){ 0 }, buf_view(&big)),
                     ERR_NONE);
    loop_run_await(f->loop, big_one_is_back, f);
    assert_true(view_equal(buf_view(&f->last), buf_view(&big)));
    buf_fini(&big);
}

static void empty_messages_pass(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    assert_int_equal(sock_send(f->client, (conn_id){ 0 }, view_of(NULL, 0)),
                     ERR_NONE);
    f->n_sent++;
    echo(f, 1, 0);
    assert_int_equal(f->last.len, 0);
}

static void an_unknown_peer_is_unreachable(void **state)
{
    struct fixture *f = *state;
    conn_id stranger = { (UINT64_C(1) << 32) | 12345 };

    bind_server(f, f->endpoint);
    assert_int_equal(sock_send(f->server, stranger, view_str("x")),
                     ERR_UNREACHABLE);
    connect_client(f, f->endpoint);
    echo(f, 1, 1); /* the socket is as good as before */
}

static bool peer_is_gone(void *arg)
{
    struct fixture *f = arg;

    return sock_send(f->server, f->from, view_str("x")) == ERR_UNREACHABLE;
}

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Where only trying tells: let the loop turn without another cause. */
static void keep_turning(struct fixture *f)
{
    uv_timer_start(&f->turns, tick, 1, 1);
}

static void a_peer_that_left_is_unreachable(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    sock_close(f->client, 0);
    f->client = NULL;
    keep_turning(f);
    loop_run_await(f->loop, peer_is_gone, f);
}

/* Sends are lost with the old connection, or refused before there is the next
 * one, so it goes on saying it. */
static bool comes_over_another_connection(void *arg)
{
    struct fixture *f = arg;

    sock_send(f->client, (conn_id){ 0 }, view_str("again"));
    return f->from.n != f->before.n;
}

static bool the_peer_before_is_gone(void *arg)
{
    struct fixture *f = arg;

    return sock_send(f->server, f->before, view_str("x")) == ERR_UNREACHABLE;
}

static void who_reconnects_is_another_peer(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    f->before = f->from;
    sock_reconnect(f->client);
    keep_turning(f);
    loop_run_await(f->loop, comes_over_another_connection, f);
    loop_run_await(f->loop, the_peer_before_is_gone, f);
}

/* What a connection that is taken and never answered leaves: its end is seen,
 * and then the next one. */
static void a_silent_connection_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char endpoint[64], bytes[256];
    int silent, next;

    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(listen(fd, 2), 0);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d",
             ntohs(at.sin_port));
    connect_client(f, endpoint);
    silent = accept(fd, NULL, NULL);
    sock_reconnect(f->client);
    while (read(silent, bytes, sizeof bytes) > 0)
        ; /* its greeting, then its end */
    next = accept(fd, NULL, NULL);
    assert_true(next >= 0);
    close(next);
    close(silent);
    close(fd);
}

static void a_new_server_gets_the_clients_of_the_old_one(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    sock_close(f->server, 0);
    f->server = NULL;
    /* ZeroMQ's thread closes the old one a little later. */
    while (sock_bind(loop_uv(f->loop), f->endpoint, NULL, serve, f, &f->server,
                     NULL) == ERR_EXISTS)
        uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
    assert_non_null(f->server);
    /* Sends are lost or refused until the client is connected again. */
    keep_turning(f);
    f->n_back = 0;
    f->n_sent = 0;
    f->n_wanted = 1;
    f->window = SIZE_MAX;
    f->n_served = 0;
    while (f->n_served == 0) {
        sock_send(f->client, (conn_id){ 0 }, view_str("again"));
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
    }
}

/* Longer than a turn may be given to one socket. */
static void work_hard(void *arg, conn_id from, struct view bytes)
{
    uint64_t end_ns = uv_hrtime() + 2000000;

    while (uv_hrtime() < end_ns)
        ;
    count(arg, from, bytes);
}

struct watch {
    struct fixture *f;
    size_t n_before, n_most;
};

/* Asked before and after each poll, so not more than one pump lies between. */
static bool all_are_served_watched(void *arg)
{
    struct watch *w = arg;
    size_t n = w->f->n_served - w->n_before;

    w->n_before = w->f->n_served;
    w->n_most = n > w->n_most ? n : w->n_most;
    return all_are_served(w->f);
}

static void a_busy_socket_lets_the_loop_turn(void **state)
{
    struct fixture *f = *state;
    struct watch w = { .f = f };

    assert_int_equal(sock_bind(loop_uv(f->loop), f->endpoint, NULL, work_hard,
                               f, &f->server, NULL),
                     ERR_NONE);
    connect_client(f, f->endpoint);
    f->n_wanted = 20;
    f->window = 20;
    loop_run_await(f->loop, nothing_left_to_send, f);
    w.n_before = f->n_served;
    loop_run_await(f->loop, all_are_served_watched, &w);
    assert_int_equal(w.n_most, 1);
}

/* ---- peers that are not ours ---- */

static void *stranger_new(void *ctx, const char *endpoint, const char *id)
{
    void *zmq = zmq_socket(ctx, ZMQ_DEALER);
    int linger = 1000;

    zmq_setsockopt(zmq, ZMQ_LINGER, &linger, sizeof linger);
    if (id != NULL)
        zmq_setsockopt(zmq, ZMQ_ROUTING_ID, id, strlen(id));
    ASSERT(zmq_connect(zmq, endpoint) == 0);
    return zmq;
}

static void messages_of_other_shapes_are_dropped(void **state)
{
    struct fixture *f = *state;
    void *ctx = zmq_ctx_new();
    void *plain, *named;

    bind_server(f, f->endpoint);
    plain = stranger_new(ctx, f->endpoint, NULL);
    named = stranger_new(ctx, f->endpoint, "my-own-id");
    zmq_send(named, "named", 5, 0);
    zmq_send(plain, "two", 3, ZMQ_SNDMORE);
    zmq_send(plain, "frames", 6, 0);
    zmq_send(plain, "", 0, ZMQ_SNDMORE);
    zmq_send(plain, "", 0, ZMQ_SNDMORE);
    zmq_send(plain, "three", 5, 0);
    zmq_send(plain, "good", 4, 0);
    f->n_wanted = 1;
    loop_run_await(f->loop, all_are_served, f);
    connect_client(f, f->endpoint);
    f->n_sent = f->n_back = 0;
    f->n_wanted = 0;
    echo(f, 10, 1);
    assert_int_equal(f->n_served, 11);
    zmq_close(plain);
    zmq_close(named);
    zmq_ctx_term(ctx);
}

static void too_large_a_message_ends_its_connection_only(void **state)
{
    struct fixture *f = *state;
    void *ctx = zmq_ctx_new();
    void *stranger;
    uint8_t *large = xcalloc(1, SOCK_MSG_MAX + 1);
    const int at_once = 0;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    stranger = stranger_new(ctx, f->endpoint, NULL);
    zmq_send(stranger, "good", 4, 0);
    f->n_wanted = 1;
    loop_run_await(f->loop, all_are_served, f);
    zmq_send(stranger, large, SOCK_MSG_MAX + 1, 0);
    f->n_sent = f->n_back = 0;
    f->n_wanted = 0;
    echo(f, 100, 1);
    assert_int_equal(f->n_served, 101);
    zmq_setsockopt(stranger, ZMQ_LINGER, &at_once, sizeof at_once);
    zmq_close(stranger);
    zmq_ctx_term(ctx);
    free(large);
}

/* ---- closing ---- */

static void close_the_server(void *arg, conn_id from, struct view bytes)
{
    struct fixture *f = arg;

    (void)from, (void)bytes;
    f->n_served++;
    sock_close(f->server, 0);
    f->server = NULL;
}

static bool server_is_closed(void *arg)
{
    return ((struct fixture *)arg)->server == NULL;
}

static void the_callback_may_close_and_is_not_called_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sock_bind(loop_uv(f->loop), f->endpoint, NULL,
                               close_the_server, f, &f->server, NULL),
                     ERR_NONE);
    connect_client(f, f->endpoint);
    f->n_wanted = 20;
    f->window = 20;
    loop_run_await(f->loop, nothing_left_to_send, f);
    loop_run_await(f->loop, server_is_closed, f);
    for (int i = 0; i < 10; i++)
        uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
    assert_int_equal(f->n_served, 1);
}

static void a_goodbye_arrives_when_it_may_linger(void **state)
{
    struct fixture *f = *state;

    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
    assert_int_equal(sock_send(f->client, (conn_id){ 0 }, view_str("bye")),
                     ERR_NONE);
    sock_close(f->client, 1000);
    f->client = NULL;
    f->n_wanted = 2;
    loop_run_await(f->loop, all_are_served, f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SOCKETS(echo_goes_over_ipc),
        WITH_SOCKETS(echo_goes_over_tcp_with_a_chosen_port),
        WITH_SOCKETS(the_client_may_be_there_first),
        WITH_SOCKETS(ten_thousand_messages_pass_without_a_hang),
        WITH_SOCKETS(a_flood_that_meets_the_limits_arrives),
        WITH_SOCKETS(the_largest_message_passes),
        WITH_SOCKETS(empty_messages_pass),
        WITH_SOCKETS(an_unknown_peer_is_unreachable),
        WITH_SOCKETS(a_peer_that_left_is_unreachable),
        WITH_SOCKETS(who_reconnects_is_another_peer),
        WITH_SOCKETS(a_silent_connection_is_given_up),
        WITH_SOCKETS(a_new_server_gets_the_clients_of_the_old_one),
        WITH_SOCKETS(a_busy_socket_lets_the_loop_turn),
        WITH_SOCKETS(messages_of_other_shapes_are_dropped),
        WITH_SOCKETS(too_large_a_message_ends_its_connection_only),
        WITH_SOCKETS(the_callback_may_close_and_is_not_called_again),
        WITH_SOCKETS(a_goodbye_arrives_when_it_may_linger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
