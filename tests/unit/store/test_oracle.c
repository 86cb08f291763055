/* SPDX-License-Identifier: MIT */
/* Random operations through the SQLite store and through the one in memory:
 * every answer must be the same. TEST_SEED repeats a run. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "coordinator/store/retention.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/bounds.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/sample.h"

#define N_STEPS 4000
#define ELEMS_MAX 6
#define WORKERS 5
#define IDS_BLOCK 50

enum made { /* what a run must have done at least once */
            MADE_SINGLE,
            MADE_ARRAY,
            MADE_AGAIN,
            MADE_CONFLICT,
            MADE_OUTCOME,
            MADE_ATTEMPT,
            MADE_PIECE,
            MADE_END,
            MADE_CANCEL,
            MADE_IDS,
            MADE_LOW_WATER,
            MADE_UP,
            MADE_GONE,
            MADE_LEFT_OUT,
            MADE_JOBS_READ,
            MADE_OUTCOMES_READ,
            MADE_ATTEMPTS_READ,
            MADE_PIECES_READ,
            MADE_REOPEN,
            MADE_CRASH,
            MADE_TIDY,
            MADE_REMOVED,
            MADE_COUNT
};
static const char *const made_name[MADE_COUNT] = {
    [MADE_SINGLE] = "single",
    [MADE_ARRAY] = "array",
    [MADE_AGAIN] = "again",
    [MADE_CONFLICT] = "conflict",
    [MADE_OUTCOME] = "outcome",
    [MADE_ATTEMPT] = "attempt",
    [MADE_PIECE] = "piece",
    [MADE_END] = "end",
    [MADE_CANCEL] = "cancel",
    [MADE_IDS] = "ids",
    [MADE_LOW_WATER] = "low water",
    [MADE_UP] = "up",
    [MADE_GONE] = "gone",
    [MADE_LEFT_OUT] = "left out",
    [MADE_JOBS_READ] = "jobs read",
    [MADE_OUTCOMES_READ] = "outcomes read",
    [MADE_ATTEMPTS_READ] = "attempts read",
    [MADE_PIECES_READ] = "pieces read",
    [MADE_REOPEN] = "reopen",
    [MADE_CRASH] = "crash",
    [MADE_TIDY] = "tidy",
    [MADE_REMOVED] = "removed",
};

/* What the core would know of a job. */
struct known {
    struct record job; /* without blobs */
    bool has_outcome[ELEMS_MAX + 1];
    uint32_t tries[ELEMS_MAX + 1];
    uint32_t n_outcomes;
    bool ended, refused;
    bool forgotten; /* refused in a former life */
};

struct run {
    struct rng rng;
    struct folder folder;
    char name[32]; /* of the database in the folder */
    int n_names;
    struct store *memory, *sqlite;
    struct known *jobs; /* jobs[id - 1] */
    uint64_t n_jobs, ids, low_water;
    uint64_t made[MADE_COUNT];
    int64_t now_ms;
    struct retention retention;
};

static uint64_t below(struct run *r, uint64_t n)
{
    return rng_below(&r->rng, n);
}

static void expect_none(enum err err, const char *errmsg)
{
    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), errmsg);
}

/* ---- batches ---- */

static void add_job(struct run *r, struct records *batch)
{
    uint64_t id = r->n_jobs + 1;
    uint32_t n = 1 + (uint32_t)below(r, ELEMS_MAX);
    struct record rec = below(r, 3) == 0 ? sample_array(id, n) : sample_job(id);

    if (id >= r->ids) {
        r->ids = id + 1 + below(r, IDS_BLOCK);
        records_add(batch, sample_mark(RECORD_IDS, r->ids));
        r->made[MADE_IDS]++;
    }
    if (r->n_jobs > 0 && below(r, 5) == 0) {
        const struct record *former = &r->jobs[below(r, r->n_jobs)].job;
        rec.u.job.key = former->u.job.key;
        if (below(r, 2) == 0)
            rec.u.job.hash = former->u.job.hash;
    }
    blob_unref(rec.u.job.spec);
    rec.u.job.spec = sample_bytes(below(r, 9000)); /* 0: none */
    r->made[rec.u.job.array ? MADE_ARRAY : MADE_SINGLE]++;
    r->jobs = xrealloc(r->jobs, (r->n_jobs + 1) * sizeof *r->jobs);
    r->jobs[r->n_jobs++] = (struct known){ .job = rec };
    records_add(batch, rec);
}

