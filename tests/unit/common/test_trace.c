/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/trace.h"

static const char *volatile no_text; /* NULL; the compiler must not know */

static int setup(void **state)
{
    static struct trace t;

    t = (struct trace){ .level = TRACE_INFO };
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    trace_fini(*state);
    return 0;
}

#define EXPECT(t, text) assert_string_equal(buf_text(&(t)->lines), text)

static void line_is_level_event_and_fields(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "worker-lost", "worker=%s attempts=%u", "w1", 3u);
    trace_line(t, TRACE_WARN, "disk-full", NULL);
    EXPECT(t, "info worker-lost worker=w1 attempts=3\n"
              "warn disk-full\n");
}

static void lines_above_the_level_are_dropped(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_DEBUG, "no", "a=%d", 1);
    assert_int_equal(t->lines.len, 0);
    t->level = TRACE_OFF;
    trace_line(t, TRACE_ERROR, "no", "a=%d", 1);
    assert_int_equal(t->lines.len, 0);
    assert_null(t->lines.data);
    trace_line(NULL, TRACE_ERROR, "no", "a=%d", 1);
    assert_false(trace_is_on(NULL, TRACE_ERROR));
}

static void zeroed_trace_is_off(void **state)
{
    struct trace t = { 0 };

    (void)state;
    assert_false(trace_is_on(&t, TRACE_ERROR));
    trace_fini(&t);
    trace_fini(NULL);
}

static void every_conversion_takes_its_own_argument(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "e",
               "a=%d b=%u c=%ld d=%lu e=%lld f=%llu g=%zu h=%c i=%" PRId64
               " j=%" PRIu64 " k=%hu l=%jd end=%s",
               -1, 2u, -3L, 4UL, -5LL, 6ULL, (size_t)7, 'h', INT64_MIN,
               UINT64_MAX, (unsigned short)9, (intmax_t)-10, "x");
    EXPECT(t, "info e a=-1 b=2 c=-3 d=4 e=-5 f=6 g=7 h=h "
              "i=-9223372036854775808 j=18446744073709551615 k=9 l=-10 "
              "end=x\n");
    trace_clear(t);
    trace_line(t, TRACE_INFO, "e", "a=%08x b=%x c=%016" PRIx64 " d=%.1f e=%d%%",
               0xbeefu, 10u, UINT64_C(0xabc), 2.25, 99);
    EXPECT(t, "info e a=0000beef b=a c=0000000000000abc d=2.2 e=99%\n");
}

static void value_may_have_several_parts(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "e", "task=%u.%u epoch=e%u-x", 42u, 7u, 1u);
    EXPECT(t, "info e task=42.7 epoch=e1-x\n");
}

static void views_and_precisions_bound_a_text(void **state)
{
    struct trace *t = *state;
    struct view v = view_str("abcdef"), none = { 0 };

    v.len = 3;
    trace_line(t, TRACE_INFO, "e", "a=%.*s b=%.*s c=%.2s d=%s", TRACE_VIEW(v),
               TRACE_VIEW(none), "xyz", no_text);
    EXPECT(t, "info e a=abc b=\"\" c=xy d=\"\"\n");
}

static void odd_values_are_quoted(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "e", "a=%s b=%s c=%s d=%s", "two words", "x=y",
               "say \"hi\"", "back\\slash");
    EXPECT(t, "info e a=\"two words\" b=\"x=y\" c=\"say \\\"hi\\\"\" "
              "d=\"back\\\\slash\"\n");
}

static void value_can_neither_end_a_line_nor_steer_a_terminal(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "e", "a=%s b=%s c=%s d=%s", "x\nerror forged",
               "\033[2J", "\302\233", "\377\t\r\177");
    EXPECT(t, "info e a=\"x\\nerror forged\" b=\"\\x1b[2J\" "
              "c=\"\\xc2\\x9b\" d=\"\\xff\\t\\r\\x7f\"\n");
}

static void letters_of_all_languages_stay(void **state)
{
    struct trace *t = *state;

    trace_line(t, TRACE_INFO, "e", "a=%s", "grün");
    EXPECT(t, "info e a=grün\n");
}

static void long_value_is_cut(void **state)
{
    struct trace *t = *state;
    char text[2000];
    struct buf expected = { 0 };

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    trace_line(t, TRACE_INFO, "e", "a=%s b=%d", text, 1);
    buf_addf(&expected, "info e a=%.*s... b=1\n", TRACE_VALUE_MAX - 3, text);
    EXPECT(t, buf_text(&expected));

    trace_clear(t);
    buf_clear(&expected);
    text[TRACE_VALUE_MAX] = '\0'; /* the longest that is whole */
    trace_line(t, TRACE_INFO, "e", "a=%s", text);
    buf_addf(&expected, "info e a=%s\n", text);
    EXPECT(t, buf_text(&expected));
    buf_fini(&expected);
}

static void long_line_ends_with_the_last_field_that_fits(void **state)
{
    struct trace *t = *state;
    char text[TRACE_VALUE_MAX + 1];

    memset(text, '\a', sizeof text); /* each of them becomes four bytes */
    text[sizeof text - 1] = '\0';
    trace_line(t, TRACE_INFO, "e", "a=%d b=%s c=%d", 1, text, 2);
    EXPECT(t, "info e a=1 ...\n");

    trace_clear(t);
    memset(text, 'x', sizeof text - 1);
    trace_line(t, TRACE_INFO, "e", "a=%s b=%s c=%s d=%s", text, text, text,
               text);
    assert_true(t->lines.len <= TRACE_LINE_MAX);
    assert_non_null(strstr(buf_text(&t->lines), " c=xxx"));
    assert_string_equal(buf_text(&t->lines) + t->lines.len - 5, " ...\n");
}

static void levels_have_names(void **state)
{
    (void)state;
    for (unsigned l = TRACE_ERROR; l < TRACE_LEVEL_COUNT; l++) {
        enum trace_level read = TRACE_OFF;
        const char *name = trace_level_name((enum trace_level)l);

        assert_int_equal(trace_level_parse(name, &read), ERR_NONE);
        assert_int_equal(read, l);
        assert_non_null(strstr(TRACE_LEVEL_CHOICES, name));
    }
    assert_true(TRACE_ERROR < TRACE_WARN && TRACE_INFO < TRACE_DEBUG);
}

static void other_words_are_no_level(void **state)
{
    static const char *const words[] = { "",      "off",     "INFO",
                                         "info ", "verbose", "1" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        enum trace_level level = TRACE_WARN;

        assert_int_equal(trace_level_parse(words[i], &level), ERR_FORMAT);
        assert_int_equal(level, TRACE_WARN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_is_level_event_and_fields, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lines_above_the_level_are_dropped,
                                        setup, teardown),
        cmocka_unit_test(zeroed_trace_is_off),
        cmocka_unit_test_setup_teardown(every_conversion_takes_its_own_argument,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(value_may_have_several_parts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(views_and_precisions_bound_a_text,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(odd_values_are_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(
            value_can_neither_end_a_line_nor_steer_a_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_of_all_languages_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(long_value_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(
            long_line_ends_with_the_last_field_that_fits, setup, teardown),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(other_words_are_no_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
