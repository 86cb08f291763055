/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "tests/support/io_rig.h"
#include "tests/unit/rt/notes.h"

struct record {
    struct buf notes;
    unsigned port;
    char text[2][256];
    struct cut cut;
};

static int connect_to_port(void *arg)
{
    struct record *r = arg;
    yon_stream *s;
    char service[16];
    int code;

    snprintf(service, sizeof service, "%u", r->port);
    code = yon_tcp_connect("127.0.0.1", service, &s);
    if (code == 0)
        yon_stream_close(s);
    return code;
}

static int connect_to_path(void *arg)
{
    yon_stream *s;
    char path[128];
    int code = yon_unix_connect(in_dir(path, "s"), &s);

    (void)arg;
    if (code == 0)
        yon_stream_close(s);
    return code;
}

/* ---- cut short ---- */

/* A listener whose queue is full lets who connects wait. */
static int listen_full(struct sockaddr_in *at, int queued[3])
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_in){ .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ASSERT(bind(fd, (struct sockaddr *)at, sizeof *at) == 0);
    ASSERT(listen(fd, 0) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)at, &len) == 0);
    for (size_t i = 0; i < 3; i++) {
        queued[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        /* It may stay under way: it is there to fill the queue. */
        (void)connect(queued[i], (struct sockaddr *)at, sizeof *at);
    }
    return fd;
}

/* The lookup is over when there is one more. */
static size_t n_sockets(void)
{
    struct stat s;
    size_t n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fstat(fd, &s) == 0 && S_ISSOCK(s.st_mode);
    return n;
}

static int cancel_while_it_connects(struct record *r)
{
    size_t n_before = n_sockets();
    yon_future *f = yon_spawn(connect_to_port, r);
    int code;

    while (n_sockets() == n_before)
        yon_pause();
    yon_cancel(f);
    code = yon_await(f);
    yon_free(f);
    return code;
}

static int cut_tcp_connects(void *arg)
{
    struct record *r = arg;
    struct sockaddr_in at;
    struct yon_limit limit;
    int queued[3];
    int fd = listen_full(&at, queued);

    r->port = ntohs(at.sin_port);
    r->cut = cut_short(connect_to_port, r); /* while it looks up, mostly */
    note(&r->notes, "cancel while it connects", cancel_while_it_connects(r));
    yon_limit_begin(&limit, 30);
    note(&r->notes, "connect to port", connect_to_port(r));
    yon_limit_end(&limit);
    close(fd);
    for (size_t i = 0; i < 3; i++)
        close(queued[i]);
    return 0;
}

static void every_tcp_connect_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_tcp_connects, &r);
    ASSERT_CUT(r.cut);
    assert_notes(&r.notes, "cancel while it connects: cancelled\n"
                           "connect to port: timed out\n");
}

/* It ends in the turn of the loop that began it, before any limit can strike
 * that has not struck already. */
static int cut_unix_connects(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    char path[128];
    yon_listener *l;

    note(&r->notes, "unix listen", yon_unix_listen(in_dir(path, "s"), &l));
    note(&r->notes, "cut before", cut_before(connect_to_path, r));
    note(&r->notes, "cut by cancel", cut_by_cancel(connect_to_path, r));
    yon_limit_begin(&limit, 0);
    note(&r->notes, "connect to path", connect_to_path(r));
    yon_limit_end(&limit);
    note(&r->notes, "connect to path", connect_to_path(r));
    yon_listener_close(l);
    return 0;
}

static void every_unix_connect_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_unix_connects, &r);
    assert_notes(&r.notes, "unix listen: ok\n"
                           "cut before: cancelled\n"
                           "cut by cancel: cancelled\n"
                           "connect to path: timed out\n"
                           "connect to path: ok\n");
}

/* ---- what goes wrong ---- */

static int fail_to_connect(void *arg)
{
    struct record *r = arg;
    char path[300];
    yon_listener *l, *other;
    yon_stream *s;

    ASSERT(yon_tcp_listen(NULL, 0, &l) == 0);
    r->port = yon_listener_port(l);
    note(&r->notes, "tcp listen", yon_tcp_listen("127.0.0.1", r->port, &other));
    yon_listener_close(l);
    note(&r->notes, "connect to port", connect_to_port(r));
    snprintf(r->text[0], sizeof r->text[0], "%s", yon_io_error());
    note(&r->notes, "unix connect",
         yon_unix_connect(in_dir(path, "absent"), &s));
    snprintf(r->text[1], sizeof r->text[1], "%s", yon_io_error());
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    note(&r->notes, "unix connect path", yon_unix_connect(path, &s));
    note(&r->notes, "unix listen path", yon_unix_listen(path, &l));
    note(&r->notes, "tcp listen", yon_tcp_listen(NULL, 65536, &l));
    yon_file_save(in_dir(path, "s"), "", 0, 0600);
    note(&r->notes, "unix listen path", yon_unix_listen(path, &l));
    note(&r->notes, "unix listen",
         yon_unix_listen(in_dir(path, "absent/s"), &l));
    return 0;
}

static void errors_say_what_is_wrong(void **state)
{
    struct record r = { 0 };
    char text[256];

    (void)state;
    RUN_CLEAN(fail_to_connect, &r);
    assert_notes(&r.notes, "tcp listen: already exists\n"
                           "connect to port: refused\n"
                           "unix connect: not found\n"
                           "unix connect path: value out of range\n"
                           "unix listen path: value out of range\n"
                           "tcp listen: value out of range\n"
                           "unix listen path: already exists\n"
                           "unix listen: not found\n");
    snprintf(text, sizeof text,
             "cannot connect to 127.0.0.1, %u: connection refused", r.port);
    assert_string_equal(r.text[0], text);
    assert_non_null(strstr(r.text[1], "absent: no such file"));
}

static void outside_of_coroutines_nobody_connects(void **state)
{
    yon_stream *s;
    yon_listener *l;

    (void)state;
    assert_int_equal(yon_tcp_connect("127.0.0.1", "1", &s), YON_ESTATE);
    assert_int_equal(yon_unix_connect("/", &s), YON_ESTATE);
    assert_int_equal(yon_tcp_listen(NULL, 0, &l), YON_ESTATE);
    assert_int_equal(yon_unix_listen("/", &l), YON_ESTATE);
}

#define IN_DIR(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tcp_connect_can_be_cut_short),
        IN_DIR(every_unix_connect_can_be_cut_short),
        IN_DIR(errors_say_what_is_wrong),
        cmocka_unit_test(outside_of_coroutines_nobody_connects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
