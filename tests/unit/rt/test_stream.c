/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "tests/support/io_rig.h"

#define BIG (1u << 20)
#define PIPE_BYTES (64u << 10) /* what the kernel holds for a pipe */

struct record {
    int codes[12];
    size_t lens[4];
    char text[4][256];
    struct cut cut;
    uint8_t *sent, *back;
    yon_listener *listener;
    yon_stream *a, *b; /* connected; of a pipe: read from a, write to b */
    bool is_unix;
};

/* ---- two ends ---- */

static int connect_to(struct record *r, yon_stream **out)
{
    char path[128], service[16];

    if (r->is_unix)
        return yon_unix_connect(in_dir(path, "s"), out);
    snprintf(service, sizeof service, "%u", yon_listener_port(r->listener));
    return yon_tcp_connect("127.0.0.1", service, out);
}

static void open_pair(struct record *r)
{
    char path[128];

    if (r->is_unix)
        ASSERT(yon_unix_listen(in_dir(path, "s"), &r->listener) == 0);
    else
        ASSERT(yon_tcp_listen(NULL, 0, &r->listener) == 0);
    ASSERT(connect_to(r, &r->a) == 0);
    ASSERT(yon_accept(r->listener, &r->b) == 0);
}

static void close_pair(struct record *r)
{
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    yon_listener_close(r->listener);
}

static void open_pipe(struct record *r)
{
    ASSERT(yon_pipe(&r->a, &r->b) == 0);
}

/* ---- a lot, both ways ---- */

static int echo(void *arg)
{
    struct record *r = arg;
    char bytes[5000];
    size_t got;
    int code;

    while ((code = yon_read(r->b, bytes, sizeof bytes, &got)) == 0 && got > 0)
        if ((code = yon_write(r->b, bytes, got)) != 0)
            return code;
    return code != 0 ? code : yon_shutdown(r->b);
}

static int send_big(void *arg)
{
    struct record *r = arg;
    int code = yon_write(r->a, r->sent, BIG);

    return code != 0 ? code : yon_shutdown(r->a);
}

/* A slow one, which lets the others run between its small bites. */
static int receive_big(void *arg)
{
    struct record *r = arg;
    size_t got;
    int code;

    while ((code = yon_read(r->a, r->back + r->lens[0], 1700, &got)) == 0 &&
           got > 0) {
        r->lens[0] += got;
        yon_pause();
    }
    return code;
}

static int echo_big(void *arg)
{
    struct record *r = arg;
    yon_future *fs[3];

    open_pair(r);
    fs[0] = yon_spawn(echo, r);
    fs[1] = yon_spawn(send_big, r);
    fs[2] = yon_spawn(receive_big, r);
    r->codes[0] = yon_all(fs, 3);
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    close_pair(r);
    return 0;
}

static void check_echo(bool is_unix)
{
    struct record r = { .is_unix = is_unix };

    r.sent = malloc(BIG);
    r.back = malloc(BIG + 1700);
    ASSERT(r.sent != NULL && r.back != NULL);
    for (size_t i = 0; i < BIG; i++)
        r.sent[i] = (uint8_t)(i * 7 + i / 251);
    RUN_CLEAN(echo_big, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.lens[0], BIG);
    assert_memory_equal(r.sent, r.back, BIG);
    free(r.sent);
    free(r.back);
}

static void a_megabyte_comes_back_over_tcp(void **state)
{
    (void)state;
    check_echo(false);
}

static void a_megabyte_comes_back_over_a_unix_socket(void **state)
{
    (void)state;
    check_echo(true);
    assert_int_equal(n_in_dir(), 0); /* the socket is removed */
}

static int write_big(void *arg)
{
    struct record *r = arg;

    return yon_write(r->b, r->sent, BIG);
}

