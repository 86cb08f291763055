/* SPDX-License-Identifier: MIT */
/* Values by format: of coroutines, promises and whatever else ends. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

struct record {
    int codes[10];
    int64_t number;
    char text[32];
    size_t len;
    yon_promise *promise;
};

/* ---- coroutines ---- */

static int frost_a_cake(void *arg)
{
    (void)arg;
    yon_value("i", 1);
    yon_pause();
    return yon_value("{sIss}", "n", (int64_t)7, "taste", "lemon");
}

static int await_a_cake(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(frost_a_cake, NULL);
    const char *taste = "", *again = "";
    int n;

    r->codes[0] = yon_result(f, "*");
    r->codes[1] = yon_await(f);
    r->codes[2] = yon_result(f, "{sssI}", "taste", &taste, "n", &r->number);
    r->codes[3] = yon_result(f, "i", &n);
    r->codes[4] = yon_result(f, "{ss}", "taste", &again);
    strcpy(r->text, taste); /* lives as long as the future */
    r->codes[5] = strcmp(again, "lemon");
    r->codes[6] = yon_result_raw(f, &r->len) != NULL;
    yon_free(f);
    return 0;
}

static void the_last_value_of_a_coroutine_is_its_result(void **state)
{
    struct record r = { .codes = { 1, 1, 1, 1, 1, 1 } };

    (void)state;
    yon_run(await_a_cake, &r);
    assert_int_equal(r.codes[0], YON_EPENDING);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.number, 7);
    assert_int_equal(r.codes[3], YON_ETYPE);
    assert_int_equal(r.codes[4], 0);
    assert_string_equal(r.text, "lemon");
    assert_int_equal(r.codes[5], 0);
    assert_int_equal(r.codes[6], 1);
    assert_int_equal(r.len, 16);
}

static void set_a_value(void *arg)
{
    yon_value("I", *(int64_t *)arg);
}

static int set_it_at_the_end(void *arg)
{
    yon_defer(set_a_value, arg);
    return yon_value("n");
}

static int await_a_deferred_value(void *arg)
{
    struct record *r = arg;
    int64_t nine = 9;
    yon_future *f = yon_spawn(set_it_at_the_end, &nine);

    yon_await(f);
    r->codes[0] = yon_result(f, "I", &r->number);
    yon_free(f);
    return yon_value("i", 1); /* nobody asks for that of the first */
}

static void clean_up_may_set_the_value(void **state)
{
    struct record r = { .codes = { 1 } };

    (void)state;
    assert_int_equal(yon_run(await_a_deferred_value, &r), 0);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.number, 9);
}

static int fail_with_a_value(void *arg)
{
    struct record *r = arg;

    r->codes[2] = yon_value("q", 1);
    r->codes[3] = yon_value("s", (const char *)NULL);
    yon_value("i", 1);
    return YON_ELOST;
}

static int say_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int await_those_without(void *arg)
{
    struct record *r = arg;
    yon_future *fs[] = { yon_spawn(fail_with_a_value, r),
                         yon_spawn(say_nothing, r), yon_timer(0),
                         yon_thread(say_nothing, r) };
    size_t len = 1;

    yon_all(fs, 4);
    r->codes[0] = yon_result(fs[0], "*");
    r->codes[1] = yon_result_raw(fs[0], &len) != NULL || len != 0;
    for (int i = 1; i < 4; i++)
        r->codes[3 + i] = yon_result(fs[i], "n");
    for (int i = 0; i < 4; i++)
        yon_free(fs[i]);
    return 0;
}

static void who_gave_no_value_gave_nil(void **state)
{
    struct record r = { .codes = { 1, 1, 1, 1, 1, 1, 1 } };

    (void)state;
    yon_run(await_those_without, &r);
    assert_int_equal(r.codes[0], YON_ELOST); /* a failure has none */
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], YON_EFORMAT);
    assert_int_equal(r.codes[3], YON_EFORMAT);
    for (int i = 4; i < 7; i++)
        assert_int_equal(r.codes[i], 0);
}

static void outside_of_coroutines_there_is_no_value(void **state)
{
    (void)state;
    assert_int_equal(yon_value("i", 1), YON_ESTATE);
}

