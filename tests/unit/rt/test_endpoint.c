/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/endpoint.h"

typedef enum err parse_fn(const char *, struct endpoint *, char *);

/* The error, and that there is a message exactly when there is one. */
static enum err parse(parse_fn *fn, const char *text, struct endpoint *out)
{
    char errmsg[ERRMSG_LEN] = "";
    enum err err = fn(text, out, errmsg);

    assert_int_equal(err != ERR_NONE, errmsg[0] != '\0');
    assert_int_equal(fn(text, out, NULL), err);
    return err;
}

static void addresses_can_be_bound(void **state)
{
    static const struct {
        const char *text, *zmq;
        bool is_ipv6;
    } rows[] = {
        { "tcp://127.0.0.1:7000", "tcp://127.0.0.1:7000", false },
        { "tcp://127.9.8.7:65535", "tcp://127.9.8.7:65535", false },
        { "tcp://127.0.0.1:0", "tcp://127.0.0.1:*", false },
        { "tcp://localhost:1", "tcp://127.0.0.1:1", false },
        { "tcp://[::1]:0", "tcp://[::1]:*", true },
        { "tcp://0.0.0.0:1", "tcp://0.0.0.0:1", false },
        { "tcp://[::]:1", "tcp://[::]:1", true },
        { "tcp://10.0.0.1:1", "tcp://10.0.0.1:1", false },
        { "ipc://x", "ipc://x", false },
        { "ipc:///a b/\xff", "ipc:///a b/\xff", false },
    };
    struct endpoint e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(parse(endpoint_for_bind, rows[i].text, &e), ERR_NONE);
        assert_string_equal(e.text, rows[i].zmq);
        assert_int_equal(e.is_ipv6, rows[i].is_ipv6);
    }
}

static void names_cannot_be_bound(void **state)
{
    static const char *rows[] = {
        "tcp://*:1",
        "tcp://example.org:1",
        "tcp://127.0.0.1.evil.org:1",
        "tcp://eth0:1",
    };
    struct endpoint e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(parse(endpoint_for_bind, rows[i], &e), ERR_FORMAT);
}

static void any_host_can_be_connected_to(void **state)
{
    struct endpoint e;

    (void)state;
    assert_int_equal(parse(endpoint_for_connect, "tcp://example.org:70", &e),
                     ERR_NONE);
    assert_string_equal(e.text, "tcp://example.org:70");
    assert_int_equal(parse(endpoint_for_connect, "tcp://[fe80::1]:70", &e),
                     ERR_NONE);
    assert_true(e.is_ipv6);
    assert_int_equal(parse(endpoint_for_connect, "ipc:///tmp/s", &e), ERR_NONE);
    assert_string_equal(e.path, "/tmp/s");
}

static void what_is_no_endpoint_is_told_so(void **state)
{
    static const char *rows[] = {
        "",
        "x",
        "tcp://",
        "tcp://127.0.0.1",
        "ipc://",
        "ipc://*",
        "ipc://@abstract",
        "inproc://x",
        "tcp://:1",
        "tcp://a:-1",
        "tcp://a:65536",
        "tcp://a:1x",
        "tcp://a;b:1",
        "tcp://a b:1",
        "tcp://[::1:1",
        "tcp://[::g]:1",
        "tcp://a:",
        "tcp://::1:5",
        "tcp://a:999999",
        "http://a:1",
    };
    struct endpoint e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(parse(endpoint_for_bind, rows[i], &e), ERR_FORMAT);
        assert_int_equal(parse(endpoint_for_connect, rows[i], &e), ERR_FORMAT);
    }
    assert_int_equal(parse(endpoint_for_connect, "tcp://127.0.0.1:0", &e),
                     ERR_FORMAT);
}

static void paths_end_at_the_limit_of_the_system(void **state)
{
    char text[ENDPOINT_PATH_MAX + 16] = "ipc://";
    struct endpoint e;

    (void)state;
    memset(text + 6, 'p', ENDPOINT_PATH_MAX);
    assert_int_equal(parse(endpoint_for_bind, text, &e), ERR_NONE);
    assert_int_equal(strlen(e.path), ENDPOINT_PATH_MAX);
    text[6 + ENDPOINT_PATH_MAX] = 'p';
    assert_int_equal(parse(endpoint_for_bind, text, &e), ERR_RANGE);
    assert_int_equal(parse(endpoint_for_connect, text, &e), ERR_RANGE);
}

static void what_is_on_this_machine_is_known(void **state)
{
    (void)state;
    assert_true(endpoint_is_here("ipc:///x"));
    assert_true(endpoint_is_here("tcp://127.0.0.2:1"));
    assert_true(endpoint_is_here("tcp://localhost:1"));
    assert_true(endpoint_is_here("tcp://[::1]:1"));
    assert_false(endpoint_is_here("tcp://10.0.0.1:1"));
    assert_false(endpoint_is_here("tcp://[::2]:1"));
    assert_false(endpoint_is_here("tcp://far:1"));
}

static void hosts_end_at_their_limit(void **state)
{
    char host[ENDPOINT_HOST_MAX + 2], text[ENDPOINT_LEN];
    struct endpoint e;

    (void)state;
    memset(host, 'h', sizeof host);
    snprintf(text, sizeof text, "tcp://%.*s:65535", ENDPOINT_HOST_MAX, host);
    assert_int_equal(parse(endpoint_for_connect, text, &e), ERR_NONE);
    assert_string_equal(e.text, text);
    snprintf(text, sizeof text, "tcp://%.*s:65535", ENDPOINT_HOST_MAX + 1,
             host);
    assert_int_equal(parse(endpoint_for_connect, text, &e), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_can_be_bound),
        cmocka_unit_test(names_cannot_be_bound),
        cmocka_unit_test(any_host_can_be_connected_to),
        cmocka_unit_test(what_is_no_endpoint_is_told_so),
        cmocka_unit_test(paths_end_at_the_limit_of_the_system),
        cmocka_unit_test(what_is_on_this_machine_is_known),
        cmocka_unit_test(hosts_end_at_their_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
