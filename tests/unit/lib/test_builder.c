/* SPDX-License-Identifier: MIT */
/* Values of any length: <yon/value.h>. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/job.h>

#define DEPTH_MAX 16

static int setup(void **state)
{
    *state = yon_builder_new();
    return 0;
}

static int teardown(void **state)
{
    yon_builder_free(*state);
    return 0;
}

#define assert_built(b, bytes)                        \
    do {                                              \
        size_t len_;                                  \
        const void *raw_ = yon_builder_raw(b, &len_); \
                                                      \
        assert_non_null(raw_);                        \
        assert_int_equal(len_, sizeof(bytes) - 1);    \
        assert_memory_equal(raw_, bytes, len_);       \
    } while (0)

#define assert_fails(b, code, text)                   \
    do {                                              \
        assert_int_equal(yon_builder_error(b), code); \
        assert_string_equal(yon_why(code), text);     \
        yon_builder_clear(b);                         \
    } while (0)

/* ---- builder ---- */

static void each_kind_of_value_is_built(void **state)
{
    yon_builder *b = *state;

    yon_build_array(b);
    yon_build_nil(b);
    yon_build_bool(b, 2);
    yon_build_int(b, -3);
    yon_build_uint(b, 200);
    yon_build_double(b, 1.5);
    yon_build_string(b, "hi");
    yon_build_string_len(b, NULL, 0);
    yon_build_binary(b, "\0", 1);
    yon_build_raw(b, "\x91\7", 2);
    yon_build_end(b);
    assert_built(b, "\x99\xc0\xc3\xfd\xcc\xc8\xcb\x3f\xf8\0\0\0\0\0\0\xa2hi\xa0"
                    "\xc4\1\0\x91\7");
}

static void what_is_empty_is_nil(void **state)
{
    assert_built((yon_builder *)*state, "\xc0");
}

static void formats_append_one_value_after_the_other(void **state)
{
    yon_builder *b = *state, *inner = yon_builder_new();

    yon_build(inner, "[ii]", 7, 8);
    yon_build_map(b);
    yon_build(b, "sI", "n", (int64_t)1);
    yon_build_string(b, "list");
    yon_build_array(b);
    yon_build(b, "");
    yon_build(b, "i{si}V", 2, "k", 3, inner);
    yon_build_end(b);
    yon_build_end(b);
    yon_builder_free(inner);
    assert_built(b, "\x82\xa1n\1\xa4list\x93\2\x81\xa1k\3\x92\7\x08");
}

static void build_numbers(yon_builder *b, unsigned n)
{
    yon_build_array(b);
    for (unsigned i = 0; i < n; i++)
        yon_build_uint(b, i % 100);
    yon_build_end(b);
}

static void heads_are_as_short_as_can_be(void **state)
{
    static const unsigned sizes[] = { 0, 1, 15, 16, 65535, 65536, 300000 };
    yon_builder *b = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned n = sizes[i], head = n < 16 ? 1 : n < 65536 ? 3 : 5;
        size_t len;
        yon_cursor list;

        yon_builder_clear(b);
        build_numbers(b, n);
        yon_builder_raw(b, &len);
        assert_int_equal(len, n + head);
        assert_int_equal(yon_builder_read(b, "V", &list), 0);
        assert_int_equal(yon_cursor_count(&list), n);
    }
}

static void the_first_error_stays_and_names_the_place(void **state)
{
    yon_builder *b = *state;
    size_t len;

    yon_build_array(b);
    yon_build_int(b, 1);
    yon_build_map(b);
    yon_build(b, "s", "two words");
    yon_build_array(b);
    yon_build_string(b, NULL);
    yon_build(b, "q"); /* dropped, as all that follows */
    yon_build_end(b);
    yon_build_int(b, 1);
    assert_null(yon_builder_raw(b, &len));
    assert_int_equal(len, 0);
    assert_fails(b, YON_EFORMAT, "value[1][\"two words\"][0]: string is NULL");
    yon_build_int(b, 1);
    assert_built(b, "\1");
}

static void misuse_of_a_builder_is_told(void **state)
{
    yon_builder *b = *state;

    yon_build(b, "ii", 1, 2);
    assert_fails(b, YON_EFORMAT,
                 "value: a second value at the top: begin an array before "
                 "them");
    yon_build_map(b);
    yon_build(b, "sis", "a", 1, "b");
    yon_build_end(b);
    assert_fails(b, YON_EFORMAT, "value.b: the key has no value");
    yon_build_map(b);
    yon_build(b, "si", "a", 1);
    yon_build_int(b, 1);
    assert_fails(b, YON_EFORMAT, "value[key 1]: a key must be a string");
    yon_build_end(b);
    assert_fails(b, YON_EFORMAT, "value: no array or map is open");
    yon_build_array(b);
    yon_build(b, "[]");
    assert_fails(b, YON_EFORMAT, "value[1]: the array was not ended");
    yon_build_raw(b, "\x92\1", 2);
    assert_fails(b, YON_ESHORT, "value: the bytes are no msgpack value");
    yon_build(b, "V", NULL);
    assert_fails(b, YON_EFORMAT, "value: builder is NULL");
}