/* ---- texts ---- */

static int read_a_cake(void *arg)
{
    yon_future *f = yon_spawn(frost_a_cake, NULL);
    char *text = arg;
    int64_t n;
    int code;

    yon_await(f);
    yon_result(f, "{sI}", "taste", &n);
    strcpy(text, yon_error(f));
    yon_result(f, "{sI}", "n", &n);
    strcat(text, yon_error(f));
    yon_free(f);
    code = yon_value("q", 1);
    strcat(text, strcmp(yon_why(code), yon_strerror(code)) != 0 ? "+" : "-");
    return 0;
}

static void a_result_that_does_not_fit_names_the_field(void **state)
{
    char text[256] = "";

    (void)state;
    yon_run(read_a_cake, text);
    assert_string_equal(text, "result.taste: expected integer, got string+");
}

static int explain_itself(void *arg)
{
    (void)arg;
    return yon_explain(YON_EBUSY, "%d in the way", 3);
}

static int pass_it_on(void *arg)
{
    yon_future *f = yon_spawn(explain_itself, NULL);
    int code = yon_await(f);

    (void)arg;
    yon_free(f);
    return code;
}

static int pass_the_first_of_a_group_on(void *arg)
{
    yon_group *g = yon_group_enter();

    (void)arg;
    yon_group_spawn(g, explain_itself, NULL);
    return yon_group_leave(g);
}

static int yield_nothing(yon_gen *g, void *arg)
{
    (void)g;
    return explain_itself(arg);
}

static int pass_that_of_a_generator_on(void *arg)
{
    yon_gen *g = yon_gen_new(yield_nothing, arg);
    void *value;

    yon_next(g, &value);
    return yon_gen_close(g);
}

static int pass_that_of_all_on(void *arg)
{
    yon_future *f = yon_thread(explain_itself, arg);
    int code = yon_all(&f, 1);

    yon_free(f);
    return code;
}

static int say_another(void *arg)
{
    yon_explain(YON_EBUSY, "not this one");
    (void)arg;
    return YON_ELOST;
}

static void a_text_goes_with_its_code(void **state)
{
    yon_fn *const fns[] = { explain_itself, pass_it_on,
                            pass_the_first_of_a_group_on,
                            pass_that_of_a_generator_on, pass_that_of_all_on };

    (void)state;
    for (size_t i = 0; i < sizeof fns / sizeof *fns; i++) {
        assert_int_equal(yon_run(fns[i], NULL), YON_EBUSY);
        assert_string_equal(yon_why(YON_EBUSY), "3 in the way");
    }
    assert_int_equal(yon_run(say_another, NULL), YON_ELOST);
    assert_string_equal(yon_why(YON_ELOST), yon_strerror(YON_ELOST));
}

/* ---- texts that others are given ---- */

static struct yon_once once;

static int explain_once(void *arg)
{
    return yon_pause() == 0 ? explain_itself(arg) : YON_EFAILED;
}

static int ask_once(void *arg)
{
    return yon_once(&once, explain_once, arg);
}

static int be_told_by_once(void *arg)
{
    yon_future *fs[] = { yon_spawn(ask_once, arg), yon_spawn(ask_once, arg) };
    int code = 0;

    for (int i = 0; i < 2; i++) { /* the one that ran it, and who waited */
        code = yon_await(fs[i]);
        if (strcmp(yon_error(fs[i]), "3 in the way") != 0)
            code = YON_EFAILED;
        yon_free(fs[i]);
    }
    return code != YON_EBUSY ? YON_EFAILED : ask_once(arg); /* and later */
}

static int succeed(void *arg)
{
    (void)arg;
    return 0;
}

static int ask_again(void *arg)
{
    return yon_once(&once, succeed, arg);
}

static void all_callers_of_once_are_told_why(void **state)
{
    (void)state;
    assert_int_equal(yon_run(be_told_by_once, NULL), YON_EBUSY);
    assert_string_equal(yon_why(YON_EBUSY), "3 in the way");
    assert_int_equal(yon_once_clear(&once), 0);
    assert_int_equal(yon_run(ask_again, NULL), 0);
    assert_int_equal(yon_once_clear(&once), 0);
    assert_int_equal(yon_once_clear(&once), 0);
}

