/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/alarm.h"

#define N 20

/* Alarms that write down the order in which they ring. */
struct fixture;
struct bell {
    struct alarm alarm;
    struct fixture *f;
    size_t n;
};
struct fixture {
    uv_loop_t loop;
    struct alarm_set set;
    struct bell bells[N];
    size_t order[2 * N];
    size_t n_rung;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    uv_loop_init(&f.loop);
    alarm_set_init(&f.set, &f.loop);
    for (size_t i = 0; i < N; i++) {
        f.bells[i].f = &f;
        f.bells[i].n = i;
    }
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    alarm_set_fini(&f->set, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return uv_loop_close(&f->loop);
}

static struct bell *bell_of(struct alarm *a)
{
    return CONTAINER_OF(a, struct bell, alarm);
}

static void ring(struct alarm *a)
{
    struct fixture *f = bell_of(a)->f;

    f->order[f->n_rung++] = bell_of(a)->n;
}

static void alarms_ring_in_the_order_of_their_times(void **state)
{
    struct fixture *f = *state;
    uint64_t start = uv_hrtime();

    for (size_t i = 0; i < N; i++) /* 0, 7, 14, 1, 8 ... */
        alarm_start(&f->set, &f->bells[i * 7 % N].alarm, (int64_t)(i * 7 % N),
                    ring);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(uv_hrtime() - start >= (N - 1) * UINT64_C(1000000));
    assert_int_equal(f->n_rung, N);
    /* By the times they got: on a loaded machine the starts lie far apart. */
    for (size_t i = 0; i + 1 < N; i++)
        assert_true(f->bells[f->order[i]].alarm.due_ns <=
                    f->bells[f->order[i + 1]].alarm.due_ns);
}

static void none_rings_before_its_time(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 5; i++) {
        uint64_t start = uv_hrtime();

        alarm_start(&f->set, &f->bells[0].alarm, 1, ring);
        uv_run(&f->loop, UV_RUN_DEFAULT);
        assert_true(uv_hrtime() - start >= 1000000);
    }
    assert_int_equal(f->n_rung, 5);
}

static void ring_and_stop(struct alarm *a)
{
    ring(a);
    uv_stop(&bell_of(a)->f->loop); /* after this turn */
}

static void alarms_of_one_time_ring_in_one_turn(void **state)
{
    struct fixture *f = *state;
    uint64_t at_ns = uv_hrtime() + 1000000;

    alarm_start_at(&f->set, &f->bells[0].alarm, at_ns, ring_and_stop);
    alarm_start_at(&f->set, &f->bells[1].alarm, at_ns, ring);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(uv_hrtime() >= at_ns);
    assert_int_equal(f->n_rung, 2);
}

static void a_cleared_alarm_is_silent_and_keeps_nothing_alive(void **state)
{
    struct fixture *f = *state;

    alarm_start(&f->set, &f->bells[0].alarm, 1000000, ring);
    alarm_start(&f->set, &f->bells[1].alarm, 1, ring);
    alarm_clear(&f->set, &f->bells[0].alarm);
    alarm_clear(&f->set, &f->bells[0].alarm);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->n_rung, 1);
    assert_int_equal(f->order[0], 1);
    alarm_clear(&f->set, &f->bells[1].alarm);
}

static void clear_the_next(struct alarm *a)
{
    ring(a);
    alarm_clear(&bell_of(a)->f->set, &(bell_of(a) + 1)->alarm);
}

static void an_alarm_may_clear_one_that_is_due(void **state)
{
    struct fixture *f = *state;

    alarm_start(&f->set, &f->bells[0].alarm, 0, clear_the_next);
    alarm_start(&f->set, &f->bells[1].alarm, 0, ring);
    alarm_start(&f->set, &f->bells[2].alarm, 0, ring);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->n_rung, 2);
    assert_int_equal(f->order[1], 2);
}

static void ring_ten_times(struct alarm *a)
{
    struct fixture *f = bell_of(a)->f;

    ring(a);
    if (f->n_rung < 10)
        alarm_start(&f->set, a, 0, ring_ten_times);
}

static void an_alarm_may_start_itself_again(void **state)
{
    struct fixture *f = *state;

    alarm_start(&f->set, &f->bells[0].alarm, -1, ring_ten_times);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->n_rung, 10);
}

static void the_end_of_the_set_rings_what_is_left(void **state)
{
    struct fixture *f = *state;

    alarm_start(&f->set, &f->bells[0].alarm, INT64_MAX, ring);
    alarm_start(&f->set, &f->bells[1].alarm, 1000, ring);
    alarm_set_fini(&f->set, NULL);
    assert_int_equal(f->n_rung, 2);
    assert_int_equal(f->order[0], 1);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    alarm_set_init(&f->set, &f->loop); /* for teardown */
}

#define WITH_ALARMS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ALARMS(alarms_ring_in_the_order_of_their_times),
        WITH_ALARMS(none_rings_before_its_time),
        WITH_ALARMS(alarms_of_one_time_ring_in_one_turn),
        WITH_ALARMS(a_cleared_alarm_is_silent_and_keeps_nothing_alive),
        WITH_ALARMS(an_alarm_may_clear_one_that_is_due),
        WITH_ALARMS(an_alarm_may_start_itself_again),
        WITH_ALARMS(the_end_of_the_set_rings_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
