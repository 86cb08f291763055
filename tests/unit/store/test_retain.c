/* SPDX-License-Identifier: MIT */
/* How the SQLite store removes what was kept long enough. That it removes the
 * right jobs is compared with the store in memory by test_oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "coordinator/store/retention.h"
#include "proto/bounds.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/sample.h"

#define HOUR_MS (INT64_C(3600) * 1000)

struct place {
    struct folder folder;
    struct store *store;
    char errmsg[ERRMSG_LEN];
};

static const struct retention an_hour = { .keep_ms = { [STATE_DONE] =
                                                           HOUR_MS } };

static void open_store(struct place *p, const struct retention *rule)
{
    struct buf text = { 0 };

    assert_int_equal(
        store_open_sqlite(folder_name(&p->folder, "db"), &p->store, p->errmsg),
        ERR_NONE);
    store_retain(p->store, rule);
    assert_int_equal(sample_load(p->store, &text, p->errmsg), ERR_NONE);
    buf_fini(&text);
}

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    folder_make(&p->folder);
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;

    store_close(p->store);
    folder_remove(&p->folder);
    free(p);
    return 0;
}

static bool tidy(struct place *p, int64_t now_ms)
{
    struct moment now = sample_moment(now_ms);
    bool more;

    assert_int_equal(store_tidy(p->store, &now, &more, p->errmsg), ERR_NONE);
    return more;
}

static uint32_t count_jobs(struct place *p)
{
    struct query q = { .type = QUERY_JOBS,
                       .below = { UINT64_MAX },
                       .max = UINT32_MAX };
    struct records all = { 0 };
    uint32_t n = 0;

    assert_int_equal(store_read(p->store, &q, &all, p->errmsg), ERR_NONE);
    for (size_t i = 0; i < all.n; i++)
        n += all.at[i].type == RECORD_JOB;
    records_fini(&all);
    return n;
}

/* Number of rows in a table, as another process sees it. */
static void expect_rows(struct place *p, const char *table, unsigned n)
{
    struct buf command = { 0 };

    buf_addf(&command, "test \"$(sqlite3 db 'select count(*) from %s')\" = %u",
             table, n);
    folder_shell(&p->folder, buf_text(&command));
    buf_fini(&command);
}

static void add_ended_array(struct place *p, uint64_t id, uint32_t n)
{
    struct records batch = { 0 };

    records_add(&batch, sample_mark(RECORD_IDS, 1000000));
    records_add(&batch, sample_array(id, n));
    for (uint32_t elem = 1; elem <= n; elem++) {
        records_add(&batch, sample_attempt(id, elem, 1, 10));
        records_add(&batch, sample_outcome(id, elem, 10));
    }
    records_add(&batch, sample_end(id, n));
    sample_commit(p->store, &batch);
}

static void an_array_goes_at_once_and_its_rows_in_steps(void **state)
{
    struct place *p = *state;

    open_store(p, &an_hour);
    add_ended_array(p, 1, 3000);
    tidy(p, 77); /* what was written is no excuse for a long step */
    assert_int_equal(count_jobs(p), 1);
    assert_true(tidy(p, 2 * HOUR_MS));
    assert_int_equal(count_jobs(p), 0);
    while (tidy(p, 2 * HOUR_MS))
        ;
    store_close(p->store);
    p->store = NULL;
    expect_rows(p, "outcome", 0);
    expect_rows(p, "attempt", 0);
    expect_rows(p, "job_end", 0);
}

static void pieces_go_with_their_job(void **state)
{
    struct place *p = *state;
    struct records batch = { 0 };

    open_store(p, &an_hour);
    add_ended_array(p, 1, 10);
    add_ended_array(p, 2, 10);
    for (uint64_t k = 0; k < 100; k++) {
        records_add(&batch, sample_piece(1, 3, k * PIECE_LEN_MAX, 1000));
        records_add(&batch, sample_piece(1, 4, k * PIECE_LEN_MAX, 1000));
    }
    records_add(&batch, sample_array(3, 2)); /* it has not ended */
    records_add(&batch, sample_piece(3, 1, 0, 1000));
    sample_commit(p->store, &batch);
    while (tidy(p, 2 * HOUR_MS))
        ;
    assert_int_equal(count_jobs(p), 1);
    store_close(p->store);
    p->store = NULL;
    expect_rows(p, "piece", 1);
}

static void a_removal_goes_on_in_the_next_life(void **state)
{
    struct place *p = *state;

    open_store(p, &an_hour);
    add_ended_array(p, 1, 3000);
    tidy(p, 77);
    assert_true(tidy(p, 2 * HOUR_MS));
    store_close(p->store);
    open_store(p, &an_hour);
    while (tidy(p, 2 * HOUR_MS))
        ;
    store_close(p->store);
    p->store = NULL;
    expect_rows(p, "outcome", 0);
    expect_rows(p, "attempt", 0);
}

