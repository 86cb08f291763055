/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/utc.h"

static const struct {
    const char *text;
    int64_t s;
} times[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "1970-03-01T00:00:00Z", INT64_C(5097600) },
    { "1999-12-31T23:59:59Z", INT64_C(946684799) },
    { "2000-02-29T12:34:56Z", INT64_C(951827696) },
    { "2027-03-01T00:00:00Z", INT64_C(1803859200) },
    { "2100-02-28T23:59:59Z", INT64_C(4107542399) },
    { "2100-03-01T00:00:00Z", INT64_C(4107542400) },
    { "9999-12-31T23:59:59Z", INT64_C(253402300799) },
};

static void times_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct buf out = { 0 };
        int64_t ms = -1;

        assert_int_equal(utc_parse(times[i].text, &ms), ERR_NONE);
        assert_int_equal(ms, times[i].s * 1000);
        utc_add(&out, ms + 999);
        assert_string_equal(buf_text(&out), times[i].text);
        buf_fini(&out);
    }
}

/* Two leap days of 4 years are met, and the one that 2100 has not. */
static void each_day_comes_after_the_one_before(void **state)
{
    struct buf before = { 0 };

    (void)state;
    for (int64_t day = 0; day < 60000; day++) {
        int64_t ms = day * 86400000, again = -1;
        struct buf out = { 0 };

        utc_add(&out, ms);
        assert_int_equal(utc_parse(buf_text(&out), &again), ERR_NONE);
        assert_int_equal(again, ms);
        assert_true(strcmp(buf_text(&out), buf_text(&before)) > 0);
        buf_fini(&before);
        before = out;
    }
    buf_fini(&before);
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "soon",
        "2027-03-01",
        "2027-03-01T00:00:00",
        "2027-03-01T00:00:00Z ",
        "2027-03-01 00:00:00Z",
        "2027-3-1T00:00:00Z",
        "+027-03-01T00:00:00Z",
        "2027-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2027-00-01T00:00:00Z",
        "2027-13-01T00:00:00Z",
        "2027-04-31T00:00:00Z",
        "2027-04-00T00:00:00Z",
        "2027-03-01T24:00:00Z",
        "2027-03-01T00:60:00Z",
        "2027-03-01T00:00:60Z",
        "1969-12-31T23:59:59Z",
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (utc_parse(bad[i], &ms) != ERR_FORMAT)
            fail_msg("\"%s\" is a time", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(each_day_comes_after_the_one_before),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