static void add_outcome(struct run *r, struct known *k, struct records *batch)
{
    uint32_t elem = 1 + (uint32_t)below(r, k->job.u.job.n);

    if (k->has_outcome[elem])
        return;
    struct record rec =
        sample_outcome(k->job.u.job.id.n, elem,
                       below(r, 4) == 0 ? below(r, 20000) : below(r, 20));
    rec.u.outcome.state =
        (uint8_t)(STATE_DONE + below(r, STATE_COUNT - STATE_DONE));
    records_add(batch, rec);
    k->has_outcome[elem] = true;
    k->n_outcomes++;
    r->made[k->refused ? MADE_LEFT_OUT : MADE_OUTCOME]++;
    if (k->n_outcomes < k->job.u.job.n)
        return;
    k->ended = true;
    if (k->job.u.job.array) {
        rec = sample_end(k->job.u.job.id.n, k->job.u.job.n);
        rec.u.end.at_ms = (int64_t)k->job.u.job.id.n * 100;
        rec.u.end.lived_ms = rec.u.end.at_ms - 1;
        records_add(batch, rec);
        r->made[MADE_END]++;
    }
}

static void add_attempt(struct run *r, struct known *k, struct records *batch)
{
    uint32_t elem = 1 + (uint32_t)below(r, k->job.u.job.n);

    if (k->has_outcome[elem])
        return;
    if (k->tries[elem] == 0 || below(r, 4) > 0) /* else said anew */
        k->tries[elem]++;
    records_add(batch, sample_attempt(k->job.u.job.id.n, elem, k->tries[elem],
                                      below(r, 300)));
    r->made[k->refused ? MADE_LEFT_OUT : MADE_ATTEMPT]++;
}

/* Some replace others: of another start, or said again. */
static void add_piece(struct run *r, struct known *k, struct records *batch)
{
    uint32_t elem = 1 + (uint32_t)below(r, k->job.u.job.n);
    struct record rec =
        sample_piece(k->job.u.job.id.n, elem, below(r, 4) * PIECE_LEN_MAX,
                     1 + below(r, 9000));

    if (k->has_outcome[elem]) {
        record_fini(&rec);
        return;
    }
    rec.u.piece.stream = (uint8_t)(STREAM_OUT + below(r, 2));
    rec.u.piece.attempt.n += below(r, 3) == 0;
    records_add(batch, rec);
    r->made[k->refused ? MADE_LEFT_OUT : MADE_PIECE]++;
}

static void add_cancel(struct run *r, const struct known *k,
                       struct records *batch)
{
    if (k->ended)
        return; /* it may be removed */
    records_add(batch, sample_cancel(k->job.u.job.id.n, 1, k->job.u.job.n));
    r->made[k->refused ? MADE_LEFT_OUT : MADE_CANCEL]++;
}

static void add_low_water(struct run *r, struct records *batch)
{
    uint64_t upto = r->low_water;

    while (upto <= r->n_jobs &&
           (r->jobs[upto - 1].ended || r->jobs[upto - 1].refused))
        upto++;
    if (upto == r->low_water)
        return;
    r->low_water = upto;
    records_add(batch, sample_mark(RECORD_LOW_WATER, upto));
    r->made[MADE_LOW_WATER]++;
}

static void add_worker(struct run *r, struct records *batch)
{
    bool up = below(r, 2) == 0;

    records_add(batch, sample_worker(up ? RECORD_WORKER_UP : RECORD_WORKER_GONE,
                                     below(r, WORKERS)));
    r->made[up ? MADE_UP : MADE_GONE]++;
}

/* A job at or above the low water, often one of the oldest, or NULL. */
static struct known *some_job(struct run *r)
{
    uint64_t window = r->n_jobs - (r->low_water - 1);

    if (window > 8 && below(r, 2) == 0)
        window = 8;
    if (window == 0)
        return NULL;
    struct known *k = &r->jobs[r->low_water - 1 + below(r, window)];
    return k->forgotten ? NULL : k;
}

static void add_record(struct run *r, struct records *batch)
{
    struct known *k = some_job(r);

    switch (below(r, 12)) {
    case 0:
    case 1:
    case 2:
        add_job(r, batch);
        break;
    case 3:
        if (k != NULL)
            add_cancel(r, k, batch);
        break;
    case 4:
        add_low_water(r, batch);
        break;
    case 5:
        add_worker(r, batch);
        break;
    case 6:
        if (k != NULL)
            add_attempt(r, k, batch);
        break;
    case 7:
        if (k != NULL)
            add_piece(r, k, batch);
        break;
    default:
        if (k != NULL)
            add_outcome(r, k, batch);
        break;
    }
}

