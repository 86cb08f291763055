/* SPDX-License-Identifier: MIT */
/* Functions that a worker runs as coroutines. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/body.h"
#include "worker/shell/call/call.h"

#define SLOW_MS 20

/* One call, and how it ended; the views look into what follows. */
struct stage {
    struct call_env env;
    struct assignment what;
    yon_job *job;
    bool over;
    char errmsg[ERRMSG_LEN];
    struct outcome outcome;
    struct view result;
    struct buf reason, message, result_bytes, held_where;
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof *s);

    call_env_init(&s->env, loop_new(), "ipc:///no/such/socket", SLOW_MS);
    s->what.fn = view_str("cook");
    s->what.id = (struct attempt_key){ 42, 7, 5, 9 };
    s->what.spec = view_str("\xc0"); /* nil */
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    call_env_fini(&s->env);
    loop_free(s->env.loop);
    buf_fini(&s->reason);
    buf_fini(&s->message);
    buf_fini(&s->result_bytes);
    buf_fini(&s->held_where);
    free(s);
    return 0;
}

static struct view copy(struct buf *to, struct view from)
{
    buf_clear(to);
    buf_add_view(to, from);
    return buf_view(to);
}

static void ended(void *arg, const struct outcome *o)
{
    struct stage *s = arg;
    struct body body;

    s->over = true;
    s->outcome = *o;
    s->outcome.reason = copy(&s->reason, o->reason);
    s->outcome.message = copy(&s->message, o->message);
    assert_int_equal(body_decode(o->body, &body, NULL), ERR_NONE);
    s->result = copy(&s->result_bytes, body.result);
    s->outcome.held_where = copy(&s->held_where, o->held_where);
}

static bool is_over(void *arg)
{
    return ((struct stage *)arg)->over;
}

static enum err start(struct stage *s, yon_job_fn *fn)
{
    s->over = false;
    return call_start(&s->env, fn, &s->what, ended, s, &s->job, s->errmsg);
}

static void run(struct stage *s, yon_job_fn *fn)
{
    assert_int_equal(start(s, fn), ERR_NONE);
    loop_run_await(s->env.loop, is_over, s);
}

static void expect_text(struct view got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.data, want, got.len);
}

static void expect_failed(struct stage *s, const char *reason, int code,
                          const char *message)
{
    assert_int_equal(s->outcome.state, STATE_FAILED);
    expect_text(s->outcome.reason, reason);
    assert_int_equal(s->outcome.code, code);
    expect_text(s->outcome.message, message);
}

/* ---- misuse ---- */

static int close_the_client(yon_job *job)
{
    yon_close(yon_job_client(job));
    return 0;
}

