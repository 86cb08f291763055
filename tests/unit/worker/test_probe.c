/* SPDX-License-Identifier: MIT */
/* What a probe takes for the proof that nobody listens. Names are looked up
 * without files and name servers: getaddrinfo is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/clock.h"
#include "worker/shell/probe.h"

/* Called by libuv, on a thread of its pool; so it must see it. two.test has two
 * addresses. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
            struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);
    int code;

    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(host, "two.test") != 0)
        return next(host, service, hints, found);
    code = next("127.0.0.2", service, hints, found);
    if (code == 0)
        code = next("127.0.0.1", service, hints, &(*found)->ai_next);
    return code;
}

struct bench {
    uv_loop_t loop;
    struct probe probe;
    int n_refused;
    int64_t began_ms;
    char dir[32], server[64];
};

static void refused(void *arg, int64_t began_ms)
{
    struct bench *b = arg;

    b->n_refused++;
    b->began_ms = began_ms;
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ .dir = "/tmp/yon-probe.XXXXXX" };
    assert_int_equal(uv_loop_init(&b->loop), 0);
    assert_non_null(mkdtemp(b->dir));
    b->probe = (struct probe){
        .loop = &b->loop, .server = b->server, .refused = refused, .arg = b
    };
}

static void bench_fini(struct bench *b)
{
    probe_forget(&b->probe);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    assert_int_equal(rmdir(b->dir), 0);
}

static void probe_to_its_end(struct bench *b)
{
    probe_begin(&b->probe);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_null(b->probe.now);
}

/* A bound TCP socket and its port. */
static int tcp_bound(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static int unix_bound(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void a_port_where_nobody_listens_refuses(void **state)
{
    struct bench b;
    int port, fd = tcp_bound(&port);
    int64_t before_ms = clock_boot_ms();

    (void)state;
    bench_init(&b);
    snprintf(b.server, sizeof b.server, "tcp://127.0.0.1:%d", port);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 1);
    assert_true(b.began_ms >= before_ms && b.began_ms <= clock_boot_ms());
    close(fd);
    bench_fini(&b);
}

/* Nobody listens at the first, 127.0.0.2. */
static void one_address_of_a_name_that_accepts_is_enough(void **state)
{
    struct bench b;
    int port, fd = tcp_bound(&port);

    (void)state;
    bench_init(&b);
    snprintf(b.server, sizeof b.server, "tcp://two.test:%d", port);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 1);
    assert_int_equal(listen(fd, 1), 0);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 1);
    close(fd);
    bench_fini(&b);
}

static void a_unix_socket_refuses_when_absent_or_left_behind(void **state)
{
    struct bench b;
    int fd;

    (void)state;
    bench_init(&b);
    snprintf(b.server, sizeof b.server, "ipc://%s/s", b.dir);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 1);
    fd = unix_bound(b.server + strlen("ipc://"));
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 2);
    assert_int_equal(listen(fd, 1), 0);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 2);
    close(fd);
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 3);
    unlink(b.server + strlen("ipc://"));
    bench_fini(&b);
}

/* Its backlog is full: somebody is there, but too busy. */
static void a_full_backlog_is_no_refusal(void **state)
{
    struct bench b;
    int fd, waiting[8];
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    (void)state;
    bench_init(&b);
    snprintf(b.server, sizeof b.server, "ipc://%s/s", b.dir);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/s", b.dir);
    fd = unix_bound(at.sun_path);
    assert_int_equal(listen(fd, 0), 0);
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(waiting[i], (struct sockaddr *)&at, sizeof at);
    }
    probe_to_its_end(&b);
    assert_int_equal(b.n_refused, 0);
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
        close(waiting[i]);
    close(fd);
    unlink(at.sun_path);
    bench_fini(&b);
}

static void a_probe_that_is_forgotten_tells_nothing(void **state)
{
    struct bench b;
    int port, fd = tcp_bound(&port);

    (void)state;
    bench_init(&b);
    snprintf(b.server, sizeof b.server, "tcp://127.0.0.1:%d", port);
    probe_begin(&b.probe);
    probe_forget(&b.probe);
    probe_begin(&b.probe); /* its look-up or its connect is under way */
    uv_run(&b.loop, UV_RUN_ONCE);
    probe_forget(&b.probe);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(b.n_refused, 0);
    close(fd);
    bench_fini(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_where_nobody_listens_refuses),
        cmocka_unit_test(one_address_of_a_name_that_accepts_is_enough),
        cmocka_unit_test(a_unix_socket_refuses_when_absent_or_left_behind),
        cmocka_unit_test(a_full_backlog_is_no_refusal),
        cmocka_unit_test(a_probe_that_is_forgotten_tells_nothing),
    };
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
