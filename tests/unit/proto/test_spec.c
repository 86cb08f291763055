/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/spec.h"

#define LITERAL(bytes) view_of(bytes, sizeof(bytes) - 1)

static enum err decode(struct view in, struct command_spec *out, char *errmsg)
{
    struct spec_arena arena = { 0 };
    enum err err = command_spec_decode(&arena, in, out, errmsg);

    spec_arena_fini(&arena);
    return err;
}

/* ---- commands ---- */

static void a_command_comes_back(void **state)
{
    struct view argv[] = { view_str("sh"), view_str("-c"), view_str(""),
                           view_str("a b\n\"\xff'") };
    struct label env[] = { { view_str("HOME"), view_str("/root") },
                           { view_str("EMPTY"), view_str("") } };
    struct command_spec spec = { .argv = { argv, ARRAY_LEN(argv) },
                                 .cwd = view_str("/some where"),
                                 .env = { env, ARRAY_LEN(env) } };
    struct command_spec back;
    struct spec_arena arena = { 0 };
    struct buf bytes = { 0 };
    char errmsg[ERRMSG_LEN];

    (void)state;
    command_spec_encode(&bytes, &spec);
    assert_int_equal(
        command_spec_decode(&arena, buf_view(&bytes), &back, errmsg), ERR_NONE);
    assert_int_equal(back.argv.n, ARRAY_LEN(argv));
    for (size_t i = 0; i < ARRAY_LEN(argv); i++)
        assert_true(view_equal(back.argv.at[i], argv[i]));
    assert_true(view_equal(back.cwd, spec.cwd));
    assert_int_equal(back.env.n, ARRAY_LEN(env));
    for (size_t i = 0; i < ARRAY_LEN(env); i++) {
        assert_true(view_equal(back.env.at[i].key, env[i].key));
        assert_true(view_equal(back.env.at[i].value, env[i].value));
    }
    spec_arena_fini(&arena);
    buf_fini(&bytes);
}

static const struct label around_env[] = {
    { { (const uint8_t *)"A", 1 }, { (const uint8_t *)"1\n2\xff", 4 } }
};

static void what_was_around_comes_back(void **state)
{
    struct view argv = view_str("ls"), pass = view_str("TMPDIR");
    struct command_ulimit limits[] = { { view_str("nofile"), 64, UINT64_MAX },
                                       { view_str("cpu"), 0, 1 } };
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .input = LITERAL("a\0b"),
                                 .out_file = view_str("out.{#}"),
                                 .err_file = view_str("err"),
                                 .append = true,
                                 .around = { .has_env = true,
                                             .env = { around_env, 1 },
                                             .pass = { &pass, 1 },
                                             .has_umask = true,
                                             .umask = 0027,
                                             .ulimits = { limits, 2 },
                                             .one_output = true } };
    struct command_spec back;
    struct spec_arena arena = { 0 };
    struct buf bytes = { 0 };

    (void)state;
    command_spec_encode(&bytes, &spec);
    assert_int_equal(command_spec_decode(&arena, buf_view(&bytes), &back, NULL),
                     ERR_NONE);
    assert_true(view_equal(back.input, spec.input));
    assert_int_equal(back.ticket.len, 0);
    assert_true(view_equal(back.out_file, spec.out_file));
    assert_true(view_equal(back.err_file, spec.err_file));
    assert_true(back.append);
    assert_true(back.around.has_env);
    assert_int_equal(back.around.env.n, 1);
    assert_true(view_equal(back.around.env.at[0].value, around_env[0].value));
    assert_int_equal(back.around.pass.n, 1);
    assert_true(view_equal(back.around.pass.at[0], pass));
    assert_true(back.around.has_umask);
    assert_int_equal(back.around.umask, 0027);
    assert_int_equal(back.around.ulimits.n, 2);
    assert_true(view_equal(back.around.ulimits.at[0].name, limits[0].name));
    assert_int_equal(back.around.ulimits.at[0].soft, 64);
    assert_true(back.around.ulimits.at[0].hard == UINT64_MAX);
    assert_true(back.around.one_output);
    spec_arena_fini(&arena);
    buf_fini(&bytes);
}

