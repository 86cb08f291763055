/* SPDX-License-Identifier: MIT */
/* Full disks and failing ones: what was promised stays, what is not promised is
 * all there or not at all. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/store/ballast.h"
#include "proto/bounds.h"
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/sample.h"

#define DISK_LEN "32m"

struct place {
    struct folder folder;
    struct store *store, *memory; /* the second is told what the first did */
    char errmsg[ERRMSG_LEN];
};

/* ---- helpers ---- */

static void open_store(struct place *p)
{
    enum err err = store_open_sqlite(folder_name(&p->folder, "disk/db"),
                                     &p->store, p->errmsg);

    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), p->errmsg);
}

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    fault_vfs_install();
    folder_make(&p->folder);
    folder_shell(&p->folder, "mkdir disk");
    p->memory = store_open_memory();
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;

    fault_vfs_room(-1);
    fault_vfs_fail_from(0);
    store_close(p->store);
    store_close(p->memory);
    umount2(folder_name(&p->folder, "disk"), MNT_DETACH);
    folder_remove(&p->folder);
    free(p);
    return 0;
}

/* Commit, expecting this error, and tell the store in memory. */
static void commit(struct place *p, struct records *batch, enum err expected,
                   const char *report_text)
{
    struct store_report report, same;
    struct buf text = { 0 };
    enum err err = store_commit(p->store, batch, &report, p->errmsg);

    if (err != expected)
        fail_msg("%s: %s", err_text(err), p->errmsg);
    sample_dump_report(&text, &report);
    assert_string_equal(buf_text(&text), report_text);
    if (err == ERR_NONE) {
        store_memory_fail(p->memory, report.full || report.pieces_left_out,
                          false);
        assert_int_equal(store_commit(p->memory, batch, &same, NULL), ERR_NONE);
        store_report_fini(&same);
        records_fini(batch);
    }
    store_report_fini(&report);
    buf_fini(&text);
}

static void commit_one(struct place *p, struct record rec, enum err expected,
                       const char *report_text)
{
    struct records batch = { 0 };

    records_add(&batch, rec);
    commit(p, &batch, expected, report_text);
    records_fini(&batch);
}

static struct record big_job(uint64_t id, size_t spec_len)
{
    struct record rec = sample_job(id);

    blob_unref(rec.u.job.spec);
    rec.u.job.spec = sample_bytes(spec_len);
    return rec;
}

/* Jobs 1 .. n, and ids below 1000. */
static void commit_jobs(struct place *p, uint64_t n)
{
    struct records batch = { 0 };

    records_add(&batch, sample_mark(RECORD_IDS, 1000));
    for (uint64_t id = 1; id <= n; id++)
        records_add(&batch, sample_job(id));
    commit(p, &batch, ERR_NONE, "");
}

/* A new life of both: they must play back the same. */
static void expect_same_load(struct place *p)
{
    struct buf want = { 0 }, got = { 0 };

    assert_int_equal(sample_load(p->memory, &want, NULL), ERR_NONE);
    assert_int_equal(sample_load(p->store, &got, p->errmsg), ERR_NONE);
    assert_string_equal(buf_text(&got), buf_text(&want));
    buf_fini(&want);
    buf_fini(&got);
}

static void reopen(struct place *p)
{
    store_close(p->store);
    p->store = NULL;
    open_store(p);
    expect_same_load(p);
}

/* ---- a disk that is full as often as the test likes ---- */

static void a_submit_that_does_not_fit_is_refused_alone(void **state)
{
    struct place *p = *state;
    struct records batch = { 0 };

    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 3);
    fault_vfs_room(100000);
    records_add(&batch, sample_outcome(1, 1, 1000));
    records_add(&batch, big_job(4, 500000));
    records_add(&batch, sample_outcome(4, 1, 1000));
    records_add(&batch, sample_outcome(2, 1, 1000));
    commit(p, &batch, ERR_NONE, "4 refused, no space left, 0\nfull\n");
    fault_vfs_room(-1);
    commit_one(p, sample_cancel(4, 1, 1), ERR_NONE, "");
    commit_one(p, sample_job(5), ERR_NONE, "");
    reopen(p);
}

