/* SPDX-License-Identifier: MIT */
/* The names of other tools: none of them is one of ours, and each is answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/command_line.h"
#include "client/cli/foreign.h"
#include "libcommon/check.h"

#define NAME_LEN 64

/* The next of the names; false: there is none. */
static bool next(const char **names, char name[NAME_LEN])
{
    size_t len = strcspn(*names, " ");

    assert_true(len < NAME_LEN);
    memcpy(name, *names, len);
    name[len] = '\0';
    *names += len + ((*names)[len] == ' ');
    return len > 0;
}

static bool has_option(const struct option *list, const char *name)
{
    for (; list->name != NULL; list++)
        if (name[1] == '-' ? strcmp(list->name, name + 2) == 0
                           : list->letter == name[1])
            return true;
    return false;
}

static void no_command_of_ours_is_foreign(void **state)
{
    char name[NAME_LEN];

    (void)state;
    for (const struct foreign *f = foreign_commands; f->names != NULL; f++)
        for (const char *at = f->names; next(&at, name);) {
            if (command_find(name) != NULL)
                fail_msg("%s is a command", name);
            if (foreign_command(name) != f->here)
                fail_msg("%s stands twice", name);
        }
}

static void assert_row(const struct foreign *f, const char *name,
                       const struct cli_command *c)
{
    size_t len = strlen(name);
    bool is_value = name[len - 1] == '=';

    if (is_value)
        return;
    assert_true(name[0] == '-' && (name[1] == '-' || len == 2));
    if (has_option(global_options, name) ||
        (f->where != NULL && has_option(c->options, name)))
        fail_msg("%s is an option of %s", name, c != NULL ? c->name : "all");
    if (f->where != NULL && foreign_option(c->name, name) != f->here)
        fail_msg("%s of %s stands twice", name, c->name);
}

static void no_option_of_ours_is_foreign(void **state)
{
    char name[NAME_LEN], command[NAME_LEN];

    (void)state;
    for (const struct foreign *f = foreign_options; f->names != NULL; f++) {
        if (f->where == NULL)
            for (const char *at = f->names; next(&at, name);)
                assert_row(f, name, NULL);
        for (const char *to = f->where != NULL ? f->where : "";
             next(&to, command);) {
            const struct cli_command *c = command_find(command);

            assert_non_null(c);
            for (const char *at = f->names; next(&at, name);)
                assert_row(f, name, c);
        }
    }
}

/* What the answer names is there. */
static void answers_name_what_there_is(void **state)
{
    (void)state;
    for (const struct foreign *f = foreign_commands; f->names != NULL; f++)
        for (const char *at = f->here; (at = strstr(at, "yon ")) != NULL;) {
            char name[NAME_LEN];

            at += strlen("yon ");
            (void)sscanf(at, "%20[a-z]", name);
            if (command_find(name) == NULL)
                fail_msg("yon %s", name);
        }
    for (const struct foreign *f = foreign_options; f->names != NULL; f++) {
        const struct cli_command *c = command_find("submit");
        char command[NAME_LEN] = "submit", name[NAME_LEN] = "--";
        const char *where = f->where;

        if (sscanf(f->here, "--%40[a-z-]", name + 2) != 1)
            continue;
        if (where != NULL && next(&where, command))
            c = command_find(command);
        if (!has_option(c->options, name) && !has_option(global_options, name))
            fail_msg("%s has no %s", command, name);
    }
}

static void answers_depend_on_the_command(void **state)
{
    (void)state;
    assert_non_null(strstr(foreign_command("kill"), "yon cancel"));
    assert_non_null(strstr(foreign_option("submit", "-j"), "yon up --slots"));
    assert_non_null(strstr(foreign_option("up", "-j"), "--procs"));
    assert_null(foreign_option("ls", "-j"));
    assert_non_null(strstr(foreign_option(NULL, "--host"), "--server"));
    assert_null(foreign_option(NULL, "--cwd"));
    assert_null(foreign_command("ki"));
    assert_null(foreign_command(""));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_of_ours_is_foreign),
        cmocka_unit_test(no_option_of_ours_is_foreign),
        cmocka_unit_test(answers_name_what_there_is),
        cmocka_unit_test(answers_depend_on_the_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
