/* SPDX-License-Identifier: MIT */
/* The elements of a job: each is taken once, finished once, and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "coordinator/core/model/job.h"
#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "proto/spec.h"

static struct job *array_of(uint32_t n, struct blob *items)
{
    struct record rec = { .type = RECORD_JOB,
                          .u.job = { .id = { 42 },
                                     .array = true,
                                     .n = n,
                                     .first = 10,
                                     .step = 5,
                                     .items = items } };

    return job_new(&rec, NULL);
}

static void elements_are_taken_in_order_and_once(void **state)
{
    struct job *j = array_of(3, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    for (uint32_t k = 1; k <= 3; k++) {
        assert_true(job_take(j, &elem, &past));
        assert_int_equal(elem, k);
        assert_int_equal(past.tries, 1);
    }
    assert_false(job_take(j, &elem, &past));
    assert_int_equal(job_state(j), STATE_RUNNING);
    job_check(j);
    job_free(j);
}

static void what_is_given_back_comes_first_and_counts_its_starts(void **state)
{
    struct job *j = array_of(3, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    job_take(j, &elem, &past);
    job_give_back(j, elem, &past);
    assert_int_equal(job_state(j), STATE_RETRYING);
    assert_true(job_take(j, &elem, &past));
    assert_int_equal(elem, 1);
    assert_int_equal(past.tries, 2);
    job_check(j);
    job_free(j);
}

static void what_was_adopted_is_not_taken(void **state)
{
    struct job *j = array_of(3, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    assert_true(job_adopt(j, 2, &past));
    assert_false(job_adopt(j, 2, &past));
    assert_false(job_adopt(j, 4, &past));
    job_take(j, &elem, &past);
    assert_int_equal(elem, 1);
    job_take(j, &elem, &past);
    assert_int_equal(elem, 3);
    job_check(j);
    job_free(j);
}

static void what_waits_to_be_run_again_can_be_adopted(void **state)
{
    struct job *j = array_of(1, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    job_take(j, &elem, &past);
    job_give_back(j, elem, &past);
    assert_true(job_adopt(j, 1, &past));
    assert_false(job_take(j, &elem, &past));
    job_check(j);
    job_free(j);
}

static void a_cancel_settles_what_waits_and_nothing_else(void **state)
{
    struct job *j = array_of(10, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    job_take(j, &elem, &past);
    job_take(j, &elem, &past);
    job_give_back(j, 2, &past);
    for (elem = 1; elem <= 5; elem++)
        assert_int_equal(job_end_untaken(j, elem, STATE_CANCELLED), elem > 2);
    assert_int_equal(
        job_end_requeued(j, &(struct job_range){ 1, 5, STATE_CANCELLED, NULL }),
        1);
    assert_false(job_is_finished(j, 1));
    assert_true(job_is_finished(j, 2));
    assert_true(job_is_finished(j, 5));
    assert_false(job_is_finished(j, 6));
    assert_int_equal(job_n_waiting(j), 5);
    job_check(j);
    job_free(j);
}

/* Element 2 had been started, was cancelled while it waited, and an end of all
 * the others was written down as one range that has it in its midst. */
static void an_end_that_is_played_back_leaves_nothing_to_run_again(void **state)
{
    struct job *j = array_of(4, NULL);
    struct job_range cancel = { .first = 2,
                                .last = 2,
                                .state = STATE_CANCELLED };
    struct job_range end = { .first = 1, .last = 3, .state = STATE_EXPIRED };

    (void)state;
    job_move_requeued(job_requeue_restored(j, 2), REQUEUED_RESTORED);
    job_move_requeued(job_requeue_restored(j, 4), REQUEUED_RESTORED);
    job_add_cancel(j, cancel);
    assert_int_equal(job_restore_range(j, &end), 3);
    assert_null(job_find_requeued(j, 2));
    assert_non_null(job_find_requeued(j, 4));
    assert_int_equal(job_end_requeued(j, &cancel), 0);
    assert_int_equal(j->counts.cancelled, 1);
    assert_int_equal(j->counts.expired, 2);
    job_check(j);
    job_free(j);
}

static void the_whole_is_as_bad_as_its_worst_element(void **state)
{
    struct job *j = array_of(3, NULL);
    uint32_t elem;
    struct past past;

    (void)state;
    while (job_take(j, &elem, &past))
        job_finish(j, elem,
                   elem == 2 ? STATE_FAILED : (enum state)(STATE_DONE));
    assert_true(job_has_ended(j));
    assert_int_equal(job_state(j), STATE_FAILED);
    job_check(j);
    job_free(j);
}

static void items_of_a_range_are_numbers(void **state)
{
    struct job *j = array_of(3, NULL);
    char room[RANGE_TEXT_LEN];

    (void)state;
    assert_true(view_equal(job_item(j, 3, room), view_str("20")));
    job_free(j);
}

/* More than one stride of the index, and bytes that are no text. */
static void items_of_a_list_are_found_anywhere(void **state)
{
    enum { N = 1000 };
    struct buf packed = { 0 };
    struct job *j;
    char text[32], room[RANGE_TEXT_LEN];

    (void)state;
    for (uint32_t k = 1; k <= N; k++) {
        snprintf(text, sizeof text, "\xff item %u", k * k);
        items_add(&packed, view_str(text));
    }
    j = array_of(N, blob_new(buf_view(&packed)));
    for (uint32_t k = N; k >= 1; k--) {
        snprintf(text, sizeof text, "\xff item %u", k * k);
        assert_true(view_equal(job_item(j, k, room), view_str(text)));
    }
    buf_fini(&packed);
    job_free(j);
}

/* Any order of moves keeps the counts true. */
static void counts_stay_true_under_random_moves(void **state)
{
    struct rng rng;
    uint32_t running[64], n_running = 0, elem;
    struct past past = { 0 };
    struct job *j = array_of(64, NULL);

    (void)state;
    rng_init(&rng, 7);
    while (!job_has_ended(j)) {
        uint64_t what = rng_below(&rng, 4);
        if (what == 0 && job_take(j, &elem, &past)) {
            running[n_running++] = elem;
        } else if (what == 1 && n_running > 0) {
            elem = running[--n_running];
            job_give_back(j, elem, &past);
        } else if (what == 2 && n_running > 0) {
            elem = running[--n_running];
            job_finish(j, elem, STATE_DONE);
        } else if (what == 3) {
            elem = 1 + (uint32_t)rng_below(&rng, 64);
            if (job_adopt(j, elem, &past))
                running[n_running++] = elem;
        }
        assert_int_equal(j->counts.running, n_running);
        job_check(j);
    }
    assert_int_equal(j->counts.done, 64);
    job_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_taken_in_order_and_once),
        cmocka_unit_test(what_is_given_back_comes_first_and_counts_its_starts),
        cmocka_unit_test(what_was_adopted_is_not_taken),
        cmocka_unit_test(what_waits_to_be_run_again_can_be_adopted),
        cmocka_unit_test(a_cancel_settles_what_waits_and_nothing_else),
        cmocka_unit_test(
            an_end_that_is_played_back_leaves_nothing_to_run_again),
        cmocka_unit_test(the_whole_is_as_bad_as_its_worst_element),
        cmocka_unit_test(items_of_a_range_are_numbers),
        cmocka_unit_test(items_of_a_list_are_found_anywhere),
        cmocka_unit_test(counts_stay_true_under_random_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
