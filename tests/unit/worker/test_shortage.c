/* SPDX-License-Identifier: MIT */
/* What the machine lacks at a start is not the job's fault: it is handed back,
 * and fewer run at once for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/worker/worker_rig.h"
#include "worker/core/shortage.h"

#define START(n) \
    "start " #n ".1@5." #n " command \"\" \"spec\" \"item\" try 1\n"
#define BACK(n) "frame 5.1\nRESULT " #n ".1@5." #n " handed back\n"
/* The coordinator hears of each change, at once. */
#define SHORT(seq, slots) "BEAT " #seq " short: " #slots " slots, 1 calls\n"
#define TOLD(seq, slots) "frame 5.1\n" SHORT(seq, slots)

static void refuse(struct rig *r, uint64_t n)
{
    struct outcome o = { .id = rig_id(n, n),
                         .state = STATE_HANDED_BACK,
                         .message = view_str("no process is left") };

    rig_end_with(r, &o);
}

/* n commands were assigned; what they cause is forgotten. */
static struct rig *with_commands(uint32_t slots, uint64_t n)
{
    struct rig *r = rig_connected(slots, 1);

    for (uint64_t i = 1; i <= n; i++)
        rig_assign(r, rig_id(i, i), KIND_COMMAND);
    rig_forget(r);
    return r;
}

static void what_is_refused_is_handed_back_and_no_more_run_than_do(void **state)
{
    struct rig *r = with_commands(3, 4);

    (void)state;
    refuse(r, 3);
    /* the 4th waits, though a slot is free */
    rig_expect(r, BACK(3) SHORT(2, 2));
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n" START(4));
    rig_free(r);
}

static void after_a_pause_more_are_tried(void **state)
{
    struct rig *r = with_commands(3, 4);

    (void)state;
    refuse(r, 3);
    rig_forget(r);
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS - 1);
    rig_expect(r, "");
    rig_tick(r, r->now_ms + 1);
    rig_expect(r, TOLD(3, 3) START(4));
    rig_free(r);
}

static void a_refusal_of_one_more_doubles_the_pause(void **state)
{
    struct rig *r = with_commands(2, 3);

    (void)state;
    refuse(r, 2);
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS);
    rig_expect(r, BACK(2) SHORT(2, 1) TOLD(3, 2) START(3));
    refuse(r, 3);
    rig_assign(r, rig_id(4, 4), KIND_COMMAND);
    rig_expect(r, BACK(3) SHORT(4, 1));
    rig_tick(r, r->now_ms + 2 * SHORTAGE_MIN_MS - 1);
    rig_expect(r, "");
    rig_tick(r, r->now_ms + 1);
    rig_expect(r, TOLD(5, 2) START(4));
    rig_free(r);
}

/* The only one: it is tried again, however short all is. */
static void who_runs_nothing_tries_again(void **state)
{
    struct rig *r = with_commands(1, 1);

    (void)state;
    refuse(r, 1);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_expect(r, BACK(1) SHORT(2, 0));
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS);
    rig_expect(r, TOLD(3, 1) START(2));
    rig_free(r);
}

static void calls_are_not_held_back_for_commands(void **state)
{
    struct rig *r = with_commands(1, 1);

    (void)state;
    refuse(r, 1);
    rig_forget(r);
    rig_assign(r, rig_id(2, 2), KIND_CALL);
    rig_expect(r, "start 2.1@5.2 call \"add\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

static void its_beginning_and_its_end_are_logged(void **state)
{
    struct rig *r = rig_connected(2, 1);

    (void)state;
    rig_log_from(r, TRACE_INFO);
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    refuse(r, 2);
    rig_expect_log(r, "warn shortage of=slots running=1 all=2 effect=\"jobs "
                      "wait, and fewer run at once\" cause=\"no process is "
                      "left\"\n");
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS);
    rig_expect_log(r, "");
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS);
    rig_expect_log(r, "info shortage-over of=slots all=2\n");
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_is_refused_is_handed_back_and_no_more_run_than_do),
        cmocka_unit_test(after_a_pause_more_are_tried),
        cmocka_unit_test(a_refusal_of_one_more_doubles_the_pause),
        cmocka_unit_test(who_runs_nothing_tries_again),
        cmocka_unit_test(calls_are_not_held_back_for_commands),
        cmocka_unit_test(its_beginning_and_its_end_are_logged),
    };

    return cmocka_run_group_tests_name("shortage", tests, NULL, NULL);
}