static void *break_it(void *arg)
{
    yon_break(arg, yon_explain(YON_EBUSY, "a %s is in the way", "thread"),
              NULL);
    return NULL;
}

static int await_what_breaks(void *arg)
{
    yon_promise *p;
    yon_future *f = yon_promise_new(&p);
    pthread_t thread;
    int code;

    (void)arg;
    pthread_create(&thread, NULL, break_it, p);
    code = yon_await(f);
    pthread_join(thread, NULL);
    yon_free(f);
    return code;
}

static int break_with_a_failure(void *arg)
{
    yon_future *failed = yon_spawn(explain_itself, arg), *f;
    yon_promise *p;
    int code = yon_await(failed);

    yon_free(failed);
    f = yon_promise_new(&p);
    yon_break(p, code, NULL);
    yon_explain(code, "forgotten");
    code = yon_await(f);
    if (strcmp(yon_error(f), "3 in the way") != 0)
        code = YON_EFAILED;
    yon_free(f);
    return code;
}

static void a_broken_promise_passes_a_text_on(void **state)
{
    (void)state;
    assert_int_equal(yon_run(await_what_breaks, NULL), YON_EBUSY);
    assert_string_equal(yon_why(YON_EBUSY), "a thread is in the way");
    assert_int_equal(yon_run(break_with_a_failure, NULL), YON_EBUSY);
}

static void a_wrong_address_of_the_environment_is_named(void **state)
{
    yon_client *c;

    (void)state;
    setenv("YON_SERVER", "nonsense", 1);
    assert_int_equal(yon_connect(NULL, &c), YON_EFORMAT);
    assert_string_equal(yon_why(YON_EFORMAT),
                        "YON_SERVER: \"nonsense\" is not an address like "
                        "ipc://PATH or tcp://HOST:PORT");
    unsetenv("YON_SERVER");
}

/* ---- promises ---- */

static void *keep(void *arg)
{
    struct record *r = arg;

    r->codes[2] = yon_keep(r->promise, "[sI]", "cake", (int64_t)3);
    return NULL;
}

static int await_a_promise(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);
    const char *text = "";
    pthread_t thread;

    pthread_create(&thread, NULL, keep, r);
    r->codes[0] = yon_await(f);
    pthread_join(thread, NULL);
    r->codes[1] = yon_result(f, "[sI]", &text, &r->number);
    strcpy(r->text, text);
    yon_free(f);
    return 0;
}

static void a_promise_is_kept_with_a_value(void **state)
{
    struct record r = { .codes = { 1, 1, 1 } };

    (void)state;
    yon_run(await_a_promise, &r);
    for (int i = 0; i < 3; i++)
        assert_int_equal(r.codes[i], 0);
    assert_string_equal(r.text, "cake");
    assert_int_equal(r.number, 3);
}

static int keep_badly(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    r->codes[0] = yon_keep(r->promise, "[i", 1);
    r->codes[1] = yon_await(f);
    r->codes[2] = strlen(yon_error(f)) > 0;
    r->codes[3] = yon_result(f, "*");
    yon_free(f);
    return 0;
}

static void a_promise_kept_by_a_wrong_format_is_broken(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(keep_badly, &r);
    assert_int_equal(r.codes[0], YON_EFORMAT);
    assert_int_equal(r.codes[1], YON_EFORMAT);
    assert_int_equal(r.codes[2], 1);
    assert_int_equal(r.codes[3], YON_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_value_of_a_coroutine_is_its_result),
        cmocka_unit_test(clean_up_may_set_the_value),
        cmocka_unit_test(who_gave_no_value_gave_nil),
        cmocka_unit_test(outside_of_coroutines_there_is_no_value),
        cmocka_unit_test(a_result_that_does_not_fit_names_the_field),
        cmocka_unit_test(a_text_goes_with_its_code),
        cmocka_unit_test(all_callers_of_once_are_told_why),
        cmocka_unit_test(a_broken_promise_passes_a_text_on),
        cmocka_unit_test(a_wrong_address_of_the_environment_is_named),
        cmocka_unit_test(a_promise_is_kept_with_a_value),
        cmocka_unit_test(a_promise_kept_by_a_wrong_format_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