/* Whoever compresses it has the map alone, and gives its bytes. */
static void an_environment_may_be_apart(void **state)
{
    struct view argv = view_str("ls");
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .around.env_zstd = LITERAL("\x28\xb5 \0") };
    struct labels env = { around_env, 1 }, env_back;
    struct command_spec back;
    struct spec_arena arena = { 0 };
    struct buf bytes = { 0 };
    char errmsg[ERRMSG_LEN];

    (void)state;
    command_spec_encode(&bytes, &spec);
    assert_int_equal(command_spec_decode(&arena, buf_view(&bytes), &back, NULL),
                     ERR_NONE);
    assert_false(back.around.has_env);
    assert_true(view_equal(back.around.env_zstd, spec.around.env_zstd));
    buf_clear(&bytes);
    command_env_encode(&bytes, &env);
    assert_int_equal(
        command_env_decode(&arena, buf_view(&bytes), &env_back, NULL),
        ERR_NONE);
    assert_int_equal(env_back.n, 1);
    assert_true(view_equal(env_back.at[0].value, around_env[0].value));
    assert_int_equal(
        command_env_decode(&arena, LITERAL("\x91\xc0"), &env_back, errmsg),
        ERR_TYPE);
    spec_arena_fini(&arena);
    buf_fini(&bytes);
}

/* Append a command to *bytes; its essence. */
static struct view encode_with(struct buf *bytes, const char *program,
                               struct label *env, struct command_around around)
{
    struct view argv = view_str(program);
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .env = { env, env != NULL },
                                 .around = around };

    command_spec_encode(bytes, &spec);
    return command_spec_essence(buf_view(bytes));
}

static void what_was_around_is_not_what_a_command_is(void **state)
{
    struct label env = { view_str("A"), view_str("2") };
    struct buf bytes[4] = { 0 };
    struct view plain, other_place, other_env, other_program;

    (void)state;
    plain = encode_with(&bytes[0], "ls", NULL,
                        (struct command_around){ .has_umask = true });
    other_place = encode_with(
        &bytes[1], "ls", NULL,
        (struct command_around){ .has_env = true, .env = { around_env, 1 } });
    other_env = encode_with(&bytes[2], "ls", &env,
                            (struct command_around){ .has_umask = true });
    other_program = encode_with(&bytes[3], "ps", NULL,
                                (struct command_around){ .has_umask = true });
    assert_true(view_equal(plain, other_place));
    assert_false(view_equal(plain, other_env));
    assert_false(view_equal(plain, other_program));
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        buf_fini(&bytes[i]);
}

/* A database has hashes of commands of before. */
static void a_command_with_nothing_around_is_all_of_it(void **state)
{
    struct buf bytes = { 0 };
    struct view essence =
        encode_with(&bytes, "ls", NULL, (struct command_around){ 0 });

    (void)state;
    assert_int_equal(essence.len, bytes.len);
    for (size_t len = 0; len < bytes.len; len++) {
        struct view cut = view_of(bytes.data, len);

        assert_int_equal(command_spec_essence(cut).len, len);
    }
    buf_fini(&bytes);
}

static void what_a_command_leaves_out_is_not_written(void **state)
{
    struct view argv[] = { view_str("ls") };
    struct command_spec spec = { .argv = { argv, 1 } };
    struct command_spec back = { .cwd = view_str("x") };
    struct buf bytes = { 0 };

    (void)state;
    command_spec_encode(&bytes, &spec);
    assert_true(view_equal(buf_view(&bytes), LITERAL("\x81\xa4"
                                                     "argv\x91\xc4\x02ls")));
    assert_int_equal(decode(buf_view(&bytes), &back, NULL), ERR_NONE);
    assert_int_equal(back.cwd.len, 0);
    assert_int_equal(back.env.n, 0);
    buf_fini(&bytes);
}

static void unknown_keys_are_ignored(void **state)
{
    struct command_spec back;

    (void)state;
    assert_int_equal(decode(LITERAL("\x82\xa3new\x91\x81\1\2\xa4"
                                    "argv\x91\xc4\x02ls"),
                            &back, NULL),
                     ERR_NONE);
    assert_int_equal(back.argv.n, 1);
}

