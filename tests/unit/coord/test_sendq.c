/* SPDX-License-Identifier: MIT */
/* Frames of one turn leave together, in order; who is gone is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/shell/sendq.h"
#include "libcommon/rt/zmq/context.h"
#include "proto/frame.h"

enum { N = 5000 };

struct scene {
    uv_loop_t loop;
    char dir[32], endpoint[64];
    struct sock *router, *dealer;
    struct sendq *sendq;
    struct frame_reader *reader;
    conn_id peer, gone;
    uint64_t n_messages, n_ops;
    bool in_order;
};

static struct buf beat_frame(uint64_t session, uint64_t seq)
{
    struct op op = { .type = OP_BEAT, .u.beat.seq = seq };
    struct buf frame = { 0 };

    frame_begin(&frame, (struct frame_head){ .version = PROTO_VERSION,
                                             .session = { session } });
    frame_add(&frame, &op);
    return frame;
}

static void at_router(void *arg, conn_id from, struct view bytes)
{
    struct scene *s = arg;

    (void)bytes;
    s->peer = from;
}

static void at_dealer(void *arg, conn_id from, struct view bytes)
{
    struct scene *s = arg;
    struct frame_head head;
    struct op op;

    (void)from;
    s->n_messages++;
    if (frame_read(s->reader, bytes, &head) != ERR_NONE)
        s->in_order = false;
    while (frame_next(s->reader, &op) == ERR_NONE)
        s->in_order = s->in_order && op.u.beat.seq == s->n_ops++;
}

static void is_gone(void *arg, conn_id conn)
{
    ((struct scene *)arg)->gone = conn;
}

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    uv_loop_init(&s->loop);
    s->in_order = true;
    s->reader = frame_reader_new();
    snprintf(s->dir, sizeof s->dir, "/tmp/yon-sendq.XXXXXX");
    if (mkdtemp(s->dir) == NULL)
        return -1;
    snprintf(s->endpoint, sizeof s->endpoint, "ipc://%s/s", s->dir);
    if (sock_bind(&s->loop, s->endpoint, NULL, at_router, s, &s->router,
                  NULL) != ERR_NONE ||
        sock_connect(&s->loop, s->endpoint, NULL, at_dealer, s, &s->dealer,
                     NULL) != ERR_NONE)
        return -1;
    s->sendq = sendq_new(&s->loop, s->router, 128 << 20, is_gone, s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    char path[64];

    sendq_close(s->sendq);
    sock_close(s->router, 0);
    sock_close(s->dealer, 0);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    snprintf(path, sizeof path, "%s/s", s->dir);
    unlink(path);
    rmdir(s->dir);
    frame_reader_free(s->reader);
    free(s);
    return 0;
}

/* Until the router knows the dealer. */
static void meet(struct scene *s)
{
    struct buf frame = beat_frame(0, 0);

    while (sock_send(s->dealer, (conn_id){ 0 }, buf_view(&frame)) != ERR_NONE)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    while (s->peer.n == 0)
        uv_run(&s->loop, UV_RUN_ONCE);
    buf_fini(&frame);
}

static void frames_of_one_turn_leave_together_and_in_order(void **state)
{
    struct scene *s = *state;

    meet(s);
    for (uint64_t seq = 0; seq < N; seq++) {
        struct buf frame = beat_frame(7, seq);
        sendq_add(s->sendq, s->peer, &frame);
        assert_null(frame.data);
    }
    while (s->n_ops < N)
        uv_run(&s->loop, UV_RUN_ONCE);
    assert_true(s->in_order);
    assert_int_equal(s->n_ops, N);
    assert_true(s->n_messages < 10);
}

static void frames_of_two_sessions_stay_apart(void **state)
{
    struct scene *s = *state;

    meet(s);
    for (uint64_t seq = 0; seq < 4; seq++) {
        struct buf frame = beat_frame(seq / 2, seq);
        sendq_add(s->sendq, s->peer, &frame);
    }
    while (s->n_ops < 4)
        uv_run(&s->loop, UV_RUN_ONCE);
    assert_true(s->in_order);
    assert_int_equal(s->n_messages, 2);
}

/* More than the socket takes at once: what has no room waits. */
static void nothing_is_lost_when_the_socket_is_full(void **state)
{
    struct scene *s = *state;

    meet(s);
    for (uint64_t seq = 0; seq < N; seq++) {
        struct buf frame = beat_frame(seq, seq); /* none can be joined */
        sendq_add(s->sendq, s->peer, &frame);
    }
    while (s->n_ops < N)
        uv_run(&s->loop, UV_RUN_ONCE);
    assert_true(s->in_order);
    assert_int_equal(s->n_messages, N);
}

static void who_is_not_there_is_named(void **state)
{
    struct scene *s = *state;
    struct buf frame = beat_frame(1, 0);

    sendq_add(s->sendq, (conn_id){ 12345 }, &frame);
    while (s->gone.n == 0)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    assert_int_equal(s->gone.n, 12345);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            frames_of_one_turn_leave_together_and_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(frames_of_two_sessions_stay_apart,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_socket_is_full,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_there_is_named, set_up,
                                        tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    context_end();
    return failed;
}
