/* SPDX-License-Identifier: MIT */
/* procs - a worker as several processes, and their supervisor. */
#include "worker/shell/life/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/children.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"
#include "proto/bounds.h"
#include "worker/shell/life/crash_note.h"
#include "worker/shell/life/lease_guard.h"
#include "worker/shell/life/reload.h"

#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 5000
#define STEADY_MS 5000  /* a process that lived so long starts again at once */
#define REMAINS_MS 5000 /* how long leftovers are waited for */
#define REMAINS_LOOK_MS 20
#define REMAINS_LATER_MS 1000 /* after that: a dead disk may hold them */
#define SERVING_MS \
    5000 /* a new process that has no session yet is waited for */

struct proc {
    unsigned number; /* from 1 */
    pid_t pid;       /* 0: does not run */
    int note_fd;     /* of crash_note_open, for its successor; -1: none */
    struct lease_guard *guard;
    int64_t started_ms;
    int64_t due_ms; /* when it is to start again */
    int64_t back_off_ms;
    uint64_t n_starts;
    bool over;     /* it is not started again */
    bool stale;    /* it has modules of before a reload */
    bool draining; /* to be replaced by one with the new ones */
};

struct procs {
    const struct procs_plan *plan;
    struct proc *at;
    unsigned n;
    int guard_fd; /* of lease_guard_open, for all */
    sigset_t signals, before;
    timer_t timer; /* sends SIGALRM */
    struct reload reload;
    bool has_terminal; /* whose end is to be ours */
    bool stopping;
    bool remains;     /* leftovers of a process may still be there */
    int64_t ended_ms; /* when the last process ended */
    int exit_code;
};

/* ---- one process ---- */

static void add_word(char ***argv, size_t *n, const char *word)
{
    *argv = xrealloc(*argv, (*n + 2) * sizeof **argv);
    (*argv)[(*n)++] = xstrdup(word);
    (*argv)[*n] = NULL;
}

static void add_option(char ***argv, size_t *n, const char *option,
                       const char *value)
{
    add_word(argv, n, option);
    add_word(argv, n, value);
}

static uint32_t slots_of(const struct procs *ps, const struct proc *p)
{
    uint32_t all = ps->plan->slots;

    return all / ps->n + (p->number <= all % ps->n);
}

/* Our command line, and the options that differ: the last of a kind counts, and
 * none does behind "--". */
static char **argv_of(const struct procs *ps, const struct proc *p,
                      int inherit_fd)
{
    char **argv = NULL, **word = ps->plan->argv + 1;
    size_t n = 0;
    char text[NAME_LEN_MAX + 16];

    snprintf(text, sizeof text, "yon-worker.%u", p->number);
    add_word(&argv, &n, text);
    for (; *word != NULL && strcmp(*word, "--") != 0; word++)
        add_word(&argv, &n, *word);
    snprintf(text, sizeof text, ps->n > 1 ? "%s.%u" : "%s", ps->plan->name,
             p->number);
    add_option(&argv, &n, "--name", text);
    snprintf(text, sizeof text, "%u", slots_of(ps, p));
    add_option(&argv, &n, "--slots", text);
    snprintf(text, sizeof text, "%d", inherit_fd);
    add_option(&argv, &n, INHERIT_OPTION, text);
    for (; *word != NULL; word++)
        add_word(&argv, &n, *word);
    return argv;
}

static void argv_free(char **argv)
{
    for (char **word = argv; *word != NULL; word++)
        free(*word);
    free(argv);
}

/* In the new process. A group of its own: Ctrl-C is for the supervisor. */
static _Noreturn void become(const struct procs *ps, const struct proc *p,
                             int inherit_fd, char **argv)
{
    setpgid(0, 0);
    fcntl(inherit_fd, F_SETFD, 0);
    fcntl(ps->guard_fd, F_SETFD, 0);
    if (p->note_fd >= 0)
        fcntl(p->note_fd, F_SETFD, 0);
    for (size_t i = 0; i < ps->plan->modules->n; i++)
        fcntl(ps->plan->modules->at[i].fd, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, &ps->before, NULL);
    execv("/proc/self/exe", argv);
    log_line(TRACE_ERROR, "cannot-start", "program=%s error=%s", argv[0],
             strerror(errno));
    _exit(1);
}

