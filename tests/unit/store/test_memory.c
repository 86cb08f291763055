/* SPDX-License-Identifier: MIT */
/* What the store in memory says, and so every store. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/store/sample.h"

#define JOB_1                                             \
    "job 1 key 1 hash ~1 at 10 kind 2 n 1 first 0 step 0" \
    " name - fn -"
#define JOB_2                                             \
    "job 2 key 2 hash ~2 at 20 kind 1 n 1 first 0 step 0" \
    " name - fn 'resize'"
#define ARRAY_3                                           \
    "job 3 key 3 hash ~3 at 30 kind 2 array n 3 first -5" \
    " step 7 name 'third' fn -"
#define FULL " spec 'spec' items -\n"
#define BARE " spec - items -\n"
#define ARRAY_FULL " spec 'spec' items 'items'\n"

static int open_store(void **state)
{
    struct records batch = { 0 };

    *state = store_open_memory();
    records_add(&batch, sample_mark(RECORD_IDS, 100));
    sample_commit(*state, &batch);
    return 0;
}

static int close_store(void **state)
{
    store_close(*state);
    return 0;
}

/* Jobs 1, 2 and the array 3 of three elements. */
static void commit_three(struct store *s)
{
    struct records batch = { 0 };

    records_add(&batch, sample_job(1));
    records_add(&batch, sample_job(2));
    records_add(&batch, sample_array(3, 3));
    sample_commit(s, &batch);
}

static void commit_one(struct store *s, struct record rec)
{
    struct records batch = { 0 };

    records_add(&batch, rec);
    sample_commit(s, &batch);
}

static void a_new_store_has_nothing_but_an_epoch(void **state)
{
    struct store *s = store_open_memory();

    (void)state;
    sample_expect_load(s, "epoch 1\nids 1\nlow water 1\n");
    store_close(s);
}

static void every_life_has_a_higher_epoch(void **state)
{
    sample_expect_load(*state, "epoch 1\nids 100\nlow water 1\n");
    sample_expect_load(*state, "epoch 2\nids 100\nlow water 1\n");
}

static void load_plays_back_what_has_not_ended(void **state)
{
    struct records batch = { 0 };

    commit_three(*state);
    records_add(&batch, sample_cancel(3, 2, 3));
    records_add(&batch, sample_outcome(3, 3, 1));
    records_add(&batch, sample_outcome(2, 1, 1));
    records_add(&batch, sample_outcome(3, 1, 1));
    records_add(&batch, sample_cancel(3, 1, 1));
    sample_commit(*state, &batch);
    sample_expect_load(
        *state, "epoch 1\nids 100\nlow water 1\n" JOB_1 FULL ARRAY_3 ARRAY_FULL
                "outcome 3.1 state 4 300 to 301 body -\n"
                "outcome 3.3 state 4 300 to 303 body -\n"
                "cancel 3 2-3 at -1 reason 'enough'\n"
                "cancel 3 1-1 at -1 reason 'enough'\n");
}

static void an_array_has_ended_with_its_end(void **state)
{
    struct records batch = { 0 };

    records_add(&batch, sample_array(3, 1));
    records_add(&batch, sample_outcome(3, 1, 1));
    records_add(&batch, sample_end(3, 1));
    sample_commit(*state, &batch);
    sample_expect_load(*state, "epoch 1\nids 100\nlow water 1\n");
}

static void load_leaves_jobs_below_the_low_water(void **state)
{
    commit_three(*state);
    commit_one(*state, sample_outcome(1, 1, 0));
    commit_one(*state, sample_outcome(2, 1, 0));
    commit_one(*state, sample_mark(RECORD_LOW_WATER, 3));
    sample_expect_load(*state,
                       "epoch 1\nids 100\nlow water 3\n" ARRAY_3 ARRAY_FULL);
}

static void workers_are_played_back_until_they_are_gone(void **state)
{
    commit_one(*state, sample_worker(RECORD_WORKER_UP, 1));
    commit_one(*state, sample_worker(RECORD_WORKER_UP, 2));
    commit_one(*state, sample_worker(RECORD_WORKER_UP, 2));
    sample_expect_load(*state, "epoch 1\nids 100\nlow water 1\n"
                               "worker 2 at 2 name 'node'\n"
                               "worker 1 at 1 name 'node'\n");
    commit_one(*state, sample_worker(RECORD_WORKER_GONE, 2));
    commit_one(*state, sample_worker(RECORD_WORKER_GONE, 3));
    sample_expect_load(*state, "epoch 2\nids 100\nlow water 1\n"
                               "worker 1 at 1 name 'node'\n");
}