static void a_known_key_is_told_on_a_full_disk_as_well(void **state)
{
    struct place *p = *state;
    struct records batch = { 0 };
    struct record again = big_job(4, 500000), other = big_job(5, 500000);

    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 3);
    again.u.job.key = sample_key(3);
    again.u.job.hash = ~UINT64_C(3);
    other.u.job.key = sample_key(2);
    fault_vfs_room(100000);
    records_add(&batch, again);
    records_add(&batch, other);
    records_add(&batch, big_job(6, 500000));
    records_add(&batch, sample_outcome(1, 1, 1000));
    commit(p, &batch, ERR_NONE,
           "4 refused, already exists, 3\n"
           "5 refused, conflicts with an existing one, 2\n"
           "6 refused, no space left, 0\nfull\n");
    reopen(p);
}

static void a_batch_that_does_not_fit_at_all_can_be_tried_again(void **state)
{
    struct place *p = *state;
    struct records batch = { 0 };

    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 3);
    fault_vfs_room(1000);
    records_add(&batch, sample_job(4));
    records_add(&batch, sample_outcome(1, 1, 100000));
    records_add(&batch, sample_outcome(4, 1, 1));
    commit(p, &batch, ERR_FULL, "");
    assert_non_null(strstr(p->errmsg, "no space"));
    commit(p, &batch, ERR_FULL, "");
    fault_vfs_room(-1);
    commit(p, &batch, ERR_NONE, ""); /* the submit, too */
    reopen(p);
}

/* ---- a disk that fails, sooner and sooner ---- */

/* Some work. Returns how many batches went well, and the error that ended it.
 */
#define N_BATCHES 4
static int work(struct store *s, enum err *err, char *errmsg)
{
    int n = 0;

    for (uint64_t i = 0; i < N_BATCHES; i++, n++) {
        struct records batch = { 0 };
        struct store_report report;
        records_add(&batch, sample_mark(RECORD_IDS, 1000));
        records_add(&batch, sample_job(i + 1));
        records_add(&batch, sample_array(100 + i, 2));
        records_add(&batch, sample_outcome(100 + i, 1, 20000));
        *err = store_commit(s, &batch, &report, errmsg);
        records_fini(&batch);
        if (*err != ERR_NONE)
            return n;
    }
    return n;
}

/* What a load plays back when the first n batches were committed. */
static void text_after(int n, const char *epoch, struct buf *out)
{
    struct store *s = store_open_memory();
    struct buf text = { 0 };

    for (int i = 0; i < n; i++) {
        struct records batch = { 0 };
        records_add(&batch, sample_mark(RECORD_IDS, 1000));
        records_add(&batch, sample_job((uint64_t)i + 1));
        records_add(&batch, sample_array(100 + (uint64_t)i, 2));
        records_add(&batch, sample_outcome(100 + (uint64_t)i, 1, 20000));
        sample_commit(s, &batch);
    }
    assert_int_equal(sample_load(s, &text, NULL), ERR_NONE);
    buf_addf(out, "%s%s", epoch, strchr(buf_text(&text), '\n'));
    store_close(s);
    buf_fini(&text);
}

static void expect_batches(struct place *p, int n, bool in_doubt)
{
    struct buf got = { 0 }, want = { 0 }, more = { 0 };
    char *epoch_end;

    open_store(p);
    assert_int_equal(sample_load(p->store, &got, p->errmsg), ERR_NONE);
    store_close(p->store);
    p->store = NULL;
    epoch_end = strchr(buf_text(&got), '\n');
    *epoch_end = '\0';
    char *epoch = strdup((const char *)got.data);
    *epoch_end = '\n';
    text_after(n, epoch, &want);
    text_after(n + 1, epoch, &more);
    if (!in_doubt || strcmp(buf_text(&got), buf_text(&more)) != 0)
        assert_string_equal(buf_text(&got), buf_text(&want));
    free(epoch);
    buf_fini(&got);
    buf_fini(&want);
    buf_fini(&more);
}

