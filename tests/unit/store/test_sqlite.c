/* SPDX-License-Identifier: MIT */
/* What the SQLite store does with its files. What it answers is compared with
 * the store in memory by test_oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "coordinator/store/disk.h"
#include "coordinator/store/retention.h"
#include "libcommon/network_fs.h"
#include "proto/body.h"
#include "proto/frame.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/sample.h"

struct place {
    struct folder folder;
    char errmsg[ERRMSG_LEN];
};

/* ---- another program ---- */

/* This test itself, started again: the first process of a database must not
 * meet its locks in the same process. */
#define SQL "\"$SELF\" --sql"

/* Prints the first column of each row. */
static int print_column(void *arg, int n, char **values, char **names)
{
    (void)arg;
    (void)n;
    (void)names;
    puts(values[0]);
    return 0;
}

/* With two pipes: say on the first that it is done, then wait for the second.
 */
static int other_program(char **argv)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open(argv[0], &db);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, argv[1], print_column, NULL, NULL);
    if (rc != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(db));
    if (argv[2] != NULL) {
        fclose(fopen(argv[2], "w"));
        fclose(fopen(argv[3], "r"));
    }
    sqlite3_close(db);
    return rc == SQLITE_OK ? 0 : 1;
}

/* ---- places ---- */

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

    folder_remove(&p->folder);
    free(p);
    return 0;
}

static struct store *open_store(struct place *p)
{
    struct store *s = NULL;
    enum err err =
        store_open_sqlite(folder_name(&p->folder, "db"), &s, p->errmsg);

    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), p->errmsg);
    return s;
}

/* Opening fails, and the message says why. */
static void expect_refusal(struct place *p, enum err why, const char *word)
{
    struct store *s = NULL;

    p->errmsg[0] = '\0';
    assert_int_equal(
        store_open_sqlite(folder_name(&p->folder, "db"), &s, p->errmsg), why);
    assert_null(s);
    if (strstr(p->errmsg, word) == NULL ||
        strstr(p->errmsg, p->folder.path) == NULL)
        fail_msg("\"%s\" says nothing of \"%s\"", p->errmsg, word);
}

/* Ids, jobs 1 and 2, an outcome of 1. */
static void commit_some(struct store *s)
{
    struct records batch = { 0 };

    records_add(&batch, sample_mark(RECORD_IDS, 100));
    records_add(&batch, sample_job(1));
    records_add(&batch, sample_job(2));
    records_add(&batch, sample_outcome(1, 1, 1));
    sample_commit(s, &batch);
}

#define UNFINISHED_ROW                                               \
    "ids 100\nlow water 1\n"                                         \
    "job 2 key 2 hash ~2 at 20 kind 1 n 1 first 0 step 0 name - fn " \
    "'resize' spec 'spec' items -"
#define UNFINISHED UNFINISHED_ROW "\n"
#define UNFINISHED_V4 UNFINISHED_ROW " lived -20\n" /* nobody knows its age */

static void what_was_committed_is_there_after_a_restart(void **state)
{
    struct store *s = open_store(*state);

    sample_expect_load(s, "epoch 1\nids 1\nlow water 1\n");
    commit_some(s);
    store_close(s);
    s = open_store(*state);
    sample_expect_load(s, "epoch 2\n" UNFINISHED);
    store_close(s);
}

static void what_was_committed_survives_a_kill(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);

    commit_some(s);
    folder_copy_database(&p->folder, "db", "copy");
    store_close(s);
    folder_shell(&p->folder, "rm db*; mv copy db; mv copy-wal db-wal");
    s = open_store(p);
    sample_expect_load(s, "epoch 1\n" UNFINISHED);
    store_close(s);
}

static void an_unfinished_batch_is_not_there_after_a_kill(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);

    commit_some(s);
    folder_copy_database(&p->folder, "db", "copy");
    store_close(s);
    /* The end of the WAL is the frame that says "committed". */
    folder_shell(&p->folder, "rm db*; mv copy db; "
                             "truncate -s -1 copy-wal; "
                             "mv copy-wal db-wal");
    s = open_store(p);
    sample_expect_load(s, "epoch 1\nids 1\nlow water 1\n");
    store_close(s);
}

static void a_second_yond_is_refused(void **state)
{
    struct store *s = open_store(*state);

    expect_refusal(*state, ERR_BUSY, "another yond");
    commit_some(s);
    store_close(s);
    store_close(open_store(*state));
}

