/* SPDX-License-Identifier: MIT */
/* Where sockets are bound: paths and ports in use, left behind, not allowed. */
#include <sys/stat.h>

#include "tests/unit/rt/sock_rig.h"

static void a_path_in_use_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct sock *second = NULL;
    char errmsg[ERRMSG_LEN] = "";

    bind_server(f, f->endpoint);
    assert_int_equal(sock_bind(loop_uv(f->loop), f->endpoint, NULL, serve, f,
                               &second, errmsg),
                     ERR_EXISTS);
    assert_non_null(strstr(errmsg, f->dir));
    assert_null(second);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
}

static void a_port_in_use_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct sock *second = NULL;

    bind_server(f, "tcp://127.0.0.1:0");
    assert_int_equal(sock_bind(loop_uv(f->loop), sock_endpoint(f->server),
                               &f->served, serve, f, &second, NULL),
                     ERR_EXISTS);
}

static void a_stale_path_is_taken(void **state)
{
    struct fixture *f = *state;
    FILE *stale = fopen(f->endpoint + strlen(IPC), "w");

    assert_non_null(stale);
    fclose(stale);
    bind_server(f, f->endpoint);
    connect_client(f, f->endpoint);
    echo(f, 1, 1);
}

static void only_the_user_may_use_the_path(void **state)
{
    struct fixture *f = *state;
    mode_t before = umask(0);
    struct stat st;

    bind_server(f, f->endpoint);
    assert_int_equal(umask(before), 0);
    assert_int_equal(stat(f->endpoint + strlen(IPC), &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
    struct fixture *f = *state;
    char errmsg[ERRMSG_LEN] = "";

    assert_int_equal(sock_bind(loop_uv(f->loop), "ipc:///nowhere/at/all/s",
                               NULL, serve, f, &f->server, errmsg),
                     ERR_SYSTEM);
    assert_non_null(strstr(errmsg, "/nowhere/at/all/s"));
}

static void endpoints_are_checked(void **state)
{
    struct fixture *f = *state;
    uv_loop_t *uv = loop_uv(f->loop);

    assert_int_equal(
        sock_bind(uv, "tcp://127.0.0.1:0", NULL, serve, f, &f->server, NULL),
        ERR_REFUSED);
    assert_int_equal(
        sock_bind(uv, "nonsense", NULL, serve, f, &f->server, NULL),
        ERR_FORMAT);
    assert_int_equal(
        sock_connect(uv, "nonsense", NULL, note_echo, f, &f->client, NULL),
        ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SOCKETS(a_path_in_use_is_not_taken),
        WITH_SOCKETS(a_port_in_use_is_not_taken),
        WITH_SOCKETS(a_stale_path_is_taken),
        WITH_SOCKETS(only_the_user_may_use_the_path),
        WITH_SOCKETS(a_directory_that_is_not_there_is_named),
        WITH_SOCKETS(endpoints_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
