/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/selector.h"
#include "libcommon/check.h"

static struct selector selector;
static char errmsg[ERRMSG_LEN];

/* Parse one text; the selector of the one before is dropped. */
static enum err parse(const char *text)
{
    char *texts[] = { (char *)(uintptr_t)text };

    selector_fini(&selector);
    errmsg[0] = '\0';
    return selector_parse(texts, 1, &selector, errmsg);
}

static void assert_part(size_t i, struct selector_part want)
{
    const struct selector_part *got = &selector.at[i];

    assert_true(i < selector.n);
    assert_int_equal(got->what, want.what);
    assert_int_equal(got->job, want.job);
    assert_int_equal(got->first, want.first);
    assert_int_equal(got->last, want.last);
    if (want.step != 0)
        assert_int_equal(got->step, want.step);
    assert_int_equal(got->n, want.n);
}

static void a_number_is_a_job(void **state)
{
    (void)state;
    assert_int_equal(parse("42"), ERR_NONE);
    assert_int_equal(selector.n, 1);
    assert_part(0, (struct selector_part){ .first = 42, .last = 42 });
}

static void a_number_behind_a_dot_is_an_element(void **state)
{
    (void)state;
    assert_int_equal(parse("42.7"), ERR_NONE);
    assert_part(0, (struct selector_part){ SELECT_ELEMENTS, .job = 42,
                                           .first = 7, .last = 7 });
    assert_int_equal(parse("42.1-1_000:5"), ERR_NONE);
    assert_part(0,
                (struct selector_part){ SELECT_ELEMENTS, .job = 42, .first = 1,
                                        .last = 1000, .step = 5 });
}

static void commas_make_parts(void **state)
{
    (void)state;
    assert_int_equal(parse("1,3,5-8,last:3,all"), ERR_NONE);
    assert_int_equal(selector.n, 5);
    assert_part(1, (struct selector_part){ .first = 3, .last = 3 });
    assert_part(2, (struct selector_part){ .first = 5, .last = 8, .step = 1 });
    assert_part(3, (struct selector_part){ SELECT_LAST, .n = 3 });
    assert_part(4, (struct selector_part){ .what = SELECT_ALL });
}

static void last_alone_is_one(void **state)
{
    (void)state;
    assert_int_equal(parse("last"), ERR_NONE);
    assert_part(0, (struct selector_part){ SELECT_LAST, .n = 1 });
}

static void last_has_elements(void **state)
{
    (void)state;
    assert_int_equal(parse("last.2-5"), ERR_NONE);
    assert_part(0, (struct selector_part){
                       .what = SELECT_ELEMENTS, .first = 2, .last = 5 });
    assert_int_equal(parse("last:2.5"), ERR_FORMAT);
    assert_int_equal(parse("last."), ERR_FORMAT);
}

static void numbers_of_elements_can_be_zero_and_less(void **state)
{
    (void)state;
    assert_int_equal(parse("42.0-9:3"), ERR_NONE);
    assert_part(0, (struct selector_part){ SELECT_ELEMENTS, .job = 42,
                                           .first = 0, .last = 9, .step = 3 });
    assert_int_equal(parse("42.-5--1"), ERR_NONE);
    assert_part(0,
                (struct selector_part){ SELECT_ELEMENTS, .job = 42, .first = -5,
                                        .last = -1, .step = 1 });
    assert_int_equal(parse("42.-1--5"), ERR_FORMAT);
}

static void a_name_goes_to_the_end(void **state)
{
    (void)state;
    assert_int_equal(parse("name:a,b 1"), ERR_NONE);
    assert_int_equal(selector.n, 1);
    assert_int_equal(selector.at[0].what, SELECT_NAME);
    assert_true(view_equal(selector.at[0].name, view_str("a,b 1")));
}

static void nonsense_is_refused(void **state)
{
    static const char *const bad[] = { "",       "x",      "0",     "42.",
                                       "42.--1", "1-",     "8-5",   "1,",
                                       ",1",     "1-5.2",  "last:", "last:0",
                                       "lastly", "name:",  "1:2",   "-1",
                                       "1__0",   "42.7.1", "5-8:0", "alle",
                                       "1 " };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_not_equal(parse(bad[i]), ERR_NONE);
        assert_string_not_equal(errmsg, "");
    }
}

static void numbers_beyond_the_ids_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("549755813887"), ERR_NONE);
    assert_int_equal(parse("549755813888"), ERR_RANGE);
    assert_int_equal(parse("1.9999999999"), ERR_NONE);
    assert_int_equal(parse("1.99999999999999999999"), ERR_RANGE);
    assert_int_equal(parse("99999999999999999999999"), ERR_RANGE);
    selector_fini(&selector);
}

static void assert_range(const char *text, struct number_range want, uint64_t n)
{
    struct number_range got;

    assert_int_equal(number_range_parse(text, &got, errmsg), ERR_NONE);
    assert_int_equal(got.first, want.first);
    assert_int_equal(got.last, want.last);
    assert_int_equal(got.step, want.step);
    assert_int_equal(number_range_count(got), n);
}

static void ranges_are_counted(void **state)
{
    (void)state;
    assert_range("7", (struct number_range){ 7, 7, 1 }, 1);
    assert_range("1-1_000:2", (struct number_range){ 1, 1000, 2 }, 500);
    assert_range("-5-5", (struct number_range){ -5, 5, 1 }, 11);
    assert_range("-5--3", (struct number_range){ -5, -3, 1 }, 3);
    assert_range("10-1:-4", (struct number_range){ 10, 1, -4 }, 3);
}

static void empty_and_endless_ranges_are_refused(void **state)
{
    struct number_range r;

    (void)state;
    assert_int_equal(number_range_parse("5-1", &r, errmsg), ERR_RANGE);
    assert_int_equal(number_range_parse("1-5:0", &r, errmsg), ERR_RANGE);
    assert_int_equal(number_range_parse("1-5:-1", &r, errmsg), ERR_RANGE);
    assert_int_equal(number_range_parse("1-16777216", &r, errmsg), ERR_RANGE);
    assert_int_equal(
        number_range_parse("-9223372036854775807-9223372036854775807", &r,
                           errmsg),
        ERR_RANGE);
    assert_int_equal(number_range_parse("1-x", &r, errmsg), ERR_FORMAT);
    assert_int_equal(number_range_parse("1-5 ", &r, errmsg), ERR_FORMAT);
    assert_int_equal(number_range_parse("99999999999999999999", &r, errmsg),
                     ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_a_job),
        cmocka_unit_test(a_number_behind_a_dot_is_an_element),
        cmocka_unit_test(commas_make_parts),
        cmocka_unit_test(last_alone_is_one),
        cmocka_unit_test(last_has_elements),
        cmocka_unit_test(numbers_of_elements_can_be_zero_and_less),
        cmocka_unit_test(a_name_goes_to_the_end),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(numbers_beyond_the_ids_are_refused),
        cmocka_unit_test(ranges_are_counted),
        cmocka_unit_test(empty_and_endless_ranges_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
