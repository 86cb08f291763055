/* SPDX-License-Identifier: MIT */
/* Where the coordinator is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/rt/zmq/address.h"

static int setup(void **state)
{
    (void)state;
    unsetenv("YON_SERVER");
    unsetenv("YON_DIR");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/home/me", 1);
    return 0;
}

static void assert_resolves(const char *server, const char *expected)
{
    char *address = NULL;

    assert_int_equal(address_resolve(server, &address, NULL), ERR_NONE);
    assert_string_equal(address, expected);
    free(address);
}

static void the_argument_comes_first(void **state)
{
    (void)state;
    setenv("YON_SERVER", "tcp://other:1", 1);
    assert_resolves("tcp://host:7", "tcp://host:7");
}

static void then_the_server_variable(void **state)
{
    (void)state;
    setenv("YON_SERVER", "tcp://other:1", 1);
    setenv("YON_DIR", "/run/yon", 1);
    assert_resolves(NULL, "tcp://other:1");
    assert_resolves("", "tcp://other:1");
}

static void then_the_directory_variable(void **state)
{
    (void)state;
    setenv("YON_SERVER", "", 1); /* as if it was not set */
    setenv("YON_DIR", "/run/yon", 1);
    assert_resolves(NULL, "ipc:///run/yon/yond.sock");
}

static void then_the_state_directory(void **state)
{
    (void)state;
    assert_resolves(NULL, "ipc:///home/me/.local/state/yon/yond.sock");
    setenv("XDG_STATE_HOME", "/state", 1);
    assert_resolves(NULL, "ipc:///state/yon/yond.sock");
}

/* It went to the coordinator of YON_DIR or YON_SERVER, without a word. */
static void an_access_file_that_is_named_goes_before_the_variables(void **state)
{
    char errmsg[ERRMSG_LEN];
    char *address = NULL;

    (void)state;
    setenv("YON_SERVER", "tcp://other:1", 1);
    setenv("YON_DIR", "/run/yon", 1);
    address_use_access("/nowhere/admin.access");
    assert_int_equal(address_resolve(NULL, &address, errmsg), ERR_ABSENT);
    assert_non_null(strstr(errmsg, "/nowhere/admin.access"));
    assert_resolves("tcp://host:7", "tcp://host:7");
    unsetenv("YON_ACCESS");
}

static void without_any_it_says_what_to_set(void **state)
{
    char errmsg[ERRMSG_LEN];
    char *address = NULL;

    (void)state;
    unsetenv("HOME");
    assert_int_equal(address_resolve(NULL, &address, errmsg), ERR_ABSENT);
    assert_non_null(strstr(errmsg, "YON_SERVER"));
    assert_null(address);
}

static void a_path_too_long_for_a_socket_is_refused(void **state)
{
    char errmsg[ERRMSG_LEN];
    char dir[ADDRESS_PATH_MAX + 2];
    char *address = NULL;

    (void)state;
    memset(dir, 'd', sizeof dir);
    dir[0] = '/';
    dir[ADDRESS_PATH_MAX - strlen("/yond.sock")] = '\0';
    setenv("YON_DIR", dir, 1);
    assert_int_equal(address_resolve(NULL, &address, NULL), ERR_NONE);
    free(address);
    strcat(dir, "d");
    setenv("YON_DIR", dir, 1);
    assert_int_equal(address_resolve(NULL, &address, errmsg), ERR_RANGE);
    assert_non_null(strstr(errmsg, "shorter"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_argument_comes_first, setup),
        cmocka_unit_test_setup(then_the_server_variable, setup),
        cmocka_unit_test_setup(then_the_directory_variable, setup),
        cmocka_unit_test_setup(then_the_state_directory, setup),
        cmocka_unit_test_setup(
            an_access_file_that_is_named_goes_before_the_variables, setup),
        cmocka_unit_test_setup(without_any_it_says_what_to_set, setup),
        cmocka_unit_test_setup(a_path_too_long_for_a_socket_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