static int give(const struct procs *ps, const struct proc *p)
{
    struct inherit inherit = inherit_nothing();

    inherit.kind = INHERIT_LOOP;
    inherit.number = p->number;
    inherit.supervisor = getpid();
    inherit.note_fd = p->note_fd;
    inherit.guard_fd = ps->guard_fd;
    inherit_put_modules(&inherit, ps->plan->modules);
    return inherit_give(&inherit);
}

static void start(struct procs *ps, struct proc *p)
{
    int inherit_fd = give(ps, p);
    char **argv = argv_of(ps, p, inherit_fd);
    pid_t pid = -1;

    lease_guard_set(p->guard, INT64_MAX, false);
    p->stale = false;
    if (inherit_fd >= 0)
        pid = fork();
    if (pid == 0)
        become(ps, p, inherit_fd, argv);
    argv_free(argv);
    if (inherit_fd >= 0)
        close(inherit_fd);
    p->started_ms = clock_boot_ms();
    if (pid > 0) {
        log_line(p->n_starts++ == 0 ? TRACE_DEBUG : TRACE_INFO,
                 "process-started", "process=%u pid=%d", p->number, pid);
        p->pid = pid;
        return;
    }
    log_line(TRACE_ERROR, "cannot-start", "process=%u error=%s", p->number,
             strerror(errno));
    p->due_ms = p->started_ms + BACK_OFF_MAX_MS;
}

/* For a process that drains already the first one is not new: a second one
 * would kill what it runs. */
static void pass_on(struct procs *ps, int signo)
{
    for (unsigned i = 0; i < ps->n; i++)
        if (ps->at[i].pid != 0 && (ps->stopping || !ps->at[i].draining))
            kill(ps->at[i].pid, signo);
    ps->stopping = true;
}

/* Leftovers are still waited for. */
static bool is_patient(const struct procs *ps)
{
    return ps->remains && clock_boot_ms() - ps->ended_ms < REMAINS_MS;
}

static bool is_ours(void *arg, pid_t pid)
{
    const struct procs *ps = arg;

    for (unsigned i = 0; i < ps->n; i++)
        if (ps->at[i].pid == pid)
            return true;
    return ps->reload.pid == pid;
}

/* Leftovers of a process that ended become our children sooner or later. Kill
 * them. Returns when to look again; INT64_MAX: nothing is left. */
static int64_t sweep(struct procs *ps)
{
    int64_t now_ms = clock_boot_ms();

    ps->remains = ps->remains && children_kill(is_ours, ps) > 0;
    if (!ps->remains)
        return INT64_MAX;
    return now_ms + (is_patient(ps) ? REMAINS_LOOK_MS : REMAINS_LATER_MS);
}

/* Its successor will say that it is dead with all that it ran, so that must be
 * true. */
static void start_when_swept(struct procs *ps, struct proc *p)
{
    if (is_patient(ps)) {
        p->due_ms = clock_boot_ms() + REMAINS_LOOK_MS;
        return;
    }
    if (ps->remains) {
        log_line(TRACE_WARN, "leftovers-stay", "process=%u effect=%s",
                 p->number,
                 "what it ran starts elsewhere when its lease is over");
        lease_guard_forget(p->guard);
    }
    start(ps, p);
}

static void died(struct proc *p, int status)
{
    int64_t now_ms = clock_boot_ms();
    long long ms;

    if (now_ms - p->started_ms >= STEADY_MS)
        p->back_off_ms = BACK_OFF_MIN_MS;
    p->due_ms = now_ms + p->back_off_ms;
    ms = p->back_off_ms;
    if (WIFEXITED(status))
        log_line(TRACE_WARN, "process-ended",
                 "process=%u exit_code=%d cause=%s again_in_ms=%lld", p->number,
                 WEXITSTATUS(status), "exit(), which a call must not call", ms);
    else
        log_line(TRACE_WARN, "process-ended",
                 "process=%u signal=%d cause=%s again_in_ms=%lld", p->number,
                 WTERMSIG(status), strsignal(WTERMSIG(status)), ms);
    p->back_off_ms *= 2;
    if (p->back_off_ms > BACK_OFF_MAX_MS)
        p->back_off_ms = BACK_OFF_MAX_MS;
}

