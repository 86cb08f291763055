/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/callargs.h"
#include "client/cli/json.h"
#include "libcommon/check.h"

static struct buf packed;
static char errmsg[ERRMSG_LEN];

static enum err read_words(const char *const *words, size_t n)
{
    char *argv[8];

    for (size_t i = 0; i < n; i++)
        argv[i] = (char *)(uintptr_t)words[i];
    buf_clear(&packed);
    errmsg[0] = '\0';
    return callargs_from_words(argv, n, false, &packed, errmsg);
}

static void assert_read(const char *const *words, size_t n, const char *want)
{
    struct buf text = { 0 };
    json_t *value;

    assert_int_equal(read_words(words, n), ERR_NONE);
    assert_int_equal(json_from_msgpack(buf_view(&packed), &value), ERR_NONE);
    json_add(&text, value);
    assert_string_equal(buf_text(&text), want);
    buf_fini(&text);
    buf_fini(&packed);
}

static void words_make_a_map(void **state)
{
    static const char *const words[] = { "path=a=b.png", "w:=800",
                                         "tags:=[\"x\"]", "empty=" };

    (void)state;
    assert_read(words, 4,
                "{\"path\":\"a=b.png\",\"w\":800,\"tags\":[\"x\"],"
                "\"empty\":\"\"}");
}

static void no_words_are_nil(void **state)
{
    (void)state;
    assert_read(NULL, 0, "null");
}

static void one_value_may_be_the_whole_argument(void **state)
{
    static const char *const words[] = { ":=[1,2]" };

    (void)state;
    assert_read(words, 1, "[1,2]");
}

static void bytes_arrive_as_they_are(void **state)
{
    static const char *const words[] = { "name=\xff\xfe" };

    (void)state;
    assert_read(words, 1, "{\"name\":{\"$base64\":\"//4=\"}}");
}

static void nonsense_is_refused(void **state)
{
    static const char *const bad[][2] = {
        { "word", NULL },
        { "=x", NULL },
        { "a:=", NULL },
        { "a:=x", NULL },
        { "a:=1 2", NULL },
        { ":=1", "b=2" },
        { "a=1", ":=2" },
        { "\xff=1", NULL },
        { "a:=[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_not_equal(read_words(bad[i], bad[i][1] != NULL ? 2 : 1),
                             ERR_NONE);
        assert_string_not_equal(errmsg, "");
    }
    buf_fini(&packed);
}

static void deep_nesting_does_not_reach_the_parser(void **state)
{
    static char word[100000] = "a:=";
    const char *words[] = { word };

    (void)state;
    memset(word + 3, '[', sizeof word - 4);
    assert_int_equal(read_words(words, 1), ERR_RANGE);
    /* Brackets inside of strings do not nest. */
    strcpy(word, "a:=\"[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"");
    assert_int_equal(read_words(words, 1), ERR_NONE);
    buf_fini(&packed);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    assert_int_equal(callargs_from_file("/nowhere/x.json", &packed, errmsg),
                     ERR_IO);
    assert_non_null(strstr(errmsg, "/nowhere/x.json: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_make_a_map),
        cmocka_unit_test(no_words_are_nil),
        cmocka_unit_test(one_value_may_be_the_whole_argument),
        cmocka_unit_test(bytes_arrive_as_they_are),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(deep_nesting_does_not_reach_the_parser),
        cmocka_unit_test(a_missing_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
