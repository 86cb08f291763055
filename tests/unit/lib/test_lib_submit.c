/* SPDX-License-Identifier: MIT */
/* What can be submitted, and how it comes back: against a fake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/bounds.h"
#include "proto/spec.h"
#include "tests/unit/lib/fake.h"

struct bench {
    struct fake fake;
    yon_client *client;
};

static int setup(void **state)
{
    static struct bench bench;

    fake_init(&bench.fake);
    if (yon_connect(bench.fake.address, &bench.client) != 0)
        return -1;
    fake_listen(&bench.fake, bench.client->loop);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    fake_stop(&b->fake);
    yon_close(b->client);
    fake_fini(&b->fake);
    return 0;
}

/* It has failed at once, with this code, and the text says `hint`. */
static void assert_refused(yon_future *f, int code, const char *hint)
{
    assert_true(yon_is_done(f));
    assert_int_equal(yon_await(f), code);
    if (strstr(yon_error(f), hint) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", yon_error(f), hint);
    yon_free(f);
}

static void values_of_every_type_come_back(void **state)
{
    struct bench *b = *state;
    int flag = 0, small = 0;
    int64_t large = 0;
    uint64_t natural = 0;
    double real = 0;
    const char *text = NULL, *part = NULL;
    const void *bytes = NULL;
    size_t part_len = 0, n_bytes = 0;
    yon_future *f =
        yon_call(b->client, "echo", "[biIUdsSBn]", 1, -7, INT64_MIN, UINT64_MAX,
                 0.5, "text", "parted", (size_t)4, "\0\1", (size_t)2);

    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "[biIUdsSB*]", &flag, &small, &large,
                                &natural, &real, &text, &part, &part_len,
                                &bytes, &n_bytes),
                     0);
    assert_int_equal(flag, 1);
    assert_int_equal(small, -7);
    assert_true(large == INT64_MIN);
    assert_true(natural == UINT64_MAX);
    assert_true(real == 0.5);
    assert_string_equal(text, "text");
    assert_int_equal(part_len, 4);
    assert_memory_equal(part, "part", 4);
    assert_int_equal(n_bytes, 2);
    assert_memory_equal(bytes, "\0\1", 2);
    yon_free(f);
}

static void maps_are_read_in_any_order(void **state)
{
    struct bench *b = *state;
    int w = 0, h = 0, depth = 24;
    yon_future *f =
        yon_call(b->client, "echo", "{si si ss}", "h", 2, "w", 3, "x", "y");

    assert_int_equal(yon_await(f), 0);
    assert_int_equal(
        yon_result(f, "{si s?i si}", "w", &w, "depth", &depth, "h", &h), 0);
    assert_int_equal(w, 3);
    assert_int_equal(h, 2);
    assert_int_equal(depth, 24);
    yon_free(f);
}

static void a_result_of_another_type_says_so(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "echo", "s", "seven");
    int number = 0;

    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "i", &number), YON_ETYPE);
    yon_free(f);
}

static void raw_values_are_taken_as_they_are(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call_raw(b->client, "echo", "\x92\x01\x02", 3);
    size_t len = 0;

    assert_int_equal(yon_await(f), 0);
    assert_memory_equal(yon_result_raw(f, &len), "\x92\x01\x02", 3);
    assert_int_equal(len, 3);
    assert_int_equal(yon_exit_code(f), -1);
    assert_null(yon_output(f, 1, &len));
    assert_int_equal(len, 0);
    yon_free(f);
}

static void no_arguments_are_nil(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call_raw(b->client, "echo", NULL, 0);
    size_t len = 0;

    assert_int_equal(yon_await(f), 0);
    assert_memory_equal(yon_result_raw(f, &len), "\xc0", 1);
    assert_int_equal(len, 1);
    yon_free(f);
}

static void bad_formats_are_told_with_the_await(void **state)
{
    struct bench *b = *state;

    assert_refused(yon_call(b->client, "echo", "[i", 1), YON_EFORMAT, "");
    assert_refused(yon_call(b->client, "echo", "!"), YON_EFORMAT, "");
    assert_refused(yon_call(b->client, "echo", "s", NULL), YON_EFORMAT, "");
}

static void raw_arguments_are_checked(void **state)
{
    struct bench *b = *state;

    assert_refused(yon_call_raw(b->client, "echo", "\x92\x01", 2), YON_ESHORT,
                   "msgpack");
    assert_refused(yon_call_raw(b->client, "echo", "\x01\x02", 2), YON_EFORMAT,
                   "msgpack");
}

static void limits_of_calls_say_what_to_do(void **state)
{
    struct bench *b = *state;
    static uint8_t large[SPEC_LEN_MAX + 1];
    char name[NAME_LEN_MAX + 2];

    assert_refused(yon_call_raw(b->client, "echo", large, sizeof large),
                   YON_ELIMIT, "file");
    memset(name, 'f', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_refused(yon_call(b->client, name, ""), YON_ELIMIT, "255");
    assert_refused(yon_call(b->client, "", ""), YON_ERANGE, "name");
}

static void limits_of_commands_say_what_to_do(void **state)
{
    struct bench *b = *state;
    char *word = malloc(SPEC_LEN_MAX + 2);

    assert_refused(yon_command(b->client, (const char *[]){ NULL }), YON_ERANGE,
                   "empty");
    assert_refused(yon_command(b->client, (const char *[]){ "", NULL }),
                   YON_ERANGE, "empty");
    assert_refused(yon_command(b->client, NULL), YON_ERANGE, "command");
    memset(word, 'w', SPEC_LEN_MAX + 1);
    word[SPEC_LEN_MAX + 1] = '\0';
    assert_refused(yon_command(b->client, (const char *[]){ "ls", word, NULL }),
                   YON_ELIMIT, "long");
    free(word);
}

static void limits_of_arrays_say_what_to_do(void **state)
{
    struct bench *b = *state;
    const char *const argv[] = { "ls", "{}", NULL };
    const void *const with_nul[] = { "ok", "a\0b" };
    const size_t lens[] = { 2, 3 };
    struct yon_submit what = YON_SUBMIT(.argv = argv, .items = with_nul);

    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "empty");
    what.item_lens = lens;
    what.n_items = 2;
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "item 2");
    what.step = 1;
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "both");
    what = YON_SUBMIT(.argv = argv, .first = 3, .last = 1, .step = 1);
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "empty");
    what.last = INT64_MAX;
    what.first = INT64_MIN;
    assert_refused(yon_submit(b->client, &what), YON_ELIMIT, "parts");
    what.step = INT64_MIN;
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "empty");
    what.fn = "both";
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "not both");
}