static void a_database_of_a_newer_yon_is_refused(void **state)
{
    struct place *p = *state;

    store_close(open_store(p));
    folder_shell(&p->folder, SQL " db 'pragma user_version = 7'");
    expect_refusal(p, ERR_VERSION, "newer");
}

#define WITHOUT_6 "drop table piece;"
#define WITHOUT_5                            \
    WITHOUT_6                                \
    "alter table job drop column lived;"     \
    "alter table outcome drop column lived;" \
    "alter table job_end drop column lived;" \
    "delete from meta where name like 'lived%';"

/* What version 1 wrote: it said nothing of when an outcome had started. */
static void a_database_of_an_older_yon_is_brought_up(void **state)
{
    struct place *p = *state;
    struct query q = { .type = QUERY_OUTCOMES, .id = { 1 }, .last = 1 };
    struct store *s = open_store(p);

    commit_some(s);
    store_close(s);
    folder_shell(
        &p->folder, SQL
        " db 'create table one(ref integer primary key,"
        " state int, at int, body blob);"
        "insert into one select ref, state, at, body from outcome;" WITHOUT_6
        "drop table outcome; alter table one rename to outcome;"
        "alter table job_end drop column gaps;"
        "alter table job drop column lived;"
        "alter table job_end drop column lived;"
        "delete from meta where substr(name, 1, 5) = \"lived\";"
        "pragma user_version = 1'");
    s = open_store(p);
    sample_expect_load(s, "epoch 1\n" UNFINISHED_V4);
    q.max = 1;
    sample_expect_read(s, &q,
                       "job 1 key 1 hash ~1 at 10 kind 2 n 1 first 0 step 0 "
                       "name - fn - spec - items - lived -10\n"
                       "outcome 1.1 state 4 0 to 101 body 'x' lived -101\n");
    store_close(s);
}

/* What version 2 wrote: result and output were fields of the outcome. */
static void outcomes_of_an_older_yon_get_a_body(void **state)
{
    struct place *p = *state;
    struct query q = { .type = QUERY_OUTCOMES, .id = { 1 }, .last = 1 };
    struct store *s = open_store(p);
    struct frame_reader *r = frame_reader_new();
    struct records found = { 0 };
    struct outcome o;
    struct body body;

    commit_some(s);
    store_close(s);
    folder_shell(&p->folder, SQL " db \"" WITHOUT_5 "update outcome set body ="
                                 " x'"
                                 "dc00132b0103cd232a05a465786974a37768790100a3"
                                 "6e30370a14c400c40368690a0303c406626567656e64"
                                 "ce0001117003"
                                 "';"
                                 "alter table outcome drop column gap;"
                                 "alter table job_end drop column gaps;"
                                 "pragma user_version = 2\"");
    s = open_store(p);
    q.max = 1;
    assert_int_equal(store_read(s, &q, &found, p->errmsg), ERR_NONE);
    assert_int_equal(found.n, 2);
    assert_int_equal(
        outcome_decode(r, blob_view(found.at[1].u.outcome.body), &o), ERR_NONE);
    assert_int_equal(o.job, 43);
    assert_true(view_equal(o.message, view_str("why")));
    assert_int_equal(o.ended_ms, 20);
    assert_int_equal(body_decode(o.body, &body, p->errmsg), ERR_NONE);
    assert_true(view_equal(body.out, view_str("hi\n")));
    assert_true(view_equal(body.err, view_of("begend", 6)));
    assert_int_equal(body.err_len, 70000);
    assert_int_equal(body.err_head, 3);
    records_fini(&found);
    frame_reader_free(r);
    store_close(s);
}

/* What version 3 wrote: it did not say whose output had gaps. */
static void outcomes_of_an_older_yon_have_no_gap(void **state)
{
    struct place *p = *state;
    struct query q = { .type = QUERY_OUTCOMES, .id = { 1 }, .last = 1 };
    struct store *s = open_store(p);

    commit_some(s);
    store_close(s);
    folder_shell(&p->folder,
                 SQL " db \"" WITHOUT_5 "alter table outcome drop column gap;"
                     "alter table job_end drop column gaps;"
                     "pragma user_version = 3\"");
    s = open_store(p);
    q.max = 1;
    sample_expect_read(s, &q,
                       "job 1 key 1 hash ~1 at 10 kind 2 n 1 first 0 step 0 "
                       "name - fn - spec - items - lived -10\n"
                       "outcome 1.1 state 4 100 to 101 body 'x' lived -101\n");
    store_close(s);
}

