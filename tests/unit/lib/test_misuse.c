/* SPDX-License-Identifier: MIT */
/* What a program does wrong is named as its own: by an error code, else by the
 * last line of the process. docs/misuse.md lists it. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>

/* ---- what ends the process ---- */

static int unlock_nothing(void *arg)
{
    (void)arg;
    yon_unlock(yon_mutex_new());
    return 0;
}

static int free_locked(void *arg)
{
    yon_mutex *m = yon_mutex_new();

    (void)arg;
    yon_lock(m);
    yon_mutex_free(m);
    return 0;
}

static int get_for_ever(void *arg)
{
    void *value;

    return yon_get(arg, &value);
}

static int free_channel_with_waiter(void *arg)
{
    yon_channel *ch = yon_channel_new(1);

    (void)arg;
    yon_spawn(get_for_ever, ch);
    yon_pause();
    yon_channel_free(ch);
    return 0;
}

static int wait_at(void *arg)
{
    return yon_event_wait(arg);
}

static int free_event_with_waiter(void *arg)
{
    yon_event *e = yon_event_new();

    (void)arg;
    yon_spawn(wait_at, e);
    yon_pause();
    yon_event_free(e);
    return 0;
}

static int acquire_from(void *arg)
{
    return yon_acquire(arg);
}

static int free_sem_with_waiter(void *arg)
{
    yon_sem *s = yon_sem_new(0);

    (void)arg;
    yon_spawn(acquire_from, s);
    yon_pause();
    yon_sem_free(s);
    return 0;
}

static int end_no_shield(void *arg)
{
    (void)arg;
    yon_shield_end();
    return 0;
}

static int leave_scope_twice(void *arg)
{
    yon_scope *s = yon_scope_enter();

    (void)arg;
    yon_scope_leave(s);
    yon_scope_leave(s);
    return 0;
}

static int never_leave_group(void *arg)
{
    (void)arg;
    yon_group_enter();
    return 0;
}

static int free_twice(void *arg)
{
    yon_future *f = yon_timer(100000);

    (void)arg;
    yon_then(f, NULL, NULL); /* it lives on */
    yon_free(f);
    yon_free(f);
    return 0;
}

static int close_stream_twice(void *arg)
{
    yon_stream *a, *b;

    (void)arg;
    yon_pipe(&a, &b);
    yon_stream_close(a);
    yon_stream_close(a);
    return 0;
}

static int leave_stream_open(void *arg)
{
    yon_stream *a, *b;

    (void)arg;
    return yon_pipe(&a, &b);
}

static int close_stream_of_process(void *arg)
{
    const char *const argv[] = { "cat", NULL }; /* ends with us */
    yon_process *p;

    (void)arg;
    yon_process_start(&YON_PROCESS(.argv = argv, .pipe_in = 1), &p);
    yon_stream_close(yon_process_stream(p, 0));
    return 0;
}

static int free_receipt(void *arg)
{
    yon_client *c;

    (void)arg;
    yon_connect("local:", &c);
    yon_free(yon_receipt(yon_call(c, "f", "")));
    return 0;
}

static int wait_for_nothing(void *arg)
{
    (void)arg;
    return yon_event_wait(yon_event_new());
}

static void outside_of_coroutines(void)
{
    yon_defer(free, NULL);
}

static const struct {
    yon_fn *fn; /* NULL: outside_of_coroutines */
    const char *line;
} ends[] = {
    { unlock_nothing, "yon: misuse: yon_unlock: this coroutine has not locked "
                      "the mutex, in coroutine 'main'\n" },
    { free_locked, "yon: misuse: yon_mutex_free: the mutex is locked, in "
                   "coroutine 'main'\n" },
    { free_channel_with_waiter, "yon: misuse: yon_channel_free: a coroutine "
                                "waits at the channel, in coroutine 'main'\n" },
    { free_event_with_waiter, "yon: misuse: yon_event_free: a coroutine waits "
                              "for the event, in coroutine 'main'\n" },
    { free_sem_with_waiter, "yon: misuse: yon_sem_free: a coroutine waits at "
                            "the semaphore, in coroutine 'main'\n" },
    { end_no_shield, "yon: misuse: yon_shield_end: no shield was begun, in "
                     "coroutine 'main'\n" },
    { leave_scope_twice, "yon: misuse: yon_scope_leave: the scope was left "
                         "before, or is another coroutine's, in coroutine "
                         "'main'\n" },
    { never_leave_group, "yon: misuse: yon_group_enter: a coroutine ended "
                         "without yon_group_leave, in coroutine 'main'\n" },
    { free_twice, "yon: misuse: yon_free: the future was freed before, in "
                  "coroutine 'main'\n" },
    { close_stream_twice, "yon: misuse: yon_stream_close: the stream was "
                          "closed before, in coroutine 'main'\n" },
    { close_stream_of_process, "yon: misuse: yon_stream_close: the stream "
                               "belongs to its process, which closes it: to "
                               "end it, yon_shutdown, in coroutine 'main'\n" },
    { free_receipt, "yon: misuse: yon_free: a receipt belongs to the future of "
                    "its job, in coroutine 'main'\n" },
    { wait_for_nothing, "yon: misuse: deadlock: nothing is left that could "
                        "end the wait, in coroutine 'main'\n" },
    { NULL, "yon: misuse: yon_defer: only inside a coroutine\n" },
};

