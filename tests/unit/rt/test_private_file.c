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

#include "libcommon/check.h"
#include "libcommon/rt/os/private_file.h"

static char dir[] = "/tmp/yon-test-private-XXXXXX";
static char path[80], other[80];

static int set_up(void **state)
{
    (void)state;
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    ASSERT(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/key", dir);
    snprintf(other, sizeof other, "%s/other", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(dir); /* nothing else was left */
}

static void put(const char *text)
{
    assert_int_equal(private_file_write(path, view_str(text), false, NULL),
                     ERR_NONE);
}

static enum err get(const char *from, size_t max, const char *want,
                    const char *error)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf out = { 0 };
    enum err err = private_file_read(from, max, &out, errmsg);

    if (want != NULL)
        assert_string_equal(buf_text(&out), want);
    if (strstr(errmsg, error) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", errmsg, error);
    buf_fini(&out);
    return err;
}

static void a_file_is_written_and_read(void **state)
{
    struct stat st;

    (void)state;
    put("one");
    assert_int_equal(get(path, 3, "one", ""), ERR_NONE);
    put("two");
    assert_int_equal(get(path, 100, "two", ""), ERR_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(private_file_write(path, view_str("x"), true, NULL),
                     ERR_EXISTS);
    assert_int_equal(get(path, 100, "two", ""), ERR_NONE);
    assert_int_equal(private_file_write(other, view_str("x"), true, NULL),
                     ERR_NONE);
    assert_int_equal(get(other, 100, "x", ""), ERR_NONE);
}

static void what_others_may_touch_is_refused(void **state)
{
    static const mode_t bad[] = { 0604, 0602, 0660, 0620, 0601 };

    (void)state;
    put("secret");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(chmod(path, bad[i]), 0);
        assert_int_equal(get(path, 100, "", "chmod 600"), ERR_REFUSED);
    }
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(get(path, 100, NULL, ""),
                     geteuid() == 0 ? ERR_NONE : ERR_REFUSED);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(get(path, 100, "secret", ""), ERR_NONE);
}

static void what_is_no_private_file_is_refused(void **state)
{
    (void)state;
    put("secret");
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(get(other, 100, "secret", ""), ERR_NONE); /* our own */
    if (geteuid() == 0) {
        assert_int_equal(lchown(other, 65534, 65534), 0);
        assert_int_equal(get(other, 100, "", "symbolic link"), ERR_REFUSED);
    }
    assert_int_equal(get(dir, 100, "", "is not a file"), ERR_REFUSED);
    assert_int_equal(get("/nowhere/at/all", 100, "", "/nowhere"), ERR_ABSENT);
    assert_int_equal(get(path, 5, NULL, "more than 5 bytes"), ERR_LIMIT);
    assert_int_equal(
        private_file_write("/nowhere/at/all", view_str("x"), true, NULL),
        ERR_ABSENT);
}

static void a_folder_in_which_others_write_is_refused(void **state)
{
    static const mode_t bad[] = { 0770, 0702, 0777, 01777 };
    char errmsg[ERRMSG_LEN];

    (void)state;
    assert_int_equal(private_folder_check(dir, NULL), ERR_NONE);
    assert_int_equal(private_folder_check(other, NULL), ERR_ABSENT);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(chmod(dir, bad[i]), 0);
        assert_int_equal(private_folder_check(dir, errmsg), ERR_REFUSED);
        assert_non_null(strstr(errmsg, "chmod 700"));
    }
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(private_folder_check(dir, NULL), ERR_NONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_written_and_read),
        TEST(what_others_may_touch_is_refused),
        TEST(what_is_no_private_file_is_refused),
        TEST(a_folder_in_which_others_write_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