static int write_without_reader(void *arg)
{
    struct record *r = arg;
    yon_future *writer;
    size_t n = 1, got = 1;

    open_pipe(r);
    writer = yon_spawn(write_big, r);
    r->codes[0] = yon_read_exactly(r->a, r->back, 1);
    for (size_t i = 0; i < 1000; i++)
        yon_pause();
    r->codes[1] = yon_is_done(writer);
    for (; n < BIG && got > 0; n += got)
        r->codes[2] = yon_read(r->a, r->back, BIG, &got);
    r->codes[3] = yon_await(writer);
    r->lens[0] = n;
    yon_free(writer);
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    return 0;
}

static void a_writer_waits_for_a_slow_reader(void **state)
{
    struct record r = { .sent = calloc(1, BIG), .back = calloc(1, BIG) };

    (void)state;
    ASSERT(r.sent != NULL && r.back != NULL);
    RUN_CLEAN(write_without_reader, &r);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
    assert_int_equal(r.lens[0], BIG);
    free(r.sent);
    free(r.back);
}

/* ---- lines ---- */

static int read_lines(void *arg)
{
    static const char sent[] = "one\n\nthree is long\nlast";
    struct record *r = arg;
    const char *line;

    open_pipe(r);
    yon_write(r->b, sent, sizeof sent - 1);
    yon_shutdown(r->b);
    for (size_t i = 0; i < 4; i++) {
        r->codes[i] = yon_read_line(r->a, 13, &line, &r->lens[i]);
        snprintf(r->text[i], sizeof r->text[i], "%s", line);
    }
    r->codes[4] = yon_read_line(r->a, 13, &line, &r->lens[0]);
    r->lens[0] = strlen(r->text[0]);
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    return 0;
}

static void lines_come_one_by_one_and_the_last_needs_no_newline(void **state)
{
    static const char *const lines[] = { "one", "", "three is long", "last" };
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(read_lines, &r);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r.codes[i], 0);
        assert_string_equal(r.text[i], lines[i]);
        assert_int_equal(r.lens[i], strlen(lines[i]));
    }
    assert_int_equal(r.codes[4], YON_EEXHAUSTED);
}

static int read_long_line(void *arg)
{
    struct record *r = arg;
    const char *line;
    size_t len;

    open_pipe(r);
    yon_write(r->b, "12345", 5);
    r->codes[0] = yon_read_line(r->a, 4, &line, &len); /* no end in sight */
    yon_write(r->b, "6\n", 2);
    r->codes[1] = yon_read_line(r->a, 5, &line, &len);
    r->codes[2] = yon_read_line(r->a, 6, &line, &len);
    snprintf(r->text[0], sizeof r->text[0], "%s", line);
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    return 0;
}

static void a_line_that_is_too_long_stays(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(read_long_line, &r);
    assert_int_equal(r.codes[0], YON_ELIMIT);
    assert_int_equal(r.codes[1], YON_ELIMIT);
    assert_int_equal(r.codes[2], 0);
    assert_string_equal(r.text[0], "123456");
}

/* ---- who else is there ---- */

static int call_read(void *arg)
{
    struct record *r = arg;
    char byte;
    size_t got;

    return yon_read(r->a, &byte, 1, &got);
}

static int call_read_exactly(void *arg)
{
    struct record *r = arg;
    char bytes[10];

    return yon_read_exactly(r->a, bytes, sizeof bytes);
}

static int call_read_line(void *arg)
{
    struct record *r = arg;
    const char *line;
    size_t len;

    return yon_read_line(r->a, 100, &line, &len);
}

/* More than sockets hold: it waits for ever when nobody reads. */
static int call_write(void *arg)
{
    struct record *r = arg;
    static uint8_t bytes[16 * BIG];

    return yon_write(r->b, bytes, sizeof bytes);
}

static int call_shutdown(void *arg)
{
    struct record *r = arg;

    return yon_shutdown(r->b);
}

