/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/access.h"
#include "libcommon/check.h"

#define PUBLIC "ykp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0scgxc0f"
#define SECRET "yks1lll0ml8mltul3alk7h608uh37rh7am0va04wn688umj7fclzu8sqjtuxg4"
#define WHOLE                                                              \
    "yon-access 1\nserver tcp://login1:7667\nserver tcp://10.1.0.5:7667\n" \
    "server-key " PUBLIC "\nname farm\nsecret " SECRET                     \
    "\nexpires 2027-03-01T00:00:00Z\n"

static void a_file_is_read_and_written(void **state)
{
    struct access a;
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(access_parse(view_str(WHOLE), &a, NULL), ERR_NONE);
    assert_int_equal(a.n_servers, 2);
    assert_string_equal(a.servers[1], "tcp://10.1.0.5:7667");
    assert_string_equal(a.name, "farm");
    assert_int_equal(a.secret.bytes[0], 255);
    access_add(&out, &a);
    assert_string_equal(buf_text(&out), WHOLE);
    access_wipe(&a);
    assert_int_equal(a.secret.bytes[0], 0);
    buf_fini(&out);
}

static void what_a_newer_yon_adds_is_skipped(void **state)
{
    struct access a;

    (void)state;
    assert_int_equal(
        access_parse(view_str("yon-access 1\n\n# mine\r\n"
                              "color blue\nalone\n"
                              "  server\ttcp://h:1 \r\n"
                              "server-key " PUBLIC "\nsecret " SECRET),
                     &a, NULL),
        ERR_NONE);
    assert_string_equal(a.servers[0], "tcp://h:1");
    assert_string_equal(a.name, "");
}

static void a_fault_is_named_without_the_secret(void **state)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        { "", "not an access file" },
        { "yon-access 2\n", "not an access file" },
        { "yon-access 1\n", "\"server ...\" is missing" },
        { "yon-access 1\nserver tcp://h:1\nsecret " SECRET,
          "\"server-key ...\" is missing" },
        { "yon-access 1\nserver tcp://h:1\nserver-key " PUBLIC,
          "\"secret ...\" is missing" },
        { "yon-access 1\nsecret " SECRET "\nsecret " SECRET,
          "line 3: secret stands there twice" },
        { "yon-access 1\nsecret " SECRET "x", "line 2: not a key" },
        { "yon-access 1\nserver-key " SECRET, "line 2: a secret key" },
        { "yon-access 1\nname a b", "is not a name" },
        { "yon-access 1\nexpires never", "expires wants a time" },
    };
    char errmsg[ERRMSG_LEN];
    struct access a;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(access_parse(view_str(bad[i].text), &a, errmsg),
                         ERR_FORMAT);
        if (strstr(errmsg, bad[i].error) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", errmsg, bad[i].error);
        assert_null(strstr(errmsg, "lll0ml8"));
        assert_int_equal(a.secret.bytes[0], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_and_written),
        cmocka_unit_test(what_a_newer_yon_adds_is_skipped),
        cmocka_unit_test(a_fault_is_named_without_the_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
