/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/access.h"
#include "libcommon/rt/os/private_file.h"
#include "libcommon/rt/zmq/context.h"
#include "libcommon/rt/zmq/curve.h"
#include "libcommon/rt/zmq/dial.h"

static void ignore(void *arg, conn_id from, struct view bytes)
{
    (void)arg, (void)from, (void)bytes;
}

static void write_access(const char *path, const char *other)
{
    struct access a = { .servers = { "tcp://127.0.0.1:1" },
                        .n_servers = 2,
                        .name = "x",
                        .expires_ms = INT64_MAX };
    struct buf text = { 0 };
    struct curve_key unused;
    char errmsg[ERRMSG_LEN];

    strcpy(a.servers[1], other);
    assert_int_equal(curve_make(&a.server, &unused), ERR_NONE);
    assert_int_equal(curve_make(&unused, &a.secret), ERR_NONE);
    access_add(&text, &a);
    assert_int_equal(private_file_write(path, buf_view(&text), false, errmsg),
                     ERR_NONE);
    buf_fini(&text);
}

/* The caller gets an error, and nothing to close. */
static void a_bad_second_server_is_an_error_without_a_socket(void **state)
{
    char path[] = "/tmp/yon-access.XXXXXX", errmsg[ERRMSG_LEN];
    struct sock *s = NULL;
    uv_loop_t loop;

    (void)state;
    close(mkstemp(path));
    setenv("YON_ACCESS", path, 1);
    uv_loop_init(&loop);
    write_access(path, "tcp://no port");
    assert_int_equal(dial(&loop, "tcp://127.0.0.1:1", ignore, NULL, &s, errmsg),
                     ERR_FORMAT);
    assert_null(s);
    write_access(path, "tcp://127.0.0.1:2");
    assert_int_equal(dial(&loop, "tcp://127.0.0.1:1", ignore, NULL, &s, errmsg),
                     ERR_NONE);
    assert_true(sock_is_keyed(s));
    sock_close(s, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    context_end();
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_second_server_is_an_error_without_a_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
