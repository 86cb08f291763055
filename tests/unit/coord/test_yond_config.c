/* SPDX-License-Identifier: MIT */
/* The command line of yond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/core/coord.h"
#include "coordinator/shell/yond_config.h"
#include "libcommon/check.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define WORDS_MAX 40

static struct yond_config config;
static char said[4096]; /* on stderr */

/* Read words, separated by single blanks, behind the two that must be there. */
static int reads(const char *line)
{
    static char text[400];
    static char *argv[WORDS_MAX];
    int argc = 0, saved = dup(STDERR_FILENO), end;
    FILE *file = tmpfile();

    snprintf(text, sizeof text, "yond --listen ipc://s --db d %s", line);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        argv[argc++] = at;
    assert_true(argc < WORDS_MAX);
    argv[argc] = NULL;
    dup2(fileno(file), STDERR_FILENO);
    end = yond_config_read(argc, argv, &config);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return end;
}

/* The simulator runs with the core's own figures: they are ours, too. */
static void defaults_are_those_of_the_core(void **state)
{
    (void)state;
    assert_int_equal(reads(""), -1);
    assert_string_equal(config.listen[0], "ipc://s");
    assert_string_equal(config.db, "d");
    assert_int_equal(config.lease_s * 1000, coord_config_default.lease_ms);
    assert_int_equal(config.queue_max, coord_config_default.queue_max);
    assert_int_equal(config.queue_bytes_max, 0); /* as memory allows */
    assert_int_equal(config.sessions_max, coord_config_default.sessions_max);
}

static void a_network_gets_a_longer_lease_and_wants_keys(void **state)
{
    (void)state;
    assert_int_equal(reads("--listen tcp://127.0.0.1:1 --keys k"), -1);
    assert_int_equal(config.n_listen, 2);
    assert_string_equal(config.listen[1], "tcp://127.0.0.1:1");
    assert_string_equal(config.keys, "k");
    assert_int_equal(config.lease_s, 60);
    assert_int_equal(reads("--listen tcp://127.0.0.1:1 --keys k --lease 5"),
                     -1);
    assert_int_equal(config.lease_s, 5);
    assert_int_equal(reads("--listen tcp://127.0.0.1:1"), 2);
    assert_non_null(strstr(said, "takes keys"));
}

static void jobs_are_kept_for_a_week_or_a_month(void **state)
{
    (void)state;
    assert_int_equal(reads(""), -1);
    assert_int_equal(config.retention.keep_ms[STATE_DONE], 7 * DAY_MS);
    assert_int_equal(config.retention.keep_ms[STATE_CANCELLED], 7 * DAY_MS);
    assert_int_equal(config.retention.keep_ms[STATE_FAILED], 30 * DAY_MS);
    assert_int_equal(config.retention.keep_ms[STATE_EXPIRED], 30 * DAY_MS);
    assert_int_equal(config.retention.keep_ms[STATE_LOST], 30 * DAY_MS);
    assert_int_equal(config.retention.jobs_max, 10 * 1000 * 1000);
    assert_int_equal(config.retention.bytes_max, INT64_C(16) << 30);
    assert_int_equal(config.retention.least_ms, 60000);
}

static void options_are_taken(void **state)
{
    (void)state;
    assert_int_equal(reads("--lease 3600 --keep failed=2h,done=ever "
                           "--keep lost=1s --keep-jobs 0 --keep-bytes 0 "
                           "--queue-jobs 7 --queue-bytes=3K --sessions 2"),
                     -1);
    assert_int_equal(config.lease_s, 3600);
    assert_int_equal(config.retention.keep_ms[STATE_FAILED], 2 * 3600 * 1000);
    assert_int_equal(config.retention.keep_ms[STATE_DONE], 0);
    assert_int_equal(config.retention.keep_ms[STATE_LOST], 1000);
    assert_int_equal(config.retention.keep_ms[STATE_EXPIRED], 30 * DAY_MS);
    assert_int_equal(config.retention.jobs_max, 0);
    assert_int_equal(config.retention.bytes_max, 0);
    assert_int_equal(config.queue_max, 7);
    assert_int_equal(config.queue_bytes_max, 3072);
    assert_int_equal(config.sessions_max, 2);
}

/* So a unit file can be overridden by more words behind it. */
static void last_of_two_values_wins(void **state)
{
    (void)state;
    assert_int_equal(reads("--lease 3 --lease 4 --db other"), -1);
    assert_int_equal(config.lease_s, 4);
    assert_string_equal(config.db, "other");
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *line, *text;
    } bad[] = {
        { "more", "yond: unexpected argument: \"more\"" },
        { "--lease 0", "--lease wants a number from 1 to 3600, not \"0\"" },
        { "--lease 10s", "not \"10s\"" },
        { "--lease", "--lease wants a value: SECONDS" },
        { "--lese 3", "no option --lese; did you mean --lease?" },
        { "-x", "no option -x" },
        { "--keep done", "--keep wants STATE=TIME" },
        { "--keep running=3d", "done, failed, cancelled" },
        { "--keep done=soon", "not \"soon\"" },
        { "--keep done=1ms", "at least 1s" },
        { "--keep done=1d,lost", "--keep wants STATE=TIME" },
        { "--keep-jobs -1", "--keep-jobs wants a number from 0, not \"-1\"" },
        { "--keep-bytes 1X", "wants a size like 500M or 16G, or 0" },
        { "--keep-bytes 9999999T", "wants a size" },
        { "--queue-bytes 0", "wants a size like 500M or 16G, not \"0\"" },
        { "--queue-jobs 0", "--queue-jobs wants a number from 1, not \"0\"" },
        { "--sessions 0", "--sessions wants a number from 1" },
        { "--log-level loud", "error|warn|info|debug" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(reads(bad[i].line), 2);
        if (strstr(said, bad[i].text) == NULL)
            fail_msg("%s: %s", bad[i].line, said);
        assert_non_null(strstr(said, "Try `yond --help`."));
    }
}

static void what_must_be_there_is_missed(void **state)
{
    static char yond[] = "yond", listen[] = "--listen", ipc[] = "ipc://s";
    char *argv[] = { yond, listen, ipc, NULL }, *none[] = { NULL };

    (void)state;
    assert_int_equal(yond_config_read(3, argv, &config), 2);
    argv[1] = NULL;
    assert_int_equal(yond_config_read(1, argv, &config), 2);
    assert_int_equal(yond_config_read(0, none, &config), 2);
}

static void help_and_version_end_well(void **state)
{
    (void)state;
    assert_int_equal(reads("--help"), 0);
    assert_int_equal(reads("-V"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_core),
        cmocka_unit_test(a_network_gets_a_longer_lease_and_wants_keys),
        cmocka_unit_test(jobs_are_kept_for_a_week_or_a_month),
        cmocka_unit_test(options_are_taken),
        cmocka_unit_test(last_of_two_values_wins),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(what_must_be_there_is_missed),
        cmocka_unit_test(help_and_version_end_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
