/* SPDX-License-Identifier: MIT */
/* procs - see procs.h. */
#include "procs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "crash_note.h"
#include "log.h"
#include "mem.h"

#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 5000
#define STEADY_MS 5000 /* who lives so long starts again at once */

struct proc {
    unsigned number;    /* from 1 */
    pid_t pid;          /* 0: does not run */
    int note_fd;        /* struct crash_note, for its next life */
    int64_t started_ms; /* of this life */
    int64_t due_ms;     /* of the next one */
    int64_t back_off_ms;
    bool over; /* it is not started again */
};

struct procs {
    const struct config *config;
    char **argv;
    struct proc *at;
    unsigned n;
    int alive[2]; /* a pipe; its end is ours */
    sigset_t signals, before;
    bool stopping;
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
    uint32_t all = ps->config->slots;

    return all / ps->n + (p->number <= all % ps->n);
}

/* Our command line, and what is different for this one: the last one counts. */
static char **argv_of(const struct procs *ps, const struct proc *p)
{
    char **argv = NULL;
    size_t n = 0;
    char text[NAME_LEN_MAX + 16];

    snprintf(text, sizeof text, "yon-worker.%u", p->number);
    add_word(&argv, &n, text);
    for (char **word = ps->argv + 1; *word != NULL; word++)
        add_word(&argv, &n, *word);
    snprintf(text, sizeof text, ps->n > 1 ? "%s.%u" : "%s", ps->config->name,
             p->number);
    add_option(&argv, &n, "--name", text);
    snprintf(text, sizeof text, "%u", slots_of(ps, p));
    add_option(&argv, &n, "--slots", text);
    snprintf(text, sizeof text, "%u", p->number);
    add_option(&argv, &n, "--child", text);
    snprintf(text, sizeof text, "%d", p->note_fd);
    add_option(&argv, &n, "--note-fd", text);
    snprintf(text, sizeof text, "%d", ps->alive[0]);
    add_option(&argv, &n, "--alive-fd", text);
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
                             char **argv)
{
    setpgid(0, 0);
    fcntl(ps->alive[0], F_SETFD, 0);
    if (p->note_fd >= 0)
        fcntl(p->note_fd, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, &ps->before, NULL);
    execv("/proc/self/exe", argv);
    log_line("cannot start %s: %s", argv[0], strerror(errno));
    _exit(1);
}

static void start(struct procs *ps, struct proc *p)
{
    char **argv = argv_of(ps, p);
    pid_t pid = fork();

    if (pid == 0)
        become(ps, p, argv);
    argv_free(argv);
    p->started_ms = clock_boot_ms();
    if (pid > 0) {
        p->pid = pid;
        return;
    }
    log_line("cannot start process %u: %s", p->number, strerror(errno));
    p->due_ms = p->started_ms + BACK_OFF_MAX_MS;
}

static void pass_on(struct procs *ps, int signo)
{
    ps->stopping = true;
    for (unsigned i = 0; i < ps->n; i++)
        if (ps->at[i].pid != 0)
            kill(ps->at[i].pid, signo);
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
        log_line("process %u was ended by exit(%d), which a call must not do: "
                 "it starts again in %lld ms",
                 p->number, WEXITSTATUS(status), ms);
    else
        log_line("process %u was ended by signal %d (%s): it starts again in "
                 "%lld ms",
                 p->number, WTERMSIG(status), strsignal(WTERMSIG(status)), ms);
    p->back_off_ms *= 2;
    if (p->back_off_ms > BACK_OFF_MAX_MS)
        p->back_off_ms = BACK_OFF_MAX_MS;
}

static void ended(struct procs *ps, struct proc *p, int status)
{
    p->pid = 0;
    p->over =
        ps->stopping || (WIFEXITED(status) && crash_note_has_left(p->note_fd));
    if (!p->over) {
        died(p, status);
        return;
    }
    if (ps->exit_code == 0)
        ps->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (!ps->stopping)
        pass_on(ps, SIGTERM);
}

/* ---- all of them ---- */

static void reap(struct procs *ps)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < ps->n; i++)
            if (ps->at[i].pid == pid)
                ended(ps, &ps->at[i], status);
}

/* Start those that are due. Returns when the next one is; INT64_MAX: none. */
static int64_t start_due(struct procs *ps)
{
    int64_t next_ms = INT64_MAX;

    for (unsigned i = 0; i < ps->n && !ps->stopping; i++) {
        struct proc *p = &ps->at[i];

        if (p->pid == 0 && p->due_ms <= clock_boot_ms())
            start(ps, p);
        if (p->pid == 0 && p->due_ms < next_ms)
            next_ms = p->due_ms;
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

/* Until a signal comes, or the time. Returns the signal; 0: none. */
static int wait_until(const struct procs *ps, int64_t until_ms)
{
    int64_t ms = until_ms == INT64_MAX ? 0 : until_ms - clock_boot_ms();
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    int signo;

    if (until_ms == INT64_MAX)
        signo = sigwaitinfo(&ps->signals, NULL);
    else
        signo = ms <= 0 ? 0 : sigtimedwait(&ps->signals, NULL, &t);
    return signo > 0 ? signo : 0;
}

static void run(struct procs *ps)
{
    int64_t next_ms = start_due(ps);

    while (any_runs(ps) || !ps->stopping) {
        int signo = wait_until(ps, next_ms);

        if (signo == SIGTERM || signo == SIGINT)
            pass_on(ps, SIGTERM);
        reap(ps);
        next_ms = start_due(ps);
    }
}

int procs_supervise(const struct config *config, char **argv)
{
    struct procs ps = { .config = config, .argv = argv, .n = config->procs };

    if (pipe2(ps.alive, O_CLOEXEC) != 0) {
        log_line("cannot start processes: %s", strerror(errno));
        return 1;
    }
    sigemptyset(&ps.signals);
    sigaddset(&ps.signals, SIGTERM);
    sigaddset(&ps.signals, SIGINT);
    sigaddset(&ps.signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ps.signals, &ps.before);
    ps.at = xcalloc(ps.n, sizeof *ps.at);
    for (unsigned i = 0; i < ps.n; i++)
        ps.at[i] = (struct proc){ .number = i + 1,
                                  .note_fd = crash_note_open(),
                                  .back_off_ms = BACK_OFF_MIN_MS };
    run(&ps);
    for (unsigned i = 0; i < ps.n; i++)
        if (ps.at[i].note_fd >= 0)
            close(ps.at[i].note_fd);
    close(ps.alive[0]);
    close(ps.alive[1]);
    free(ps.at);
    return ps.exit_code;
}

/* ---- in a process that was started ---- */

/* The loop sees the end of the pipe and kills its commands, unless a call holds
 * it: then nobody shall wait for that. */
static void orphaned(int signo)
{
    (void)signo;
    alarm(PROCS_ORPHAN_S);
}

void procs_begin(const struct config *config)
{
    struct sigaction action = { .sa_handler = orphaned };
    char name[16];

    snprintf(name, sizeof name, "yon-worker.%u", config->child);
    prctl(PR_SET_NAME, name);
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    fcntl(config->alive_fd, F_SETFD, FD_CLOEXEC);
    if (config->note_fd >= 0)
        fcntl(config->note_fd, F_SETFD, FD_CLOEXEC);
}