/* Commit one submit, which is refused. */
static void expect_refusal(struct store *s, struct record rec, enum err why,
                           uint64_t existing)
{
    struct records batch = { 0 };
    struct store_report report;

    records_add(&batch, rec);
    assert_int_equal(store_commit(s, &batch, &report, NULL), ERR_NONE);
    assert_int_equal(report.n_refused, 1);
    assert_int_equal(report.refused[0].id.n, rec.u.job.id.n);
    assert_int_equal(report.refused[0].why, why);
    assert_int_equal(report.refused[0].existing.n, existing);
    assert_int_equal(report.full, why == ERR_FULL);
    store_report_fini(&report);
    records_fini(&batch);
}

static void a_key_makes_a_submit_idempotent(void **state)
{
    struct record again = sample_job(7), other = sample_job(8);

    commit_three(*state);
    again.u.job.key = sample_key(2);
    again.u.job.hash = ~UINT64_C(2);
    other.u.job.key = sample_key(2);
    expect_refusal(*state, again, ERR_EXISTS, 2);
    expect_refusal(*state, other, ERR_CONFLICT, 2);
}

static void nothing_more_is_kept_of_a_refused_job(void **state)
{
    struct record again = sample_array(7, 2);
    struct records batch = { 0 };

    commit_three(*state);
    again.u.job.key = sample_key(2);
    expect_refusal(*state, again, ERR_CONFLICT, 2);
    records_add(&batch, sample_outcome(7, 1, 1));
    records_add(&batch, sample_cancel(7, 1, 2));
    records_add(&batch, sample_end(7, 2));
    records_add(&batch, sample_outcome(1, 1, 1));
    sample_commit(*state, &batch);
    sample_expect_read(
        *state,
        &(struct query){ .type = QUERY_JOBS, .below = { 100 }, .max = 1 },
        ARRAY_3 BARE);
}

static void a_full_store_refuses_submits_only(void **state)
{
    commit_three(*state);
    store_memory_fail(*state, true, false);
    expect_refusal(*state, sample_job(5), ERR_FULL, 0);
    commit_one(*state, sample_outcome(1, 1, 1));
    store_memory_fail(*state, false, false);
    commit_one(*state, sample_outcome(5, 1, 1)); /* of the refused one */
    struct record again = sample_job(6);
    again.u.job.key = sample_key(5);
    commit_one(*state, again);
}

static void a_store_that_fails_keeps_what_it_had(void **state)
{
    struct records batch = { 0 };
    struct store_report report;
    char errmsg[ERRMSG_LEN] = "";

    store_memory_fail(*state, false, true);
    records_add(&batch, sample_job(1));
    assert_int_equal(store_commit(*state, &batch, &report, errmsg), ERR_IO);
    assert_string_not_equal(errmsg, "");
    records_fini(&batch);
    sample_expect_load(*state, "epoch 1\nids 100\nlow water 1\n");
}

static void jobs_are_read_newest_first(void **state)
{
    struct query q = { .type = QUERY_JOBS, .below = { 100 }, .max = 100 };
    struct records batch = { 0 };

    commit_three(*state);
    records_add(&batch, sample_outcome(2, 1, 3));
    records_add(&batch, sample_cancel(1, 1, 1));
    for (uint32_t elem = 1; elem <= 3; elem++)
        records_add(&batch, sample_outcome(3, elem, 1));
    records_add(&batch, sample_end(3, 3));
    sample_commit(*state, &batch);
    sample_expect_read(*state, &q,
                       ARRAY_3 BARE
                       "end 3 at 77 n 3 done 3 failed 0 cancelled 0"
                       " expired 0 lost 0\n" JOB_2 BARE
                       "outcome 2.1 state 4 200 to 201 body -\n" JOB_1 BARE
                       "cancel 1 1-1 at -1 reason 'enough'\n");
    q.lowest.n = 2;
    q.below.n = 3;
    q.full = true;
    sample_expect_read(*state, &q,
                       JOB_2 FULL "outcome 2.1 state 4 200 to 201 body -\n");
}

