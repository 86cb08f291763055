/* SPDX-License-Identifier: MIT */
/* The columns of the store: each field has one, each is in the schema, and each
 * comes back as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/store/sqlite_row.h"
#include "coordinator/store/sqlite_schema.h"
#include "libcommon/check.h"
#include "tests/unit/store/sample.h"

#define N_SAMPLES 40

/* Some elements in each state. */
static struct record some_end(uint64_t n)
{
    struct record rec = sample_end(n, (uint32_t)n);
    struct counts *c = &rec.u.end.counts;

    c->done -= c->failed = c->n / 6;
    c->done -= c->cancelled = c->n / 5;
    c->done -= c->expired = c->n / 4;
    c->done -= c->lost = c->n / 7;
    return rec;
}

static struct record sample_of(enum record_type type, uint64_t n)
{
    switch (type) {
    case RECORD_JOB:
        return n % 2 == 0 ? sample_job(n) : sample_array(n, (uint32_t)n);
    case RECORD_OUTCOME:
        return sample_outcome(n, (uint32_t)n, n);
    case RECORD_ATTEMPT:
        return sample_attempt(n, (uint32_t)n, (uint32_t)n, n);
    case RECORD_PIECE:
        return sample_piece(n, (uint32_t)n, n * 1000, n);
    case RECORD_CANCEL:
        return sample_cancel(n, (uint32_t)n, (uint32_t)n + 1);
    case RECORD_END:
        return some_end(n);
    default:
        return sample_worker(RECORD_WORKER_UP, n);
    }
}

static const struct {
    const struct sqlite_table *table;
    size_t at, size; /* of its struct in a record */
    size_t n_left;   /* bytes of fields that are not stored */
} tables[] = {
#define PLACE(member) \
    offsetof(struct record, member), sizeof(((struct record *)NULL)->member)
    { &sqlite_jobs, PLACE(u.job), 0 },
    { &sqlite_outcomes, PLACE(u.outcome), 0 },
    { &sqlite_attempts, PLACE(u.attempt), 0 },
    { &sqlite_pieces, PLACE(u.piece), 0 },
    { &sqlite_cancels, PLACE(u.cancel), 0 },
    /* running and retrying: 0 when an array has ended */
    { &sqlite_ends, PLACE(u.end), 2 * sizeof(uint32_t) },
    { &sqlite_workers, PLACE(u.worker), 0 },
};

/* Bytes of a table's struct in which no column is. */
static size_t bytes_left(size_t t)
{
    bool covered[sizeof(struct record)] = { false };
    size_t left = 0;

    for (size_t i = 0; i < tables[t].table->n; i++) {
        const struct column *c = &tables[t].table->columns[i];

        for (size_t k = c->at; k < c->at + c->size; k++) {
            assert_false(covered[k]); /* one column a field */
            covered[k] = true;
        }
    }
    for (size_t k = tables[t].at; k < tables[t].at + tables[t].size; k++)
        left += !covered[k];
    return left;
}

/* As the compiler lays out the fields of the columns: the gaps in front of
 * them, and the one at the end. */
static size_t padding(size_t t)
{
    size_t end = tables[t].at, sum = 0, after = 0;

    while (after < tables[t].table->n) {
        const struct column *next = NULL;
        size_t align;

        for (size_t i = 0; i < tables[t].table->n; i++) {
            const struct column *c = &tables[t].table->columns[i];
            if (c->at >= end && (next == NULL || c->at < next->at))
                next = c;
        }
        assert_non_null(next);
        align = next->type == COLUMN_ID16   ? 1
                : next->type == COLUMN_TASK ? _Alignof(struct task_id)
                                            : next->size;
        sum += (align - end % align) % align;
        end = next->at + next->size;
        after++;
    }
    return sum + (8 - end % 8) % 8;
}

/* One of a byte or two may hide in the padding. */
static void every_field_of_a_record_has_a_column(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        if (bytes_left(t) > padding(t) + tables[t].n_left)
            fail_msg("a field of %s has no column", tables[t].table->name);
}

static bool is_zero(const struct record *rec, const struct column *c)
{
    static const char zeros[sizeof(struct record)];

    return memcmp((const char *)rec + c->at, zeros, c->size) == 0;
}

static void every_column_is_filled_by_some_sample(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        const struct sqlite_table *table = tables[t].table;

        for (size_t i = 0; i < table->n; i++) {
            bool filled = false;

            for (uint64_t n = 1; n <= N_SAMPLES && !filled; n++) {
                struct record rec = sample_of(table->type, n);

                filled = !is_zero(&rec, &table->columns[i]);
                record_fini(&rec);
            }
            if (!filled)
                fail_msg("no sample has %s.%s", table->name,
                         table->columns[i].name);
        }
    }
}

/* ---- with a database ---- */

static int setup(void **state)
{
    sqlite3 *db = NULL;
    char errmsg[ERRMSG_LEN] = "";

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite_migrate(db, errmsg) != ERR_NONE)
        return -1;
    *state = db;
    return 0;
}

