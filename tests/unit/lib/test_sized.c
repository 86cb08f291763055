/* SPDX-License-Identifier: MIT */
/* Structs that grow: a program that was built with an older header, or with a
 * newer one, and this library. Each struct of such a program ends where memory
 * ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>
#include <yon/job.h>

/* ---- as the headers were, or will be ---- */

struct old_policy {
    size_t size;
    uint32_t retries;
};

struct old_submit {
    size_t size;
    const char *fn;
    const void *args;
    size_t args_len;
};

struct old_advance {
    size_t size;
    uint64_t done, total;
};

struct old_process_options {
    size_t size;
    const char *const *argv;
};

struct new_submit {
    struct yon_submit now;
    const char *later;
};

struct new_advance {
    struct yon_advance now;
    uint64_t later;
};

struct new_function {
    struct yon_function now;
    const char *help;
};

static char *page;
static long page_size;

/* A copy behind which there is nothing. */
static void *at_the_edge(const void *from, size_t size)
{
    char *at = page + (size_t)page_size - size;

    memcpy(at, from, size);
    return at;
}

static int setup(void **state)
{
    (void)state;
    page_size = sysconf(_SC_PAGESIZE);
    page = mmap(NULL, 2 * (size_t)page_size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    return mprotect(page + page_size, (size_t)page_size, PROT_NONE);
}

static int teardown(void **state)
{
    (void)state;
    return munmap(page, 2 * (size_t)page_size);
}

/* ---- functions ---- */

static int report(yon_job *job)
{
    int n, err = yon_args(job, "[i]", &n);

    yon_progress(job, 1, 2, "half");
    yon_pause();
    yon_pause();
    return err != 0 ? err : yon_return(job, "i", n + 1);
}

static const struct new_function functions[] = {
    { { "report", report, 0 }, "of a newer header" },
    { { "again", report, 0 }, NULL },
    { { NULL, NULL, 0 }, NULL },
};
static const struct yon_module module = { YON_MODULE_ABI, sizeof functions[0],
                                          &functions[0].now };

/* What a test in a coroutine has seen. */
static struct {
    int code, value, code2;
    char text[256];
    struct yon_advance advance;
} seen;

static void submit(const void *what)
{
    yon_client *c = NULL;
    yon_future *f;

    seen.code = yon_connect("local:", &c);
    if (seen.code == 0)
        seen.code = yon_offer(c, &module);
    f = yon_submit(c, what);
    if (seen.code == 0)
        seen.code = yon_await(f);
    if (seen.code == 0)
        seen.code = yon_result(f, "i", &seen.value);
    strncpy(seen.text, yon_error(f), sizeof seen.text - 1);
    yon_free(f);
    yon_close(c);
}

static void run(yon_fn *fn)
{
    memset(&seen, 0, sizeof seen);
    assert_int_equal(yon_run(fn, NULL), 0);
}

/* ---- submits and policies ---- */

static const char one_number[] = "\x91\x29"; /* [41] */

static int submit_as_before(void *arg)
{
    struct old_submit what = { sizeof what, "again", one_number, 2 };

    (void)arg;
    submit(at_the_edge(&what, sizeof what));
    return 0;
}

static int submit_as_later(void *arg)
{
    struct new_submit what = {
        .now = YON_SUBMIT(.fn = "report", .args = one_number, .args_len = 2)
    };

    what.now.size = sizeof what;
    what.later = arg;
    submit(at_the_edge(&what, sizeof what));
    return 0;
}

static int submit_a_later_one(void *arg)
{
    (void)arg;
    return submit_as_later((void *)(uintptr_t) "used");
}

static int submit_without_size(void *arg)
{
    struct yon_submit what = { .fn = "report" };

    (void)arg;
    submit(&what);
    return 0;
}

static int call_with_policies(void *arg)
{
    struct old_policy old = { sizeof old, 0 };
    struct yon_policy none = { .retries = 1 };
    yon_client *c = NULL;
    yon_future *f;

    (void)arg;
    yon_connect("local:", &c);
    yon_offer(c, &module);
    f = yon_call_with(c, at_the_edge(&old, sizeof old), "report", "[i]", 1);
    seen.code = yon_await(f);
    yon_free(f);
    f = yon_call_with(c, &none, "report", "[i]", 1);
    seen.code2 = yon_await(f);
    strncpy(seen.text, yon_error(f), sizeof seen.text - 1);
    yon_free(f);
    yon_close(c);
    return 0;
}

static void an_older_program_submits(void **state)
{
    (void)state;
    run(submit_as_before);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.value, 42);
}

