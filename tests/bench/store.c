/* SPDX-License-Identifier: MIT */
/* store - what a job costs in the store, beside what its two rows cost alone.
 *
 *   bench_store [FOLDER [JOBS]]     FOLDER: an empty one, on the disk to
 * measure
 *
 * A job is a submit with a key and an outcome, each with PAYLOAD_LEN bytes. The
 * bare loop inserts the same bytes without keys, names, checks and records. The
 * keys of the first round are random, as people's are; those of the second grow
 * within a client's, as those of a client that counts do.
 */
#include <sqlite3.h>
#include <string.h>

#include "coordinator/store/lived.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"
#include "libcommon/rng.h"
#include "tests/bench/measure.h"

static const char *folder = ".";
static uint64_t n_jobs = 100000;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static const char *file_name(const char *what, uint64_t batch)
{
    static char name[4096];

    snprintf(name, sizeof name, "%s/%s-%lu.db", folder, what,
             (unsigned long)batch);
    return name;
}

static void report(const char *what, uint64_t batch, uint64_t n, int64_t took)
{
    printf("%s_batch%lu_us_per_job=%.2f\n", what, (unsigned long)batch,
           (double)took / (double)n / 1e3);
    fflush(stdout);
}

/* ---- the rows alone ---- */

static void sql(sqlite3 *db, const char *text)
{
    char *message = NULL;

    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        die(text, message);
}

static void insert(sqlite3_stmt *stmt, uint64_t id, const void *data)
{
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    sqlite3_bind_blob(stmt, 2, data, PAYLOAD_LEN, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_DONE)
        die("insert", sqlite3_errmsg(sqlite3_db_handle(stmt)));
    sqlite3_reset(stmt);
}

static void measure_bare(uint64_t batch, uint64_t n)
{
    char payload[PAYLOAD_LEN] = "";
    sqlite3 *db = NULL;
    sqlite3_stmt *submit = NULL, *outcome = NULL;
    uint64_t id = 0;

    sqlite3_open(file_name("bare", batch), &db);
    sql(db, "pragma journal_mode = wal; pragma synchronous = full;"
            "pragma wal_autocheckpoint = 4000; pragma cache_size = -65536;"
            "create table job(id integer primary key, name int, args blob,"
            " at int);"
            "create table outcome(id integer primary key, status int,"
            " result blob, at int)");
    sqlite3_prepare_v2(db, "insert into job values(?1, 1, ?2, 0)", -1, &submit,
                       NULL);
    sqlite3_prepare_v2(db, "insert into outcome values(?1, 2, ?2, 0)", -1,
                       &outcome, NULL);
    int64_t start = now_ns();
    while (id < n) {
        sql(db, "begin immediate");
        for (uint64_t i = 0; i < batch; i++) {
            insert(submit, ++id, payload);
            insert(outcome, id, payload);
        }
        sql(db, "commit");
    }
    report("bare", batch, n, now_ns() - start);
    sqlite3_finalize(submit);
    sqlite3_finalize(outcome);
    sqlite3_close(db);
}

/* ---- the store ---- */

static void ignore(void *arg, struct record *rec)
{
    (void)arg;
    (void)rec;
}

static job_key make_key(uint64_t id, bool random)
{
    uint64_t words[2] = { random ? hash_mix(id) : 1, __builtin_bswap64(id) };
    job_key key;

    memcpy(key.bytes, words, sizeof words);
    return key;
}

static void add_job(struct records *batch, uint64_t id, bool random,
                    struct blob *fn, struct blob *payload)
{
    struct record job = { .type = RECORD_JOB };
    struct record outcome = { .type = RECORD_OUTCOME };

    job.u.job.id.n = id;
    job.u.job.key = make_key(id, random);
    job.u.job.hash = hash_mix(id);
    job.u.job.at_ms = 1700000000000;
    job.u.job.kind = KIND_CALL;
    job.u.job.n = 1;
    job.u.job.fn = blob_ref(fn);
    job.u.job.spec = blob_ref(payload);
    records_add(batch, job);
    outcome.u.outcome.task = (struct task_id){ { id }, 1 };
    outcome.u.outcome.state = STATE_DONE;
    outcome.u.outcome.at_ms = 1700000000000;
    outcome.u.outcome.body = blob_ref(payload);
    records_add(batch, outcome);
}