static void a_failing_disk_loses_no_promise(void **state)
{
    struct place *p = *state;
    bool struck = true;
    int n_tries = 0;

    for (int n = 1; struck; n++, n_tries++) {
        enum err err = ERR_NONE;
        open_store(p);
        fault_vfs_fail_from(n);
        int done = work(p->store, &err, p->errmsg);
        struck = fault_vfs_has_struck();
        assert_int_equal(err, struck ? ERR_IO : ERR_NONE);
        store_close(p->store); /* on a disk that still fails */
        p->store = NULL;
        fault_vfs_fail_from(0);
        expect_batches(p, done, err != ERR_NONE);
        folder_shell(&p->folder, "rm disk/db*");
    }
    assert_true(n_tries > 2 * N_BATCHES);
}

static void a_disk_that_failed_once_is_left_alone(void **state)
{
    struct place *p = *state;
    enum err err = ERR_NONE;

    open_store(p);
    assert_int_equal(work(p->store, &err, p->errmsg), N_BATCHES);
    fault_vfs_fail_from(1);
    commit_one(p, sample_job(50), ERR_IO, "");
    fault_vfs_fail_from(0); /* or so it says */
    store_close(p->store);
    p->store = NULL;
    folder_shell(&p->folder, "test -s disk/db-wal"); /* was not copied */
    expect_batches(p, N_BATCHES, false);
}

static void a_disk_that_fails_at_the_end_loses_nothing(void **state)
{
    struct place *p = *state;
    bool struck = true;
    int n_tries = 0;

    for (int n = 1; struck; n++, n_tries++) {
        enum err err = ERR_NONE;
        open_store(p);
        assert_int_equal(work(p->store, &err, p->errmsg), N_BATCHES);
        fault_vfs_fail_from(n);
        store_close(p->store); /* copies the WAL */
        p->store = NULL;
        struck = fault_vfs_has_struck();
        fault_vfs_fail_from(0);
        expect_batches(p, N_BATCHES, false);
        folder_shell(&p->folder, "rm disk/db*");
    }
    assert_true(n_tries > 5);
}

static void a_disk_that_fails_at_the_start_is_an_error(void **state)
{
    struct place *p = *state;
    bool struck = true;
    int n_tries = 0;

    for (int n = 1; struck; n++, n_tries++) {
        fault_vfs_fail_from(n);
        enum err err = store_open_sqlite(folder_name(&p->folder, "disk/db"),
                                         &p->store, p->errmsg);
        struck = fault_vfs_has_struck();
        assert_int_equal(err, struck ? ERR_IO : ERR_NONE);
        store_close(p->store);
        p->store = NULL;
        fault_vfs_fail_from(0);
        open_store(p);
        store_close(p->store);
        p->store = NULL;
        folder_shell(&p->folder, "rm disk/db*");
    }
    assert_true(n_tries > 5);
}

/* ---- a real one ---- */

static void mount_disk(struct place *p)
{
    if (mount("tmpfs", folder_name(&p->folder, "disk"), "tmpfs", 0,
              "size=" DISK_LEN) == 0)
        return;
    fprintf(stderr,
            "\n*** SKIPPED: cannot mount a tmpfs (%s); run as root ***\n",
            strerror(errno));
    skip();
}

/* Occupy everything but so many bytes. */
static void fill_disk(struct place *p, uint64_t leave)
{
    struct statvfs fs;
    char command[128];

    assert_int_equal(statvfs(folder_name(&p->folder, "disk"), &fs), 0);
    uint64_t len = (uint64_t)fs.f_bavail * fs.f_frsize - leave;
    snprintf(command, sizeof command,
             "fallocate -l %" PRIu64 " disk/filler$(ls disk | wc -l)", len);
    folder_shell(&p->folder, command);
}

/* Outcomes of jobs 1, 2 ... of 100 kB until none fits. Returns how many did. */
static int outcomes_until_full(struct place *p)
{
    struct store_report report, same;

    for (uint64_t id = 1;; id++) {
        struct records batch = { 0 };
        records_add(&batch, sample_outcome(id, 1, 100000));
        enum err err = store_commit(p->store, &batch, &report, p->errmsg);
        if (err == ERR_NONE)
            assert_int_equal(store_commit(p->memory, &batch, &same, NULL),
                             ERR_NONE);
        else
            assert_int_equal(err, ERR_FULL);
        records_fini(&batch);
        if (err != ERR_NONE)
            return (int)id - 1;
    }
}