static void ended(struct procs *ps, struct proc *p, int status)
{
    bool left = WIFEXITED(status) && crash_note_has_left(p->note_fd);
    bool drained = p->draining && left && WEXITSTATUS(status) == 0;

    ASSERT(p->pid > 0 && !p->over);
    p->pid = 0;
    p->draining = false;
    ps->remains = true;
    ps->ended_ms = clock_boot_ms();
    p->over = ps->stopping || (left && !drained);
    if (!p->over && drained)
        p->due_ms = ps->ended_ms;
    else if (!p->over)
        died(p, status);
    if (!p->over)
        return;
    if (ps->exit_code == 0)
        ps->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (!ps->stopping)
        pass_on(ps, SIGTERM);
}

/* ---- all of them ---- */

static void modules_were_read(struct procs *ps, int status)
{
    if (!reload_ended(&ps->reload, status, ps->plan->modules, &ps->before))
        return;
    log_line(TRACE_INFO, "reloading", "modules=%zu", ps->plan->modules->n);
    for (unsigned i = 0; i < ps->n; i++)
        ps->at[i].stale = true;
}

static void reap(struct procs *ps)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == ps->reload.pid)
            modules_were_read(ps, status);
        for (unsigned i = 0; i < ps->n; i++)
            if (ps->at[i].pid == pid)
                ended(ps, &ps->at[i], status);
    }
}

/* ---- new modules ---- */

/* It has a session, or has had time enough for that. */
static bool is_serving(const struct proc *p)
{
    int64_t now_ms = clock_boot_ms();

    return p->pid != 0 && (lease_guard_has_lease(p->guard) ||
                           now_ms - p->started_ms >= SERVING_MS);
}

/* Let the next process drain when the others serve. */
static void replace_next(struct procs *ps)
{
    struct proc *next = NULL;

    for (unsigned i = 0; i < ps->n; i++) {
        struct proc *p = &ps->at[i];

        if (p->draining || !is_serving(p))
            return;
        if (p->stale && next == NULL)
            next = p;
    }
    if (next == NULL || ps->stopping)
        return;
    log_line(TRACE_INFO, "replacing", "process=%u pid=%d effect=%s",
             next->number, next->pid,
             "it takes nothing new, and ends when what it runs has ended");
    next->draining = true;
    kill(next->pid, SIGTERM);
}

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* SIGHUP. */
static void hang_up(struct procs *ps)
{
    if (ps->has_terminal && !has_terminal()) {
        log_line(TRACE_INFO, "draining", "cause=%s", "the terminal is gone");
        pass_on(ps, SIGTERM);
    } else if (ps->plan->modules->n == 0) {
        log_line(TRACE_INFO, "nothing-to-reload", NULL);
    } else if (!ps->stopping) {
        reload_begin(&ps->reload, ps->plan->modules, &ps->before);
    }
}

/* ---- the loop ---- */

/* Start those that are due. Returns when the next is; INT64_MAX: none. */
static int64_t start_due(struct procs *ps)
{
    int64_t next_ms = INT64_MAX;

    for (unsigned i = 0; i < ps->n && !ps->stopping; i++) {
        struct proc *p = &ps->at[i];

        if (p->pid == 0 && p->due_ms <= clock_boot_ms())
            start_when_swept(ps, p);
        if (p->pid == 0 && p->due_ms < next_ms)
            next_ms = p->due_ms;
    }
    return next_ms;
}

