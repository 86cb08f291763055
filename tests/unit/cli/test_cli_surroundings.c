/* SPDX-License-Identifier: MIT */
/* What a command finds around it, as it is handed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/cli/surroundings.h"
#include "libcommon/check.h"

/* The surroundings with these words on the command line of yon run. */
struct read_case {
    struct cli cli;
    struct surroundings around;
    struct command_spec spec;
};

static void read_words(struct read_case *r, int argc, const char **argv)
{
    const struct cli_command *command = command_find("run");
    struct options_rules rules = { .who = "run",
                                   .own = command->options,
                                   .shared = global_options };
    char errmsg[ERRMSG_LEN];

    *r = (struct read_case){ .cli = { .command = command } };
    options_init(&r->cli.options, argc, (char **)(uintptr_t)argv);
    assert_int_equal(options_read(&r->cli.options, &rules, errmsg), ERR_NONE);
    assert_int_equal(surroundings_read(&r->cli, &r->around, &r->spec), 0);
}

static void read_fini(struct read_case *r)
{
    surroundings_fini(&r->around);
    options_fini(&r->cli.options);
}

static bool has(struct labels env, const char *name)
{
    for (size_t i = 0; i < env.n; i++)
        if (view_equal(env.at[i].key, view_str(name)))
            return true;
    return false;
}

static void set_environment(void)
{
    clearenv();
    setenv("PATH", "/bin", 1);
    setenv("HOSTNAME", "here", 1);
    setenv("SSH_AUTH_SOCK", "/run/agent", 1);
    setenv("DISPLAY", ":0", 1);
    setenv("TMPDIR", "/run/me", 1);
    setenv("XDG_RUNTIME_DIR", "/run/me", 1);
    setenv("SSHX", "1", 1);
}

static void on_this_machine_all_of_it_is_taken(void **state)
{
    const char *argv[] = { "yon", "-s", "tcp://127.0.0.1:1", NULL };
    struct read_case r;

    (void)state;
    set_environment();
    read_words(&r, 3, argv);
    assert_true(r.spec.around.has_env);
    assert_int_equal(r.spec.around.env.n, 7);
    assert_int_equal(r.spec.around.pass.n, 0);
    assert_true(r.spec.around.has_umask);
    assert_int_equal(r.spec.around.ulimits.n, RLIMITS_MAX);
    read_fini(&r);
}

static void on_another_machine_what_names_this_one_is_left_out(void **state)
{
    const char *argv[] = {
        "yon", "-s", "tcp://far:1", "--env", "DISPLAY", NULL
    };
    struct read_case r;

    (void)state;
    set_environment();
    read_words(&r, 5, argv);
    assert_true(has(r.spec.around.env, "PATH"));
    assert_true(has(r.spec.around.env, "SSHX"));
    assert_int_equal(r.spec.around.env.n, 2);
    assert_true(has(r.spec.env, "DISPLAY"));
    assert_int_equal(r.spec.env.n, 1);
    assert_int_equal(r.spec.around.pass.n, 3);
    read_fini(&r);
}

static void what_is_given_is_not_taken_twice(void **state)
{
    const char *argv[] = { "yon",    "-s",    "ipc:///x", "--env",
                           "SSHX=2", "--env", "SSHX=3",   NULL };
    struct read_case r;

    (void)state;
    set_environment();
    read_words(&r, 7, argv);
    assert_false(has(r.spec.around.env, "SSHX"));
    assert_int_equal(r.spec.env.n, 1);
    assert_true(view_equal(r.spec.env.at[0].value, view_str("3")));
    read_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_this_machine_all_of_it_is_taken),
        cmocka_unit_test(on_another_machine_what_names_this_one_is_left_out),
        cmocka_unit_test(what_is_given_is_not_taken_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