static void the_ballast_lets_outcomes_fit_on_a_full_disk(void **state)
{
    struct place *p = *state;

    mount_disk(p);
    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 500);
    fill_disk(p, 8192);
    commit_one(p, big_job(501, 900000), ERR_NONE,
               "501 refused, no space left, 0\nfull\n");
    int n = outcomes_until_full(p);
    assert_true(n >= BALLAST_LEN / 100000 / 2 && n < 500);
    commit_one(p, sample_job(502), ERR_NONE,
               "502 refused, no space left, 0\nfull\n");
    folder_shell(&p->folder, "rm disk/filler*");
    commit_one(p, sample_outcome((uint64_t)n + 1, 1, 100000), ERR_NONE, "");
    commit_one(p, sample_job(503), ERR_NONE, "");
    reopen(p);
}

static void submits_are_refused_until_the_ballast_is_whole(void **state)
{
    struct place *p = *state;

    mount_disk(p);
    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 100);
    fill_disk(p, 0);
    commit_one(p, sample_outcome(1, 1, 1000000), ERR_NONE, "");
    /* There is room now, but it is the ballast's. */
    commit_one(p, sample_job(101), ERR_NONE,
               "101 refused, no space left, 0\nfull\n");
    folder_shell(&p->folder, "rm disk/filler*");
    commit_one(p, sample_job(102), ERR_NONE, "");
    reopen(p);
}

static void pieces_are_left_out_of_a_full_disk(void **state)
{
    struct place *p = *state;
    struct records batch = { 0 };

    mount_disk(p);
    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 100);
    commit_one(p, sample_piece(1, 1, 0, 200000), ERR_NONE, "");
    fill_disk(p, 8192);
    for (uint64_t k = 1; k <= 8; k++)
        records_add(&batch, sample_piece(1, 1, k * PIECE_LEN_MAX, 200000));
    records_add(&batch, sample_outcome(2, 1, 100));
    commit(p, &batch, ERR_NONE, "pieces left out\n");
    folder_shell(&p->folder, "rm disk/filler*");
    commit_one(p, sample_piece(1, 1, PIECE_LEN_MAX, 200000), ERR_NONE, "");
    reopen(p);
}

static void a_life_can_begin_on_a_full_disk(void **state)
{
    struct place *p = *state;

    mount_disk(p);
    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 100);
    store_close(p->store);
    fill_disk(p, 0);
    open_store(p);
    expect_same_load(p);
    commit_one(p, sample_outcome(1, 1, 1000000), ERR_NONE, "");
    commit_one(p, sample_job(101), ERR_NONE,
               "101 refused, no space left, 0\nfull\n");
    reopen(p);
}

static void the_ballast_lets_a_life_begin(void **state)
{
    struct place *p = *state;

    mount_disk(p);
    open_store(p);
    expect_same_load(p);
    commit_jobs(p, 100);
    store_close(p->store);
    open_store(p);
    fill_disk(p, 0);
    expect_same_load(p);
    reopen(p);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(a_submit_that_does_not_fit_is_refused_alone),
        TEST(a_known_key_is_told_on_a_full_disk_as_well),
        TEST(a_batch_that_does_not_fit_at_all_can_be_tried_again),
        TEST(a_failing_disk_loses_no_promise),
        TEST(a_disk_that_failed_once_is_left_alone),
        TEST(a_disk_that_fails_at_the_end_loses_nothing),
        TEST(a_disk_that_fails_at_the_start_is_an_error),
        TEST(the_ballast_lets_outcomes_fit_on_a_full_disk),
        TEST(submits_are_refused_until_the_ballast_is_whole),
        TEST(pieces_are_left_out_of_a_full_disk),
        TEST(a_life_can_begin_on_a_full_disk),
        TEST(the_ballast_lets_a_life_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
