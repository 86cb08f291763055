/* SPDX-License-Identifier: MIT */
/* Who waits while no coordinator answers is told so, and can ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/lib/fake.h"

/* ---- the time ---- */

static void step_until(struct yon_client *c, int64_t to_ms, bool in_vain)
{
    int64_t ms = c->outage.patience.seen_ms;

    for (; ms <= to_ms; ms += 100)
        outage_step(c, ms, in_vain);
}

static void it_begins_after_a_second_in_vain(void **state)
{
    struct yon_client c = { 0 };

    (void)state;
    outage_init(&c.outage, 0);
    step_until(&c, 10000, false); /* nobody wants anything */
    assert_false(c.outage.is_on);
    step_until(&c, 10900, true);
    assert_false(c.outage.is_on);
    assert_true(outage_wake_ms(&c.outage) <= 11000);
    step_until(&c, 11000, true);
    assert_true(c.outage.is_on);
    assert_true(outage_wake_ms(&c.outage) == INT64_MAX);
    outage_step(&c, 11001, false);
    assert_false(c.outage.is_on);
}

static void a_program_that_does_not_run_the_loop_has_not_waited(void **state)
{
    struct yon_client c = { 0 };

    (void)state;
    outage_init(&c.outage, 0);
    outage_step(&c, 100, true);
    outage_step(&c, 100000, true);
    assert_false(c.outage.is_on);
}

/* ---- with a client ---- */

static struct {
    struct fake fake;
    yon_client *client;
    int64_t ms[4]; /* what was told */
    int n;
} bench;

static void told(void *arg, yon_client *c, int64_t ms)
{
    assert_ptr_equal(arg, &bench);
    assert_ptr_equal(c, bench.client);
    bench.ms[bench.n++ % 4] = ms;
    if (bench.n == 1) /* now there is one */
        fake_listen(&bench.fake, c->loop);
    if (ms == 0)
        yon_interrupt(c);
}

static void who_awaits_is_told_of_it_and_of_its_end(void **state)
{
    yon_future *f;

    (void)state;
    fake_init(&bench.fake);
    assert_int_equal(yon_connect(bench.fake.address, &bench.client), 0);
    assert_int_equal(yon_on_unreachable(bench.client, told, &bench), 0);
    assert_true(yon_unreachable_ms(bench.client) > 0);
    f = yon_call(bench.client, "never", "");
    assert_int_equal(yon_await(f), YON_EINTERRUPTED);
    assert_int_equal(bench.n, 2);
    assert_true(bench.ms[0] >= 1000);
    assert_true(bench.ms[1] == 0);
    assert_true(yon_unreachable_ms(bench.client) == 0);
    yon_free(f);
    fake_stop(&bench.fake);
    yon_close(bench.client);
    fake_fini(&bench.fake);
}

static void close_it(void *arg, yon_client *c, int64_t ms)
{
    (void)ms;
    *(yon_client **)arg = NULL;
    yon_close(c);
}

static void a_client_can_be_closed_when_told(void **state)
{
    yon_client *c = NULL;
    yon_future *f;

    (void)state;
    fake_init(&bench.fake);
    assert_int_equal(yon_connect(bench.fake.address, &c), 0);
    assert_int_equal(yon_on_unreachable(c, close_it, &c), 0);
    f = yon_call(c, "never", "");
    assert_int_equal(yon_await(f), YON_ECLOSED);
    assert_null(c);
    yon_free(f);
    fake_fini(&bench.fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_after_a_second_in_vain),
        cmocka_unit_test(a_program_that_does_not_run_the_loop_has_not_waited),
        cmocka_unit_test(who_awaits_is_told_of_it_and_of_its_end),
        cmocka_unit_test(a_client_can_be_closed_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