/* Run in a child what ends it; what it has written to stderr. */
static int run_in_child(yon_fn *fn, char *line, size_t size)
{
    int fds[2], status = 0;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        close(fds[1]);
        alarm(60);
        if (fn != NULL)
            _exit(yon_run(fn, NULL) == 0 ? 0 : 1);
        outside_of_coroutines();
        _exit(0);
    }
    close(fds[1]);
    while (len < size - 1 && (n = read(fds[0], line + len, size - 1 - len)) > 0)
        len += (size_t)n;
    line[len] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_cannot_be_an_error_ends_the_process_and_is_named(void **state)
{
    char line[1024];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(run_in_child(ends[i].fn, line, sizeof line), -SIGABRT);
        assert_string_equal(line, ends[i].line);
    }
}

static int leave_listener_open(void *arg)
{
    yon_listener *l;

    (void)arg;
    return yon_tcp_listen(NULL, 0, &l);
}

/* Its pid goes to the parent, who looks for it. */
static int leave_file_open(void *arg)
{
    yon_file *f;

    (void)arg;
    return yon_file_open("/dev/null", O_RDONLY, 0, &f);
}

static int leave_process_open(void *arg)
{
    const char *const argv[] = { "sh", "-c", "echo $$; exec sleep 1000", NULL };
    yon_process *p;
    const char *line;
    size_t len;
    int code = yon_process_start(&YON_PROCESS(.argv = argv, .pipe_out = 1), &p);

    (void)arg;
    if (code == 0)
        code = yon_read_line(yon_process_stream(p, 1), 100, &line, &len);
    if (code == 0)
        fprintf(stderr, "%.*s\n", (int)len, line);
    return code;
}

static int leave_it_to_another(void *arg)
{
    yon_future *f = yon_spawn(arg, NULL);
    int code = yon_await(f);

    yon_free(f);
    return code;
}

static int leave_stream(void *arg)
{
    return leave_it_to_another(leave_stream_open) + (arg != NULL);
}

static const struct {
    yon_fn *fn;
    const char *line;
    unsigned n;
} left[] = {
    { leave_stream_open,
      "yon: misuse: yon_run: a stream was left open by coroutine 'main', and "
      "is closed now: call yon_stream_close before\n",
      2 },
    { leave_stream,
      "yon: misuse: yon_run: a stream was left open by coroutine "
      "leave_stream_open, and is closed now: call yon_stream_close before\n",
      2 },
    { leave_listener_open,
      "yon: misuse: yon_run: a listener was left open by coroutine 'main', and "
      "is closed now: call yon_listener_close before\n",
      1 },
    { leave_file_open,
      "yon: misuse: yon_run: a file was left open by coroutine 'main', and is "
      "closed now: call yon_file_close before\n",
      1 },
    { leave_process_open,
      "yon: misuse: yon_run: a process was left open by coroutine 'main', and "
      "is closed now: call yon_process_free before\n",
      1 },
};

static void what_is_left_open_is_named_and_closed(void **state)
{
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        const char *at = text;
        unsigned n = 0;
        long pid;

        assert_int_equal(run_in_child(left[i].fn, text, sizeof text), 0);
        pid = strtol(text, NULL, 10);
        if (pid > 0)
            assert_int_equal(kill((pid_t)pid, 0), -1);
        for (; (at = strstr(at, left[i].line)) != NULL; n++)
            at++;
        if (n != left[i].n)
            fail_msg("%s\nnot %u times: %s", text, left[i].n, left[i].line);
    }
}

static int leave_client_open(void *arg)
{
    yon_client *c;

    (void)arg;
    return yon_connect("ipc:///nowhere/yon.sock", &c);
}

static int leave_local_open(void *arg)
{
    yon_client *c;

    (void)arg;
    return yon_connect("local:", &c);
}

static void a_client_left_open_is_closed_with_a_warning(void **state)
{
    char line[1024];

    (void)state;
    assert_int_equal(run_in_child(leave_client_open, line, sizeof line), 0);
    assert_string_equal(line,
                        "yon: misuse: yon_run: the client of "
                        "ipc:///nowhere/yon.sock was left open by coroutine "
                        "'main', and is closed now: call yon_close before\n");
    assert_int_equal(run_in_child(leave_local_open, line, sizeof line), 0);
    assert_non_null(strstr(line, "the client of local: was left open"));
}

/* ---- what is an error ---- */

static int misuse_what_returns(void *arg)
{
    struct yon_limit outer, inner;
    int *codes = arg;

    yon_limit_begin(&outer, 100000);
    yon_limit_begin(&inner, 100000);
    codes[0] = yon_limit_end(&outer); /* not in order */
    codes[1] = yon_limit_end(&inner);
    codes[2] = yon_limit_end(&outer);
    return 0;
}

