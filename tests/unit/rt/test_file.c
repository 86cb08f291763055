/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/io_rig.h"

#define BIG (5u << 19) /* bytes: two and a half pieces */

struct record {
    int codes[16];
    size_t lens[8];
    char text[256];
    char *data;
    struct cut cut;
    yon_file *f;
};

static uint8_t *big_bytes(void)
{
    uint8_t *bytes = malloc(BIG);

    ASSERT(bytes != NULL);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    return bytes;
}

/* ---- piece by piece ---- */

static int write_and_read(void *arg)
{
    struct record *r = arg;
    char path[128];
    yon_file *f;
    uint64_t size = 0;

    r->codes[0] =
        yon_file_open(in_dir(path, "a"), O_RDWR | O_CREAT | O_EXCL, 0600, &f);
    r->codes[1] = yon_file_write(f, "hello", 5, -1);
    r->codes[2] = yon_file_write(f, " world", 6, -1);
    r->codes[3] = yon_file_write(f, "J", 1, 0);
    r->codes[4] = yon_file_sync(f);
    r->codes[5] = yon_file_size(f, &size);
    r->lens[0] = size;
    r->codes[6] = yon_file_read(f, r->text, 100, 0, &r->lens[1]);
    r->codes[7] = yon_file_read(f, r->text + 100, 100, -1, &r->lens[2]);
    r->codes[8] = yon_file_read(f, r->text + 100, 5, 6, &r->lens[3]);
    yon_file_close(f);
    yon_file_close(NULL);
    return 0;
}

static void bytes_come_back_from_where_they_were_written(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(write_and_read, &r);
    for (size_t i = 0; i <= 8; i++)
        assert_int_equal(r.codes[i], 0);
    assert_int_equal(r.lens[0], 11);
    assert_int_equal(r.lens[1], 11);
    assert_memory_equal(r.text, "Jello world", 11);
    assert_int_equal(r.lens[2], 0); /* the end */
    assert_int_equal(r.lens[3], 5);
    assert_memory_equal(r.text + 100, "world", 5);
}

static int write_and_read_big(void *arg)
{
    struct record *r = arg;
    uint8_t *bytes = big_bytes();
    char path[128];
    size_t got;
    yon_file *f;

    r->data = calloc(1, BIG);
    yon_file_open(in_dir(path, "a"), O_RDWR | O_CREAT | O_EXCL, 0600, &f);
    r->codes[0] = yon_file_write(f, bytes, BIG, 3);
    r->codes[1] = yon_file_read(f, r->data, 3, -1, &got);
    while ((r->codes[2] = yon_file_read(f, r->data + r->lens[0],
                                        BIG - r->lens[0], -1, &got)) == 0 &&
           got > 0)
        r->lens[0] += got;
    r->codes[3] = memcmp(r->data, bytes, BIG);
    yon_file_close(f);
    free(bytes);
    free(r->data);
    return 0;
}

static void what_is_long_goes_in_pieces(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(write_and_read_big, &r);
    assert_int_equal(r.lens[0], BIG);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
}

static int open_wrongly(void *arg)
{
    struct record *r = arg;
    char path[128];
    yon_file *f;
    size_t got;

    r->codes[0] = strcmp(yon_io_error(), "");
    r->codes[1] = yon_file_open(in_dir(path, "absent"), O_RDONLY, 0, &f);
    snprintf(r->text, sizeof r->text, "%s", yon_io_error());
    r->codes[2] = yon_file_open(rig_dir, O_WRONLY, 0, &f);
    r->codes[3] = yon_file_open(rig_dir, O_RDONLY, 0, &f);
    r->codes[4] = yon_file_read(f, path, 1, 0, &got);
    r->codes[5] = yon_file_write(f, path, 1, -1);
    r->codes[6] = yon_file_read(f, path, 1, -2, &got);
    yon_file_close(f);
    return 0;
}

static void errors_say_what_is_wrong_with_which_file(void **state)
{
    struct record r = { 0 };
    char text[256];

    (void)state;
    RUN_CLEAN(open_wrongly, &r);
    snprintf(text, sizeof text,
             "cannot open %s/absent: no such file or directory", rig_dir);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], YON_EABSENT);
    assert_string_equal(r.text, text);
    assert_int_equal(r.codes[2], YON_ESYSTEM);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], YON_ESYSTEM);
    assert_int_equal(r.codes[5], YON_ESYSTEM);
    assert_int_equal(r.codes[6], YON_ERANGE);
}