/* kept: jobs that may stay, the older ones are removed meanwhile; 0: all. */
static void measure_store(const char *what, uint64_t batch, uint64_t n,
                          bool random, uint64_t kept)
{
    char bytes[PAYLOAD_LEN] = "", errmsg[ERRMSG_LEN] = "";
    struct blob *payload = blob_new(view_of(bytes, sizeof bytes));
    struct blob *fn = blob_new(view_str("resize"));
    struct store *s = NULL;
    struct records records = { 0 };
    struct store_report told;
    bool more;
    struct moment now = { 1, now_ns() / 1000000, now_ns() / 1000000 };
    uint64_t id = 0;

    if (store_open_sqlite(file_name(what, batch), &s, errmsg) != ERR_NONE ||
        store_load(s, &now, ignore, NULL, errmsg) != ERR_NONE)
        die(what, errmsg);
    if (kept > 0)
        store_retain(s, &(struct retention){ .jobs_max = kept });
    records_add(&records, (struct record){ .type = RECORD_IDS,
                                           .u.mark.upto = JOB_ID_MAX });
    int64_t start = now_ns();
    while (id < n) {
        for (uint64_t i = 0; i < batch; i++)
            add_job(&records, ++id, random, fn, payload);
        if (store_commit(s, &records, &told, errmsg) != ERR_NONE ||
            store_tidy(s, &now, &more, errmsg) != ERR_NONE)
            die(what, errmsg);
        now.boot_ms = now_ns() / 1000000;
        store_report_fini(&told);
        records_clear(&records);
    }
    report(what, batch, n, now_ns() - start);
    store_close(s);
    records_fini(&records);
    blob_unref(payload);
    blob_unref(fn);
}

/* A restart with n jobs that have not ended. */
static void measure_load(uint64_t n)
{
    char bytes[PAYLOAD_LEN] = "", errmsg[ERRMSG_LEN] = "";
    struct blob *payload = blob_new(view_of(bytes, sizeof bytes));
    struct store *s = NULL;
    struct records records = { 0 };
    struct store_report told;
    struct moment now = { 1, now_ns() / 1000000, now_ns() / 1000000 };

    if (store_open_sqlite(file_name("load", n), &s, errmsg) != ERR_NONE)
        die("load", errmsg);
    records_add(&records, (struct record){ .type = RECORD_IDS,
                                           .u.mark.upto = JOB_ID_MAX });
    for (uint64_t id = 1; id <= n; id++) {
        add_job(&records, id, false, NULL, payload);
        record_fini(&records.at[--records.n]); /* the outcome */
    }
    if (store_commit(s, &records, &told, errmsg) != ERR_NONE)
        die("load", errmsg);
    records_fini(&records);
    blob_unref(payload);
    store_close(s);
    int64_t start = now_ns();
    if (store_open_sqlite(file_name("load", n), &s, errmsg) != ERR_NONE ||
        store_load(s, &now, ignore, NULL, errmsg) != ERR_NONE)
        die("load", errmsg);
    print_cost("store_load_job", n, now_ns() - start);
    store_close(s);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        folder = argv[1];
    if (argc > 2)
        n_jobs = strtoull(argv[2], NULL, 10);
    for (uint64_t batch = 1; batch <= 1000; batch *= 10) {
        /* A sync for each batch: fewer jobs, or it would take for ever. */
        uint64_t n = batch < 100 ? n_jobs / 100 * batch : n_jobs;
        measure_bare(batch, n);
        measure_store("store", batch, n, true, 0);
        measure_store("counted", batch, n, false, 0);
    }
    measure_store("removing", 1000, 4 * n_jobs, true, n_jobs / 4);
    measure_store("keeping", 1000, 4 * n_jobs, true, 0);
    measure_load(n_jobs);
    return 0;
}