static void what_is_wrong_is_named(void **state)
{
#define ARGV \
    "\xa4"   \
    "argv\x91\xc4\x02ls"
#define ROW(bytes, err, why)               \
    {                                      \
        bytes, sizeof(bytes) - 1, err, why \
    }
    static const struct {
        const char *bytes;
        size_t len;
        enum err err;
        const char *why;
    } rows[] = {
        ROW("", ERR_SHORT, "command: unexpected end of input"),
        ROW("\x81", ERR_SHORT, "command: unexpected end of input"),
        ROW("\xc0", ERR_TYPE, "command: expected map, got nil"),
        ROW("\x80\x80", ERR_FORMAT, "command: malformed input"),
        ROW("\x80", ERR_RANGE, "command: argv is empty or missing"),
        ROW("\x81\xa4"
            "argv\x90",
            ERR_RANGE, "command: argv is empty or missing"),
        ROW("\x81\xa4"
            "argv\x80",
            ERR_TYPE, "command: argv: expected array, got map"),
        ROW("\x81\xa4"
            "argv\x91\xa2ls",
            ERR_TYPE, "command: argv: expected binary, got string"),
        ROW("\x81\xa4"
            "argv\x91\xc4\x02l\0",
            ERR_FORMAT, "command: argv: NUL byte inside"),
        ROW("\x82" ARGV "\xa3"
            "cwd\1",
            ERR_TYPE, "command: cwd: expected binary, got integer"),
        ROW("\x82" ARGV "\xa3"
            "env\x90",
            ERR_TYPE, "command: env: expected map, got array"),
        ROW("\x82" ARGV "\xa3"
            "env\x81\xc4\0\xc4\0",
            ERR_FORMAT, "command: env: a name is empty or contains '='"),
        ROW("\x82" ARGV "\xa3"
            "env\x81\xc4\1=\xc4\0",
            ERR_FORMAT, "command: env: a name is empty or contains '='"),
        ROW("\x82" ARGV "\xa3"
            "env\x81\xc4\1x\xc0",
            ERR_TYPE, "command: env: expected binary, got nil"),
        ROW("\x82" ARGV "\xa5"
            "stdin\xa1x",
            ERR_TYPE, "command: stdin: expected binary, got string"),
        ROW("\x82" ARGV "\xa6"
            "ticket\xc4\1x",
            ERR_RANGE, "command: ticket: 1 bytes, expected 32"),
        ROW("\x82" ARGV "\xa6"
            "around\x90",
            ERR_TYPE, "command: around: expected map, got array"),
        ROW("\x82" ARGV "\xa6"
            "around\x81\xa3"
            "env\x81\xc4\0\xc4\0",
            ERR_FORMAT,
            "command: around: env: a name is empty or contains '='"),
        ROW("\x82" ARGV "\xa6"
            "around\x81\xa4"
            "pass\x91\xa1x",
            ERR_TYPE, "command: around: pass: expected binary, got string"),
        ROW("\x82" ARGV "\xa6"
            "around\x81\xa5"
            "umask\xcd\x02\x00",
            ERR_RANGE, "command: around: umask: 512 is too large"),
        ROW("\x82" ARGV "\xa6"
            "around\x81\xa5"
            "umask\xff",
            ERR_TYPE,
            "command: around: umask: expected positive integer, got integer"),
        ROW("\x82" ARGV "\xa6"
            "around\x81\xa7"
            "ulimits\x81\xa3"
            "cpu\x91\1",
            ERR_TYPE,
            "command: around: ulimits: expected array of soft and hard limit"),
        ROW("\x82" ARGV "\xab"
            "stdout_file\xc4\3a\0b",
            ERR_FORMAT, "command: stdout_file: NUL byte inside"),
        ROW("\x82" ARGV "\xa6"
            "append\1",
            ERR_TYPE, "command: append: expected boolean, got integer"),
        ROW("\x81\1\2", ERR_TYPE,
            "command: a key: expected string, got integer"),
    };
#undef ROW
#undef ARGV
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command_spec spec = { .cwd = view_str("as it was") };
        char errmsg[ERRMSG_LEN];

        assert_int_equal(
            decode(view_of(rows[i].bytes, rows[i].len), &spec, errmsg),
            rows[i].err);
        assert_string_equal(errmsg, rows[i].why);
        assert_true(view_equal(spec.cwd, view_str("as it was")));
    }
}

static void too_large_commands_are_refused(void **state)
{
    struct view *argv = calloc(ARGV_MAX + 1, sizeof *argv);
    struct command_spec spec = { .argv = { argv, ARGV_MAX } }, back;
    struct buf bytes = { 0 };
    char errmsg[ERRMSG_LEN];

    (void)state;
    command_spec_encode(&bytes, &spec);
    assert_int_equal(bytes.data[6], 0xdd); /* array 32: count in 7 to 10 */
    assert_int_equal(decode(buf_view(&bytes), &back, errmsg), ERR_NONE);
    items_add(&bytes, (struct view){ 0 });
    bytes.data[10]++;
    assert_int_equal(decode(buf_view(&bytes), &back, errmsg), ERR_RANGE);
    assert_string_equal(errmsg, "command: argv: 65537 entries, at most 65536");
    buf_room(&bytes, SPEC_LEN_MAX);
    bytes.len = SPEC_LEN_MAX + 1;
    assert_int_equal(decode(buf_view(&bytes), &back, errmsg), ERR_RANGE);
    assert_string_equal(errmsg, "command: 1048577 bytes, at most 1048576");
    buf_fini(&bytes);
    free(argv);
}

/* ---- items ---- */

