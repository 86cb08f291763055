/* SPDX-License-Identifier: MIT */
/* Modules that load, and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/bounds.h"
#include "worker/shell/call/modules.h"

static void expect(struct modules *m, const char *path, enum err err,
                   const char *why)
{
    static struct module_files files[16];
    static size_t n;
    char errmsg[ERRMSG_LEN] = "";
    enum err got = module_files_read(&files[n], path, errmsg);

    if (got == ERR_NONE)
        got = modules_load(m, files[n].at, errmsg);
    n++;
    assert_int_equal(got, err);
    if (strstr(errmsg, why) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", why, errmsg);
}

static void functions_are_found_by_name(void **state)
{
    struct modules m = { 0 };

    (void)state;
    assert_null(modules_find(&m, view_str("one")));
    expect(&m, MODULES "/good.so", ERR_NONE, "");
    assert_int_equal(m.n, 3);
    assert_non_null(modules_find(&m, view_str("one")));
    assert_int_equal(modules_find(&m, view_str("two"))->fn(NULL), YON_EFAILED);
    assert_true(modules_find(&m, view_str("two"))->cpu);
    assert_false(modules_find(&m, view_str("one"))->cpu);
    assert_non_null(modules_find(&m, view_str("a longer name, with blanks")));
    assert_null(modules_find(&m, view_str("on")));
    assert_null(modules_find(&m, view_str("")));
    assert_null(modules_find(&m, view_str("one more")));
    modules_fini(&m);
}

/* "one", "two" and a long one. */
static void the_names_of_all_functions_fit_into_one_frame(void **state)
{
    struct modules m = { .names_len = FUNCTIONS_LEN_MAX - 3 };

    (void)state;
    expect(&m, MODULES "/good.so", ERR_RANGE, "at most 81920 bytes");
    assert_int_equal(m.n, 1);
    assert_int_equal(m.names_len, FUNCTIONS_LEN_MAX);
    modules_fini(&m);
}

static void functions_are_listed_by_name(void **state)
{
    struct modules m = { 0 };

    (void)state;
    expect(&m, MODULES "/good.so", ERR_NONE, "");
    assert_true(view_equal(m.at[1].name, view_str("one")));
    assert_true(view_equal(m.at[2].name, view_str("two")));
    modules_fini(&m);
}

static void a_function_is_not_taken_twice(void **state)
{
    struct modules m = { 0 };

    (void)state;
    expect(&m, MODULES "/good.so", ERR_NONE, "");
    expect(&m, MODULES "/again.so", ERR_EXISTS,
           "function \"two\" is there twice: in " MODULES "/good.so and in "
           "" MODULES "/again.so");
    modules_fini(&m);
}

static void what_is_no_module_is_refused(void **state)
{
    struct modules m = { 0 };

    (void)state;
    expect(&m, MODULES "/absent.so", ERR_ABSENT, "absent.so: No such file");
    expect(&m, MODULES "/plain.so", ERR_FORMAT,
           "plain.so is not a module of yon: it has no YON_MODULE");
    expect(&m, MODULES "/lacking.so", ERR_FORMAT, "nobody_has_this");
    expect(&m, "/etc/passwd", ERR_FORMAT, "/etc/passwd");
    assert_int_equal(m.n, 0);
    modules_fini(&m);
}

static void another_version_is_refused(void **state)
{
    struct modules m = { 0 };

    (void)state;
    expect(&m, MODULES "/older.so", ERR_VERSION,
           "was built for modules of version 2, this worker has 1: build it "
           "again");
    modules_fini(&m);
}

static void names_have_limits(void **state)
{
    struct modules m = { 0 };

    (void)state;
    expect(&m, MODULES "/wordy.so", ERR_RANGE, "name of 1 to 255 bytes");
    expect(&m, MODULES "/nameless.so", ERR_RANGE, "name of 1 to 255 bytes");
    modules_fini(&m);
}

/* Not a library of that name from the system's folders. */
static void a_name_without_a_slash_is_a_file_here(void **state)
{
    struct modules m = { 0 };

    (void)state;
    assert_int_equal(chdir(MODULES), 0);
    expect(&m, "good.so", ERR_NONE, "");
    expect(&m, "libm.so.6", ERR_ABSENT, "libm.so.6: No such file");
    modules_fini(&m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found_by_name),
        cmocka_unit_test(the_names_of_all_functions_fit_into_one_frame),
        cmocka_unit_test(functions_are_listed_by_name),
        cmocka_unit_test(a_function_is_not_taken_twice),
        cmocka_unit_test(what_is_no_module_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(names_have_limits),
        cmocka_unit_test(a_name_without_a_slash_is_a_file_here),
    };
    return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}