/* ---- in one piece ---- */

static int save_and_load(void *arg)
{
    struct record *r = arg;
    uint8_t *bytes = big_bytes();
    char path[128];
    void *data;
    size_t len;

    in_dir(path, "a");
    r->codes[0] = yon_file_save(path, "old", 3, 0600);
    r->codes[1] = yon_file_save(path, bytes, BIG, 0640);
    r->codes[2] = yon_file_load(path, BIG, &data, &len);
    r->codes[3] = len != BIG || memcmp(data, bytes, BIG) != 0;
    free(data);
    r->codes[4] = yon_file_load(path, BIG - 1, &data, &len);
    r->codes[5] = yon_file_save(path, "", 0, 0600);
    r->codes[6] = yon_file_load(path, 0, &data, &len);
    r->codes[7] = len != 0 || ((char *)data)[0] != '\0';
    free(data);
    r->codes[8] = yon_file_load("/proc/self/maps", SIZE_MAX, &data, &len);
    r->codes[9] = len != strlen(data) || len == 0;
    free(data);
    free(bytes);
    return 0;
}

static void what_was_saved_is_loaded(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(save_and_load, &r);
    for (size_t i = 0; i <= 9; i++)
        assert_int_equal(r.codes[i], i == 4 ? YON_ELIMIT : 0);
    assert_int_equal(n_in_dir(), 1);
}

static int save_twice(void *arg)
{
    struct record *r = arg;
    char path[128];
    struct stat st;

    in_dir(path, "a");
    r->codes[0] = yon_file_save(path, "old", 3, 0600);
    r->codes[1] = yon_file_open(path, O_RDONLY, 0, &r->f);
    r->codes[2] = yon_file_save(path, "new one", 7, 0644);
    r->codes[3] = yon_file_read(r->f, r->text, 10, 0, &r->lens[0]);
    yon_file_close(r->f);
    ASSERT(stat(path, &st) == 0);
    r->lens[1] = st.st_mode & 0777;
    return 0;
}

static void one_who_has_the_old_file_open_keeps_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(save_twice, &r);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
    assert_int_equal(r.lens[0], 3);
    assert_string_equal(r.text, "old");
    assert_int_equal(r.lens[1], 0644);
}

static int save_where_one_cannot(void *arg)
{
    struct record *r = arg;
    char path[128];
    void *data;
    size_t len;

    r->codes[0] = yon_file_save(in_dir(path, "no/such"), "x", 1, 0600);
    r->codes[1] = yon_file_load(path, 10, &data, &len);
    ASSERT(mkdir(in_dir(path, "folder"), 0700) == 0);
    r->codes[2] = yon_file_save(path, "x", 1, 0600);
    r->codes[3] = yon_file_load(path, 10, &data, &len);
    snprintf(r->text, sizeof r->text, "%s", yon_io_error());
    ASSERT(rmdir(path) == 0);
    return 0;
}

static void a_save_that_fails_leaves_nothing(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(save_where_one_cannot, &r);
    assert_int_equal(r.codes[0], YON_EABSENT);
    assert_int_equal(r.codes[1], YON_EABSENT);
    assert_int_equal(r.codes[2], YON_ESYSTEM);
    assert_int_equal(r.codes[3], YON_ESYSTEM);
    assert_non_null(strstr(r.text, "operation on a directory"));
    assert_int_equal(n_in_dir(), 0);
}

/* ---- cut short ---- */

static int cut_running_open(void *arg)
{
    struct record *r = arg;
    yon_future *f = pool_hold();

    yon_cancel(f);
    r->codes[0] = yon_await(f);
    r->codes[1] = pool_let_go(f);
    return 0;
}

static void a_file_that_opens_too_late_is_closed(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_running_open, &r);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
}

static int call_open(void *arg)
{
    struct record *r = arg;
    char path[128];

    return yon_file_open(in_dir(path, "a"), O_RDONLY, 0, &r->f);
}

static int call_read(void *arg)
{
    struct record *r = arg;
    size_t got;

    return yon_file_read(r->f, r->text, 5, -1, &got);
}