static void nesting_ends_where_that_of_calls_does(void **state)
{
    yon_builder *b = *state, *inner = yon_builder_new();

    for (int i = 0; i < DEPTH_MAX; i++)
        yon_build_array(b);
    for (int i = 0; i < DEPTH_MAX; i++)
        yon_build_end(b);
    assert_int_equal(yon_builder_error(b), 0);
    yon_builder_clear(b);
    for (int i = 0; i < DEPTH_MAX; i++)
        yon_build_array(b);
    yon_build_map(b);
    assert_int_equal(yon_builder_error(b), YON_ERANGE);
    yon_builder_clear(b);
    yon_build(inner, "[[]]");
    for (int i = 0; i < DEPTH_MAX - 1; i++)
        yon_build_array(b);
    yon_build(b, "V", inner);
    assert_int_equal(yon_builder_error(b), YON_ERANGE);
    yon_builder_free(inner);
}

static void a_value_grows_to_its_limit(void **state)
{
    yon_builder *b = *state;
    size_t mb = 1 << 20;
    char *data = calloc(1, mb);

    yon_build_array(b);
    for (int i = 0; i < 31; i++)
        yon_build_binary(b, data, mb);
    yon_build_end(b);
    assert_int_equal(yon_builder_error(b), 0);
    yon_builder_clear(b);
    yon_build_array(b);
    for (int i = 0; i < 34; i++)
        yon_build_binary(b, data, mb);
    yon_build_end(b);
    assert_fails(b, YON_ELIMIT, "value[32]: the value is larger than 32 MiB");
    free(data);
}

/* ---- cursor ---- */

