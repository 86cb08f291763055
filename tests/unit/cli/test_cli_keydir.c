/* SPDX-License-Identifier: MIT */
/* The files of keys, as commands change them. */
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

#include "client/cli/keydir.h"
#include "client/cli/listening.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/private_file.h"

struct rig {
    struct cli cli;
    struct rundir rundir;
    struct keydir keys;
    char dir[32];
};

static const char *path_in(const struct rig *r, const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return path;
}

static void open_keys(struct rig *r)
{
    assert_int_equal(keydir_open(&r->cli, &r->rundir, &r->keys), EXITS_DONE);
}

static void open_again(struct rig *r)
{
    keydir_close(&r->keys);
    open_keys(r);
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);

    strcpy(r->dir, "/tmp/yon-keydir.XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->cli.output = output_kind(OUTPUT_TABLE);
    r->cli.command = command_find("key");
    r->rundir = (struct rundir){ .dir = r->dir, .lock_fd = -1 };
    open_keys(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    char command[64];

    keydir_close(&r->keys);
    snprintf(command, sizeof command, "rm -r %s", r->dir);
    assert_int_equal(system(command), 0);
    free(r);
    return 0;
}

static int add(struct rig *r, const char *name)
{
    struct key_entry e = { .roles = KEY_ROLE_WORK, .expires_ms = INT64_MAX };

    snprintf(e.name, sizeof e.name, "%s", name);
    return keydir_add(&r->cli, &r->keys, e, path_in(r, name));
}

/* Take away names, separated by single blanks. */
static int take_away(struct rig *r, const char *words)
{
    char text[40], *names[8];
    size_t n = 0;

    snprintf(text, sizeof text, "%s", words);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        names[n++] = at;
    return keydir_remove(&r->cli, &r->keys, names, n);
}

static void read_file(const struct rig *r, const char *name, struct buf *out)
{
    char errmsg[ERRMSG_LEN];

    *out = (struct buf){ 0 };
    assert_int_equal(private_file_read(path_in(r, name), 1 << 20, out, errmsg),
                     ERR_NONE);
    buf_text(out);
}

static void a_key_is_let_in_and_its_file_has_all_a_peer_needs(void **state)
{
    char a1[] = "tcp://a:1", b2[] = "tcp://b:2";
    char *addresses[] = { a1, b2 };
    struct rig *r = *state;
    struct access a;
    struct buf text;

    keydir_set_addresses(&r->keys, addresses, 2);
    assert_int_equal(keydir_write_addresses(&r->cli, &r->keys), EXITS_DONE);
    open_again(r);
    assert_int_equal(add(r, "farm"), EXITS_DONE);
    read_file(r, "farm", &text);
    assert_int_equal(access_parse(buf_view(&text), &a, NULL), ERR_NONE);
    assert_int_equal(a.n_servers, 2);
    assert_string_equal(a.servers[1], "tcp://b:2");
    assert_string_equal(a.name, "farm");
    assert_true(curve_key_equal(&a.server, &r->keys.server));
    open_again(r);
    assert_non_null(key_list_named(&r->keys.list, "farm"));
    assert_true(curve_key_equal(&a.server, &r->keys.server));
    assert_int_equal(add(r, "farm"), EXITS_CONFLICT);
    buf_fini(&text);
}

/* A file that is there is somebody's key: it stays, and no key is let in. */
static void an_access_file_is_not_replaced(void **state)
{
    struct rig *r = *state;

    assert_int_equal(add(r, "farm"), EXITS_DONE);
    assert_int_equal(take_away(r, "farm"), EXITS_DONE);
    assert_int_equal(add(r, "farm"), EXITS_FAILED);
    open_again(r);
    assert_null(key_list_named(&r->keys.list, "farm"));
}

static void keys_are_taken_away_all_or_none(void **state)
{
    struct rig *r = *state;

    assert_int_equal(add(r, "a"), EXITS_DONE);
    assert_int_equal(add(r, "b"), EXITS_DONE);
    assert_int_equal(add(r, "c"), EXITS_DONE);
    assert_int_equal(take_away(r, "a x"), EXITS_ABSENT);
    open_again(r);
    assert_int_equal(r->keys.list.n, 3);
    assert_int_equal(take_away(r, "a c a"), EXITS_DONE);
    open_again(r);
    assert_int_equal(r->keys.list.n, 1);
    assert_string_equal(r->keys.list.at[0].name, "b");
}

static void what_people_write_into_the_list_stays(void **state)
{
    struct rig *r = *state;
    char errmsg[ERRMSG_LEN];
    struct buf text;

    assert_int_equal(add(r, "a"), EXITS_DONE);
    read_file(r, "keys/authorized_keys", &text);
    buf_addf(&text, "# alice asked for these\n");
    assert_int_equal(private_file_write(path_in(r, "keys/authorized_keys"),
                                        buf_view(&text), false, errmsg),
                     ERR_NONE);
    buf_fini(&text);
    open_again(r);
    assert_int_equal(add(r, "b"), EXITS_DONE);
    assert_int_equal(take_away(r, "a"), EXITS_DONE);
    read_file(r, "keys/authorized_keys", &text);
    assert_non_null(strstr(buf_text(&text), "# alice asked for these\n"));
    assert_non_null(strstr(buf_text(&text), "\nb ykp1"));
    assert_null(strstr(buf_text(&text), "\na ykp1"));
    buf_fini(&text);
}

/* One more would make the coordinator refuse the whole list. */
static void a_full_list_takes_no_more(void **state)
{
    struct rig *r = *state;

    assert_int_equal(add(r, "a"), EXITS_DONE);
    r->keys.list.at = vec_grow(r->keys.list.at, &r->keys.list.cap, KEY_LIST_MAX,
                               sizeof *r->keys.list.at);
    r->keys.list.n = KEY_LIST_MAX;
    for (size_t i = 1; i < KEY_LIST_MAX; i++)
        r->keys.list.at[i] = (struct key_entry){ 0 };
    assert_int_equal(add(r, "b"), EXITS_FAILED);
    assert_int_not_equal(access(path_in(r, "b"), F_OK), 0);
    open_again(r);
    assert_int_equal(r->keys.list.n, 1);
}

static void prepare(struct rig *r)
{
    struct listening l = { .endpoint = xstrdup("tcp://127.0.0.1:1"),
                           .addresses = { xstrdup("tcp://127.0.0.1:1") },
                           .n_addresses = 1 };

    keydir_close(&r->keys);
    assert_int_equal(listening_prepare(&r->cli, &r->rundir, &l), EXITS_DONE);
    listening_fini(&l);
    open_keys(r);
}

/* Whoever had looked at the keys before that got none. */
static void the_first_start_that_listens_makes_the_first_keys(void **state)
{
    struct rig *r = *state;

    open_again(r);
    prepare(r);
    assert_int_equal(r->keys.list.n, 2);
    assert_int_equal(access(path_in(r, "worker.access"), F_OK), 0);
    assert_int_equal(access(path_in(r, "admin.access"), F_OK), 0);
    assert_int_equal(take_away(r, "worker"), EXITS_DONE);
    prepare(r); /* what was taken away does not come back */
    assert_int_equal(r->keys.list.n, 1);
    assert_string_equal(r->keys.list.at[0].name, "admin");
}

int main(void)
{
#define KEYDIR_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        KEYDIR_TEST(a_key_is_let_in_and_its_file_has_all_a_peer_needs),
        KEYDIR_TEST(an_access_file_is_not_replaced),
        KEYDIR_TEST(keys_are_taken_away_all_or_none),
        KEYDIR_TEST(what_people_write_into_the_list_stays),
        KEYDIR_TEST(a_full_list_takes_no_more),
        KEYDIR_TEST(the_first_start_that_listens_makes_the_first_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