static void limits_out_of_order_are_an_error(void **state)
{
    int codes[3] = { 0 };

    (void)state;
    assert_int_equal(yon_run(misuse_what_returns, codes), 0);
    assert_int_equal(codes[0], YON_ESTATE);
    assert_int_equal(codes[1], 0);
    assert_int_equal(codes[2], 0);
}

/* Things of a loop that runs on another thread. */
struct shared {
    yon_channel *channel;
    yon_mutex *mutex;
    yon_sem *sem;
    yon_event *event;
    yon_gen *gen;
    yon_future *timer;
    yon_stream *ends[2];
    yon_client *client;
    yon_group *group;
    int codes[16];
    int n;
    pthread_t thread;
    yon_promise *over;
};

static void note(struct shared *s, int code)
{
    s->codes[s->n++] = code;
}

static void then(void *arg, yon_future *f)
{
    (void)arg;
    (void)f;
}

static int use_elsewhere(void *arg)
{
    struct shared *s = arg;
    yon_future *f;
    char byte;
    size_t got;
    void *value;

    note(s, yon_put(s->channel, s));
    note(s, yon_try_put(s->channel, s));
    note(s, yon_get(s->channel, &value));
    note(s, yon_try_get(s->channel, &value));
    note(s, yon_lock(s->mutex));
    note(s, yon_acquire(s->sem));
    note(s, yon_event_wait(s->event));
    note(s, yon_next(s->gen, &value));
    note(s, yon_await(s->timer));
    note(s, yon_cancel(s->timer));
    note(s, yon_then(s->timer, then, NULL));
    note(s, yon_read(s->ends[0], &byte, 1, &got));
    f = yon_call(s->client, "f", "");
    note(s, yon_await(f));
    yon_free(f);
    note(s, yon_group_leave(s->group));
    return 0;
}

static void *run_elsewhere(void *arg)
{
    struct shared *s = arg;

    use_elsewhere(s); /* without a loop, */
    s->n = 0;
    yon_run(use_elsewhere, s); /* ... and with one of its own */
    yon_keep(s->over, "");
    return NULL;
}

static int give_for_ever(yon_gen *g, void *arg)
{
    while (yon_yield(g, arg, NULL) == 0)
        ;
    return 0;
}

static int own_them(void *arg)
{
    struct shared *s = arg;
    yon_future *over;
    void *value;

    s->channel = yon_channel_new(1);
    s->mutex = yon_mutex_new();
    s->sem = yon_sem_new(2);
    s->event = yon_event_new();
    yon_event_set(s->event);
    s->gen = yon_gen_new(give_for_ever, s);
    s->timer = yon_timer(100000000);
    yon_put(s->channel, s);
    yon_get(s->channel, &value);
    yon_lock(s->mutex);
    yon_unlock(s->mutex);
    yon_acquire(s->sem);
    yon_event_wait(s->event);
    yon_next(s->gen, &value);
    if (yon_pipe(&s->ends[0], &s->ends[1]) != 0 ||
        yon_connect("local:", &s->client) != 0)
        return YON_EFAILED;
    s->group = yon_group_enter();
    over = yon_promise_new(&s->over);
    pthread_create(&s->thread, NULL, run_elsewhere, s);
    yon_await(over);
    pthread_join(s->thread, NULL);
    yon_free(over);
    yon_group_leave(s->group);
    yon_close(s->client);
    yon_stream_close(s->ends[0]);
    yon_stream_close(s->ends[1]);
    yon_cancel(s->timer);
    yon_free(s->timer);
    yon_gen_close(s->gen);
    yon_event_free(s->event);
    yon_sem_free(s->sem);
    yon_mutex_free(s->mutex);
    yon_channel_free(s->channel);
    return 0;
}

static void use_on_a_wrong_thread_is_an_error(void **state)
{
    struct shared s = { 0 };

    (void)state;
    assert_int_equal(yon_run(own_them, &s), 0);
    assert_int_equal(s.n, 14);
    for (int i = 0; i < s.n; i++)
        assert_int_equal(s.codes[i], YON_ESTATE);
}

static int use_channel(void *arg)
{
    void *value;

    yon_put(arg, NULL);
    return yon_get(arg, &value);
}

static void *run_with_channel(void *arg)
{
    return yon_run(use_channel, arg) == 0 ? arg : NULL;
}

static void a_thread_may_have_what_a_loop_has_left(void **state)
{
    yon_channel *ch = yon_channel_new(1);
    pthread_t thread;
    void *same = NULL;

    (void)state;
    assert_int_equal(yon_run(use_channel, ch), 0);
    pthread_create(&thread, NULL, run_with_channel, ch);
    pthread_join(thread, &same);
    assert_ptr_equal(same, ch);
    yon_channel_free(ch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_an_error_ends_the_process_and_is_named),
        cmocka_unit_test(a_client_left_open_is_closed_with_a_warning),
        cmocka_unit_test(what_is_left_open_is_named_and_closed),
        cmocka_unit_test(limits_out_of_order_are_an_error),
        cmocka_unit_test(use_on_a_wrong_thread_is_an_error),
        cmocka_unit_test(a_thread_may_have_what_a_loop_has_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
