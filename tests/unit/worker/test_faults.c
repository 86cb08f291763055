/* SPDX-License-Identifier: MIT */
/* The kernel refuses: no descriptor, no memory, no process. What was to start
 * is handed back with a text that says why, for it is not the job's fault;
 * nothing stays open, and the next one starts.
 *
 * The calls below stand before those of the libraries. The n-th of them fails,
 * n rising until a run meets no fault. The count is in shared memory, because
 * the fork server calls, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker/shop.h"
#include "worker/shell/cpu/cpu.h"

#define FAULTS_MAX 50 /* more calls than any start makes */

/* ---- faults ---- */

static _Atomic int *left; /* calls until one fails; 0: none does */

static bool fails(void)
{
    int n = left == NULL ? 0 : atomic_load(left);

    while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1)) {
    }
    return n == 1;
}

/* Of the library behind this program. */
static void *real(const char *name)
{
    void *fn = dlsym(RTLD_NEXT, name);

    assert_non_null(fn);
    return fn;
}

#define REAL(name) ((__typeof__(&(name)))(uintptr_t)real(#name))

int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd)
{
    return fails() ? UV_ENOMEM : REAL(uv_poll_init)(loop, handle, fd);
}

static int refused(int error)
{
    errno = error;
    return -1;
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    if (fails())
        return refused(EMFILE);
    return REAL(socketpair)(domain, type, protocol, fds);
}

int pipe2(int fds[2], int flags)
{
    return fails() ? refused(EMFILE) : REAL(pipe2)(fds, flags);
}

int memfd_create(const char *name, unsigned flags)
{
    return fails() ? refused(EMFILE) : REAL(memfd_create)(name, flags);
}

pid_t fork(void)
{
    return fails() ? refused(EAGAIN) : REAL(fork)();
}

static void fail_call(int n)
{
    atomic_store(left, n);
}

/* True: it has failed. None does from now on. */
static bool one_has_failed(void)
{
    return atomic_exchange(left, 0) == 0;
}

static size_t n_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

/* ---- commands ---- */

static int setup(void **state)
{
    *state = shop_new();
    return 0;
}

static int teardown(void **state)
{
    shop_free(*state);
    return 0;
}

static void expect_text(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* What was told: refused at once, or as its end. */
static void expect_not_started(struct shop *s, enum err err)
{
    if (err != ERR_NONE) {
        assert_int_equal(err, ERR_BUSY);
        expect_text(s->errmsg, "cannot start \"sh\": ");
        return;
    }
    assert_int_equal(s->outcome.state, STATE_HANDED_BACK);
    assert_int_equal(s->outcome.signal, 0);
    expect_text(buf_text(&s->message), "cannot start");
}

/* The n-th call of a start fails. False: there was none, and all is well. */
static bool start_fails(int n)
{
    size_t n_before = n_open();
    struct shop *s = shop_new();
    enum err err;
    bool failed;

    fail_call(n);
    err = shop_start_script(s, "exit 0");
    shop_wait(s);
    failed = one_has_failed();
    if (failed)
        expect_not_started(s, err);
    shop_run_script(s, "exit 0"); /* the next one starts */
    assert_int_equal(s->outcome.state, STATE_DONE);
    shop_free(s);
    assert_int_equal(n_open(), n_before);
    return failed;
}

static void a_command_that_cannot_start_says_so_and_leaves_nothing(void **state)
{
    int n = 1;

    (void)state;
    shop_free(shop_new()); /* what the first loop opens stays open */
    while (start_fails(n))
        assert_true(++n < FAULTS_MAX);
    assert_true(n > 7); /* pipes, watches, sockets, a fork, the program's */
}

static void a_fork_server_that_cannot_be_watched_is_an_error(void **state)
{
    struct processes *ps = NULL;
    struct shop *s = *state;

    fail_call(1);
    assert_int_equal(processes_new(&s->loop, &s->forkserver, &ps, s->errmsg),
                     ERR_SYSTEM);
    assert_true(one_has_failed());
    expect_text(s->errmsg, "the fork server cannot be watched: ");
    assert_null(ps);
}

/* ---- cpu calls ---- */

struct calls {
    uv_loop_t loop;
    struct alarm_set alarms;
    struct cpu_pool *pool;
    int n_running;
    enum state state; /* how the last one ended */
};

static void call_ended(void *arg, const struct outcome *o)
{
    struct calls *c = arg;

    c->n_running--;
    c->state = o->state;
}

static void begin(struct calls *c, char **argv)
{
    static const struct module_files no_modules;
    static struct cpu_plan plan = { .modules = &no_modules };

    *c = (struct calls){ 0 };
    assert_int_equal(uv_loop_init(&c->loop), 0);
    alarm_set_init(&c->alarms, &c->loop);
    plan.argv = argv;
    c->pool = cpu_pool_new(&c->loop, &c->alarms, &plan);
}

static void end(struct calls *c)
{
    while (c->n_running > 0)
        uv_run(&c->loop, UV_RUN_ONCE);
    cpu_pool_free(c->pool);
    alarm_set_fini(&c->alarms, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
}

static enum err start_call(struct calls *c, struct cpu_call **out, char *errmsg)
{
    struct assignment from = { .id = { 1, 0, 1, 1 },
                               .fn = view_str("sums"),
                               .server = "ipc:///x" };
    enum err err = cpu_start(c->pool, &from, call_ended, c, out, errmsg);

    c->n_running += err == ERR_NONE;
    return err;
}

/* What its process does: this program, started again (see main). */
static char stay[] = "--stay";

static void
a_cpu_call_without_a_process_says_so_and_leaves_nothing(void **state)
{
    char *argv[] = { stay, stay, NULL };
    char errmsg[ERRMSG_LEN];
    struct cpu_call *call = NULL;
    struct calls c;
    size_t n_outside = n_open(), n_before;
    enum err err;
    int n = 0;

    (void)state;
    begin(&c, argv);
    n_before = n_open();
    for (;;) {
        fail_call(++n);
        assert_true(n < FAULTS_MAX);
        err = start_call(&c, &call, errmsg);
        if (err == ERR_NONE)
            break;
        assert_int_equal(err, ERR_BUSY);
        assert_true(one_has_failed());
        expect_text(errmsg, "no process for it: ");
        uv_run(&c.loop, UV_RUN_NOWAIT); /* handles close */
        assert_int_equal(n_open(), n_before);
    }
    assert_false(one_has_failed());
    assert_true(n > 4); /* two memories, sockets, a watch */
    cpu_kill(call);
    end(&c);
    assert_int_equal(c.state, STATE_CANCELLED);
    assert_int_equal(n_open(), n_outside);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_command_that_cannot_start_says_so_and_leaves_nothing),
        cmocka_unit_test_setup_teardown(
            a_fork_server_that_cannot_be_watched_is_an_error, setup, teardown),
        cmocka_unit_test(
            a_cpu_call_without_a_process_says_so_and_leaves_nothing),
    };

    if (argc > 1 && strcmp(argv[1], stay) == 0)
        for (;;)
            pause();
    left = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(left != MAP_FAILED);
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