static void a_newer_program_submits_what_is_known_here(void **state)
{
    (void)state;
    run(submit_as_later);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.value, 42);
    run(submit_a_later_one);
    assert_int_equal(seen.code, YON_EVERSION);
    assert_non_null(strstr(seen.text, "YON_SUBMIT sets a field"));
}

static void a_struct_without_size_is_refused(void **state)
{
    (void)state;
    run(submit_without_size);
    assert_int_equal(seen.code, YON_ESTATE);
    assert_non_null(strstr(seen.text, "YON_SUBMIT"));
}

static void policies_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    run(call_with_policies);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.code2, YON_ESTATE);
    assert_non_null(strstr(seen.text, "YON_POLICY"));
}

/* ---- reports ---- */

static int read_report(struct yon_advance *a)
{
    yon_client *c = NULL;
    yon_future *f;
    int code;

    yon_connect("local:", &c);
    yon_offer(c, &module);
    f = yon_call(c, "report", "[i]", 1);
    code = yon_await_progress(f, a);
    yon_free(f);
    yon_close(c);
    return code;
}

static int read_old_report(void *arg)
{
    struct old_advance old = { .size = sizeof old };
    struct old_advance *at = at_the_edge(&old, sizeof old);

    (void)arg;
    seen.code = read_report((struct yon_advance *)(void *)at);
    seen.advance.done = at->done;
    seen.advance.total = at->total;
    seen.advance.size = at->size;
    return 0;
}

static int read_new_report(void *arg)
{
    struct new_advance new = { .later = 0 };

    (void)arg;
    new.now.size = sizeof new;
    seen.code = read_report(&new.now);
    seen.advance = new.now;
    seen.value = (int)new.later;
    return 0;
}

static int read_without_room(void *arg)
{
    struct yon_advance a;

    (void)arg;
    memset(&a, 0, sizeof a);
    seen.code = read_report(&a);
    return 0;
}

static void a_report_fits_into_what_the_program_has(void **state)
{
    (void)state;
    run(read_old_report);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.advance.done, 1);
    assert_int_equal(seen.advance.total, 2);
    assert_int_equal(seen.advance.size, sizeof(struct old_advance));
    run(read_new_report);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.advance.done, 1);
    assert_int_equal(seen.advance.size, sizeof(struct new_advance));
    assert_int_equal(seen.value, 0);
    run(read_without_room);
    assert_int_equal(seen.code, YON_ESTATE);
}

/* ---- processes ---- */

static int start_as_before(void *arg)
{
    const char *const argv[] = { "true", NULL };
    struct old_process_options old = { sizeof old, argv };
    struct yon_process_options none = { .argv = argv };
    yon_process *p = NULL;

    (void)arg;
    seen.code = yon_process_start(at_the_edge(&old, sizeof old), &p);
    if (seen.code == 0)
        seen.code = yon_process_wait(p, &seen.value, NULL);
    yon_process_free(p);
    seen.code2 = yon_process_start(&none, &p);
    strncpy(seen.text, yon_io_error(), sizeof seen.text - 1);
    return 0;
}

static void a_process_starts_as_an_older_program_says(void **state)
{
    (void)state;
    run(start_as_before);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.value, 0);
    assert_int_equal(seen.code2, YON_ESTATE);
    assert_non_null(strstr(seen.text, "YON_PROCESS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_program_submits),
        cmocka_unit_test(a_newer_program_submits_what_is_known_here),
        cmocka_unit_test(a_struct_without_size_is_refused),
        cmocka_unit_test(policies_are_read_as_far_as_they_go),
        cmocka_unit_test(a_report_fits_into_what_the_program_has),
        cmocka_unit_test(a_process_starts_as_an_older_program_says),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