static size_t count_jobs(struct store *s)
{
    struct query q = { .type = QUERY_JOBS, .below = { 100 }, .max = 9 };
    struct records kept = { 0 };
    size_t n = 0;

    assert_int_equal(store_read(s, &q, &kept, NULL), ERR_NONE);
    for (size_t i = 0; i < kept.n; i++)
        n += kept.at[i].type == RECORD_JOB;
    records_fini(&kept);
    return n;
}

static void tidy(struct store *s, int64_t now_ms)
{
    struct moment now = sample_moment(now_ms);
    bool more;

    assert_int_equal(store_tidy(s, &now, &more, NULL), ERR_NONE);
}

/* What version 4 wrote: nobody knows how old it is, so it is new. */
static void jobs_of_an_older_yon_begin_to_age(void **state)
{
    struct place *p = *state;
    struct retention rule = { .keep_ms = { [STATE_DONE] = 1000 } };
    struct store *s = open_store(p);

    commit_some(s);
    store_close(s);
    folder_shell(&p->folder,
                 SQL " db \"" WITHOUT_5 "pragma user_version = 4\"");
    s = open_store(p);
    store_retain(s, &rule);
    sample_expect_load(s, "epoch 1\n" UNFINISHED_V4);
    tidy(s, 1000);
    assert_int_equal(count_jobs(s), 2);
    tidy(s, 2001);
    assert_int_equal(count_jobs(s), 1);
    store_close(s);
}

/* What version 5 wrote: it had no large outputs. */
static void an_older_database_gets_room_for_pieces(void **state)
{
    struct place *p = *state;
    struct query q = {
        .type = QUERY_PIECES, .id = { 1 }, .first = 1, .last = 1, .max = 9
    };
    struct store *s = open_store(p);

    commit_some(s);
    store_close(s);
    folder_shell(&p->folder, SQL " db '" WITHOUT_6 "pragma user_version = 5'");
    s = open_store(p);
    sample_expect_read(s, &q,
                       "job 1 key 1 hash ~1 at 10 kind 2 n 1 first 0 step 0 "
                       "name - fn - spec - items -\n");
    store_close(s);
}

static void a_database_of_another_program_is_refused(void **state)
{
    struct place *p = *state;

    folder_shell(&p->folder, SQL " db 'create table mine(a)'");
    expect_refusal(p, ERR_REFUSED, "no database of yond");
    folder_shell(&p->folder, SQL " db 'select * from mine'");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct place *p = *state;

    folder_shell(&p->folder, "seq 1 5000 > db");
    expect_refusal(p, ERR_CORRUPT, "damaged");
}

static void a_missing_folder_is_named(void **state)
{
    struct place *p = *state;

    folder_shell(&p->folder, "rmdir \"$PWD\"");
    expect_refusal(p, ERR_SYSTEM, "No such file");
}

static void a_name_that_sqlite_takes_for_an_option_is_a_file(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    char cwd[4096];

    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(p->folder.path), 0);
    assert_int_equal(store_open_sqlite(":memory:", &s, p->errmsg), ERR_NONE);
    store_close(s);
    assert_int_equal(chdir(cwd), 0);
    folder_shell(&p->folder, "test -s :memory:");
}

static void the_settings_that_durability_rests_on_are_set(void **state)
{
    struct place *p = *state;

    store_close(open_store(p));
    folder_shell(&p->folder,
                 "test $(" SQL " db 'pragma journal_mode') = wal && "
                 "test $(" SQL " db 'pragma page_size') = 4096 && "
                 "test $(" SQL " db 'pragma auto_vacuum') = 0 && "
                 "test $(" SQL " db 'pragma integrity_check') = ok");
}

static void nobody_else_may_read_it(void **state)
{
    struct place *p = *state;
    mode_t before = umask(0);
    struct store *s = open_store(p);

    umask(before);
    commit_some(s);
    folder_shell(&p->folder, "for f in db*; do "
                             "test $(stat -c %a $f) = 600 || exit 1; done");
    store_close(s);
}

