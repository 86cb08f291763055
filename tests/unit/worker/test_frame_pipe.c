/* SPDX-License-Identifier: MIT */
/* Operations come through a socket whole and in order, whatever their size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/mem.h"
#include "proto/bounds.h"
#include "worker/shell/cpu/frame_pipe.h"

struct pair {
    struct frame_pipe here, there;
};

static int set_up(void **state)
{
    struct pair *p = xcalloc(1, sizeof *p);
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    frame_pipe_init(&p->here, fds[0]);
    frame_pipe_init(&p->there, fds[1]);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *p = *state;

    frame_pipe_fini(&p->here);
    frame_pipe_fini(&p->there);
    free(p);
    return 0;
}

static struct op beat(uint64_t seq)
{
    return (struct op){ .type = OP_BEAT, .u.beat.seq = seq };
}

static void operations_come_in_order(void **state)
{
    struct pair *p = *state;
    struct op op;

    for (uint64_t i = 0; i < 100; i++) {
        op = beat(i);
        frame_pipe_put(&p->here, &op);
    }
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(frame_pipe_next(&p->there, &op), ERR_NONE);
        assert_int_equal(op.type, OP_BEAT);
        assert_int_equal(op.u.beat.seq, i);
    }
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_BUSY);
}

static void what_does_not_fit_into_the_socket_waits(void **state)
{
    struct pair *p = *state;
    uint8_t *bytes = xcalloc(1, RESULT_LEN_MAX);
    struct op op = { .type = OP_RESULT };
    int n_rounds = 0;

    bytes[RESULT_LEN_MAX - 1] = 7;
    op.u.result.outcome.body = view_of(bytes, RESULT_LEN_MAX);
    frame_pipe_put(&p->here, &op);
    op = beat(1);
    frame_pipe_put(&p->here, &op);
    assert_true(frame_pipe_flush(&p->here));
    while (frame_pipe_next(&p->there, &op) == ERR_BUSY) {
        frame_pipe_flush(&p->here);
        n_rounds++;
    }
    assert_true(n_rounds > 1);
    assert_int_equal(op.u.result.outcome.body.len, RESULT_LEN_MAX);
    assert_int_equal(op.u.result.outcome.body.data[RESULT_LEN_MAX - 1], 7);
    assert_false(frame_pipe_flush(&p->here));
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_NONE);
    assert_int_equal(op.u.beat.seq, 1);
    free(bytes);
}

static void the_end_comes_after_what_was_said(void **state)
{
    struct pair *p = *state;
    struct op op = beat(1);

    frame_pipe_put(&p->here, &op);
    shutdown(p->here.fd, SHUT_RDWR);
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_NONE);
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_CLOSED);
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_CLOSED);
    frame_pipe_put(&p->there, &op); /* for nobody */
    assert_false(frame_pipe_flush(&p->there));
}

static void expect_closed(struct pair *p, const void *bytes, size_t len)
{
    struct op op;

    assert_int_equal(write(p->here.fd, bytes, len), len);
    assert_int_equal(frame_pipe_next(&p->there, &op), ERR_CLOSED);
}

static void nonsense_is_the_end(void **state)
{
    expect_closed(*state, "\x3\0\0\0abc", 7);
}

static void a_length_beyond_all_frames_is_the_end(void **state)
{
    expect_closed(*state, "\xff\xff\xff\xff", 4);
}

static void nothing_is_the_end(void **state)
{
    expect_closed(*state, "\0\0\0\0", 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(operations_come_in_order),
        TEST(what_does_not_fit_into_the_socket_waits),
        TEST(the_end_comes_after_what_was_said),
        TEST(nonsense_is_the_end),
        TEST(a_length_beyond_all_frames_is_the_end),
        TEST(nothing_is_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