static void note_refused(struct run *r, const struct store_report *report)
{
    for (size_t i = 0; i < report->n_refused; i++) {
        r->jobs[report->refused[i].id.n - 1].refused = true;
        r->made[report->refused[i].why == ERR_EXISTS ? MADE_AGAIN
                                                     : MADE_CONFLICT]++;
    }
}

static void commit(struct run *r)
{
    struct records batch = { 0 };
    struct store_report expected, report;
    struct buf want = { 0 }, got = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    for (uint64_t n = below(r, 12); n > 0; n--)
        add_record(r, &batch);
    assert_int_equal(store_commit(r->memory, &batch, &expected, NULL),
                     ERR_NONE);
    expect_none(store_commit(r->sqlite, &batch, &report, errmsg), errmsg);
    sample_dump_report(&want, &expected);
    sample_dump_report(&got, &report);
    assert_string_equal(buf_text(&got), buf_text(&want));
    note_refused(r, &report);
    buf_fini(&want);
    buf_fini(&got);
    store_report_fini(&expected);
    store_report_fini(&report);
    records_fini(&batch);
}

/* ---- questions ---- */

static const enum made made_read[] = {
    [QUERY_JOBS] = MADE_JOBS_READ,
    [QUERY_OUTCOMES] = MADE_OUTCOMES_READ,
    [QUERY_ATTEMPTS] = MADE_ATTEMPTS_READ,
    [QUERY_PIECES] = MADE_PIECES_READ,
};

static void ask(struct run *r, const struct query *q)
{
    struct buf want = { 0 }, got = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    assert_int_equal(sample_read(r->memory, q, &want, NULL), ERR_NONE);
    expect_none(sample_read(r->sqlite, q, &got, errmsg), errmsg);
    assert_string_equal(buf_text(&got), buf_text(&want));
    if (want.len > 0)
        r->made[made_read[q->type]]++;
    buf_fini(&want);
    buf_fini(&got);
}

static void ask_jobs(struct run *r)
{
    static const char *const names[] = { NULL, NULL, "third", "", "nobody" };
    struct query q = { .type = QUERY_JOBS,
                       .lowest = { below(r, r->n_jobs + 2) },
                       .below = { below(r, r->n_jobs + 10) },
                       .max = (uint32_t)below(r, 30),
                       .max_bytes = below(r, 3) == 0 ? below(r, 40000) : 0,
                       .full = below(r, 2) == 0 };

    if (below(r, 4) == 0) {
        q.lowest.n = 0;
        q.below.n = UINT64_MAX;
    }
    q.name = sample_blob(names[below(r, sizeof names / sizeof names[0])]);
    ask(r, &q);
    blob_unref(q.name);
}

static void ask_refs(struct run *r)
{
    struct query q = { .type =
                           below(r, 3) == 0 ? QUERY_ATTEMPTS : QUERY_OUTCOMES,
                       .id = { below(r, r->n_jobs + 3) },
                       .first = (uint32_t)below(r, ELEMS_MAX + 2),
                       .last = (uint32_t)below(r, ELEMS_MAX + 2),
                       .max = (uint32_t)below(r, ELEMS_MAX + 2),
                       .max_bytes = below(r, 2) == 0 ? below(r, 30000) : 0 };

    if (below(r, 4) == 0)
        q.last = UINT32_MAX;
    ask(r, &q);
}

static void ask_pieces(struct run *r)
{
    uint64_t id = below(r, r->n_jobs + 3);
    struct query q = { .type = QUERY_PIECES,
                       .id = { id },
                       .first = 1 + (uint32_t)below(r, ELEMS_MAX),
                       .stream = (uint8_t)(STREAM_OUT + below(r, 2)),
                       .offset = below(r, 3 * PIECE_LEN_MAX),
                       .max = (uint32_t)below(r, 6),
                       .max_bytes = below(r, 2) == 0 ? below(r, 9000) : 0 };

    q.last = q.first;
    q.attempt = (struct attempt_id){ id, q.first + (below(r, 4) == 0) };
    ask(r, &q);
}

/* ---- lives ---- */

static void open_sqlite(struct run *r)
{
    char errmsg[ERRMSG_LEN] = "";

    expect_none(
        store_open_sqlite(folder_name(&r->folder, r->name), &r->sqlite, errmsg),
        errmsg);
    store_retain(r->sqlite, &r->retention);
}

static void load(struct run *r)
{
    struct buf want = { 0 }, got = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    assert_int_equal(sample_load(r->memory, &want, NULL), ERR_NONE);
    expect_none(sample_load(r->sqlite, &got, errmsg), errmsg);
    assert_string_equal(buf_text(&got), buf_text(&want));
    for (uint64_t i = 0; i < r->n_jobs; i++)
        r->jobs[i].forgotten = r->jobs[i].refused;
    buf_fini(&want);
    buf_fini(&got);
}