static void network_file_systems_are_known(void **state)
{
    (void)state;
    assert_string_equal(network_fs_name(0x6969), "NFS");
    assert_string_equal(network_fs_name((unsigned long)(int)0xff534d42),
                        "CIFS");
    assert_null(network_fs_name(0xef53)); /* ext4 */
}

static long file_size(struct place *p, const char *file)
{
    struct stat st;

    return stat(folder_name(&p->folder, file), &st) == 0 ? st.st_size : -1;
}

static void tidy_lets_the_wal_be_used_again(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);
    struct moment now = sample_moment(1);
    long size = 0;
    bool more;

    commit_some(s);
    for (uint32_t i = 0; i < 120; i++) { /* 60 MB, in a WAL of 16 to 20 */
        struct records batch = { 0 };
        records_add(&batch, sample_mark(RECORD_IDS, 1000));
        records_add(&batch, sample_job(100 + i));
        records_add(&batch, sample_outcome(100 + i, 1, 500000));
        sample_commit(s, &batch);
        assert_int_equal(store_tidy(s, &now, &more, p->errmsg), ERR_NONE);
    }
    size = file_size(p, "db-wal");
    assert_in_range(size, 1 << 20, 24 << 20);
    assert_true(file_size(p, "db") > 30 << 20);
    store_close(s);
    assert_int_equal(file_size(p, "db-wal"), -1);
}

static void a_question_ends_its_read_transaction(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);
    struct query q = {
        .type = QUERY_JOBS, .below = { 100 }, .max = 1 /* of two */
    };

    commit_some(s);
    sample_expect_read(s, &q,
                       "job 2 key 2 hash ~2 at 20 kind 1 n 1 first 0 step 0 "
                       "name - fn 'resize' spec - items -\n");
    /* A reader in the middle would keep this from emptying the WAL. */
    folder_shell(&p->folder,
                 "test $(" SQL " db 'pragma wal_checkpoint(truncate)') = 0");
    assert_int_equal(file_size(p, "db-wal"), 0);
    store_close(s);
}

static void another_program_that_writes_is_named(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);
    struct records batch = { 0 };
    struct store_report report;

    commit_some(s);
    folder_shell(&p->folder, "mkfifo held go; " SQL
                             " db 'begin immediate' held go & cat held");
    records_add(&batch, sample_outcome(2, 1, 1));
    assert_int_equal(store_commit(s, &batch, &report, p->errmsg), ERR_BUSY);
    assert_non_null(strstr(p->errmsg, "another program"));
    records_fini(&batch);
    folder_shell(&p->folder, ": > go");
    store_close(s);
}

/* Whether a load and a question for everything go well; they must not crash. */
static bool is_readable(struct place *p)
{
    struct store *s = NULL;
    struct buf text = { 0 };
    struct query jobs = {
        .type = QUERY_JOBS, .below = { 1000 }, .max = 1000, .full = true
    };
    enum err err;

    err = store_open_sqlite(folder_name(&p->folder, "db"), &s, p->errmsg);
    if (err == ERR_NONE)
        err = sample_load(s, &text, p->errmsg);
    if (err == ERR_NONE)
        err = sample_read(s, &jobs, &text, p->errmsg);
    for (uint64_t id = 1; id < 60 && err == ERR_NONE; id++)
        err = sample_read(s,
                          &(struct query){ .type = QUERY_OUTCOMES,
                                           .id = { id },
                                           .last = ELEM_MAX,
                                           .max = 100 },
                          &text, p->errmsg);
    store_close(s);
    buf_fini(&text);
    assert_true(err == ERR_NONE || p->errmsg[0] != '\0');
    return err == ERR_NONE;
}

static void damage(struct place *p, unsigned seed)
{
    FILE *file = fopen(folder_name(&p->folder, "db"), "r+b");

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    for (unsigned i = 0; i < 1 + seed % 40; i++) {
        long at = rand_r(&seed) % size;
        if (i % 4 == 0)
            at %= 4096; /* the schema */
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        fputc(rand_r(&seed), file);
    }
    fclose(file);
}

