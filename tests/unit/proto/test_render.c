/* SPDX-License-Identifier: MIT */
/* The placeholders of an array's element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/render.h"
#include "proto/scan.h"

static const char *rendered(struct buf *out, const char *text, const char *item)
{
    struct render with = { view_str(item), view_str("7"), 1000 };

    buf_clear(out);
    assert_int_equal(render_text(out, view_str(text), &with), ERR_NONE);
    return buf_text(out);
}

/* Expected values: as GNU parallel 20221122 gives them. */
static void placeholders_mean_what_they_mean_to_gnu_parallel(void **state)
{
    static const struct {
        const char *item, *text;
    } cases[] = {
        { "a/b.c", "a/b.c|a/b|b.c|a|b" },
        { "b.c", "b.c|b|b.c|.|b" },
        { "/b.c", "/b.c|/b|b.c|/|b" },
        { "a.b/c", "a.b/c|a.b/c|c|a.b|c" },
        { "a/b.tar.gz", "a/b.tar.gz|a/b.tar|b.tar.gz|a|b.tar" },
        { "a/b.", "a/b.|a/b|b.|a|b" },
        { ".hidden", ".hidden||.hidden|.|" },
        { "a/b/", "a/b/|a/b/||a|" },
        { "a//b", "a//b|a//b|b|a|b" },
        { "/", "/|/||/|" },
        { "//x", "//x|//x|x|/|x" },
        { "a/..", "a/..|a/.|..|a|." },
        { "", "|||.|" },
        { "two words", "two words|two words|two words|.|two words" },
    };
    struct buf out = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(
            rendered(&out, "{}|{.}|{/}|{//}|{/.}", cases[i].item),
            cases[i].text);
    }
    buf_fini(&out);
}

static void the_number_is_that_of_the_element(void **state)
{
    struct buf out = { 0 };

    (void)state;
    assert_string_equal(rendered(&out, "n{#}-{#}", "x"), "n7-7");
    buf_fini(&out);
}

static void other_braces_stay(void **state)
{
    struct buf out = { 0 };

    (void)state;
    assert_string_equal(rendered(&out, "{{}} {x} { } {", "i"), "{i} {x} { } {");
    assert_string_equal(rendered(&out, "{/", "i"), "{/");
    assert_string_equal(rendered(&out, "{///}", "i"), "{///}");
    assert_string_equal(rendered(&out, "", "i"), "");
    buf_fini(&out);
}

/* All texts of some length of what placeholders are made of. */
static void what_is_escaped_becomes_what_it_was(void **state)
{
    static const char letters[] = "{}\"./#";
    enum { N = sizeof letters - 1, LEN = 6 };
    struct buf escaped = { 0 }, out = { 0 };
    char text[LEN + 1] = "";
    unsigned n_all = 1;

    (void)state;
    for (int i = 0; i < LEN; i++)
        n_all *= N;
    for (unsigned n = 0; n < n_all; n++) {
        for (unsigned i = 0, left = n; i < LEN; i++, left /= N)
            text[i] = letters[left % N];
        buf_clear(&escaped);
        render_escape(&escaped, view_str(text));
        assert_string_equal(rendered(&out, buf_text(&escaped), "x"), text);
    }
    assert_string_equal(rendered(&out, "{\"{\"}} {\"{\"}{}", "x"), "{} {x");
    buf_fini(&escaped);
    buf_fini(&out);
}

static void what_was_put_in_is_not_looked_at_again(void **state)
{
    struct buf out = { 0 };

    (void)state;
    assert_string_equal(rendered(&out, "{}{}", "{#}"), "{#}{#}");
    assert_string_equal(rendered(&out, "{{}#}", "x"), "{x#}");
    buf_fini(&out);
}