static void it_must_not_close_the_client_of_all(void **state)
{
    char line[256] = "";
    int fds[2], status;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        setup(state);
        run(*state, close_the_client);
        _exit(0);
    }
    close(fds[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(read(fds[0], line, sizeof line - 1) > 0);
    close(fds[0]);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_string_equal(line, "yon: misuse: yon_close: the client of "
                              "yon_job_client belongs to the worker, in "
                              "coroutine 'cook'\n");
}

/* ---- results ---- */

static int return_nothing(yon_job *job)
{
    (void)job;
    return 0;
}

static void without_a_result_it_is_nil(void **state)
{
    struct stage *s = *state;

    run(s, return_nothing);
    assert_int_equal(s->outcome.state, STATE_DONE);
    expect_text(s->result, "\xc0");
}

static int return_twice(yon_job *job)
{
    return yon_return(job, "i", 1) != 0 ? -1 : yon_return(job, "[ii]", 2, 3);
}

static void the_last_result_counts(void **state)
{
    struct stage *s = *state;

    run(s, return_twice);
    expect_text(s->result, "\x92\x02\x03");
}

static int echo(yon_job *job)
{
    size_t len;
    const void *args = yon_args_raw(job, &len);

    return yon_return_raw(job, args, len);
}

static void raw_arguments_come_back_as_they_were(void **state)
{
    struct stage *s = *state;

    s->what.spec = view_str("\x93\x01\xa2{}\xc4\x01x");
    run(s, echo);
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_true(view_equal(s->result, s->what.spec));
}

static int return_no_value(yon_job *job)
{
    return yon_return_raw(job, "\x92\x01", 2);
}

static void raw_bytes_that_are_no_value_are_refused(void **state)
{
    struct stage *s = *state;

    run(s, return_no_value);
    expect_failed(s, "error", YON_ESHORT,
                  "yon_return_raw: the bytes are no msgpack value");
}

static char *blank(size_t n)
{
    char *text = malloc(n + 1);

    memset(text, ' ', n);
    text[n] = '\0';
    return text;
}

static int return_too_much(yon_job *job)
{
    char *text = blank(1 << 20);
    int err = yon_return(job, "s", text);

    free(text);
    return err;
}

static int return_too_much_and_ignore_it(yon_job *job)
{
    return_too_much(job);
    return 0;
}

static void a_result_beyond_the_limit_fails_whatever_is_returned(void **state)
{
    struct stage *s = *state;

    run(s, return_too_much);
    expect_failed(s, "limit", YON_ELIMIT, "the result is larger than 1 MiB");
    run(s, return_too_much_and_ignore_it);
    expect_failed(s, "limit", 0, "the result is larger than 1 MiB");
}

/* ---- failures ---- */

static int fail_with_text(yon_job *job)
{
    return yon_fail(job, "%s %d", "reason", 7);
}

static void yon_fail_says_why(void **state)
{
    struct stage *s = *state;

    run(s, fail_with_text);
    expect_failed(s, "error", YON_EFAILED, "reason 7");
}

static int want_a_retry(yon_job *job)
{
    return yon_retry(job, 1500, "try %u", (unsigned)yon_job_tries(job));
}

static int want_a_retry_too_late(yon_job *job)
{
    return yon_retry(job, INT64_MAX, "much later");
}

static int want_one_and_fail_otherwise(yon_job *job)
{
    yon_retry(job, 1500, "this was overcome");
    return YON_EBUSY;
}

static int want_one_and_give_up(yon_job *job)
{
    yon_retry(job, 1500, "this was overcome");
    return yon_give_up(job, "never");
}

static void a_job_says_whether_it_wants_a_retry(void **state)
{
    struct stage *s = *state;

    s->what.tries = 3;
    run(s, want_a_retry);
    expect_failed(s, "error", YON_EFAILED, "try 3");
    assert_int_equal(s->outcome.retry, RETRY_WANTED);
    assert_int_equal(s->outcome.retry_ms, 1500);
    run(s, want_a_retry_too_late);
    assert_int_equal(s->outcome.retry_ms, 7 * 24 * 3600 * 1000);
    run(s, want_one_and_fail_otherwise);
    assert_int_equal(s->outcome.retry, RETRY_UNSAID);
    run(s, want_one_and_give_up);
    expect_failed(s, "error", YON_EFAILED, "never");
    assert_int_equal(s->outcome.retry, RETRY_REFUSED);
    assert_int_equal(s->outcome.retry_ms, 0);
}

static int fail_with_code(yon_job *job)
{
    yon_fail(job, "this was overcome");
    return YON_EBUSY;
}

static void a_code_without_text_has_its_own(void **state)
{
    struct stage *s = *state;

    run(s, fail_with_code);
    expect_failed(s, "error", YON_EBUSY, "busy, try again");
}

static int return_a_number(yon_job *job)
{
    (void)job;
    return 5;
}

static void a_positive_number_is_no_success(void **state)
{
    struct stage *s = *state;

    run(s, return_a_number);
    expect_failed(s, "error", 5, "the function returned 5, which is no code");
}

static int add(yon_job *job)
{
    int64_t a, b;
    int err = yon_args(job, "{sIsI}", "a", &a, "b", &b);

    return err != 0 ? err : yon_return(job, "I", a + b);
}

static void arguments_are_read_by_format(void **state)
{
    struct stage *s = *state;

    s->what.spec = view_str("\x82\xa1"
                            "b\x03\xa1"
                            "a\x04");
    run(s, add);
    expect_text(s->result, "\x07");
}

static void wrong_arguments_say_what_is_wrong(void **state)
{
    struct stage *s = *state;

    s->what.spec = view_str("\x82\xa1"
                            "b\x03\xa1"
                            "a\xa1x");
    run(s, add);
    expect_failed(s, "error", YON_ETYPE,
                  "args.a: expected integer, got string");
}

static void a_spec_that_is_no_value_does_not_start(void **state)
{
    struct stage *s = *state;

    s->what.spec = view_str("");
    assert_int_equal(start(s, echo), ERR_SHORT);
    s->what.spec = view_str("\x01\x02");
    assert_int_equal(start(s, echo), ERR_FORMAT);
    assert_non_null(strstr(s->errmsg, "no msgpack value"));
}

/* ---- who am I ---- */

static int who(yon_job *job)
{
    return yon_return(job, "[UUs]", yon_job_id(job),
                      (uint64_t)yon_job_elem(job), yon_job_attempt(job));
}

static void a_job_knows_its_name(void **state)
{
    struct stage *s = *state;

    run(s, who);
    assert_true(view_equal(s->result, view_of("\x93\x2a\x00\xa3"
                                              "5.9",
                                              7)));
}

static void an_element_has_its_number_and_its_arguments(void **state)
{
    struct stage *s = *state;

    s->what.array = true;
    s->what.item = view_str("a/b.c");
    s->what.spec = view_str("\xa7{/} {#}");
    run(s, echo);
    expect_text(s->result, "\xa5"
                           "b.c 7");
    run(s, who);
    expect_text(s->result, "\x93\x2a\x07\xa3"
                           "5.9");
}

/* ---- stop ---- */

static int sleep_long(yon_job *job)
{
    int err = yon_sleep(1000 * 1000 * 1000);

    return err == 0 ? 0 : yon_fail(job, "woken by %d", err);
}

static int sleep_and_give_a_result(yon_job *job)
{
    yon_sleep(1000 * 1000 * 1000);
    return yon_return(job, "i", 1);
}

static void a_stopped_job_that_fails_is_cancelled(void **state)
{
    struct stage *s = *state;

    assert_int_equal(start(s, sleep_long), ERR_NONE);
    call_stop(s->job, view_str("not needed"));
    call_stop(s->job, view_str("twice"));
    loop_run_await(s->env.loop, is_over, s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    expect_text(s->outcome.reason, "cancelled");
    expect_text(s->outcome.message, "not needed");
}

static void a_stopped_job_that_has_a_result_is_done(void **state)
{
    struct stage *s = *state;

    assert_int_equal(start(s, sleep_and_give_a_result), ERR_NONE);
    call_stop(s->job, view_str(""));
    loop_run_await(s->env.loop, is_over, s);
    assert_int_equal(s->outcome.state, STATE_DONE);
}

static int cancel_itself(yon_job *job)
{
    (void)job;
    return YON_ECANCELLED;
}

/* ... whoever of its own it was that was cancelled. */
static void without_a_stop_there_is_no_cancelled(void **state)
{
    struct stage *s = *state;

    run(s, cancel_itself);
    expect_failed(s, "error", YON_ECANCELLED, "cancelled");
}

/* ---- those that hold the loop ---- */

static struct call_env *watched;

static void hold_until_seen(void)
{
    uint64_t n = stalls_n(watched->stalls);

    while (stalls_n(watched->stalls) == n)
        ;
}

static int hold(yon_job *job)
{
    (void)job;
    hold_until_seen();
    return 0;
}

static int hold_in_child(void *arg)
{
    (void)arg;
    hold_until_seen();
    return 0;
}

static int let_a_child_hold(yon_job *job)
{
    yon_future *child = yon_spawn(hold_in_child, job);
    int err = yon_await(child);

    yon_free(child);
    return err;
}

static int hold_twice(yon_job *job)
{
    hold_until_seen();
    yon_pause();
    hold_until_seen();
    return return_nothing(job);
}

static void a_job_that_holds_the_loop_is_named(void **state)
{
    static yon_job_fn *const kinds[] = { hold, let_a_child_hold, hold_twice };
    struct stage *s = *state;

    watched = &s->env;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        run(s, kinds[i]);
        assert_int_equal(s->outcome.state, STATE_DONE);
        assert_true(s->outcome.held_ms >= SLOW_MS);
        assert_true(s->outcome.held_where.len > 0);
    }
}

static void a_job_that_follows_is_not_blamed(void **state)
{
    struct stage *s = *state;

    watched = &s->env;
    run(s, hold);
    run(s, return_nothing);
    assert_int_equal(s->outcome.held_ms, 0);
    assert_int_equal(s->outcome.held_where.len, 0);
}

/* ---- the client ---- */

static yon_client *seen;

static int see_client(yon_job *job)
{
    yon_client *client = yon_job_client(job);
    int same = seen == NULL || seen == client;

    seen = client;
    return yon_return(job, "b", same && client != NULL);
}

static void all_jobs_share_one_client(void **state)
{
    struct stage *s = *state;

    assert_null(s->env.client);
    for (int i = 0; i < 2; i++) {
        run(s, see_client);
        expect_text(s->result, "\xc3"); /* true */
    }
}

/* No descriptor is left: what is asked of its client fails, the process lives.
 */
static int ask_without_descriptors(yon_job *job)
{
    struct rlimit before, none;
    yon_future *f;
    int code;

    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    f = yon_call(yon_job_client(job), "add", "[ii]", 1, 2);
    setrlimit(RLIMIT_NOFILE, &before);
    code = yon_await(f);
    if (code != 0)
        yon_fail(job, "%s", yon_error(f));
    yon_free(f);
    return code == 0 ? YON_ESTATE : code;
}

static void a_call_without_a_client_is_told_why(void **state)
{
    struct stage *s = *state;

    run(s, ask_without_descriptors);
    assert_int_equal(s->outcome.state, STATE_FAILED);
    assert_non_null(strstr((const char *)s->message.data,
                           "no connection to the coordinator: "));
    run(s, see_client); /* the shortage is over */
    expect_text(s->result, "\xc3");
    seen = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(it_must_not_close_the_client_of_all),
        TEST(without_a_result_it_is_nil),
        TEST(the_last_result_counts),
        TEST(raw_arguments_come_back_as_they_were),
        TEST(raw_bytes_that_are_no_value_are_refused),
        TEST(a_result_beyond_the_limit_fails_whatever_is_returned),
        TEST(yon_fail_says_why),
        TEST(a_job_says_whether_it_wants_a_retry),
        TEST(a_code_without_text_has_its_own),
        TEST(a_positive_number_is_no_success),
        TEST(arguments_are_read_by_format),
        TEST(wrong_arguments_say_what_is_wrong),
        TEST(a_spec_that_is_no_value_does_not_start),
        TEST(a_job_knows_its_name),
        TEST(an_element_has_its_number_and_its_arguments),
        TEST(a_stopped_job_that_fails_is_cancelled),
        TEST(a_stopped_job_that_has_a_result_is_done),
        TEST(without_a_stop_there_is_no_cancelled),
        TEST(a_job_that_holds_the_loop_is_named),
        TEST(a_job_that_follows_is_not_blamed),
        TEST(a_call_without_a_client_is_told_why),
        TEST(all_jobs_share_one_client),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
