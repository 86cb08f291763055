/* SPDX-License-Identifier: MIT */
/* What the threads around a store promise to a loop. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/shell/store_thread.h"
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/sample.h"

struct client {
    struct folder folder;
    uv_loop_t loop;
    struct store_thread *store;
    char errmsg[ERRMSG_LEN];

    uint64_t n_written, n_durable;
    int n_batches, n_full, n_failed;
    enum err why;
    struct buf refusals;
    struct buf answers;
    uint64_t n_answers;
    bool close_at_once; /* in the next event */
};

/* ---- events ---- */

static void close_if_asked(struct client *c)
{
    if (!c->close_at_once)
        return;
    store_thread_close(c->store);
    c->store = NULL;
}

static void durable(void *arg, uint64_t n_records,
                    const struct store_report *report)
{
    struct client *c = arg;

    assert_non_null(c->store);
    assert_true(n_records > c->n_durable && n_records <= c->n_written);
    c->n_durable = n_records;
    c->n_batches++;
    sample_dump_report(&c->refusals, report);
    close_if_asked(c);
}

static void answered(void *arg, uint64_t id, enum err err,
                     struct records *records)
{
    struct client *c = arg;

    assert_non_null(c->store);
    assert_int_equal(err, ERR_NONE);
    assert_int_equal(id, c->n_answers);
    c->n_answers++;
    sample_dump(&c->answers, records);
    close_if_asked(c);
}

static void full(void *arg)
{
    struct client *c = arg;

    c->n_full++;
    fault_vfs_room(-1); /* somebody made room */
}

static void failed(void *arg, enum err err, const char *errmsg)
{
    struct client *c = arg;

    assert_string_not_equal(errmsg, "");
    c->n_failed++;
    c->why = err;
}

static const struct store_thread_events events = {
    .durable = durable, .answered = answered, .full = full, .failed = failed
};

/* ---- helpers ---- */

static void ignore(void *arg, struct record *rec)
{
    (void)arg;
    (void)rec;
}

static void open_store(struct client *c)
{
    enum err err = store_thread_open(folder_name(&c->folder, "db"), &c->loop,
                                     &events, c, &c->store, c->errmsg);

    if (err == ERR_NONE)
        err = store_thread_load(c->store, ignore, c, c->errmsg);
    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), c->errmsg);
    c->n_written = 0;
    c->n_durable = 0;
}

static void close_store(struct client *c)
{
    store_thread_close(c->store);
    c->store = NULL;
    uv_run(&c->loop, UV_RUN_DEFAULT); /* no handle is left: it ends */
}

static int make_client(void **state)
{
    struct client *c = calloc(1, sizeof *c);

    fault_vfs_install();
    folder_make(&c->folder);
    assert_int_equal(uv_loop_init(&c->loop), 0);
    open_store(c);
    *state = c;
    return 0;
}

static int free_client(void **state)
{
    struct client *c = *state;

    fault_vfs_hold(false);
    fault_vfs_room(-1);
    fault_vfs_fail_from(0);
    close_store(c);
    assert_int_equal(uv_loop_close(&c->loop), 0);
    folder_remove(&c->folder);
    buf_fini(&c->refusals);
    buf_fini(&c->answers);
    free(c);
    return 0;
}

static void write_one(struct client *c, struct record rec)
{
    struct records list = { 0 };

    records_add(&list, rec);
    store_thread_write(c->store, &list);
    c->n_written++;
    assert_int_equal(list.n, 0);
    records_fini(&list);
}

static void ask_for(struct client *c, uint64_t id, uint64_t job)
{
    struct query q = { .type = QUERY_JOBS,
                       .lowest = { job },
                       .below = { job + 1 },
                       .name = sample_blob("third"),
                       .max = 1 };

    store_thread_read(c->store, id, &q, false);
    assert_null(q.name);
}

#define RUN_UNTIL(c, condition) \
    while (!(condition))        \
    uv_run(&(c)->loop, UV_RUN_ONCE)

/* ---- tests ---- */

static void what_is_written_becomes_durable(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 100));
    write_one(c, sample_job(3));
    RUN_UNTIL(c, c->n_durable == 2);
    close_store(c);
    open_store(c);
    ask_for(c, 0, 3);
    RUN_UNTIL(c, c->n_answers == 1);
    assert_non_null(strstr(buf_text(&c->answers), "job 3 key 3"));
}

static void a_batch_forms_while_another_is_synced(void **state)
{
    struct client *c = *state;

    fault_vfs_hold(true);
    int before = fault_vfs_syncs();
    write_one(c, sample_mark(RECORD_IDS, 1000));
    while (fault_vfs_syncs() == before)
        uv_run(&c->loop, UV_RUN_NOWAIT);
    for (uint64_t id = 1; id <= 500; id++)
        write_one(c, sample_job(id));
    uv_run(&c->loop, UV_RUN_NOWAIT);
    assert_int_equal(c->n_durable, 0);
    fault_vfs_hold(false);
    RUN_UNTIL(c, c->n_durable == 501);
    assert_int_equal(c->n_batches, 2);
}

