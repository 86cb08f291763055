/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/command_line.h"
#include "client/cli/help.h"
#include "libcommon/buf.h"
#include "libcommon/check.h"

static struct options options;
static const struct cli_command *command;
static char errmsg[ERRMSG_LEN];

/* Parse words, separated by single blanks. */
static enum err parse(const char *line)
{
    static char text[200];
    static char *argv[40];
    int argc = 0;

    options_fini(&options);
    snprintf(text, sizeof text, "yon %s", line);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        argv[argc++] = at;
    argv[argc] = NULL;
    errmsg[0] = '\0';
    return command_line_read(argc, argv, &options, &command, errmsg);
}

static void assert_args(const char *want)
{
    struct buf got = { 0 };

    for (size_t i = 0; i < options.n_args; i++)
        buf_addf(&got, "%s%s", i > 0 ? " " : "", options.args[i]);
    assert_string_equal(buf_text(&got), want);
    buf_fini(&got);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(parse("-s ipc://x wait 42 -p --timeout=90s 43"), ERR_NONE);
    assert_string_equal(command->name, "wait");
    assert_string_equal(options_text(&options, OPT_SERVER, ""), "ipc://x");
    assert_true(options_has(&options, OPT_PROGRESS));
    assert_int_equal(options_duration(&options, OPT_TIMEOUT, 0), 90000);
    assert_args("42 43");
}

static void a_command_keeps_its_own_options(void **state)
{
    (void)state;
    assert_int_equal(parse("submit -n x make -j4 -w -- y"), ERR_NONE);
    assert_string_equal(options_text(&options, OPT_NAME, ""), "x");
    assert_false(options_has(&options, OPT_WAIT));
    assert_args("make -j4 -w -- y");
    assert_int_equal(parse("run -- -x --help"), ERR_NONE);
    assert_false(options_has(&options, OPT_HELP));
    assert_args("-x --help");
}

static void short_options_stand_together(void **state)
{
    (void)state;
    assert_int_equal(parse("submit -wpnname true"), ERR_NONE);
    assert_true(options_has(&options, OPT_WAIT));
    assert_true(options_has(&options, OPT_PROGRESS));
    assert_string_equal(options_text(&options, OPT_NAME, ""), "name");
}

static void only_lists_take_several_values(void **state)
{
    (void)state;
    assert_int_equal(parse("up --procs 2 --load a.so --load b.so"), ERR_NONE);
    assert_int_equal(options_number(&options, OPT_PROCS, 1), 2);
    assert_string_equal(options_text(&options, OPT_LOAD, ""), "b.so");
    assert_int_equal(options.n_given, 3);
    assert_int_equal(options_number(&options, OPT_SLOTS, 7), 7);
    assert_int_equal(parse("ls -v --all -v --all"), ERR_NONE);
    assert_int_equal(parse("submit --each-line a --each-line=b x"), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "--each-line takes one value"));
    assert_non_null(strstr(errmsg, "\"a\" and \"b\""));
    assert_int_equal(parse("-s ipc://x ls -s ipc://y"), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "--server takes one value"));
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *line, *text;
    } bad[] = {
        { "lst", "did you mean \"ls\"" },
        { "frobnicate", "no command \"frobnicate\"" },
        { "ls --stat x", "did you mean --state" },
        { "ls --each-line x", "ls has no option --each-line" },
        { "ls -x", "no option -x" },
        { "ls --state", "--state wants a value" },
        { "ls --state gone", "not \"gone\"" },
        { "ls --all=yes", "takes no value" },
        { "up --procs two", "number from 0 to 1024" },
        { "up --slots 0", "number from 1" },
        { "wait --timeout soon", "wants a time" },
        { "wait --timeout 9999d", "at most 366 days" },
        { "--timeout 0 status", "--timeout must be more than 0" },
        { "run --deadline 0s true", "leave it out for no limit" },
        { "ls --stat=x", "did you mean --state" },
        { "ls -o xml", "table|json|jsonl|id" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_not_equal(parse(bad[i].line), ERR_NONE);
        if (strstr(errmsg, bad[i].text) == NULL)
            fail_msg("yon %s: %s", bad[i].line, errmsg);
    }
    options_fini(&options);
}

static void no_letter_or_name_is_given_twice(void **state)
{
    (void)state;
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        for (const struct option *o = c->options; o->name != NULL; o++) {
            for (const struct option *p = o + 1; p->name != NULL; p++) {
                assert_string_not_equal(o->name, p->name);
                assert_true(o->letter == 0 || o->letter != p->letter);
            }
            for (const struct option *g = global_options; g->name != NULL;
                 g++) {
                assert_string_not_equal(o->name, g->name);
                assert_true(o->letter == 0 || o->letter != g->letter);
            }
        }
}

static void assert_lines_fit(struct buf *text)
{
    for (char *line = strtok((char *)(uintptr_t)buf_text(text), "\n");
         line != NULL; line = strtok(NULL, "\n"))
        if (strlen(line) > 80)
            fail_msg("too long: %s", line);
}

static void help_shows_all_there_is(void **state)
{
    struct buf text = { 0 };

    (void)state;
    help_add_overview(&text);
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        assert_non_null(strstr(buf_text(&text), c->summary));
    assert_lines_fit(&text);
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        buf_clear(&text);
        help_add_command(&text, c);
        for (const struct option *o = c->options; o->name != NULL; o++)
            assert_non_null(strstr(buf_text(&text), o->name));
        assert_true(strstr(buf_text(&text), "Examples") <
                    strstr(buf_text(&text), "Usage"));
        assert_lines_fit(&text);
    }
    buf_fini(&text);
}

static void help_names_all_that_retry_on_takes(void **state)
{
    static const char *const words[] = {
        "exit=N",        "exit=A-B",    "signal=N",     "error=NAME", "exit",
        "signal",        "error",       "start",        "function",   "limit",
        "start-timeout", "run-timeout", "idle-timeout", "lost",       "crash",
    };
    const struct cli_command *submit = command_find("submit");
    struct buf text = { 0 };

    (void)state;
    help_add_command(&text, submit);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strstr(buf_text(&text), words[i]) == NULL)
            fail_msg("not in its help: %s", words[i]);
    assert_non_null(strstr(buf_text(&text), "runs again"));
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(a_command_keeps_its_own_options),
        cmocka_unit_test(short_options_stand_together),
        cmocka_unit_test(only_lists_take_several_values),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(no_letter_or_name_is_given_twice),
        cmocka_unit_test(help_shows_all_there_is),
        cmocka_unit_test(help_names_all_that_retry_on_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