static void any_bytes_pass(void **state)
{
    static const uint8_t item[] = { 0xff, '\n', 0, '/', 0x80, '.', 1 };
    struct render with = { { item, sizeof item }, view_str("1"), 100 };
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(render_text(&out, view_str("{}"), &with), ERR_NONE);
    assert_true(view_equal(buf_view(&out), with.item));
    buf_clear(&out);
    assert_int_equal(render_text(&out, view_str("{/.}"), &with), ERR_NONE);
    assert_true(view_equal(buf_view(&out), view_of(item + 4, 1)));
    buf_fini(&out);
}

static void the_length_is_limited(void **state)
{
    struct render with = { view_str("1234"), view_str("1234"), 8 };
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(render_text(&out, view_str("{}{}"), &with), ERR_NONE);
    buf_clear(&out);
    assert_int_equal(render_text(&out, view_str("{}{}."), &with), ERR_LIMIT);
    buf_clear(&out);
    assert_int_equal(render_text(&out, view_str("12345{#}"), &with), ERR_LIMIT);
    buf_fini(&out);
}

/* ---- msgpack ---- */

static struct view value_rendered(struct buf *out, struct view value,
                                  struct view item)
{
    struct render with = { item, view_str("7"), 1u << 20 };

    assert_int_equal(scan_one(value, 16), ERR_NONE);
    buf_clear(out);
    assert_int_equal(render_value(out, value, &with, NULL), ERR_NONE);
    assert_int_equal(scan_one(buf_view(out), 16), ERR_NONE);
    return buf_view(out);
}

static void strings_of_a_value_are_rendered_wherever_they_stand(void **state)
{
    /* {"k{}": ["{}", 1, bin "{}", nil]} */
    static const uint8_t in[] = { 0x81, 0xa3, 'k',  '{', '}', 0x94, 0xa2, '{',
                                  '}',  0x01, 0xc4, 2,   '{', '}',  0xc0 };
    static const uint8_t want[] = { 0x81, 0xa3, 'k',  'a', 'b', 0x94, 0xa2, 'a',
                                    'b',  0x01, 0xc4, 2,   '{', '}',  0xc0 };
    struct buf out = { 0 };

    (void)state;
    assert_true(
        view_equal(value_rendered(&out, view_of(in, sizeof in), view_str("ab")),
                   view_of(want, sizeof want)));
    buf_fini(&out);
}

/* One value of each msgpack type, one behind the other in an array. */
static void every_type_of_value_is_stepped_over(void **state)
{
    static const uint8_t
        types
            [] = {
                0x7f, 0xff, 0xc0, 0xc2, 0xc3,           /* fixint, nil, bool */
                0xc4, 1,    'b',                        /* bin 8 16 32 */
                0xc5, 0,    1,    'b',                  /* */
                0xc6, 0,    0,    0,    1,    'b',      /* */
                0xc7, 1,    9,    'e',                  /* ext 8 16 32 */
                0xc8, 0,    1,    9,    'e',            /* */
                0xc9, 0,    0,    0,    1,    9,   'e', /* */
                0xca, 1,    2,    3,    4,              /* float */
                0xcb, 1,    2,    3,    4,    5,   6,   7, 8, 0xcc,
                1,    0xcd, 1,    2,       /* uint */
                0xce, 1,    2,    3,    4, /* */
                0xcf, 1,    2,    3,    4,    5,   6,   7, 8, 0xd0,
                1,    0xd1, 1,    2,       /* int */
                0xd2, 1,    2,    3,    4, /* */
                0xd3, 1,    2,    3,    4,    5,   6,   7, 8, 0xd4,
                9,    1,                         /* fixext
                                                  */
                0xd5, 9,    1,    2,             /* */
                0xd6, 9,    1,    2,    3,    4, /* */
                0xd7, 9,    1,    2,    3,    4,   5,   6, 7, 8,
                0xd8, 9,    1,    2,    3,    4,   5,   6, 7, 8,
                1,    2,    3,    4,    5,    6,   7,   8, /* */
                0xdc, 0,    0,             /* array 16 32, map 16 32 */
                0xdd, 0,    0,    0,    0, /* */
                0xde, 0,    0,             /* */
                0xdf, 0,    0,    0,    0, /* */
                0x80, 0x90,                /* empty fixmap, fixarray */
            };
    enum { N_VALUES = 32 };
    struct buf in = { 0 }, out = { 0 };

    (void)state;
    buf_add(&in, (uint8_t[]){ 0xdc, 0, N_VALUES + 1 }, 3);
    buf_add(&in, types, sizeof types);
    buf_add(&in, "\xa1x", 2);
    assert_true(view_equal(value_rendered(&out, buf_view(&in), view_str("y")),
                           buf_view(&in)));
    buf_fini(&in);
    buf_fini(&out);
}