static void what_has_not_ended_stays(void **state)
{
    struct retention rule = an_hour;
    struct records batch = { 0 };
    struct place *p = *state;

    rule.jobs_max = 1;
    open_store(p, &rule);
    records_add(&batch, sample_mark(RECORD_IDS, 1000));
    records_add(&batch, sample_job(1));
    records_add(&batch, sample_array(2, 2));
    records_add(&batch, sample_outcome(2, 1, 10));
    records_add(&batch, sample_job(3));
    records_add(&batch, sample_outcome(3, 1, 10));
    sample_commit(p->store, &batch);
    while (tidy(p, 100 * HOUR_MS))
        ;
    assert_int_equal(count_jobs(p), 2);
}

static void the_oldest_go_when_there_are_too_many_bytes(void **state)
{
    struct retention rule = { .bytes_max = 3 << 20, .least_ms = 1000 };
    struct records batch = { 0 };
    struct place *p = *state;

    open_store(p, &rule);
    records_add(&batch, sample_mark(RECORD_IDS, 1000));
    for (uint64_t id = 1; id <= 50; id++) {
        records_add(&batch, sample_job(id));
        records_add(&batch, sample_outcome(id, 1, 100000));
    }
    sample_commit(p->store, &batch);
    for (int64_t now_ms = HOUR_MS; now_ms < 2 * HOUR_MS; now_ms += 60000)
        tidy(p, now_ms);
    assert_in_range(count_jobs(p), 20, 30);
    sample_expect_read(
        p->store,
        &(struct query){ .type = QUERY_JOBS, .below = { 2 }, .max = 1 }, "");
}

static void the_file_stops_growing(void **state)
{
    struct place *p = *state;
    struct stat st;
    off_t size = 0;

    open_store(p, &an_hour);
    for (uint64_t id = 1; id <= 400; id++) {
        struct records batch = { 0 };
        struct record outcome = sample_outcome(id, 1, 100000);
        outcome.u.outcome.lived_ms = (int64_t)id * HOUR_MS - 1;
        records_add(&batch, sample_mark(RECORD_IDS, 1000));
        records_add(&batch, sample_job(id));
        records_add(&batch, outcome);
        sample_commit(p->store, &batch);
        tidy(p, (int64_t)id * HOUR_MS + HOUR_MS / 2);
        assert_int_equal(stat(folder_name(&p->folder, "db"), &st), 0);
        if (id == 200)
            size = st.st_size;
    }
    assert_in_range(size, 1, 8 << 20); /* of 20 MB that were written */
    assert_in_range(st.st_size, 1, size);
    assert_int_equal(count_jobs(p), 1);
}

static void ignore(void *arg, struct record *rec)
{
    (void)arg;
    (void)rec;
}

/* A machine starts with a wrong clock, and is set; and once more, while yond
 * restarts. */
static void a_wall_clock_that_jumps_removes_nothing(void **state)
{
    struct place *p = *state;
    struct moment now = sample_moment(HOUR_MS / 2);
    bool more;

    open_store(p, &an_hour);
    add_ended_array(p, 1, 3);
    for (int64_t years = -20; years <= 20; years += 40) {
        now.wall_ms = HOUR_MS + years * 365 * 24 * HOUR_MS;
        assert_int_equal(store_tidy(p->store, &now, &more, p->errmsg),
                         ERR_NONE);
        assert_int_equal(count_jobs(p), 1);
    }
    store_close(p->store);
    assert_int_equal(
        store_open_sqlite(folder_name(&p->folder, "db"), &p->store, p->errmsg),
        ERR_NONE);
    store_retain(p->store, &an_hour);
    assert_int_equal(store_load(p->store, &now, ignore, NULL, p->errmsg),
                     ERR_NONE);
    assert_int_equal(store_tidy(p->store, &now, &more, p->errmsg), ERR_NONE);
    assert_int_equal(count_jobs(p), 1);
    tidy(p, HOUR_MS + 100);
    assert_int_equal(count_jobs(p), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_array_goes_at_once_and_its_rows_in_steps),
        TEST(pieces_go_with_their_job),
        TEST(a_removal_goes_on_in_the_next_life),
        TEST(what_has_not_ended_stays),
        TEST(the_oldest_go_when_there_are_too_many_bytes),
        TEST(the_file_stops_growing),
        TEST(a_wall_clock_that_jumps_removes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
