/* SPDX-License-Identifier: MIT */
/* What jobs outlive: their client, the coordinator, a worker. All of them real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/yon.h>

#include "tests/support/cluster.h"

static struct cluster cluster;
static yon_client *client;

static int group_setup(void **state)
{
    (void)state;
    cluster_start(&cluster);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return yon_connect(cluster.address, &client);
}

static int teardown(void **state)
{
    (void)state;
    yon_close(client);
    return 0;
}

static yon_future *call_add(yon_client *c, int64_t a, int64_t b)
{
    return yon_call(c, "add", "{sIsI}", "a", a, "b", b);
}

static yon_future *shell(const char *script)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    return yon_command(client, argv);
}

/* A job that waits until the gate is opened. */
static yon_future *wait_at_gate(char *gate)
{
    char script[128];

    snprintf(gate, 96, "%s/gate", cluster.dir);
    unlink(gate);
    assert_int_equal(mkfifo(gate, 0600), 0);
    snprintf(script, sizeof script, "cat %s", gate);
    return shell(script);
}

static void open_gate(const char *gate)
{
    FILE *end = fopen(gate, "w"); /* waits for the job */

    assert_non_null(end);
    fputs("opened", end);
    fclose(end);
}

static void running_jobs_outlive_the_coordinator(void **state)
{
    char gate[96];
    yon_future *f = wait_at_gate(gate);
    yon_future *later;
    uint64_t job = 0;
    size_t len = 0;

    (void)state;
    assert_int_equal(yon_await_id(f, &job), 0);
    cluster_kill_yond(&cluster);
    later = call_add(client, 1, 2); /* while there is none */
    assert_int_equal(yon_await_for(later, 10), YON_ETIMEOUT);
    cluster_start_yond(&cluster);
    open_gate(gate);
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_id(f), job);
    assert_memory_equal(yon_output(f, 1, &len), "opened", 6);
    assert_int_equal(yon_await(later), 0);
    yon_free(later);
    yon_free(f);
}

static uint64_t id_and_free(yon_future *f)
{
    uint64_t job = 0;

    assert_int_equal(yon_await_id(f, &job), 0);
    yon_free(f);
    return job;
}

/* Nobody waits, and who submitted is gone before one of them ends. */
static void what_was_forgotten_is_fetched_by_another(void **state)
{
    char gate[96];
    uint64_t command = id_and_free(wait_at_gate(gate));
    uint64_t call = id_and_free(call_add(client, 2, 3));
    yon_future *fs[2];
    int64_t sum = 0;
    size_t len = 0;

    (void)state;
    yon_close(client);
    open_gate(gate);
    assert_int_equal(yon_connect(cluster.address, &client), 0);
    fs[0] = yon_attach(client, command, 0);
    fs[1] = yon_attach(client, call, 0);
    assert_int_equal(yon_all(fs, 2), 0);
    assert_memory_equal(yon_output(fs[0], 1, &len), "opened", 6);
    assert_int_equal(yon_result(fs[1], "I", &sum), 0);
    assert_int_equal(sum, 5);
    yon_free(fs[0]);
    yon_free(fs[1]);
}

/* Its first start says so and never ends; the second does. */
static yon_future *hang_once(const char *started)
{
    char script[512];

    assert_int_equal(mkfifo(started, 0600), 0);
    snprintf(script, sizeof script,
             "[ ! -e %s.once ] || { echo again; exit; }; "
             ": >%s.once; echo >%s; exec sleep 86400",
             started, started, started);
    return shell(script);
}

static void jobs_run_again_when_their_worker_dies(void **state)
{
    char started[96];
    yon_future *f;
    FILE *end;
    uint64_t job = 0;
    size_t len = 0;

    (void)state;
    snprintf(started, sizeof started, "%s/started", cluster.dir);
    f = hang_once(started);
    assert_int_equal(yon_await_id(f, &job), 0);
    end = fopen(started, "r"); /* waits for the job */
    assert_non_null(end);
    fclose(end);
    cluster_kill_worker(&cluster);
    cluster_start_worker(&cluster);
    assert_int_equal(yon_await(f), 0);
    assert_memory_equal(yon_output(f, 1, &len), "again\n", 6);
    yon_free(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_forgotten_is_fetched_by_another),
        TEST(running_jobs_outlive_the_coordinator),
        TEST(jobs_run_again_when_their_worker_dies),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