/* Around each length where the form of a string changes, in and out. */
static void a_string_takes_the_shortest_form_of_its_length(void **state)
{
    static const size_t lens[] = { 0,   1,   31,    32,    33,
                                   255, 256, 65535, 65536, 70000 };
    struct buf out = { 0 };
    char *item = xcalloc(1, 70000);

    (void)state;
    memset(item, 'x', 70000);
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        size_t n = lens[i];
        size_t head = n < 32 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : 5;
        struct view got =
            value_rendered(&out, view_of("\xda\0\2{}", 5), view_of(item, n));

        assert_int_equal(got.len, head + n);
        assert_memory_equal(got.data + head, item, n);
    }
    free(item);
    buf_fini(&out);
}

/* {"a": item, "b": [number, an ext of another type, ... of other bytes]} */
static void an_item_may_be_the_value_that_it_is_in_json(void **state)
{
    static const char in[] = "\x82\xa1"
                             "a\xd5Y{}\xa1"
                             "b\x93\xc7\3Y{#}\xd5X{}\xd5Y{.";
    static const char want[] = "\x82\xa1"
                               "a\x92\1\xa2{}\xa1"
                               "b\x93\7\xd5X{}\xd5Y{.";
    struct buf out = { 0 };

    (void)state;
    assert_true(view_equal(value_rendered(&out, view_of(in, sizeof in - 1),
                                          view_str("[1,\"{}\"]")),
                           view_of(want, sizeof want - 1)));
    buf_fini(&out);
}

static void an_item_that_is_no_json_is_no_value(void **state)
{
    struct render with = { view_str("x"), view_str("1"), 1000 };
    char errmsg[ERRMSG_LEN] = "";
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(render_value(&out, view_of("\xd5Y{}", 4), &with, errmsg),
                     ERR_FORMAT);
    assert_string_not_equal(errmsg, "");
    buf_clear(&out);
    with.item = view_str("\"twelve bytes\"");
    with.len_max = 12;
    assert_int_equal(render_value(&out, view_of("\xd5Y{}", 4), &with, errmsg),
                     ERR_LIMIT);
    buf_fini(&out);
}

static void the_length_of_a_value_is_limited(void **state)
{
    struct render with = { view_str("12345678"), view_str("1"), 20 };
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(
        render_value(&out, view_of("\x93\xa2{}\xa2{}\xa2{}", 10), &with, NULL),
        ERR_LIMIT);
    buf_fini(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_mean_what_they_mean_to_gnu_parallel),
        cmocka_unit_test(the_number_is_that_of_the_element),
        cmocka_unit_test(other_braces_stay),
        cmocka_unit_test(what_is_escaped_becomes_what_it_was),
        cmocka_unit_test(what_was_put_in_is_not_looked_at_again),
        cmocka_unit_test(any_bytes_pass),
        cmocka_unit_test(the_length_is_limited),
        cmocka_unit_test(strings_of_a_value_are_rendered_wherever_they_stand),
        cmocka_unit_test(every_type_of_value_is_stepped_over),
        cmocka_unit_test(an_item_may_be_the_value_that_it_is_in_json),
        cmocka_unit_test(an_item_that_is_no_json_is_no_value),
        cmocka_unit_test(a_string_takes_the_shortest_form_of_its_length),
        cmocka_unit_test(the_length_of_a_value_is_limited),
    };
    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
