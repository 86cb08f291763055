/* SPDX-License-Identifier: MIT */
/* The command line of yon-worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/shell/worker_config.h"

static struct config config;
static char said[4096]; /* on stderr */
static char *argv[100]; /* labels and modules stay in it */

static void forget(void)
{
    config_fini(&config);
    config = (struct config){ 0 };
    for (size_t i = 0; argv[i] != NULL; i++)
        free(argv[i]);
    memset(argv, 0, sizeof argv);
}

/* Read a command line, which ends with NULL. Returns what config_read did. */
static int reads(const char *first, ...)
{
    int argc = 0, saved = dup(STDERR_FILENO), end;
    FILE *file = tmpfile();
    va_list args;

    forget();
    argv[argc++] = strdup("yon-worker");
    va_start(args, first);
    for (const char *arg = first; arg != NULL; arg = va_arg(args, char *))
        argv[argc++] = strdup(arg);
    va_end(args);
    dup2(fileno(file), STDERR_FILENO);
    end = config_read(argc, argv, &config);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return end;
}

static int setup(void **state)
{
    (void)state;
    unsetenv("YON_SERVER");
    setenv("YON_DIR", "/run/yon", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    forget();
    return 0;
}

static void expect_wrong(int end, const char *why)
{
    assert_int_equal(end, 2);
    if (strstr(said, why) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", why, said);
}

static void without_options_it_finds_its_way(void **state)
{
    char pid[32];

    (void)state;
    assert_int_equal(reads(NULL), -1);
    assert_string_equal(config.server, "ipc:///run/yon/yond.sock");
    snprintf(pid, sizeof pid, "-%d", getpid());
    assert_non_null(strstr(config.name, pid));
    assert_true(config.slots >= 1);
    assert_int_equal(config.slow_ms, 100);
    assert_true(config.procs >= 1);
    assert_int_equal(config.inherit_fd, 0);
    assert_int_equal(config.calls, 4096);
    assert_int_equal(config.n_loads, 0);
    assert_int_equal(config.n_labels, 0);
}

static void options_are_taken(void **state)
{
    (void)state;
    assert_int_equal(reads("-s", "tcp://127.0.0.1:7777", "--name", "n 07",
                           "--slots=0", "--calls", "12", "--slow-ms", "7",
                           "--procs", "3", "--stack-kb", "128", "--load",
                           "a.so", "--load", "/b.so", "--label", "zone=a=b",
                           "--label", "empty=", "c.so", "--", "--d.so", NULL),
                     -1);
    assert_string_equal(config.server, "tcp://127.0.0.1:7777");
    assert_string_equal(config.name, "n 07");
    assert_int_equal(config.slots, 0);
    assert_int_equal(config.slow_ms, 7);
    assert_int_equal(config.procs, 3);
    assert_int_equal(config.stack_kb, 128);
    assert_int_equal(config.calls, 12);
    assert_int_equal(config.n_loads, 4);
    assert_string_equal(config.loads[1], "/b.so");
    assert_string_equal(config.loads[2], "c.so");
    assert_string_equal(config.loads[3], "--d.so");
    assert_true(view_equal(config.labels[0].key, view_str("zone")));
    assert_true(view_equal(config.labels[0].value, view_str("a=b")));
    assert_true(view_equal(config.labels[1].value, view_str("")));
}

/* Programs get it, and start in other folders. */
static void a_relative_socket_becomes_absolute(void **state)
{
    (void)state;
    assert_int_equal(chdir("/usr"), 0);
    assert_int_equal(reads("--server", "ipc://d/yond.sock", NULL), -1);
    assert_string_equal(config.server, "ipc:///usr/d/yond.sock");
}

static void wrong_options_are_named(void **state)
{
    char *text = calloc(1, 300);

    (void)state;
    memset(text, 'x', 258);
    text[256] = '\0';
    expect_wrong(reads("--slots", "many", NULL),
                 "--slots wants a number from 0 to 65536, not \"many\"");
    expect_wrong(reads("--stack-kb", "4", NULL),
                 "--stack-kb wants a number from 16 to 16384");
    expect_wrong(reads("--slots", "-1", NULL), "--slots wants a number");
    expect_wrong(reads("--calls", "70000", NULL), "--calls wants a number");
    expect_wrong(reads("--calls", "7x", NULL), "--calls wants a number");
    expect_wrong(reads("--label", "zone", NULL), "wants KEY=VALUE");
    expect_wrong(reads("--label", "=a", NULL), "wants KEY=VALUE");
    expect_wrong(reads("--label", "a=1", "--label", "a=2", NULL),
                 "this key was given before");
    expect_wrong(reads("--name", "", NULL), "--name wants 1 to 255 bytes");
    expect_wrong(reads("--name", text, NULL), "--name wants 1 to 255 bytes");
    expect_wrong(reads("--server", "nonsense", NULL), "nonsense");
    expect_wrong(reads("--nonsense", NULL), "no option --nonsense");
    expect_wrong(reads("--slot", "3", NULL), "did you mean --slots?");
    expect_wrong(reads("--calls", NULL), "--calls wants a value: N");
    memcpy(text, "k=", 2);
    text[256] = 'x';
    expect_wrong(reads("--label", text, NULL), "at most 255 bytes");
    free(text);
}

static void help_and_version_end_well(void **state)
{
    (void)state;
    assert_int_equal(reads("--help", NULL), 0);
    assert_int_equal(reads("-V", NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(without_options_it_finds_its_way),   TEST(options_are_taken),
        TEST(a_relative_socket_becomes_absolute), TEST(wrong_options_are_named),
        TEST(help_and_version_end_well),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