static void items_come_back_in_order(void **state)
{
    static char long_item[70000];
    static const size_t lens[] = { 0, 1, 255, 256, 65535, 65536, 70000 };
    struct buf items = { 0 };
    struct view rest, item;

    (void)state;
    memset(long_item, 'x', sizeof long_item);
    for (size_t i = 0; i < ARRAY_LEN(lens); i++)
        items_add(&items, view_of(long_item, lens[i]));
    rest = buf_view(&items);
    assert_int_equal(items_check(rest, ARRAY_LEN(lens)), ERR_NONE);
    assert_int_equal(items_check(rest, ARRAY_LEN(lens) + 1), ERR_SHORT);
    assert_int_equal(items_check(rest, ARRAY_LEN(lens) - 1), ERR_FORMAT);
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        item = items_take(&rest);
        assert_int_equal(item.len, lens[i]);
        assert_memory_equal(item.data, long_item, item.len);
    }
    assert_int_equal(rest.len, 0);
    buf_fini(&items);
}

static void items_can_have_numbers(void **state)
{
    static const int64_t numbers[] = { 11, -7, INT64_MIN, INT64_MAX };
    struct buf items = { 0 };
    struct view rest;
    int64_t number;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        items_add_number(&items, numbers[i]);
        items_add(&items, view_str("x"));
    }
    items_add(&items, view_str("y"));
    rest = buf_view(&items);
    assert_int_equal(items_check(rest, ARRAY_LEN(numbers) + 1), ERR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        assert_true(
            view_equal(items_take_numbered(&rest, &number), view_str("x")));
        assert_int_equal(number, numbers[i]);
    }
    number = 5;
    assert_true(view_equal(items_take_numbered(&rest, &number), view_str("y")));
    assert_int_equal(number, 5);
    assert_int_equal(items_check(LITERAL("\x05"), 1), ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\x05\x06\xc4\1x"), 1), ERR_TYPE);
    assert_int_equal(
        items_check(LITERAL("\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xc4\1x"), 1),
        ERR_TYPE);
    buf_fini(&items);
}

static void improper_items_are_refused(void **state)
{
    (void)state;
    assert_int_equal(items_check((struct view){ 0 }, 0), ERR_NONE);
    assert_int_equal(items_check((struct view){ 0 }, 1), ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\xc4"), 1), ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\xc4\1"), 1), ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\xc5\0"), 1), ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\xc6\xff\xff\xff\xffx"), 1),
                     ERR_SHORT);
    assert_int_equal(items_check(LITERAL("\xa1x"), 1), ERR_TYPE);
    assert_int_equal(items_check(LITERAL("\xc4\1\0"), 1), ERR_FORMAT);
    assert_int_equal(items_check(view_of("", (size_t)ITEMS_LEN_MAX + 1), 1),
                     ERR_RANGE);
}

/* ---- ranges ---- */

static void assert_range(int64_t first, int64_t step, uint32_t k,
                         const char *text)
{
    char out[RANGE_TEXT_LEN];

    assert_int_equal(range_check(first, step, k), ERR_NONE);
    assert_int_equal(range_text(first, step, k, out), strlen(text));
    assert_string_equal(out, text);
}

static void ranges_are_decimal_numbers(void **state)
{
    (void)state;
    assert_range(1, 2, 1, "1");
    assert_range(1, 2, 500, "999");
    assert_range(10, -5, 4, "-5");
    assert_range(INT64_MIN, 0, ELEM_MAX, "-9223372036854775808");
    assert_range(INT64_MIN, INT64_MAX, 3, "9223372036854775806");
    assert_range(0, INT64_MAX / (ELEM_MAX - 1), ELEM_MAX,
                 "9223372036854644736");
}

static void ranges_beyond_the_numbers_are_refused(void **state)
{
    char out[RANGE_TEXT_LEN];

    (void)state;
    assert_int_equal(range_check(1, 1, 0), ERR_RANGE);
    assert_int_equal(range_check(INT64_MAX, 1, 1), ERR_NONE);
    assert_int_equal(range_check(INT64_MAX, 1, 2), ERR_RANGE);
    assert_int_equal(range_check(INT64_MIN, -1, 2), ERR_RANGE);
    assert_int_equal(range_check(0, INT64_MAX, 3), ERR_RANGE);
    assert_int_equal(range_check(0, INT64_MIN, ELEM_MAX), ERR_RANGE);
    range_text(INT64_MAX, 1, 2, out);
    assert_string_equal(out, "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_comes_back),
        cmocka_unit_test(what_was_around_comes_back),
        cmocka_unit_test(an_environment_may_be_apart),
        cmocka_unit_test(what_was_around_is_not_what_a_command_is),
        cmocka_unit_test(a_command_with_nothing_around_is_all_of_it),
        cmocka_unit_test(what_a_command_leaves_out_is_not_written),
        cmocka_unit_test(unknown_keys_are_ignored),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(too_large_commands_are_refused),
        cmocka_unit_test(items_come_back_in_order),
        cmocka_unit_test(improper_items_are_refused),
        cmocka_unit_test(ranges_are_decimal_numbers),
        cmocka_unit_test(items_can_have_numbers),
        cmocka_unit_test(ranges_beyond_the_numbers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