static int call_accept(void *arg)
{
    struct record *r = arg;
    yon_stream *s;

    return yon_accept(r->listener, &s);
}

static int meet_others(void *arg)
{
    struct record *r = arg;
    yon_future *fs[3];

    open_pair(r);
    fs[0] = yon_spawn(call_read, r);
    fs[1] = yon_spawn(call_write, r);
    fs[2] = yon_spawn(call_accept, r);
    yon_pause();
    r->codes[0] = call_read(r);
    r->codes[1] = call_read_exactly(r);
    r->codes[2] = call_read_line(r);
    r->codes[3] = call_write(r);
    r->codes[4] = call_shutdown(r);
    r->codes[5] = call_accept(r);
    close_pair(r);
    for (size_t i = 0; i < 3; i++) {
        r->codes[6 + i] = yon_await(fs[i]);
        yon_free(fs[i]);
    }
    return 0;
}

static void the_second_in_one_direction_is_refused(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(meet_others, &r);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.codes[i], YON_EBUSY);
}

static void who_waits_for_what_is_closed_is_told(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(meet_others, &r);
    for (size_t i = 6; i < 9; i++)
        assert_int_equal(r.codes[i], YON_ECLOSED);
}

/* ---- cut short ---- */

static yon_fn *const reads[] = { call_read, call_read_exactly, call_read_line };
static struct cut cuts[ARRAY_LEN(reads)];

static int cut_reads(void *arg)
{
    struct record *r = arg;

    open_pair(r);
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        cuts[i] = cut_short(reads[i], r);
    close_pair(r);
    return 0;
}

static void every_read_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_reads, &r);
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        ASSERT_CUT(cuts[i]);
}

static int cut_writes(void *arg)
{
    struct record *r = arg;

    open_pair(r);
    cuts[0] = cut_short(call_write, r);
    cuts[1] = cut_short(call_shutdown, r); /* behind what is left of it */
    close_pair(r);
    return 0;
}

static void every_write_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_writes, &r);
    ASSERT_CUT(cuts[0]);
    ASSERT_CUT(cuts[1]);
}

static int cut_accept(void *arg)
{
    struct record *r = arg;

    open_pair(r);
    r->cut = cut_short(call_accept, r);
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    r->codes[0] = connect_to(r, &r->a);
    r->codes[1] = yon_accept(r->listener, &r->b);
    close_pair(r);
    return 0;
}

static void an_accept_can_be_cut_short_and_the_next_one_goes_on(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_accept, &r);
    ASSERT_CUT(r.cut);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], 0);
}

static int cut_and_read_on(void *arg)
{
    struct record *r = arg;
    size_t got;

    open_pipe(r);
    yon_write(r->b, "1234", 4);
    r->codes[0] = cut_by_limit(call_read_exactly, r);
    yon_write(r->b, "56", 2);
    r->codes[1] = cut_by_limit(call_read_line, r);
    r->codes[2] = yon_read_exactly(r->a, r->text[0], 5);
    r->codes[3] = yon_shutdown(r->b);
    r->codes[4] = call_read_exactly(r);
    r->codes[5] = yon_read(r->a, r->text[1], 5, &r->lens[0]);
    r->codes[6] = yon_read(r->a, r->text[2], 5, &got);
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    return 0;
}

static void a_read_that_fails_takes_no_bytes(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_and_read_on, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_string_equal(r.text[0], "12345");
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], YON_ESHORT);
    assert_int_equal(r.codes[5], 0);
    assert_string_equal(r.text[1], "6");
    assert_int_equal(r.codes[6], 0);
}

