/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/duration.h"

static void assert_ms(const char *text, int64_t want)
{
    int64_t ms = -1;

    assert_int_equal(duration_parse(text, &ms), ERR_NONE);
    assert_int_equal(ms, want);
}

static void durations_of_all_units_are_read(void **state)
{
    (void)state;
    assert_ms("90", 90000);
    assert_ms("90s", 90000);
    assert_ms("1.5h", 5400000);
    assert_ms("2m30s", 150000);
    assert_ms("2min", 120000);
    assert_ms("500ms", 500);
    assert_ms("1d", 86400000);
    assert_ms("1w", 604800000);
    assert_ms("0", 0);
}

static void what_is_no_duration_is_refused(void **state)
{
    static const char *const bad[] = { "",    "s",     "1x",  "-1s", "1 s",
                                       "1e9", "1..2s", "1s2", "nan", "1S" };
    int64_t ms = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(duration_parse(bad[i], &ms), ERR_FORMAT);
    assert_int_equal(duration_parse("1000d", &ms), ERR_RANGE);
    assert_int_equal(ms, 7);
}

typedef void adder(struct buf *out, int64_t ms);

static void assert_text(adder *add, int64_t ms, const char *want)
{
    struct buf out = { 0 };

    add(&out, ms);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void columns_are_short(void **state)
{
    (void)state;
    assert_text(duration_add, 0, "0.0s");
    assert_text(duration_add, 31250, "31.2s");
    assert_text(duration_add, 65000, "1m05s");
    assert_text(duration_add, 7500000, "2h05m");
    assert_text(duration_add, 90000000, "1d01h");
    assert_text(duration_add_age, 12999, "12s");
    assert_text(duration_add_age, 245000, "4m");
    assert_text(duration_add_age, 7500000, "2h");
    assert_text(duration_add_age, 300000000, "3d");
}

static void sentences_have_words(void **state)
{
    (void)state;
    assert_text(duration_add_words, 8400, "8 s");
    assert_text(duration_add_words, 59600, "1 min 00 s");
    assert_text(duration_add_words, 7500000, "2 h 05 min");
    assert_text(duration_add_words, 90000000, "1 d 1 h");
}

static void times_are_rfc_3339(void **state)
{
    (void)state;
    assert_text(duration_add_rfc3339, INT64_C(1767607331204),
                "2026-01-05T10:02:11.204Z");
    assert_text(duration_add_rfc3339, 5, "1970-01-01T00:00:00.005Z");
    assert_text(duration_add_rfc3339, -1, "1969-12-31T23:59:59.999Z");
    assert_text(duration_add_rfc3339, 951868799999, "2000-02-29T23:59:59.999Z");
    assert_text(duration_add_rfc3339, 4107542400000,
                "2100-03-01T00:00:00.000Z");
    assert_text(duration_add_rfc3339, 1798761599000,
                "2026-12-31T23:59:59.000Z");
    assert_text(duration_add_rfc3339, 1798761600000,
                "2027-01-01T00:00:00.000Z");
    assert_text(duration_add_rfc3339, INT64_MIN,
                "-292275055-05-16T16:47:04.192Z");
    assert_text(duration_add_rfc3339, INT64_MAX,
                "292278994-08-17T07:12:55.807Z");
}

static void numbers_are_grouped(void **state)
{
    struct buf out = { 0 };

    (void)state;
    duration_add_number(&out, 7);
    buf_addf(&out, "|");
    duration_add_number(&out, 10000);
    buf_addf(&out, "|");
    duration_add_number(&out, 1002003);
    assert_string_equal(buf_text(&out), "7|10 000|1 002 003");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_of_all_units_are_read),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(columns_are_short),
        cmocka_unit_test(sentences_have_words),
        cmocka_unit_test(times_are_rfc_3339),
        cmocka_unit_test(numbers_are_grouped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