/* Kill those whose lease is over. Returns when to look again. */
static int64_t guard_all(struct procs *ps)
{
    int64_t now_ms = clock_boot_ms(), next_ms = INT64_MAX, at_ms;

    for (unsigned i = 0; i < ps->n; i++) {
        struct proc *p = &ps->at[i];

        if (p->pid == 0)
            continue;
        if (lease_guard_is_over(p->guard, now_ms)) {
            log_line(TRACE_ERROR, "process-stuck", "process=%u effect=%s",
                     p->number,
                     "its lease is over and it does not answer: it is killed, "
                     "with its programs");
            kill(p->pid, SIGKILL);
            lease_guard_set(p->guard, INT64_MAX, false);
        }
        at_ms = lease_guard_look_ms(p->guard, now_ms);
        if (at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}

static bool any_runs(const struct procs *ps)
{
    for (unsigned i = 0; i < ps->n; i++)
        if (ps->at[i].pid != 0)
            return true;
    return false;
}

/* Until a signal comes, or the time, as SIGALRM. Returns the signal; 0: none.
 */
static int wait_until(const struct procs *ps, int64_t until_ms)
{
    struct itimerspec at = { .it_value = { .tv_sec = until_ms / 1000,
                                           .tv_nsec =
                                               until_ms % 1000 * 1000000 } };
    int signo;

    /* It rings after a sleep of the machine, too, and at once. */
    timer_settime(ps->timer, TIMER_ABSTIME, &at, NULL);
    signo = sigwaitinfo(&ps->signals, NULL);
    return signo > 0 ? signo : 0;
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void run(struct procs *ps)
{
    int64_t next_ms = start_due(ps);

    while (any_runs(ps) || !ps->stopping || is_patient(ps)) {
        int signo = wait_until(ps, min(next_ms, guard_all(ps)));

        if (signo == SIGTERM || signo == SIGINT)
            pass_on(ps, SIGTERM);
        else if (signo == SIGHUP)
            hang_up(ps);
        reap(ps);
        next_ms = sweep(ps);
        next_ms = min(next_ms, start_due(ps));
        replace_next(ps);
    }
}

static bool proc_init(struct procs *ps, struct proc *p, unsigned number)
{
    *p = (struct proc){ .number = number,
                        .note_fd = crash_note_open(),
                        .guard = lease_guard_map(ps->guard_fd, number),
                        .back_off_ms = BACK_OFF_MIN_MS };
    return p->guard != NULL;
}

/* After an error this process ends, so nothing is closed. */
static bool init(struct procs *ps)
{
    struct sigevent ring = { .sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGALRM };
    struct sigaction hup;

    ps->guard_fd = lease_guard_open(ps->plan->before_fd, ps->n);
    for (unsigned i = 0; i < ps->n; i++)
        if (ps->guard_fd < 0 || !proc_init(ps, &ps->at[i], i + 1))
            return false;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&ps->signals);
    sigaddset(&ps->signals, SIGTERM);
    sigaddset(&ps->signals, SIGINT);
    sigaddset(&ps->signals, SIGHUP);
    sigaddset(&ps->signals, SIGCHLD);
    sigaddset(&ps->signals, SIGALRM);
    sigprocmask(SIG_BLOCK, &ps->signals, &ps->before);
    /* Not so for who ignores the signal, as with nohup. */
    ps->has_terminal = sigaction(SIGHUP, NULL, &hup) == 0 &&
                       hup.sa_handler != SIG_IGN && has_terminal();
    return timer_create(CLOCK_BOOTTIME, &ring, &ps->timer) == 0;
}

int procs_supervise(const struct procs_plan *plan)
{
    struct procs ps = { .plan = plan, .n = plan->n };

    ASSERT(plan->n > 0);
    ps.at = xcalloc(ps.n, sizeof *ps.at);
    if (!init(&ps)) {
        log_line(TRACE_ERROR, "cannot-start", "error=%s", strerror(errno));
        free(ps.at);
        return 1;
    }
    run(&ps);
    for (unsigned i = 0; i < ps.n; i++)
        if (ps.at[i].note_fd >= 0)
            close(ps.at[i].note_fd);
    close(ps.guard_fd);
    reload_fini(&ps.reload);
    timer_delete(ps.timer);
    free(ps.at);
    return ps.exit_code;
}

/* ---- in a process that was started ---- */

void procs_begin(const struct inherit *inherit)
{
    char name[16];

    snprintf(name, sizeof name, "yon-worker.%u", inherit->number);
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != inherit->supervisor)
        _exit(1); /* it died before that */
}