static void an_array_is_walked(void **state)
{
    yon_builder *b = *state;
    yon_cursor list, item;
    int64_t n, sum = 0;

    yon_build(b, "[iii]", 1, 2, 4);
    assert_int_equal(yon_builder_read(b, "V", &list), 0);
    for (int again = 0; again < 2; again++) {
        while (yon_cursor_next(&list, &item) == 0) {
            assert_int_equal(yon_cursor_type(&item), YON_TYPE_INTEGER);
            assert_int_equal(yon_cursor_read(&item, "I", &n), 0);
            sum += n;
        }
    }
    assert_int_equal(sum, 14);
    assert_int_equal(yon_cursor_item(&list, 2, &item), 0);
    assert_int_equal(yon_cursor_read(&item, "I", &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(yon_cursor_item(&list, 3, &item), YON_EABSENT);
    assert_string_equal(yon_why(YON_EABSENT), "[3]: missing");
}

static void a_map_is_walked_and_searched(void **state)
{
    yon_builder *b = *state;
    yon_cursor map, key, value;
    const char *text;
    size_t len;
    int n, sum = 0;

    yon_build(b, "{si sd s[]}", "a", 1, "b", 2.5, "c");
    assert_int_equal(yon_builder_read(b, "V", &map), 0);
    assert_int_equal(yon_cursor_type(&map), YON_TYPE_MAP);
    assert_int_equal(yon_cursor_count(&map), 3);
    while (yon_cursor_next_pair(&map, &key, &value) == 0) {
        assert_int_equal(yon_cursor_read(&key, "s", &text), 0);
        sum += text[0];
    }
    assert_int_equal(sum, 'a' + 'b' + 'c');
    assert_int_equal(yon_cursor_next_pair(&map, NULL, &value), 0);
    assert_int_equal(yon_cursor_read(&value, "i", &n), 0);
    assert_int_equal(yon_cursor_get(&map, "c", &value), 0);
    assert_memory_equal(yon_cursor_raw(&value, &len), "\x90", 1);
    assert_int_equal(len, 1);
    assert_int_equal(yon_cursor_next(&value, &key), YON_EEXHAUSTED);
    assert_int_equal(yon_cursor_get(&map, "d", &value), YON_EABSENT);
    assert_string_equal(yon_why(YON_EABSENT), ".d: missing");
}

static void a_zeroed_cursor_is_at_nothing(void **state)
{
    yon_builder *b = *state;
    yon_cursor c = { 0 }, value;
    size_t len;

    yon_build(b, "{si}", "a", 1);
    assert_int_equal(yon_builder_read(b, "{s?V}", "list", &c), 0);
    assert_int_equal(yon_cursor_type(&c), YON_TYPE_NONE);
    assert_int_equal(yon_cursor_count(&c), 0);
    assert_int_equal(yon_cursor_next(&c, &value), YON_EEXHAUSTED);
    assert_int_equal(yon_cursor_get(&c, "a", &value), YON_EABSENT);
    assert_int_equal(yon_cursor_read(&c, "*"), YON_ETYPE);
    assert_null(yon_cursor_raw(&c, &len));
    assert_int_equal(yon_builder_read(b, "{sV}", "list", &c), YON_ETYPE);
    assert_string_equal(yon_why(YON_ETYPE), "value.list: missing");
}

static void what_does_not_fit_is_named_by_its_place(void **state)
{
    yon_builder *b = *state;
    yon_cursor top, list, value;
    int64_t n;

    yon_build(b, "{s[iis{s[{ss}]}]}", "list", 1, 2, "x", "a key", "name", "y");
    assert_int_equal(yon_builder_read(b, "V", &top), 0);
    assert_int_equal(yon_cursor_get(&top, "list", &list), 0);
    assert_int_equal(yon_cursor_item(&list, 2, &value), 0);
    assert_int_equal(yon_cursor_read(&value, "I", &n), YON_ETYPE);
    assert_string_equal(yon_why(YON_ETYPE),
                        "value.list[2]: expected integer, got string");
    assert_int_equal(yon_cursor_next(&value, &value), YON_ETYPE);
    assert_string_equal(yon_why(YON_ETYPE),
                        "value.list[2]: expected array, got string");
    assert_int_equal(yon_cursor_item(&list, 3, &value), 0);
    assert_int_equal(yon_cursor_read(&value, "{s[{sI}]}", "a key", "name", &n),
                     YON_ETYPE);
    assert_string_equal(
        yon_why(YON_ETYPE),
        "value.list[3][\"a key\"][0].name: expected integer, got string");
    assert_int_equal(yon_cursor_read(&value, "{sI}", "size", &n), YON_ETYPE);
    assert_string_equal(yon_why(YON_ETYPE), "value.list[3].size: missing");
    assert_int_equal(yon_cursor_next(&top, &value), YON_ETYPE);
    assert_string_equal(yon_why(YON_ETYPE), "value: expected array, got map");
}

/* Keys of any kind, extensions, bytes that move the cursor of a terminal. */
static void values_of_strangers_are_walked(void **state)
{
    static const char bytes[] = "\x84\1\xc0\xfe\xd4\1\1\xa3\x1b[H\2\xc0\3";
    yon_builder *b = *state;
    yon_cursor map, key, value;
    int64_t n;
    const char *const why[] = {
        "value[1]: expected integer, got nil",
        "value[-2]: expected integer, got extension",
        "value[\"\\x1b[H\"]: expected string, got integer",
        "value[nil]: expected string, got integer",
    };

    yon_build_raw(b, bytes, sizeof bytes - 1);
    assert_int_equal(yon_builder_read(b, "V", &map), 0);
    for (int i = 0; i < 4; i++) {
        const char *text;
        int code;

        assert_int_equal(yon_cursor_next_pair(&map, &key, &value), 0);
        code = i < 2 ? yon_cursor_read(&value, "I", &n)
                     : yon_cursor_read(&value, "s", &text);
        assert_int_equal(code, YON_ETYPE);
        assert_string_equal(yon_why(YON_ETYPE), why[i]);
    }
    assert_int_equal(yon_cursor_next_pair(&map, &key, &value), YON_EEXHAUSTED);
}

/* ---- in calls ---- */

/* { records: [{ name, size }] } -> { n, names } */
static int total(yon_job *job)
{
    yon_builder *names = yon_builder_new();
    yon_cursor list = { 0 }, record;
    int64_t size, sum = 0;
    const char *name;
    int err = yon_args(job, "{s?V}", "records", &list);

    yon_build_array(names);
    while (err == 0 && (err = yon_cursor_next(&list, &record)) == 0) {
        err = yon_cursor_read(&record, "{sssI}", "name", &name, "size", &size);
        sum += size;
        if (err == 0)
            yon_build_string(names, name);
    }
    yon_build_end(names);
    if (err == YON_EEXHAUSTED)
        err = yon_return(job, "{sIsV}", "sum", sum, "names", names);
    yon_builder_free(names);
    return err;
}
YON_MODULE({ "total", total })

/* [] -> the number of its arguments */
static int count(yon_job *job)
{
    yon_cursor args;
    int err = yon_args(job, "V", &args);

    return err != 0 ? err
                    : yon_return(job, "U", (uint64_t)yon_cursor_count(&args));
}
YON_MODULE_AS(more_functions, { "count", count })

static yon_client *local_client(void)
{
    yon_client *c;

    assert_int_equal(yon_connect("local:", &c), 0);
    assert_int_equal(yon_offer(c, &yon_module), 0);
    return c;
}

enum { N_RECORDS = 20000 };

static int sum_many(void *arg)
{
    yon_client *c = local_client();
    yon_builder *list = yon_builder_new();
    yon_cursor names = { 0 };
    int64_t *sum = arg;
    yon_future *f;
    int code;

    yon_build_array(list);
    for (int64_t i = 0; i < N_RECORDS; i++)
        yon_build(list, "{sssI}", "name", "a record", "size", i);
    yon_build_end(list);
    f = yon_submit_call(c, &YON_SUBMIT(.fn = "total"), "{sV}", "records", list);
    yon_builder_free(list);
    code = yon_await(f);
    if (code == 0)
        code = yon_result(f, "{sIsV}", "sum", sum, "names", &names);
    sum[1] = (int64_t)yon_cursor_count(&names);
    yon_free(f);
    yon_close(c);
    return code;
}

static void a_call_takes_and_returns_long_lists(void **state)
{
    int64_t sum[2] = { 0 };

    (void)state;
    assert_int_equal(yon_run(sum_many, sum), 0);
    assert_int_equal(sum[0], (int64_t)N_RECORDS * (N_RECORDS - 1) / 2);
    assert_int_equal(sum[1], N_RECORDS);
}

static int call_wrongly(void *arg)
{
    static const char *const wrong[] = { "true", NULL };
    yon_client *c = local_client();
    yon_builder *list = yon_builder_new();
    struct yon_submit command = YON_SUBMIT(.argv = wrong);
    yon_future *f[3];
    char *text = arg;

    yon_build(list, "[{sssi}{sssn}]", "name", "x", "size", 1, "name", "y",
              "size");
    f[0] = yon_call(c, "total", "{sV}", "records", list);
    yon_build_int(list, 1);
    f[1] = yon_call(c, "total", "{sV}", "records", list);
    f[2] = yon_submit_call(c, &command, "");
    for (int i = 0; i < 3; i++) {
        yon_await(f[i]);
        strcat(strcat(text, yon_error(f[i])), "\n");
        yon_free(f[i]);
    }
    yon_builder_free(list);
    yon_close(c);
    return 0;
}

static int offer_both(void *arg)
{
    yon_client *c = local_client();
    uint64_t *n = arg;
    yon_future *f;
    int code;

    n[0] = (uint64_t)yon_offer(c, &more_functions);
    f = yon_call(c, "count", "[iii]", 1, 2, 3);
    code = yon_await(f);
    if (code == 0)
        code = yon_result(f, "U", &n[1]);
    yon_free(f);
    f = yon_call(c, "total", "");
    if (code == 0)
        code = yon_await(f);
    yon_free(f);
    yon_close(c);
    return code;
}

static void a_program_offers_several_modules(void **state)
{
    uint64_t n[2] = { 1 };

    (void)state;
    assert_int_equal(yon_run(offer_both, n), 0);
    assert_int_equal(n[0], 0);
    assert_int_equal(n[1], 3);
}

static void errors_come_with_the_await(void **state)
{
    char text[512] = "";

    (void)state;
    assert_int_equal(yon_run(call_wrongly, text), 0);
    assert_string_equal(
        text, "args.records[1].size: expected integer, got nil\n"
              "value: a second value at the top: begin an array before them\n"
              "a command takes its arguments in argv\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(each_kind_of_value_is_built),
        TEST(what_is_empty_is_nil),
        TEST(formats_append_one_value_after_the_other),
        TEST(heads_are_as_short_as_can_be),
        TEST(the_first_error_stays_and_names_the_place),
        TEST(misuse_of_a_builder_is_told),
        TEST(nesting_ends_where_that_of_calls_does),
        TEST(a_value_grows_to_its_limit),
        TEST(an_array_is_walked),
        TEST(a_map_is_walked_and_searched),
        TEST(a_zeroed_cursor_is_at_nothing),
        TEST(what_does_not_fit_is_named_by_its_place),
        TEST(values_of_strangers_are_walked),
        TEST(a_call_takes_and_returns_long_lists),
        TEST(a_program_offers_several_modules),
        TEST(errors_come_with_the_await),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