static void commit_many(struct store *s)
{
    struct records batch = { 0 };

    records_add(&batch, sample_mark(RECORD_IDS, 100));
    records_add(&batch, sample_worker(RECORD_WORKER_UP, 1));
    for (uint64_t id = 1; id < 60; id++) {
        records_add(&batch, id % 3 == 0 ? sample_array(id, 2) : sample_job(id));
        if (id % 2 == 0)
            records_add(&batch, sample_outcome(id, 1, 10 * id));
        if (id % 5 == 0)
            records_add(&batch, sample_cancel(id, 1, 1));
        if (id % 6 == 0) {
            records_add(&batch, sample_outcome(id, 2, 9000));
            records_add(&batch, sample_end(id, 2));
        }
    }
    sample_commit(s, &batch);
}

static void a_damaged_database_is_refused_or_works(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p);
    int n_refused = 0, n_read = 0;

    commit_many(s);
    store_close(s);
    folder_shell(&p->folder, "cp db good");
    for (unsigned seed = 0; seed < 400; seed++) {
        damage(p, seed);
        if (is_readable(p))
            n_read++;
        else
            n_refused++;
        folder_shell(&p->folder, "rm -f db-*; cp good db");
    }
    assert_true(n_refused > 10 && n_read > 10);
}

static void a_row_that_was_never_written_is_damage(void **state)
{
    static const char *const edits[] = {
        "update meta set value = 0",
        "update meta set value = 'x' where name = 'ids'",
        "delete from meta",
        "update meta set value = 2 where name = 'ids'",
        "update job set kind = 9 where id = 2",
        "update job set n = 2 where id = 2",
        "update job set array = 1, n = 16777216 where id = 2",
        "update job set key = x'00' where id = 2",
        "update job set spec = 'text' where id = 2",
        "update job set policy = x'00' where id = 2",
        "update job set name = zeroblob(256) where id = 2",
        "insert into outcome values((2 << 24) + 2, 4, 0, 0, 0, 0, null);"
        "update job set array = 1 where id = 2",
        "update job set array = 1 where id = 2;"
        "insert into outcome values((2 << 24) + 1, 3, 0, 0, 0, 0, null)",
        "insert into worker values(x'00', 0, null)",
        "insert into cancel values(2, 1, -1, 0, 6, 0, null)",
        "insert into cancel values(2, 1, 0, 0, 4, 0, null)",
        "insert into attempt values((2 << 24) + 1, 1, 9, 0, 0, 1, 1, null)",
        "insert into attempt values((2 << 24) + 2, 1, 1, 0, 0, 1, 1, null)",
        "drop table cancel",
        "drop index job_key",
    };
    struct place *p = *state;
    struct store *s = open_store(p);

    commit_some(s);
    store_close(s);
    folder_shell(&p->folder, "cp db good");
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        setenv("EDIT", edits[i], 1);
        folder_shell(&p->folder, SQL " db \"$EDIT\"");
        if (is_readable(p))
            fail_msg("nobody saw: %s", edits[i]);
        assert_non_null(strstr(p->errmsg, "damaged"));
        folder_shell(&p->folder, "rm -f db-*; cp good db");
    }
}

int main(int argc, char **argv)
{
    char self[4096] = "";

    if (argc > 3 && strcmp(argv[1], "--sql") == 0)
        return other_program(argv + 2);
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 1;
    setenv("SELF", self, 1);
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(what_was_committed_is_there_after_a_restart),
        TEST(what_was_committed_survives_a_kill),
        TEST(an_unfinished_batch_is_not_there_after_a_kill),
        TEST(a_second_yond_is_refused),
        TEST(a_database_of_a_newer_yon_is_refused),
        TEST(a_database_of_an_older_yon_is_brought_up),
        TEST(outcomes_of_an_older_yon_get_a_body),
        TEST(outcomes_of_an_older_yon_have_no_gap),
        TEST(jobs_of_an_older_yon_begin_to_age),
        TEST(an_older_database_gets_room_for_pieces),
        TEST(a_database_of_another_program_is_refused),
        TEST(a_file_that_is_no_database_is_refused),
        TEST(a_missing_folder_is_named),
        TEST(a_name_that_sqlite_takes_for_an_option_is_a_file),
        TEST(the_settings_that_durability_rests_on_are_set),
        TEST(nobody_else_may_read_it),
        TEST(network_file_systems_are_known),
        TEST(tidy_lets_the_wal_be_used_again),
        TEST(a_question_ends_its_read_transaction),
        TEST(another_program_that_writes_is_named),
        TEST(a_damaged_database_is_refused_or_works),
        TEST(a_row_that_was_never_written_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