static int cut_write_and_go_on(void *arg)
{
    struct record *r = arg;
    size_t got, n = 0;

    open_pipe(r);
    r->codes[0] = cut_by_limit(write_big, r);
    r->codes[1] = cut_by_limit(write_big, r); /* waits for what is left */
    for (; n < PIPE_BYTES; n += got)
        ASSERT(yon_read(r->a, r->back, PIPE_BYTES - n, &got) == 0);
    r->codes[2] = yon_write(r->b, "x", 1);
    r->codes[3] = yon_shutdown(r->b);
    r->back[0] = 0;
    while (yon_read(r->a, r->back, BIG, &got) == 0 && got > 0) {
        n += got;
        r->text[0][0] = (char)r->back[got - 1];
    }
    r->lens[0] = n;
    yon_stream_close(r->a);
    yon_stream_close(r->b);
    return 0;
}

/* What is left of a write that was cut is bounded, and in order. */
static void a_write_that_was_cut_leaves_one_chunk(void **state)
{
    struct record r = { .sent = calloc(1, BIG), .back = calloc(1, BIG) };

    (void)state;
    ASSERT(r.sent != NULL && r.back != NULL);
    RUN_CLEAN(cut_write_and_go_on, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.codes[3], 0);
    assert_true(r.lens[0] > PIPE_BYTES);
    assert_true(r.lens[0] < BIG);
    assert_int_equal(r.text[0][0], 'x');
    free(r.sent);
    free(r.back);
}

/* ---- what goes wrong ---- */

static int write_to_nobody(void *arg)
{
    struct record *r = arg;

    open_pipe(r);
    yon_stream_close(r->a);
    yon_pause(); /* libuv closes it */
    yon_pause();
    r->codes[0] = yon_write(r->b, "x", 1);
    r->codes[1] = yon_write(r->b, NULL, 0);
    yon_stream_close(r->b);
    yon_stream_close(NULL);
    yon_listener_close(NULL);
    return 0;
}

static void a_peer_that_is_gone_is_an_error_and_no_signal(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(write_to_nobody, &r);
    assert_int_equal(r.codes[0], YON_ECLOSED);
    assert_int_equal(r.codes[1], 0);
}

static int shut_down_once(void *arg)
{
    struct record *r = arg;
    size_t got = 1;

    open_pair(r);
    r->codes[0] = yon_shutdown(r->a);
    r->codes[1] = yon_shutdown(r->a);
    r->codes[2] = yon_write(r->a, "x", 1);
    r->codes[3] = yon_read(r->b, r->text[0], 1, &got);
    r->lens[0] = got;
    r->codes[4] = yon_write(r->b, "still", 5); /* the other way */
    r->codes[5] = yon_read_exactly(r->a, r->text[1], 5);
    close_pair(r);
    return 0;
}

static void a_stream_ends_in_one_direction(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(shut_down_once, &r);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.codes[i], i == 2 ? YON_ECLOSED : 0);
    assert_int_equal(r.lens[0], 0);
    assert_string_equal(r.text[1], "still");
}

static void outside_of_coroutines_there_are_no_streams(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_pipe(&r.a, &r.b), YON_ESTATE);
}

#define IN_DIR(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_megabyte_comes_back_over_tcp),
        IN_DIR(a_megabyte_comes_back_over_a_unix_socket),
        cmocka_unit_test(a_writer_waits_for_a_slow_reader),
        cmocka_unit_test(lines_come_one_by_one_and_the_last_needs_no_newline),
        cmocka_unit_test(a_line_that_is_too_long_stays),
        cmocka_unit_test(the_second_in_one_direction_is_refused),
        cmocka_unit_test(who_waits_for_what_is_closed_is_told),
        cmocka_unit_test(every_read_can_be_cut_short),
        cmocka_unit_test(every_write_can_be_cut_short),
        cmocka_unit_test(an_accept_can_be_cut_short_and_the_next_one_goes_on),
        cmocka_unit_test(a_read_that_fails_takes_no_bytes),
        cmocka_unit_test(a_write_that_was_cut_leaves_one_chunk),
        cmocka_unit_test(a_peer_that_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(a_stream_ends_in_one_direction),
        cmocka_unit_test(outside_of_coroutines_there_are_no_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
