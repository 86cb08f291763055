/* SPDX-License-Identifier: MIT */
/* Rows that go into a struct; test_cli_options.c has those that are asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/options.h"

#define WORDS_MAX 30

struct config {
    const char *text, *choice;
    bool flag;
    uint32_t small;
    int32_t from_minus_one;
    uint64_t large;
    int64_t size, wait_ms;
    int n_even;
};

static enum err read_even(void *config, const char *text, char *errmsg)
{
    struct config *c = config;

    if (strlen(text) % 2 == 1)
        return err_set(errmsg, ERR_TYPE, "\"%s\" is odd", text);
    c->n_even++;
    return ERR_NONE;
}

#define FIELD(field) OPTION_FIELD(struct config, field)

static const struct option rows[] = {
    { .letter = 't',
      .name = "text",
      .value = "T",
      .type = OPTION_TEXT,
      .otherwise = "no text",
      .help = "any text",
      FIELD(text) },
    { .name = "choice",
      .value = "a|bc",
      .type = OPTION_CHOICE,
      .help = "one",
      FIELD(choice) },
    { .letter = 'f', .name = "flag", .help = "yes", FIELD(flag) },
    { .name = "small",
      .value = "N",
      .type = OPTION_NUMBER,
      .max = UINT32_MAX,
      .otherwise = "7",
      .help = "32 bits",
      FIELD(small) },
    { .name = "own",
      .value = "N",
      .type = OPTION_NUMBER,
      .min = -1,
      .max = 9,
      .otherwise = "-1",
      FIELD(from_minus_one) },
    { .name = "large",
      .value = "N",
      .type = OPTION_NUMBER,
      .max = INT64_MAX,
      .help = "64 bits",
      FIELD(large) },
    { .name = "size",
      .value = "SIZE",
      .type = OPTION_SIZE,
      .max = INT64_MAX,
      .otherwise = "2K",
      .help = "bytes",
      FIELD(size) },
    { .name = "wait",
      .value = "DUR",
      .type = OPTION_DURATION,
      .help = "time",
      FIELD(wait_ms) },
    { .name = "even",
      .value = "T",
      .type = OPTION_TEXT,
      .is_list = true,
      .read = read_even,
      .help = "several" },
    { .id = 12,
      .name = "asked",
      .value = "T",
      .type = OPTION_TEXT,
      .help = "by id" },
    OPTION_END,
};

static struct config config;
static struct options options;
static char errmsg[ERRMSG_LEN];

/* Read words, separated by single blanks, and store them. */
static enum err reads(const char *line)
{
    static char text[400];
    static char *argv[WORDS_MAX];
    const struct options_rules rules = { .own = rows, .last_wins = true };
    int argc = 0;
    enum err err;

    snprintf(text, sizeof text, "program %s", line);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        argv[argc++] = at;
    assert_true(argc < WORDS_MAX);
    argv[argc] = NULL;
    options_fini(&options);
    config = (struct config){ 0 };
    options_init(&options, argc, argv);
    err = options_read(&options, &rules, errmsg);
    return err != ERR_NONE ? err
                           : options_store(&options, rows, &config, errmsg);
}