static void refusals_are_reported_and_counted(void **state)
{
    struct client *c = *state;
    struct record again = sample_job(2);

    again.u.job.key = sample_key(1);
    write_one(c, sample_mark(RECORD_IDS, 100));
    write_one(c, sample_job(1));
    write_one(c, again);
    write_one(c, sample_outcome(2, 1, 1));
    RUN_UNTIL(c, c->n_durable == 4);
    assert_string_equal(buf_text(&c->refusals),
                        "2 refused, conflicts with an existing one, 1\n");
}

static void answers_come_in_the_order_of_the_queries(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 1000));
    for (uint64_t id = 1; id <= 300; id++) {
        write_one(c, sample_job(id));
        ask_for(c, id - 1, id); /* the answer depends on how far it is */
    }
    RUN_UNTIL(c, c->n_answers == 300 && c->n_durable == 301);
    buf_clear(&c->answers);
    for (uint64_t id = 300; id < 400; id++)
        ask_for(c, id, id - 297);
    RUN_UNTIL(c, c->n_answers == 400);
    assert_non_null(strstr(buf_text(&c->answers), "job 3 key 3 "));
    assert_null(strstr(buf_text(&c->answers), "job 4 key 4 ")); /* its name */
    assert_non_null(strstr(buf_text(&c->answers), "job 102 key 102 "));
}

static void what_is_pending_is_written_at_the_end(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 1000));
    for (uint64_t id = 1; id <= 300; id++)
        write_one(c, sample_job(id));
    close_store(c);
    assert_int_equal(c->n_batches, 0); /* no event after the end */
    open_store(c);
    ask_for(c, 0, 300);
    RUN_UNTIL(c, c->n_answers == 1);
    assert_non_null(strstr(buf_text(&c->answers), "job 300 key 300 "));
}

static void it_may_be_closed_in_an_event(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 100));
    for (uint64_t id = 0; id < 20; id++)
        ask_for(c, id, id);
    c->close_at_once = true;
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_null(c->store);
    assert_true(c->n_batches + (int)c->n_answers == 1);
}

static void a_full_disk_is_told_once_and_the_batch_tried_again(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 100));
    write_one(c, sample_job(1));
    RUN_UNTIL(c, c->n_durable == 2);
    fault_vfs_room(0);
    write_one(c, sample_outcome(1, 1, 100000));
    RUN_UNTIL(c, c->n_durable == 3); /* full() made room */
    assert_int_equal(c->n_full, 1);
    assert_int_equal(c->n_failed, 0);
}

static void a_disk_that_fails_ends_it(void **state)
{
    struct client *c = *state;

    write_one(c, sample_mark(RECORD_IDS, 100));
    RUN_UNTIL(c, c->n_durable == 1);
    fault_vfs_fail_from(1);
    write_one(c, sample_job(1));
    RUN_UNTIL(c, c->n_failed == 1);
    assert_int_equal(c->why, ERR_IO);
    write_one(c, sample_job(2)); /* harmless */
    assert_int_equal(c->n_durable, 1);
}

static void a_store_that_cannot_be_opened_is_an_error(void **state)
{
    struct client *c = *state;
    struct store_thread *other = NULL;

    assert_int_equal(store_thread_open(folder_name(&c->folder, "db"), &c->loop,
                                       &events, c, &other, c->errmsg),
                     ERR_BUSY);
    assert_null(other);
    store_thread_close(NULL);
}

static size_t count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    size_t n = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void count_while_loading(void *arg, struct record *rec)
{
    (void)rec;
    *(size_t *)arg = count_threads();
}

/* The writer's housekeeping uses the connection that loads. */
static void threads_start_when_all_is_loaded(void **state)
{
    struct client *c = *state;
    size_t before, loading = 0;

    close_store(c);
    before = count_threads();
    assert_int_equal(store_thread_open(folder_name(&c->folder, "db"), &c->loop,
                                       &events, c, &c->store, c->errmsg),
                     ERR_NONE);
    assert_int_equal(
        store_thread_load(c->store, count_while_loading, &loading, c->errmsg),
        ERR_NONE);
    assert_int_equal(loading, before);
    assert_int_equal(count_threads(), before + 2);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, make_client, free_client)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_becomes_durable),
        TEST(a_batch_forms_while_another_is_synced),
        TEST(refusals_are_reported_and_counted),
        TEST(answers_come_in_the_order_of_the_queries),
        TEST(what_is_pending_is_written_at_the_end),
        TEST(it_may_be_closed_in_an_event),
        TEST(a_full_disk_is_told_once_and_the_batch_tried_again),
        TEST(a_disk_that_fails_ends_it),
        TEST(a_store_that_cannot_be_opened_is_an_error),
        TEST(threads_start_when_all_is_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