static int teardown(void **state)
{
    return sqlite3_close(*state) == SQLITE_OK ? 0 : -1;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *format, const char *a,
                             const char *b)
{
    sqlite3_stmt *stmt = NULL;
    struct buf sql = { 0 };

    buf_addf(&sql, "%s %s %s", format, a, b);
    if (sqlite3_prepare_v2(db, buf_text(&sql), -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", buf_text(&sql), sqlite3_errmsg(db));
    buf_fini(&sql);
    return stmt;
}

/* "id, at, key"; or as many question marks. */
static void add_names(struct buf *out, const struct sqlite_table *table,
                      bool marks)
{
    for (size_t i = 0; i < table->n; i++)
        buf_addf(out, "%s%s", i > 0 ? ", " : "",
                 marks ? "?" : table->columns[i].name);
}

static bool has_column(const struct sqlite_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    return false;
}

static void schema_has_these_columns_and_no_others(void **state)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        const struct sqlite_table *table = tables[t].table;
        sqlite3_stmt *stmt =
            prepare(*state, "pragma table_info(", table->name, ")");
        size_t n = 0;

        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(stmt, 1);

            if (strcmp(name, "seq") == 0) /* the store's own, of cancel */
                continue;
            if (!has_column(table, name))
                fail_msg("%s.%s is not in sqlite_row.h", table->name, name);
            n++;
        }
        sqlite3_finalize(stmt);
        if (n != table->n)
            fail_msg("a column of %s is not in the schema", table->name);
    }
}

static bool same_field(const struct record *a, const struct record *b,
                       const struct column *c)
{
    const char *left = (const char *)a + c->at,
               *right = (const char *)b + c->at;

    if (c->type != COLUMN_BLOB && c->type != COLUMN_POLICY)
        return memcmp(left, right, c->size) == 0;
    return view_equal(blob_view(*(struct blob *const *)(const void *)left),
                      blob_view(*(struct blob *const *)(const void *)right));
}

static void check_round(sqlite3_stmt *insert, sqlite3_stmt *select,
                        const struct sqlite_table *table, uint64_t n)
{
    struct record rec = sample_of(table->type, n), back = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    sqlite_row_bind(insert, table, &rec);
    assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
    sqlite_done(insert);
    assert_int_equal(sqlite_row_next(select, table, &back, errmsg), ERR_NONE);
    assert_int_equal(back.type, table->type);
    for (size_t i = 0; i < table->n; i++)
        if (!same_field(&rec, &back, &table->columns[i]))
            fail_msg("%s.%s has changed on its way", table->name,
                     table->columns[i].name);
    record_fini(&back);
    assert_int_equal(sqlite_row_next(select, table, &back, errmsg),
                     ERR_EXHAUSTED);
    sqlite_done(select);
    record_fini(&rec);
}

static void every_column_comes_back_as_it_was_written(void **state)
{
    sqlite3 *db = *state;

    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        const struct sqlite_table *table = tables[t].table;
        struct buf names = { 0 }, into = { 0 };
        sqlite3_stmt *insert, *select;

        add_names(&names, table, false);
        buf_addf(&into, "t(%s) values(", buf_text(&names));
        add_names(&into, table, true);
        assert_int_equal(
            sqlite3_exec(db, "drop table if exists t", NULL, NULL, NULL),
            SQLITE_OK);
        insert = prepare(db, "create table t(", buf_text(&names), ")");
        assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_finalize(insert);
        insert = prepare(db, "insert into", buf_text(&into), ")");
        select = prepare(db, "select", buf_text(&names),
                         "from t order by rowid desc limit 1");
        for (uint64_t n = 1; n <= N_SAMPLES; n++)
            check_round(insert, select, table, n);
        sqlite3_finalize(insert);
        sqlite3_finalize(select);
        buf_fini(&names);
        buf_fini(&into);
    }
}

static void row_with_a_value_outside_its_limits_is_damage(void **state)
{
    char errmsg[ERRMSG_LEN] = "";
    struct record rec;
    sqlite3_stmt *stmt =
        prepare(*state, "select", "1, 2, 3, 4, 5, 6, 7, 8, 0, 9",
                "union all select 1, 2, 2, 1, 1, 0, 0, 0, 0, 9"
                " union all select 1, 2, 0, 0, 0, 0, 0, 0, 0, 9"
                " union all select 1, 2, 'a', 0, 0, 0, 0, 0, 0, 9");

    assert_int_equal(sqlite_row_next(stmt, &sqlite_ends, &rec, errmsg),
                     ERR_CORRUPT); /* a sum that is none */
    assert_int_equal(sqlite_row_next(stmt, &sqlite_ends, &rec, errmsg),
                     ERR_NONE);
    assert_int_equal(rec.u.end.counts.failed, 1);
    assert_int_equal(sqlite_row_next(stmt, &sqlite_ends, &rec, errmsg),
                     ERR_CORRUPT); /* an array of none */
    assert_int_equal(sqlite_row_next(stmt, &sqlite_ends, &rec, errmsg),
                     ERR_CORRUPT); /* no number */
    sqlite3_finalize(stmt);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_record_has_a_column),
        cmocka_unit_test(every_column_is_filled_by_some_sample),
        TEST(schema_has_these_columns_and_no_others),
        TEST(every_column_comes_back_as_it_was_written),
        TEST(row_with_a_value_outside_its_limits_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
