/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/shell/keyring.h"
#include "libcommon/check.h"
#include "libcommon/rt/os/private_file.h"

#define KEY_A "ykp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0scgxc0f"
#define KEY_B "ykp1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq3ud60s"
#define SECRET "yks1lll0ml8mltul3alk7h608uh37rh7am0va04wn688umj7fclzu8sqjtuxg4"
#define MARCH_2027 INT64_C(1803859200000)

static char dir[] = "/tmp/yon-test-keys-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[80];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(private_file_write(path, view_str(text), false, NULL),
                     ERR_NONE);
}

static void take_away(const char *name)
{
    char path[80];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    take_away(KEYRING_SERVER_KEY);
    take_away(KEYRING_LIST);
    return rmdir(dir);
}

static struct curve_key key(const char *text)
{
    struct curve_key k;

    assert_int_equal(key_parse(KEY_PUBLIC, text, &k, NULL), ERR_NONE);
    return k;
}

static uint32_t last_revoked, n_revoked;

static void note(void *arg, uint32_t number)
{
    (void)arg;
    last_revoked = number;
    n_revoked++;
}

static void keys_come_and_go(void **state)
{
    struct curve_key a = key(KEY_A), b = key(KEY_B);
    struct keyring *k;
    struct principal by;

    (void)state;
    n_revoked = 0;
    put(KEYRING_SERVER_KEY, SECRET "\n");
    put(KEYRING_LIST, "farm " KEY_A " work\n");
    assert_int_equal(keyring_open(dir, &k, NULL), ERR_NONE);
    assert_int_equal(keyring_secret(k)->bytes[0], 255);
    assert_int_equal(keyring_admit(k, &a, 0), 1);
    assert_int_equal(keyring_admit(k, &b, 0), 0);
    assert_true(keyring_look(k, 1, 0, &by));
    assert_string_equal(by.name, "farm");
    assert_int_equal(by.roles, KEY_ROLE_WORK);

    /* A new one beside it, and an end for it: it keeps its number. */
    put(KEYRING_LIST,
        "me " KEY_B " admin\nfarm " KEY_A " work expires=2027-03-01T00:00:00Z");
    assert_int_equal(keyring_reload(k, note, NULL, NULL), ERR_NONE);
    assert_int_equal(n_revoked, 0);
    assert_int_equal(keyring_admit(k, &b, 0), 2);
    assert_int_equal(keyring_admit(k, &a, MARCH_2027 - 1), 1);
    assert_int_equal(keyring_admit(k, &a, MARCH_2027), 0);
    assert_false(keyring_look(k, 1, MARCH_2027, &by));
    keyring_expire(k, MARCH_2027 - 1, note, NULL);
    assert_int_equal(n_revoked, 0);
    keyring_expire(k, MARCH_2027, note, NULL);
    keyring_expire(k, MARCH_2027, note, NULL);
    assert_int_equal(n_revoked, 1);
    assert_int_equal(last_revoked, 1);
    n_revoked = 0;

    /* Other roles are another number; what is gone has none. */
    put(KEYRING_LIST, "me " KEY_B " work");
    assert_int_equal(keyring_reload(k, note, NULL, NULL), ERR_NONE);
    assert_int_equal(n_revoked, 1);
    assert_int_equal(last_revoked, 2);
    assert_false(keyring_look(k, 2, 0, &by));
    assert_int_equal(keyring_admit(k, &b, 0), 3);
    assert_int_equal(keyring_admit(k, &a, 0), 0);
    assert_int_equal(keyring_n(k), 1);
    keyring_free(k);
}

static void a_list_that_is_not_understood_changes_nothing(void **state)
{
    struct curve_key a = key(KEY_A);
    char errmsg[ERRMSG_LEN];
    struct keyring *k;

    (void)state;
    put(KEYRING_SERVER_KEY, SECRET);
    put(KEYRING_LIST, "farm " KEY_A " work\n");
    assert_int_equal(keyring_open(dir, &k, NULL), ERR_NONE);
    put(KEYRING_LIST, "farm " KEY_A " king\n");
    assert_int_equal(keyring_reload(k, note, NULL, errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, KEYRING_LIST ": line 1"));
    assert_int_equal(keyring_admit(k, &a, 0), 1);
    keyring_free(k);
}

/* Who can rename puts a list of before, with keys taken away since, in place.
 */
static void a_folder_that_others_can_write_to_changes_nothing(void **state)
{
    struct curve_key a = key(KEY_A), b = key(KEY_B);
    struct keyring *k;

    (void)state;
    put(KEYRING_SERVER_KEY, SECRET);
    put(KEYRING_LIST, "farm " KEY_A " work\n");
    assert_int_equal(keyring_open(dir, &k, NULL), ERR_NONE);
    put(KEYRING_LIST, "mill " KEY_B " work\n");
    assert_int_equal(chmod(dir, 0770), 0);
    assert_int_equal(keyring_reload(k, note, NULL, NULL), ERR_REFUSED);
    assert_int_equal(keyring_admit(k, &a, 0), 1);
    assert_int_equal(keyring_admit(k, &b, 0), 0);
    keyring_free(k);
    assert_int_equal(keyring_open(dir, &k, NULL), ERR_REFUSED);
}

static void without_both_files_nothing_opens(void **state)
{
    char errmsg[ERRMSG_LEN];
    struct keyring *k;

    (void)state;
    assert_int_equal(keyring_open(dir, &k, errmsg), ERR_ABSENT);
    assert_non_null(strstr(errmsg, KEYRING_SERVER_KEY));
    put(KEYRING_SERVER_KEY, SECRET);
    assert_int_equal(keyring_open(dir, &k, errmsg), ERR_ABSENT);
    put(KEYRING_LIST, "");
    assert_int_equal(keyring_open(dir, &k, errmsg), ERR_NONE);
    assert_int_equal(keyring_n(k), 0);
    keyring_free(k);
    put(KEYRING_SERVER_KEY, KEY_A);
    assert_int_equal(keyring_open(dir, &k, errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "server.key: a public key"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_come_and_go),
        TEST(a_list_that_is_not_understood_changes_nothing),
        TEST(a_folder_that_others_can_write_to_changes_nothing),
        TEST(without_both_files_nothing_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