static void reopen(struct run *r)
{
    store_close(r->sqlite);
    open_sqlite(r);
    load(r);
    r->made[MADE_REOPEN]++;
}

/* Go on with a copy of the files as they are now: what kill -9 leaves. */
static void crash(struct run *r)
{
    char former[sizeof r->name];

    memcpy(former, r->name, sizeof former);
    snprintf(r->name, sizeof r->name, "db%d", ++r->n_names);
    folder_copy_database(&r->folder, former, r->name);
    store_close(r->sqlite);
    char *command = NULL;
    assert_true(asprintf(&command, "rm -f %s*", former) > 0);
    folder_shell(&r->folder, command);
    free(command);
    open_sqlite(r);
    load(r);
    r->made[MADE_CRASH]++;
}

static uint64_t count_jobs(struct run *r)
{
    struct query q = { .type = QUERY_JOBS,
                       .below = { UINT64_MAX },
                       .max = UINT32_MAX };
    struct records all = { 0 };
    uint64_t n = 0;

    assert_int_equal(store_read(r->memory, &q, &all, NULL), ERR_NONE);
    for (size_t i = 0; i < all.n; i++)
        n += all.at[i].type == RECORD_JOB;
    records_fini(&all);
    return n;
}

/* The one removes at once what the other does in many steps. */
static void tidy(struct run *r)
{
    char errmsg[ERRMSG_LEN] = "";
    uint64_t before = count_jobs(r);
    struct moment now;
    bool more = true;

    r->now_ms += 60001 + (int64_t)below(r, 3000); /* the rest is over */
    now = sample_moment(r->now_ms);
    while (more)
        expect_none(store_tidy(r->sqlite, &now, &more, errmsg), errmsg);
    expect_none(store_tidy(r->memory, &now, &more, errmsg), errmsg);
    if (count_jobs(r) < before)
        r->made[MADE_REMOVED]++;
    r->made[MADE_TIDY]++;
}

static void step(struct run *r)
{
    uint64_t dice = below(r, 1000);

    if (dice < 5)
        crash(r);
    else if (dice < 10)
        reopen(r);
    else if (dice < 200)
        ask_jobs(r);
    else if (dice < 400)
        ask_refs(r);
    else if (dice < 420)
        tidy(r);
    else if (dice < 500)
        ask_pieces(r);
    else
        commit(r);
}

/* Nothing may be kept of a job that was refused: its id can be given again. */
static void expect_no_orphans(struct run *r)
{
    static const char *const questions[] = {
        "select 1 from outcome where ref >> 24 not in (select id from job)",
        "select 1 from attempt where ref >> 24 not in (select id from job)",
        "select 1 from piece where ref >> 24 not in (select id from job)",
        "select 1 from cancel where job not in (select id from job)",
        "select 1 from job_end where id not in (select id from job)",
        ("select 1 from meta where name = 'jobs'"
         " and value <> (select count(*) from job)"),
    };
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(folder_name(&r->folder, r->name), &db),
                     SQLITE_OK);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        sqlite3_stmt *stmt = NULL;
        sqlite3_prepare_v2(db, questions[i], -1, &stmt, NULL);
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
}

static uint64_t seed_of_run(void)
{
    const char *given = getenv("TEST_SEED");
    struct timespec now;

    if (given != NULL)
        return strtoull(given, NULL, 10);
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void both_stores_answer_alike(void **state)
{
    struct run r = { .ids = 1, .low_water = 1, .name = "db0" };
    uint64_t seed = seed_of_run();

    (void)state;
    printf("TEST_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    rng_init(&r.rng, seed);
    folder_make(&r.folder);
    r.retention = (struct retention){ .keep_ms = { [STATE_DONE] = 1500000,
                                                   [STATE_FAILED] = 3000000,
                                                   [STATE_EXPIRED] = 2000000,
                                                   [STATE_LOST] = 500000 },
                                      .jobs_max = 300,
                                      .least_ms = 100000 };
    r.memory = store_open_memory();
    store_retain(r.memory, &r.retention);
    open_sqlite(&r);
    load(&r);
    for (int i = 0; i < N_STEPS; i++)
        step(&r);
    reopen(&r);
    for (size_t i = 0; i < MADE_COUNT; i++)
        if (r.made[i] == 0)
            fail_msg("this run never did: %s", made_name[i]);
    store_close(r.sqlite);
    expect_no_orphans(&r);
    store_close(r.memory);
    free(r.jobs);
    folder_remove(&r.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_stores_answer_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