static void an_array_is_one_request(void **state)
{
    struct bench *b = *state;
    const void *const items[] = { "a", "b c", "" };
    const size_t lens[] = { 1, 3, 0 };
    struct yon_submit what = YON_SUBMIT(.fn = "echo", .items = items,
                                        .item_lens = lens, .n_items = 3);
    yon_future *f = yon_submit(b->client, &what);

    assert_int_equal(yon_await(f), 0);
    assert_string_equal(fake_log(&b->fake), "SUBMIT*3");
    yon_free(f);
}

static void ranges_count_their_elements(void **state)
{
    static const struct {
        int64_t first, last, step;
        const char *log;
    } ranges[] = {
        { 1, 10, 1, "SUBMIT*10" },
        { 1, 10, 3, "SUBMIT*4" },
        { 10, 1, -3, "SUBMIT*4" },
        { 5, 5, 7, "SUBMIT*1" },
        { INT64_MIN, INT64_MAX, INT64_MAX, "SUBMIT*3" },
        { INT64_MAX, INT64_MIN, INT64_MIN, "SUBMIT*2" },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct yon_submit what =
            YON_SUBMIT(.fn = "echo", .first = ranges[i].first,
                       .last = ranges[i].last, .step = ranges[i].step);
        yon_future *f = yon_submit(b->client, &what);

        assert_int_equal(yon_await(f), 0);
        assert_string_equal(fake_log(&b->fake), ranges[i].log);
        yon_free(f);
    }
}

static void a_time_limit_below_zero_is_refused(void **state)
{
    struct bench *b = *state;
    struct yon_policy policy = YON_POLICY(.run_ms = -1);
    struct yon_submit what = YON_SUBMIT(.fn = "echo", .policy = &policy);
    yon_future *f;

    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "time limit");
    policy.run_ms = 0;
    policy.total_ms = 1;
    f = yon_submit(b->client, &what);
    assert_int_equal(yon_await(f), 0);
    yon_free(f);
}

static void a_policy_that_makes_no_sense_is_refused(void **state)
{
    struct bench *b = *state;
    struct yon_policy policy =
        YON_POLICY(.retries = 1, .retry_on = "exit=75,often");
    struct yon_submit what = YON_SUBMIT(.fn = "echo", .policy = &policy);

    assert_refused(yon_submit(b->client, &what), YON_EFORMAT, "\"often\"");
    policy.retry_on = NULL;
    policy.at_most_once = 1;
    assert_refused(yon_submit(b->client, &what), YON_ERANGE, "at most once");
}

static void a_key_of_the_user_is_not_fresh(void **state)
{
    struct bench *b = *state;
    struct yon_submit what =
        YON_SUBMIT(.fn = "echo", .key = "nightly-2024-01-01");
    yon_future *f = yon_submit(b->client, &what);

    assert_int_equal(yon_await(f), 0);
    assert_string_equal(fake_log(&b->fake), "SUBMIT(again)");
    yon_free(f);
}

static void each_submit_has_a_key_of_its_own(void **state)
{
    struct bench *b = *state;
    job_key first = connection_key(connection_of(b->client));
    job_key second = connection_key(connection_of(b->client));

    assert_false(key_equal(first, second));
}

static void calls_of_one_turn_leave_together(void **state)
{
    struct bench *b = *state;
    yon_future *fs[40];
    yon_future *f = yon_call(b->client, "echo", "");

    assert_int_equal(yon_await(f), 0);
    yon_free(f);
    for (size_t i = 0; i < 40; i++)
        fs[i] = yon_call(b->client, "echo", "");
    assert_int_equal(connection_of(b->client)->actions.sends.n, 1);
    assert_int_equal(yon_all(fs, 40), 0);
    for (size_t i = 0; i < 40; i++)
        yon_free(fs[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(values_of_every_type_come_back),
        TEST(maps_are_read_in_any_order),
        TEST(a_result_of_another_type_says_so),
        TEST(raw_values_are_taken_as_they_are),
        TEST(no_arguments_are_nil),
        TEST(bad_formats_are_told_with_the_await),
        TEST(raw_arguments_are_checked),
        TEST(limits_of_calls_say_what_to_do),
        TEST(limits_of_commands_say_what_to_do),
        TEST(limits_of_arrays_say_what_to_do),
        TEST(an_array_is_one_request),
        TEST(ranges_count_their_elements),
        TEST(a_time_limit_below_zero_is_refused),
        TEST(a_policy_that_makes_no_sense_is_refused),
        TEST(a_key_of_the_user_is_not_fresh),
        TEST(each_submit_has_a_key_of_its_own),
        TEST(calls_of_one_turn_leave_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
