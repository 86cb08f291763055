/* SPDX-License-Identifier: MIT */
/* A tcp endpoint lets in the keys that it knows, and nobody else. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/rt/sock_rig.h"

#define LOOPBACK "tcp://127.0.0.1:0"

static struct fixture *connected(void **state)
{
    struct fixture *f = *state;

    bind_server(f, LOOPBACK);
    connect_client(f, sock_endpoint(f->server));
    return f;
}

static bool lasts;

static bool has_trouble(void *arg)
{
    struct fixture *f = arg;

    return sock_trouble(f->client, &lasts) != NULL;
}

static uint32_t heard_from;

static void note_sender(void *arg, conn_id from, struct view bytes)
{
    struct fixture *f = arg;

    heard_from = sock_sender(f->server);
    f->n_served++;
    sock_send(f->server, from, bytes);
}

static void a_known_key_is_let_in_under_its_number(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(zap_open(loop_uv(f->loop), allow, f, &f->zap, NULL),
                     ERR_NONE);
    assert_int_equal(sock_bind(loop_uv(f->loop), LOOPBACK, &f->served,
                               note_sender, f, &f->server, NULL),
                     ERR_NONE);
    connect_client(f, sock_endpoint(f->server));
    echo(f, 100, 10);
    assert_int_equal(heard_from, 7);
    assert_null(sock_trouble(f->client, &lasts));
}

static void another_key_is_refused_until_it_is_known(void **state)
{
    struct fixture *f = *state;

    f->number = 0;
    f = connected(state);
    loop_run_await(f->loop, has_trouble, f);
    assert_non_null(
        strstr(sock_trouble(f->client, &lasts), "does not know the key"));
    assert_true(lasts);
    assert_int_equal(f->n_served, 0);
    f->number = 8;
    sock_reconnect(f->client);
    echo(f, 1, 1);
    assert_null(sock_trouble(f->client, &lasts));
}

static void another_server_is_noticed(void **state)
{
    struct fixture *f = *state;

    f->mine.server = f->allowed;
    f = connected(state);
    loop_run_await(f->loop, has_trouble, f);
    assert_non_null(strstr(sock_trouble(f->client, &lasts), "not the server"));
    assert_int_equal(f->n_served, 0);
}

/* The peer is told to go on waiting: the next one may be right. */
static void another_server_ends_nothing_while_there_are_more(void **state)
{
    struct fixture *f = *state;

    f->mine.server = f->allowed;
    f = connected(state);
    assert_int_equal(sock_add_endpoint(f->client, "tcp://127.0.0.1:1", NULL),
                     ERR_NONE);
    loop_run_await(f->loop, has_trouble, f);
    assert_non_null(sock_trouble(f->client, &lasts));
    assert_false(lasts);
}

static void nothing_that_listens_is_told(void **state)
{
    struct fixture *f = *state;

    connect_client(f, "tcp://127.0.0.1:1");
    loop_run_await(f->loop, has_trouble, f);
    assert_non_null(strstr(sock_trouble(f->client, &lasts), "nothing listens"));
    assert_false(lasts);
}

/* ---- raw peers, which speak ZMTP without a mechanism ---- */

static void ring(uv_timer_t *timer)
{
    (void)timer;
}

/* A greeting, and READY with the property `User-Id: 7`. */
static void greet(int fd)
{
    static const uint8_t greeting[64] = { 0xff, [9] = 0x7f, 3,   0,
                                          'N',  'U',        'L', 'L' };
    static const char ready[] = "\4\x29\5READY\13Socket-Type\0\0\0\6DEALER"
                                "\7User-Id\0\0\0\0017";

    assert_int_equal(write(fd, greeting, sizeof greeting), sizeof greeting);
    assert_int_equal(write(fd, ready, sizeof ready - 1), sizeof ready - 1);
}

struct stranger {
    struct fixture *f;
    int fd;
    ssize_t n_read;
};

/* It was heard, or it was thrown out. */
static bool is_decided(void *arg)
{
    struct stranger *s = arg;
    static const char hello[] = "\0\5hello";
    uint8_t bytes[256];
    ssize_t n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (n > 0 && s->n_read <= 64 && s->n_read + n > 64) /* it is READY, too */
        assert_int_equal(write(s->fd, hello, 7), 7);
    if (n > 0)
        s->n_read += n;
    return s->f->n_served > 0 || n == 0;
}

static void try_as_stranger(struct fixture *f, const struct sockaddr *address,
                            socklen_t len)
{
    struct stranger s = { f, socket(address->sa_family, SOCK_STREAM, 0), 0 };

    assert_int_equal(connect(s.fd, address, len), 0);
    greet(s.fd);
    uv_timer_start(&f->turns, ring, 1, 1);
    loop_run_await(f->loop, is_decided, &s);
    uv_timer_stop(&f->turns);
    close(s.fd);
}

static void a_peer_without_keys_is_not_heard(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };

    bind_server(f, LOOPBACK);
    address.sin_port =
        htons((uint16_t)atoi(strrchr(sock_endpoint(f->server), ':') + 1));
    try_as_stranger(f, (struct sockaddr *)&address, sizeof address);
    assert_int_equal(f->n_served, 0);
}

/* Without a handler nobody is let in: it is not only the handler that refuses.
 */
static void nobody_is_let_in_while_nobody_decides(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sock_bind(loop_uv(f->loop), LOOPBACK, &f->served, serve, f,
                               &f->server, NULL),
                     ERR_NONE);
    connect_client(f, sock_endpoint(f->server));
    loop_run_await(f->loop, has_trouble, f);
    assert_int_equal(f->n_served, 0);
}

static void a_number_cannot_be_claimed(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    heard_from = 99;
    assert_int_equal(sock_bind(loop_uv(f->loop), f->endpoint, &f->served,
                               note_sender, f, &f->server, NULL),
                     ERR_NONE);
    strcpy(address.sun_path, f->endpoint + strlen(IPC));
    try_as_stranger(f, (struct sockaddr *)&address, sizeof address);
    assert_int_equal(f->n_served, 1);
    assert_int_equal(heard_from, 0);
}

static void connections_of_two_servers_differ(void **state)
{
    struct fixture *f = *state;
    struct sock *other;

    bind_server(f, LOOPBACK);
    connect_client(f, sock_endpoint(f->server));
    echo(f, 1, 1);
    assert_int_equal(
        sock_bind(loop_uv(f->loop), f->endpoint, NULL, serve, f, &other, NULL),
        ERR_NONE);
    assert_true(sock_owns(f->server, f->from));
    assert_false(sock_owns(other, f->from));
    sock_close(other, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SOCKETS(a_known_key_is_let_in_under_its_number),
        WITH_SOCKETS(another_key_is_refused_until_it_is_known),
        WITH_SOCKETS(another_server_is_noticed),
        WITH_SOCKETS(another_server_ends_nothing_while_there_are_more),
        WITH_SOCKETS(nothing_that_listens_is_told),
        WITH_SOCKETS(a_peer_without_keys_is_not_heard),
        WITH_SOCKETS(nobody_is_let_in_while_nobody_decides),
        WITH_SOCKETS(a_number_cannot_be_claimed),
        WITH_SOCKETS(connections_of_two_servers_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