static int teardown(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

static void defaults_are_read_as_if_typed(void **state)
{
    (void)state;
    assert_int_equal(reads(""), ERR_NONE);
    assert_string_equal(config.text, "no text");
    assert_null(config.choice);
    assert_false(config.flag);
    assert_int_equal(config.small, 7);
    assert_int_equal(config.from_minus_one, -1);
    assert_int_equal(config.size, 2048);
    assert_int_equal(config.large, 0);
}

static void values_go_where_the_row_says(void **state)
{
    (void)state;
    assert_int_equal(reads("-ftx --choice bc --small=4294967295 --own 3 "
                           "--large 9223372036854775807 --size 3T --wait 1.5s "
                           "--even aa --even bb --asked y more"),
                     ERR_NONE);
    assert_string_equal(config.text, "x");
    assert_string_equal(config.choice, "bc");
    assert_true(config.flag);
    assert_int_equal(config.small, UINT32_MAX);
    assert_int_equal(config.from_minus_one, 3);
    assert_true(config.large == INT64_MAX);
    assert_true(config.size == INT64_C(3) << 40);
    assert_int_equal(config.wait_ms, 1500);
    assert_int_equal(config.n_even, 2);
    assert_string_equal(options_text(&options, 12, ""), "y");
    assert_int_equal(options.n_args, 1);
    assert_string_equal(options.args[0], "more");
}

static void last_of_two_values_wins_where_it_may(void **state)
{
    const struct options_rules strict = { .own = rows };
    static char program[] = "p", flag[] = "--small", one[] = "1", two[] = "2";
    char *argv[] = { program, flag, one, flag, two, NULL };

    (void)state;
    assert_int_equal(reads("--small 1 --small 2"), ERR_NONE);
    assert_int_equal(config.small, 2);
    options_fini(&options);
    options_init(&options, 5, argv);
    assert_int_equal(options_read(&options, &strict, errmsg), ERR_FORMAT);
    assert_string_equal(errmsg, "--small takes one value, and was given two: "
                                "\"1\" and \"2\"");
}

static void error_of_a_reader_comes_out(void **state)
{
    (void)state;
    assert_int_equal(reads("--even abc"), ERR_TYPE);
    assert_string_equal(errmsg, "\"abc\" is odd");
}

static void numbers_and_sizes_are_checked(void **state)
{
    static const char *const bad[] = {
        "--small -1",
        "--small 4294967296",
        "--small 1x",
        "--small x",
        "--small=",
        "--small --flag",
        "--large 9223372036854775808",
        "--own -2",
        "--own 10",
        "--size 9223372036854775808",
        "--size 1KB",
        "--size K",
        "--size -1",
        "--size 1X",
        "--size 9007199254740992K",
        "--size=",
        "--wait 0",
        "--choice b",
        "--choice a|bc",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (reads(bad[i]) == ERR_NONE)
            fail_msg("%s was taken", bad[i]);
    assert_int_equal(reads("--size 8388607T"), ERR_NONE);
    assert_int_equal(reads("--size 8388608T"), ERR_RANGE);
}

static void reading_stops_and_goes_on(void **state)
{
    const struct options_rules rules = { .own = rows, .stop_at_word = true };
    static char program[] = "p", flag[] = "-f", word[] = "word", end[] = "--";
    char *argv[] = { program, flag, word, end, flag, NULL };

    (void)state;
    options_fini(&options);
    options_init(&options, 5, argv);
    assert_int_equal(options_read(&options, &rules, errmsg), ERR_NONE);
    assert_int_equal(options.n_args, 0);
    assert_ptr_equal(options_take_word(&options), word);
    assert_int_equal(options_read(&options, &rules, errmsg), ERR_NONE);
    assert_int_equal(options.n_args, 1);
    assert_ptr_equal(options.args[0], flag); /* behind "--" */
    assert_null(options_take_word(&options));
}

static void help_shows_what_is_not_hidden(void **state)
{
    struct buf out = { 0 };

    (void)state;
    option_add_help(&out, "Options", rows);
    assert_non_null(strstr(buf_text(&out),
                           "\nOptions\n"
                           "  -t, --text T                any text (no text)\n"
                           "      --choice a|bc           one\n"
                           "  -f, --flag                  yes\n"));
    assert_null(strstr(buf_text(&out), "--own"));
    buf_fini(&out);
    assert_int_equal(reads("--ow 3"), ERR_FORMAT); /* and is not recommended */
    assert_string_equal(errmsg, "no option --ow");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_read_as_if_typed),
        TEST(values_go_where_the_row_says),
        TEST(last_of_two_values_wins_where_it_may),
        TEST(error_of_a_reader_comes_out),
        TEST(numbers_and_sizes_are_checked),
        TEST(reading_stops_and_goes_on),
        TEST(help_shows_what_is_not_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