static int call_write(void *arg)
{
    struct record *r = arg;

    return yon_file_write(r->f, "xx", 2, 0);
}

static int call_size(void *arg)
{
    struct record *r = arg;
    uint64_t size;

    return yon_file_size(r->f, &size);
}

static int call_sync(void *arg)
{
    struct record *r = arg;

    return yon_file_sync(r->f);
}

static int call_load(void *arg)
{
    char path[128];
    void *data;
    size_t len;

    (void)arg;
    return yon_file_load(in_dir(path, "a"), 100, &data, &len);
}

static int call_save(void *arg)
{
    char path[128];

    (void)arg;
    return yon_file_save(in_dir(path, "b"), "x", 1, 0600);
}

static yon_fn *const calls[] = { call_open, call_read, call_write, call_size,
                                 call_sync, call_load, call_save };
static struct cut cuts[ARRAY_LEN(calls)];

static int cut_all_calls(void *arg)
{
    struct record *r = arg;
    char path[128];
    yon_future *held;

    r->codes[0] = yon_file_save(in_dir(path, "a"), "hello", 5, 0600);
    r->codes[1] = yon_file_open(path, O_RDWR, 0, &r->f);
    held = pool_hold();
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        cuts[i] = cut_short(calls[i], r);
    r->codes[2] = pool_let_go(held);
    r->codes[3] = call_read(r); /* nothing was lost */
    yon_file_close(r->f);
    return 0;
}

static void every_call_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_all_calls, &r);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        ASSERT_CUT(cuts[i]);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
    assert_memory_equal(r.text, "hello", 5);
    assert_int_equal(n_in_dir(), 1); /* b was not saved */
}

static int read_going_on(void *arg)
{
    struct record *r = arg;
    yon_future *first;
    char path[128];

    yon_file_save(in_dir(path, "a"), "hello", 5, 0600);
    yon_file_open(path, O_RDWR, 0, &r->f);
    first = yon_spawn(call_read, r);
    yon_pause();
    r->codes[0] = call_read(r);
    r->codes[1] = yon_file_write(r->f, "x", 1, -1);
    r->codes[2] = yon_file_write(r->f, "J", 1, 0); /* at its own place */
    r->codes[3] = yon_await(first);
    yon_free(first);
    yon_file_close(r->f);
    return 0;
}

static void only_one_may_go_on_at_a_time(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(read_going_on, &r);
    assert_int_equal(r.codes[0], YON_EBUSY);
    assert_int_equal(r.codes[1], YON_EBUSY);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.codes[3], 0);
}

static int close_under_way(void *arg)
{
    struct record *r = arg;
    yon_future *reader;
    char path[128];

    yon_file_save(in_dir(path, "a"), "hello", 5, 0600);
    yon_file_open(path, O_RDWR, 0, &r->f);
    reader = yon_spawn(call_read, r);
    yon_pause();
    yon_file_close(r->f);
    r->codes[0] = yon_await(reader);
    yon_free(reader);
    return 0;
}

static void a_read_under_way_ends_before_its_file(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(close_under_way, &r);
    assert_int_equal(r.codes[0], 0);
    assert_string_equal(r.text, "hello");
}

static void outside_of_coroutines_there_are_no_files(void **state)
{
    char path[128];
    yon_file *f;
    void *data;
    size_t len;

    (void)state;
    in_dir(path, "a");
    assert_int_equal(yon_file_open(path, O_RDONLY, 0, &f), YON_ESTATE);
    assert_int_equal(yon_file_load(path, 1, &data, &len), YON_ESTATE);
    assert_int_equal(yon_file_save(path, "", 0, 0600), YON_ESTATE);
    assert_string_equal(yon_io_error(), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_come_back_from_where_they_were_written),
        TEST(what_is_long_goes_in_pieces),
        TEST(errors_say_what_is_wrong_with_which_file),
        TEST(what_was_saved_is_loaded),
        TEST(one_who_has_the_old_file_open_keeps_it),
        TEST(a_save_that_fails_leaves_nothing),
        TEST(a_file_that_opens_too_late_is_closed),
        TEST(every_call_can_be_cut_short),
        TEST(only_one_may_go_on_at_a_time),
        TEST(a_read_under_way_ends_before_its_file),
        TEST(outside_of_coroutines_there_are_no_files),
    };

    pool_of_one();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
