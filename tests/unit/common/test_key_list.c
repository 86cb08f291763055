/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/key_list.h"

#define KEY_A "ykp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0scgxc0f"
#define KEY_B "ykp1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq3ud60s"
#define SECRET "yks1lll0ml8mltul3alk7h608uh37rh7am0va04wn688umj7fclzu8sqjtuxg4"

static void lines_are_read(void **state)
{
    struct key_list list;
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(
        key_list_parse(view_str("# who may\n\n  farm\t" KEY_A
                                " work # nodes\r\n"
                                "alice@x " KEY_B
                                " work,admin expires=2027-03-01T00:00:00Z"),
                       &list, NULL),
        ERR_NONE);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.at[0].name, "farm");
    assert_int_equal(list.at[0].roles, KEY_ROLE_WORK);
    assert_true(key_entry_is_valid(&list.at[0], INT64_MAX - 1));
    assert_int_equal(list.at[1].roles, KEY_ROLE_WORK | KEY_ROLE_ADMIN);
    assert_true(key_entry_is_valid(&list.at[1], INT64_C(1803859199999)));
    assert_false(key_entry_is_valid(&list.at[1], INT64_C(1803859200000)));
    assert_ptr_equal(key_list_named(&list, "alice@x"), &list.at[1]);
    assert_ptr_equal(key_list_find(&list, &list.at[1].key), &list.at[1]);
    assert_null(key_list_named(&list, "bob"));
    for (size_t i = 0; i < list.n; i++)
        key_entry_add(&out, &list.at[i]);
    assert_string_equal(buf_text(&out),
                        "farm " KEY_A " work\nalice@x " KEY_B
                        " work,admin expires=2027-03-01T00:00:00Z\n");
    buf_fini(&out);
    key_list_fini(&list);
}

/* Half a file lets nobody in. */
static void a_wrong_line_is_named_and_nothing_is_taken(void **state)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        { "farm " KEY_A, "line 1: a line is NAME KEY ROLES" },
        { "x " KEY_B " work\nfarm " SECRET " work", "line 2: a secret key" },
        { "farm " KEY_A " root", "\"root\" is not a role" },
        { "farm " KEY_A " work,", "is not a role" },
        { "farm " KEY_A " work max-jobs=3",
          "\"max-jobs=3\" is not understood" },
        { "farm " KEY_A " work expires=soon", "a time looks like" },
        { "fa;rm " KEY_A " work", "is not a name" },
        { "a " KEY_A " work\na " KEY_B " work", "two keys named a" },
        { "a " KEY_A " work\nb " KEY_A " work", "b has the key of a" },
    };
    char errmsg[ERRMSG_LEN];
    struct key_list list;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_not_equal(
            key_list_parse(view_str(bad[i].text), &list, errmsg), ERR_NONE);
        if (strstr(errmsg, bad[i].error) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", errmsg, bad[i].error);
        assert_int_equal(list.n, 0);
    }
    assert_int_equal(key_list_parse(view_of("a\0b", 3), &list, NULL),
                     ERR_FORMAT);
}

static void a_line_is_taken_out_and_the_others_stay_as_they_are(void **state)
{
    const struct view text = view_str("# farm " KEY_A " work\n\n  farm\t" KEY_A
                                      " work # nodes\nfarmer " KEY_B " work");
    struct buf out = { 0 };

    (void)state;
    key_lines_copy(&out, text, "farm");
    assert_string_equal(buf_text(&out),
                        "# farm " KEY_A " work\n\nfarmer " KEY_B " work\n");
    buf_clear(&out);
    key_lines_copy(&out, text, "farmer");
    assert_string_equal(buf_text(&out),
                        "# farm " KEY_A " work\n\n  farm\t" KEY_A
                        " work # nodes\n");
    buf_clear(&out);
    key_lines_copy(&out, view_str("a b"), NULL);
    assert_string_equal(buf_text(&out), "a b\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(a_line_is_taken_out_and_the_others_stay_as_they_are),
        cmocka_unit_test(a_wrong_line_is_named_and_nothing_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
