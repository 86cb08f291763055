/* SPDX-License-Identifier: MIT */
/* Every public function is used on a wrong thread, and says so; or it stands in
 * the list of those that any thread may call, with the reason. A function that
 * is in neither list fails the test. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include <yon/io.h>
#include <yon/job.h>
#include <yon/uv.h>

/* What belongs to the loop of the main thread. */
struct things {
    yon_channel *channel;
    yon_mutex *mutex;
    yon_sem *sem;
    yon_event *event;
    yon_gen *gen;
    yon_group *group;
    yon_scope *scope;
    struct yon_limit limit;
    struct yon_once once;
    yon_future *timer, *call, *ended;
    yon_client *local, *remote;
    yon_job *job;
    yon_stream *ends[2];
    yon_listener *listener;
    yon_file *file;
    yon_process *process;
    uv_loop_t uv;
};

/* ---- uses of all of them ---- */

static void then(void *arg, yon_future *f)
{
    (void)arg;
    (void)f;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int await_and_free(yon_future *f)
{
    int code = yon_await(f);

    yon_free(f);
    return code;
}

/* YON_ESTATE: both of them are. */
static int both(int a, int b)
{
    return a == YON_ESTATE ? b : a;
}

static const char *const argv[] = { "true", NULL };
static void *value;
static size_t len;
static uint64_t number;
static char bytes[16];
static const char *line;

#define BOTH ((yon_future *[]){ t->timer, t->ended })

/* A new row leaves the others as they are. */
/* clang-format off */

/* X(function, use): returns YON_ESTATE. */
#define REFUSED_LIST(X) \
    X(yon_call, await_and_free(yon_call(t->remote, "f", ""))) \
    X(yon_call_raw, await_and_free(yon_call_raw(t->remote, "f", "\xc0", 1))) \
    X(yon_call_with, await_and_free(yon_call_with(t->local, NULL, "f", ""))) \
    X(yon_command, await_and_free(yon_command(t->remote, argv))) \
    X(yon_submit, \
      await_and_free(yon_submit(t->remote, &YON_SUBMIT(.fn = "f")))) \
    X(yon_submit_call, \
      await_and_free(yon_submit_call(t->remote, &YON_SUBMIT(.fn = "f"), ""))) \
    X(yon_attach, await_and_free(yon_attach(t->remote, 1, 0))) \
    X(yon_await, both(yon_await(t->timer), yon_await(t->ended))) \
    X(yon_await_for, yon_await_for(t->timer, 1)) \
    X(yon_all, yon_all(BOTH, 2)) \
    X(yon_all_ok, yon_all_ok(BOTH, 2, &len)) \
    X(yon_any, use_many(t, yon_any)) \
    X(yon_each, use_each(t)) \
    X(yon_await_progress, yon_await_progress(t->call, &YON_ADVANCE())) \
    X(yon_await_id, yon_await_id(t->call, &number)) \
    X(yon_result, yon_result(t->ended, "")) \
    X(yon_cancel, both(yon_cancel(t->timer), yon_cancel(t->ended))) \
    X(yon_then, yon_then(t->timer, then, NULL)) \
    X(yon_unreachable_ms, (int)yon_unreachable_ms(t->remote)) \
    X(yon_on_unreachable, yon_on_unreachable(t->remote, NULL, NULL)) \
    X(yon_once_clear, yon_once_clear(&t->once)) \
    X(yon_fd, yon_fd(t->remote)) \
    X(yon_dispatch, yon_dispatch(t->remote)) \
    X(yon_group_leave, yon_group_leave(t->group)) \
    X(yon_limit_end, yon_limit_end(&t->limit)) \
    X(yon_yield, yon_yield(t->gen, NULL, NULL)) \
    X(yon_next, yon_next(t->gen, &value)) \
    X(yon_send, yon_send(t->gen, NULL, &value)) \
    X(yon_throw, yon_throw(t->gen, YON_EFAILED, &value)) \
    X(yon_gen_close, yon_gen_close(t->gen)) \
    X(yon_put, yon_put(t->channel, t)) \
    X(yon_get, yon_get(t->channel, &value)) \
    X(yon_try_put, yon_try_put(t->channel, t)) \
    X(yon_try_get, yon_try_get(t->channel, &value)) \
    X(yon_lock, yon_lock(t->mutex)) \
    X(yon_acquire, yon_acquire(t->sem)) \
    X(yon_event_wait, yon_event_wait(t->event)) \
    X(yon_once, yon_once(&t->once, do_nothing, NULL)) \
    X(yon_accept, yon_accept(t->listener, &t->ends[0])) \
    X(yon_read, yon_read(t->ends[0], bytes, 1, &len)) \
    X(yon_read_exactly, yon_read_exactly(t->ends[0], bytes, 1)) \
    X(yon_read_line, yon_read_line(t->ends[0], 9, &line, &len)) \
    X(yon_write, yon_write(t->ends[1], "x", 1)) \
    X(yon_shutdown, yon_shutdown(t->ends[1])) \
    X(yon_file_read, yon_file_read(t->file, bytes, 1, 0, &len)) \
    X(yon_file_write, yon_file_write(t->file, "x", 1, 0)) \
    X(yon_file_size, yon_file_size(t->file, &number)) \
    X(yon_file_sync, yon_file_sync(t->file)) \
    X(yon_process_kill, yon_process_kill(t->process, SIGTERM)) \
    X(yon_process_wait, yon_process_wait(t->process, NULL, NULL)) \
    X(yon_process_future, await_and_free(yon_process_future(t->process))) \
    X(yon_args, yon_args(t->job, "")) \
    X(yon_return, yon_return(t->job, "")) \
    X(yon_return_raw, yon_return_raw(t->job, "\xc0", 1)) \
    X(yon_fail, yon_fail(t->job, "it failed")) \
    X(yon_retry, yon_retry(t->job, 0, "it failed")) \
    X(yon_give_up, yon_give_up(t->job, "it failed")) \
    X(yon_offer, yon_offer(t->local, &module)) \
    X(yon_uv_connect, yon_uv_connect(&t->uv, "ipc:///nowhere", &t->remote)) \
    X(yon_uv_spawn, await_and_free(yon_uv_spawn(&t->uv, do_nothing, NULL)))

/* X(function, use): ends the process. */
#define ENDING_LIST(X) \
    X(yon_close, yon_close(t->remote)) \
    X(yon_set_patience, yon_set_patience(t->remote, 1)) \
    X(yon_is_done, yon_is_done(t->ended)) \
    X(yon_id, yon_id(t->call)) \
    X(yon_result_raw, yon_result_raw(t->ended, &len)) \
    X(yon_output, yon_output(t->call, 1, &len)) \
    X(yon_exit_code, yon_exit_code(t->call)) \
    X(yon_error, yon_error(t->ended)) \
    X(yon_free, yon_free(t->ended)) \
    X(yon_receipt, yon_receipt(t->call)) \
    X(yon_detach, yon_detach(t->timer)) \
    X(yon_group_spawn, yon_group_spawn(t->group, do_nothing, t)) \
    X(yon_group_add, yon_group_add(t->group, yon_timer(1))) \
    X(yon_group_cancel, yon_group_cancel(t->group)) \
    X(yon_scope_leave, yon_scope_leave(t->scope)) \
    X(yon_gen_return, yon_gen_return(t->gen, NULL)) \
    X(yon_gen_result, yon_gen_result(t->gen)) \
    X(yon_channel_close, yon_channel_close(t->channel)) \
    X(yon_channel_free, yon_channel_free(t->channel)) \
    X(yon_unlock, yon_unlock(t->mutex)) \
    X(yon_mutex_free, yon_mutex_free(t->mutex)) \
    X(yon_release, yon_release(t->sem)) \
    X(yon_sem_free, yon_sem_free(t->sem)) \
    X(yon_event_set, yon_event_set(t->event)) \
    X(yon_event_clear, yon_event_clear(t->event)) \
    X(yon_event_is_set, yon_event_is_set(t->event)) \
    X(yon_event_free, yon_event_free(t->event)) \
    X(yon_stream_close, yon_stream_close(t->ends[0])) \
    X(yon_listener_close, yon_listener_close(t->listener)) \
    X(yon_file_close, yon_file_close(t->file)) \
    X(yon_process_stream, (void)yon_process_stream(t->process, 0)) \
    X(yon_process_free, yon_process_free(t->process)) \
    X(yon_progress, yon_progress(t->job, 1, 2, "half")) \
    X(yon_job_client, yon_job_client(t->job))

/* X(function, reason) */
#define HERE "it is about the calling thread or coroutine"
#define MAKES "what it makes belongs to the caller"
#define FIXED "what it reads never changes"
#define VALUE "it belongs to no loop, but to one thread at a time"
#define ANY_LIST(X) \
    X(yon_builder_new, VALUE) \
    X(yon_builder_free, VALUE) \
    X(yon_builder_clear, VALUE) \
    X(yon_builder_error, VALUE) \
    X(yon_builder_raw, VALUE) \
    X(yon_builder_read, VALUE) \
    X(yon_build, VALUE) \
    X(yon_build_nil, VALUE) \
    X(yon_build_bool, VALUE) \
    X(yon_build_int, VALUE) \
    X(yon_build_uint, VALUE) \
    X(yon_build_double, VALUE) \
    X(yon_build_string, VALUE) \
    X(yon_build_string_len, VALUE) \
    X(yon_build_binary, VALUE) \
    X(yon_build_raw, VALUE) \
    X(yon_build_array, VALUE) \
    X(yon_build_map, VALUE) \
    X(yon_build_end, VALUE) \
    X(yon_cursor_type, VALUE) \
    X(yon_cursor_count, VALUE) \
    X(yon_cursor_next, VALUE) \
    X(yon_cursor_next_pair, VALUE) \
    X(yon_cursor_item, VALUE) \
    X(yon_cursor_get, VALUE) \
    X(yon_cursor_read, VALUE) \
    X(yon_cursor_raw, VALUE) \
    X(yon_strerror, FIXED) \
    X(yon_version, FIXED) \
    X(yon_listener_port, FIXED) \
    X(yon_args_raw, FIXED) \
    X(yon_job_id, FIXED) \
    X(yon_job_elem, FIXED) \
    X(yon_job_attempt, FIXED) \
    X(yon_job_tries, FIXED) \
    X(yon_log, "a line is one write") \
    X(yon_keep, "promises are kept from anywhere") \
    X(yon_break, "promises are kept from anywhere") \
    X(yon_interrupt, "waits are ended from anywhere") \
    X(yon_now_ms, "there is one clock") \
    X(yon_connect, MAKES) \
    X(yon_run, MAKES) \
    X(yon_spawn, MAKES) \
    X(yon_spawn_named, MAKES) \
    X(yon_timer, MAKES) \
    X(yon_thread, MAKES) \
    X(yon_each_of, "its futures are those of the caller") \
    X(yon_group_enter, MAKES) \
    X(yon_scope_enter, MAKES) \
    X(yon_promise_new, MAKES) \
    X(yon_gen_new, MAKES) \
    X(yon_channel_new, MAKES) \
    X(yon_mutex_new, MAKES) \
    X(yon_sem_new, MAKES) \
    X(yon_event_new, MAKES) \
    X(yon_tcp_connect, MAKES) \
    X(yon_unix_connect, MAKES) \
    X(yon_tcp_listen, MAKES) \
    X(yon_unix_listen, MAKES) \
    X(yon_pipe, MAKES) \
    X(yon_file_open, MAKES) \
    X(yon_file_load, MAKES) \
    X(yon_file_save, HERE) \
    X(yon_lookup, HERE) \
    X(yon_process_start, MAKES) \
    X(yon_signal_wait, HERE) \
    X(yon_io_error, HERE) \
    X(yon_value, HERE) \
    X(yon_explain, HERE) \
    X(yon_why, HERE) \
    X(yon_sleep, HERE) \
    X(yon_sleep_until, HERE) \
    X(yon_pause, HERE) \
    X(yon_is_cancelled, HERE) \
    X(yon_limit_begin, HERE) \
    X(yon_limit_begin_at, HERE) \
    X(yon_limit_left_ms, HERE) \
    X(yon_shield_begin, HERE) \
    X(yon_shield_end, HERE) \
    X(yon_defer, HERE)

/* clang-format on */

/* Few futures are looked at one by one, many are remembered. */
#define N_MANY 100

static int use_many(struct things *t,
                    int (*any)(yon_future *const *fs, size_t n, size_t *which))
{
    yon_future *many[N_MANY] = { t->timer, t->ended };

    return both(any(many, 2, &len),
                both(any(&many[1], 1, &len), any(many, N_MANY, &len)));
}

static int use_each(struct things *t)
{
    yon_future *many[N_MANY] = { t->ended }, *taken;

    return both(yon_each(many, 1, &len, &taken),
                yon_each(many, N_MANY, &len, &taken));
}

static int sleep_long(yon_job *job);
static const struct yon_module module = {
    YON_MODULE_ABI, 0,
    (const struct yon_function[]){ { "f", sleep_long, 0 }, { NULL, NULL, 0 } }
};

#define REFUSED_DEFINE(function, use)           \
    static int function##_use(struct things *t) \
    {                                           \
        return use;                             \
    }
REFUSED_LIST(REFUSED_DEFINE)
#define ENDING_DEFINE(function, use)            \
    static int function##_use(struct things *t) \
    {                                           \
        (void)(use);                            \
        return 0;                               \
    }
ENDING_LIST(ENDING_DEFINE)

struct use {
    const char *function;
    int (*use)(struct things *t);
};
#define ROW(function, ...) { #function, function##_use },
static const struct use refused[] = { REFUSED_LIST(ROW) };
static const struct use ending[] = { ENDING_LIST(ROW) };
#define ANY_ROW(function, reason) { #function, reason },
static const struct {
    const char *function, *reason;
} any[] = { ANY_LIST(ANY_ROW) };
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the loop that they belong to ---- */

static struct things things;
/* What the other thread does with them there, with a loop of its own or
 * without. */
static yon_fn *visit;
static int (*use)(struct things *t);
static bool has_loop;

static int sleep_long(yon_job *job)
{
    things.job = job;
    return yon_sleep(1000000);
}

static int sleep_once(void *arg)
{
    (void)arg;
    return yon_sleep(1000000);
}

static int run_once(void *arg)
{
    return yon_once(arg, sleep_once, NULL);
}

static int give_for_ever(yon_gen *g, void *arg)
{
    while (yon_yield(g, arg, NULL) == 0)
        ;
    return 0;
}

/* Its end is the end of the process: nothing is cleaned up. */
static void *elsewhere(void *arg)
{
    int code = has_loop ? yon_run(visit, arg) : visit(arg);

    _exit(code == 0 ? 0 : 1);
}

#define MUST(condition)                                          \
    do {                                                         \
        if (!(condition)) {                                      \
            fprintf(stderr, "cannot make it: %s\n", #condition); \
            _exit(2);                                            \
        }                                                        \
    } while (0)

static void make_locks(struct things *t)
{
    t->channel = yon_channel_new(2);
    t->mutex = yon_mutex_new();
    t->sem = yon_sem_new(2);
    t->event = yon_event_new();
    yon_event_set(t->event);
    t->gen = yon_gen_new(give_for_ever, t);
    MUST(yon_put(t->channel, t) == 0);
    MUST(yon_lock(t->mutex) == 0);
    yon_unlock(t->mutex);
    MUST(yon_acquire(t->sem) == 0);
    MUST(yon_event_wait(t->event) == 0);
}

static void make_io(struct things *t)
{
    const char *const cat[] = { "cat", NULL }; /* ends with us */

    MUST(yon_pipe(&t->ends[0], &t->ends[1]) == 0);
    MUST(yon_tcp_listen(NULL, 0, &t->listener) == 0);
    MUST(yon_file_open("/dev/null", O_RDWR, 0, &t->file) == 0);
    MUST(yon_process_start(&YON_PROCESS(.argv = cat, .pipe_in = 1),
                           &t->process) == 0);
}

static int own_them(void *arg)
{
    struct things *t = arg;
    pthread_t thread;

    make_locks(t);
    make_io(t);
    MUST(yon_connect("local:", &t->local) == 0);
    MUST(yon_offer(t->local, &module) == 0);
    t->scope = yon_scope_enter();
    yon_limit_begin(&t->limit, 1000000);
    t->group = yon_group_enter();
    t->timer = yon_timer(1000000);
    t->call = yon_call(t->local, "f", "");
    t->ended = yon_spawn(do_nothing, NULL);
    yon_spawn(run_once, &t->once);
    MUST(yon_await(t->ended) == 0);
    MUST(t->job != NULL && t->once.state != NULL);
    MUST(pthread_create(&thread, NULL, elsewhere, t) == 0);
    return yon_sleep(1000000);
}

static void stay(void *arg, yon_future *f)
{
    (void)arg;
    (void)f;
}

/* In a child: what it has written to stderr, and how it ended. */
static int run_in_child(char *text, size_t size)
{
    int fds[2], status = 0;
    size_t n_read = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        alarm(60);
        MUST(uv_loop_init(&things.uv) == 0);
        yon_then(yon_uv_spawn(&things.uv, do_nothing, NULL), stay, NULL);
        MUST(yon_connect("ipc:///nowhere/yon.sock", &things.remote) == 0);
        yon_run(own_them, &things);
        _exit(3);
    }
    close(fds[1]);
    while (n_read < size - 1 &&
           (n = read(fds[0], text + n_read, size - 1 - n_read)) > 0)
        n_read += (size_t)n;
    text[n_read] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- claims ---- */

static int visit_refused(void *arg)
{
    int n_bad = 0;

    for (size_t i = 0; i < N_OF(refused); i++) {
        int code = refused[i].use(arg);

        if (code == YON_ESTATE)
            continue;
        fprintf(stderr, "%s returns %d\n", refused[i].function, code);
        n_bad++;
    }
    return n_bad;
}

static void a_code_says_so_where_there_is_one(void **state)
{
    char text[8192];

    (void)state;
    visit = visit_refused;
    for (int i = 0; i < 2; i++) {
        has_loop = i != 0;
        if (run_in_child(text, sizeof text) != 0)
            fail_msg("%s", text);
    }
}

static int visit_ending(void *arg)
{
    return use(arg);
}

static void else_the_process_ends_with_a_line_that_names_it(void **state)
{
    char text[8192], expected[128];
    int end;

    (void)state;
    visit = visit_ending;
    has_loop = true;
    for (size_t i = 0; i < N_OF(ending); i++) {
        use = ending[i].use;
        snprintf(expected, sizeof expected,
                 "yon: misuse: %s: ", ending[i].function);
        end = run_in_child(text, sizeof text);
        if (end != -SIGABRT || strstr(text, expected) != text ||
            strstr(text, ", in coroutine 'main'\n") == NULL)
            fail_msg("%s: end %d: %s", ending[i].function, end, text);
    }
}

static bool is_listed(const char *function)
{
    bool found = false;

    for (size_t i = 0; i < N_OF(refused); i++)
        found = found || strcmp(refused[i].function, function) == 0;
    for (size_t i = 0; i < N_OF(ending); i++)
        found = found || strcmp(ending[i].function, function) == 0;
    for (size_t i = 0; i < N_OF(any); i++)
        found = found || (strcmp(any[i].function, function) == 0 &&
                          any[i].reason[0] != '\0');
    return found;
}

static void every_public_function_is_in_a_list(void **state)
{
    FILE *names = popen(TEST_DATA "/../../docs/reference --functions", "r");
    char row[256];
    size_t n = 0;

    (void)state;
    assert_non_null(names);
    while (fgets(row, sizeof row, names) != NULL) {
        row[strcspn(row, " \n")] = '\0';
        n++;
        if (!is_listed(row))
            fail_msg("%s: list it in this file, with its use on a wrong "
                     "thread or the reason why any thread may call it",
                     row);
    }
    assert_int_equal(pclose(names), 0);
    assert_int_equal(n, N_OF(refused) + N_OF(ending) + N_OF(any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_public_function_is_in_a_list),
        cmocka_unit_test(a_code_says_so_where_there_is_one),
        cmocka_unit_test(else_the_process_ends_with_a_line_that_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