static void jobs_are_read_by_name_and_within_limits(void **state)
{
    struct query q = { .type = QUERY_JOBS, .below = { 100 }, .max = 100 };

    commit_three(*state);
    q.name = sample_blob("third");
    sample_expect_read(*state, &q, ARRAY_3 BARE);
    blob_unref(q.name);
    q.name = sample_blob("");
    q.max = 1;
    sample_expect_read(*state, &q, JOB_2 BARE);
    blob_unref(q.name);
    q.name = NULL;
    q.max = 100;
    q.full = true;
    q.max_bytes = 1; /* but one job */
    sample_expect_read(*state, &q, ARRAY_3 ARRAY_FULL);
    q.max_bytes = 4 + 5 + 4;
    sample_expect_read(*state, &q, ARRAY_3 ARRAY_FULL JOB_2 FULL);
    q.max = 0;
    sample_expect_read(*state, &q, "");
}

static void outcomes_are_read_by_element_and_within_limits(void **state)
{
    struct query q = {
        .type = QUERY_OUTCOMES, .id = { 3 }, .last = ELEM_MAX, .max = 100
    };
    struct records batch = { 0 };

    commit_three(*state);
    records_add(&batch, sample_outcome(3, 3, 3));
    records_add(&batch, sample_outcome(3, 1, 2));
    records_add(&batch, sample_cancel(3, 2, 2));
    sample_commit(*state, &batch);
#define HEAD ARRAY_3 BARE "cancel 3 2-2 at -1 reason 'enough'\n"
#define FIRST "outcome 3.1 state 4 300 to 301 body 'xx'\n"
#define THIRD "outcome 3.3 state 4 300 to 303 body 'xxx'\n"
    sample_expect_read(*state, &q, HEAD FIRST THIRD);
    q.max_bytes = 3; /* one more than has room: else it was the last */
    sample_expect_read(*state, &q, HEAD FIRST THIRD);
    q.max_bytes = 2;
    sample_expect_read(*state, &q, HEAD FIRST);
    q.first = 2;
    sample_expect_read(*state, &q, HEAD THIRD);
    q.last = 2;
    sample_expect_read(*state, &q, HEAD);
    q.first = 0;
    q.max = 0;
    sample_expect_read(*state, &q, HEAD);
    q.id.n = 4;
    sample_expect_read(*state, &q, "");
}

/* Commit a record in a child process; return whether that was asserted. */
static bool is_asserted(struct store *s, struct record rec)
{
    struct records batch = { 0 };
    struct store_report report;
    int status;

    records_add(&batch, rec);
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        store_commit(s, &batch, &report, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    records_fini(&batch);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void what_the_core_must_never_write_is_asserted(void **state)
{
    commit_three(*state);
    commit_one(*state, sample_outcome(1, 1, 1));
    assert_false(is_asserted(*state, sample_outcome(2, 1, 1)));
    assert_true(is_asserted(*state, sample_outcome(1, 1, 1)));
    assert_true(is_asserted(*state, sample_outcome(2, 2, 1)));
    assert_true(is_asserted(*state, sample_outcome(9, 1, 1)));
    assert_true(is_asserted(*state, sample_job(1)));
    assert_true(is_asserted(*state, sample_job(100))); /* not reserved */
    assert_true(is_asserted(*state, sample_end(1, 1)));
    assert_true(is_asserted(*state, sample_end(3, 3)));
    assert_true(is_asserted(*state, sample_mark(RECORD_IDS, 3)));
    assert_true(is_asserted(*state, sample_mark(RECORD_LOW_WATER, 3)));
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_store, close_store)
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_has_nothing_but_an_epoch),
        TEST(every_life_has_a_higher_epoch),
        TEST(load_plays_back_what_has_not_ended),
        TEST(an_array_has_ended_with_its_end),
        TEST(load_leaves_jobs_below_the_low_water),
        TEST(workers_are_played_back_until_they_are_gone),
        TEST(a_key_makes_a_submit_idempotent),
        TEST(nothing_more_is_kept_of_a_refused_job),
        TEST(a_full_store_refuses_submits_only),
        TEST(a_store_that_fails_keeps_what_it_had),
        TEST(jobs_are_read_newest_first),
        TEST(jobs_are_read_by_name_and_within_limits),
        TEST(outcomes_are_read_by_element_and_within_limits),
        TEST(what_the_core_must_never_write_is_asserted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
