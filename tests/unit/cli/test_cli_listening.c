/* SPDX-License-Identifier: MIT */
/* What --listen and --advertise mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/cli/listening.h"
#include "libcommon/check.h"

#define OPTIONS_MAX 12

/* listening_read for `yon up` with these options; NULL ends them. */
static int read_options(const char *const *words, struct listening *out)
{
    const char *argv[OPTIONS_MAX + 1] = { "yon" };
    const struct cli_command *command = command_find("up");
    struct options_rules rules = { .who = "up",
                                   .own = command->options,
                                   .shared = global_options };
    struct cli cli = { .command = command,
                       .output = output_kind(OUTPUT_TABLE) };
    char errmsg[ERRMSG_LEN];
    int argc = 1, code;

    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc < OPTIONS_MAX);
        argv[argc] = words[argc - 1];
    }
    options_init(&cli.options, argc, (char **)(uintptr_t)argv);
    assert_int_equal(options_read(&cli.options, &rules, errmsg), ERR_NONE);
    code = listening_read(&cli, out);
    options_fini(&cli.options);
    return code;
}

static void an_endpoint_is_completed(void **state)
{
    static const struct {
        const char *text, *endpoint;
    } forms[] = {
        { ":7000", "tcp://0.0.0.0:7000" },
        { "7000", "tcp://0.0.0.0:7000" },
        { "10.0.0.5", "tcp://10.0.0.5:7667" },
        { "10.0.0.5:7000", "tcp://10.0.0.5:7000" },
        { "tcp://10.0.0.5:7000", "tcp://10.0.0.5:7000" },
        { "tcp://10.0.0.5", "tcp://10.0.0.5:7667" },
        { "[::1]", "tcp://[::1]:7667" },
        { "[::1]:7000", "tcp://[::1]:7000" },
        { "localhost", "tcp://localhost:7667" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const char *words[] = { "--listen", forms[i].text, NULL };
        struct listening l;

        assert_int_equal(read_options(words, &l), EXITS_DONE);
        assert_string_equal(l.endpoint, forms[i].endpoint);
        assert_int_equal(l.n_addresses, 1);
        listening_fini(&l);
    }
}

static void assert_address(const char *listen, const char *want)
{
    const char *words[] = { "--listen", listen, NULL };
    struct listening l;

    assert_int_equal(read_options(words, &l), EXITS_DONE);
    assert_string_equal(l.addresses[0], want);
    listening_fini(&l);
}

static void the_name_of_the_host_stands_for_all_addresses(void **state)
{
    char host[256] = "", want[300];

    (void)state;
    gethostname(host, sizeof host - 1);
    snprintf(want, sizeof want, "tcp://%s:7000", host);
    assert_address(":7000", want);
    assert_address("[::]:7000", want);
    assert_address("10.0.0.5:7000", "tcp://10.0.0.5:7000");
}

/* Also when it is written with tcp://, or is an address of IPv6. */
static void an_advertised_host_has_the_port_that_is_listened_at(void **state)
{
    static const struct {
        const char *text, *address;
    } forms[] = {
        { "login1", "tcp://login1:9000" },
        { "tcp://login1", "tcp://login1:9000" },
        { "[2001:db8::1]", "tcp://[2001:db8::1]:9000" },
        { "login1:7000", "tcp://login1:7000" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const char *words[] = { "--listen",    ":9000",       "--advertise",
                                forms[i].text, "--advertise", "10.1.0.5",
                                NULL };
        struct listening l;

        assert_int_equal(read_options(words, &l), EXITS_DONE);
        assert_int_equal(l.n_addresses, 2);
        assert_string_equal(l.addresses[0], forms[i].address);
        assert_string_equal(l.addresses[1], "tcp://10.1.0.5:9000");
        listening_fini(&l);
    }
}

static void what_peers_could_not_use_is_refused(void **state)
{
    static const char *const bad[][OPTIONS_MAX] = {
        { "--listen", "host.example" },
        { "--listen", ":0" },
        { "--listen", ":70000" },
        { "--listen", "::1" },
        { "--listen", "" },
        { "--advertise", "login1" },
        { "--listen", ":9000", "--advertise", "7000" },
        { "--listen", ":9000", "--advertise", "a b" },
        { "--listen", ":9000", "--advertise", "login1:0" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct listening l;

        if (read_options(bad[i], &l) != EXITS_USAGE)
            fail_msg("%s %s is taken", bad[i][0], bad[i][1]);
        listening_fini(&l);
    }
}

static void nothing_is_listened_at_unless_told(void **state)
{
    const char *words[] = { NULL };
    struct listening l;

    (void)state;
    assert_int_equal(read_options(words, &l), EXITS_DONE);
    assert_null(l.endpoint);
    assert_int_equal(l.n_addresses, 0);
    listening_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_completed),
        cmocka_unit_test(the_name_of_the_host_stands_for_all_addresses),
        cmocka_unit_test(an_advertised_host_has_the_port_that_is_listened_at),
        cmocka_unit_test(what_peers_could_not_use_is_refused),
        cmocka_unit_test(nothing_is_listened_at_unless_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
