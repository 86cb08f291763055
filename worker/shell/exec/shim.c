/* SPDX-License-Identifier: MIT */
/* shim - a process that runs one program after another and kills their
 * leftovers. */
#include "worker/shell/exec/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/children.h"
#include "libcommon/rt/os/clock.h"
#include "worker/shell/exec/order.h"
#include "worker/shell/exec/program_files.h"
#include "worker/shell/exec/program_input.h"
#include "worker/shell/exec/reaper.h"
#include "worker/shell/exec/spawn_in_cgroup.h"

#define PAUSE_MIN_MS 1 /* between two rounds of killing */
#define PAUSE_MAX_MS 100

struct shim {
    int sock;
    struct cgroup cgroup;
    int null;   /* stdin of programs */
    pid_t pid;  /* of the program, and its group; 0: none, or waited for */
    bool ended; /* the program has */
    bool told;  /* so has been reported */
    bool asked; /* it got a signal of ours before its end */
    int code, signo;
    struct buf body;
};

/* ---- telling ---- */

static void tell(const struct shim *k, struct report what)
{
    /* If nobody is there, the wait for the next order sees it. */
    (void)send(k->sock, &what, sizeof what, MSG_NOSIGNAL);
}

static void tell_exit(struct shim *k, bool left)
{
    k->told = true;
    tell(k, (struct report){ .type = REPORT_EXITED,
                             .code = k->code,
                             .signo = k->signo,
                             .asked = k->asked,
                             .left = left });
}

/* ---- ends ---- */

static void note_end(struct shim *k, const siginfo_t *info)
{
    ASSERT(!k->ended && info->si_pid == k->pid);
    k->ended = true;
    if (info->si_code == CLD_EXITED)
        k->code = info->si_status;
    else
        k->signo = info->si_status;
}

/* The next child that has ended, which stays a zombie; si_pid 0: none has yet.
 * False: there are no children. */
static bool peek(siginfo_t *info)
{
    info->si_pid = 0;
    return waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void reap(pid_t pid)
{
    siginfo_t info;

    waitid(P_PID, (id_t)pid, &info, WEXITED);
}

static bool is_program(void *arg, pid_t pid)
{
    return pid == ((const struct shim *)arg)->pid;
}

static void program_ended(struct shim *k)
{
    bool left = children_count(is_program, k) > 0;

    if (!left) {
        reap(k->pid);
        k->pid = 0;
    }
    tell_exit(k, left);
}

/* The zombie of the program hides others from peek, so these are reaped here.
 */
static bool is_not_asked(void *arg, pid_t pid)
{
    const struct shim *k = arg;
    siginfo_t info = { 0 };

    if (pid == k->pid)
        return true;
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0 &&
        info.si_pid != 0)
        return true;
    return getpgid(pid) != k->pid;
}

/* A signal asks the whole group. A shell that dies of it at once must not take
 * the time from the program that it ran, which may be saving its work. */
static bool group_is_ending(struct shim *k)
{
    return k->asked && children_count(is_not_asked, k) > 0;
}

static void look_for_ends(struct shim *k)
{
    siginfo_t info;

    while (!k->ended && peek(&info) && info.si_pid != 0) {
        if (info.si_pid == k->pid)
            note_end(k, &info);
        else
            reap(info.si_pid);
    }
    if (k->ended && !k->told && !group_is_ending(k))
        program_ended(k);
}

/* ---- killing ---- */

static void strike(const struct shim *k)
{
    ASSERT(k->pid >= 0);
    if (k->pid != 0)
        kill(-k->pid, SIGKILL);
    children_kill(NULL, NULL);
}

/* False: no child is left. */
static bool reap_all(struct shim *k)
{
    siginfo_t info;

    while (peek(&info)) {
        if (info.si_pid == 0)
            return true;
        if (info.si_pid == k->pid && !k->ended)
            note_end(k, &info);
        reap(info.si_pid);
        if (info.si_pid == k->pid)
            k->pid = 0; /* its group has been killed */
    }
    return false;
}

/* A killed process starts nothing any more, so each round meets only those that
 * the round before missed, and their children. */
static void clear(struct shim *k)
{
    int64_t end_ms = INT64_MAX;
    int pause_ms = PAUSE_MIN_MS;

    cgroup_kill(&k->cgroup);
    for (strike(k); reap_all(k); strike(k)) {
        reaper_wait(-1, pause_ms);
        pause_ms *= pause_ms < PAUSE_MAX_MS ? 2 : 1;
        if (reaper_is_alone() && end_ms == INT64_MAX)
            end_ms = clock_boot_ms() + SHIM_PATIENCE_MS;
        if (clock_boot_ms() > end_ms)
            return;
    }
}

static _Noreturn void leave(struct shim *k)
{
    clear(k);
    cgroup_close(&k->cgroup);
    _exit(0);
}

/* ---- orders ---- */

/* The stdin and the files are opened here, not in the loop: a disk that hangs
 * holds this program only. */
static enum err start_program(struct shim *k, const struct program *program,
                              const int fds[ORDER_FDS], char *errmsg)
{
    struct spawn what = { .argv = (const char *const *)program->argv,
                          .envp = (const char *const *)program->envp,
                          .cwd = program->cwd };
    struct spawn_place place = { .cgroup = k->cgroup.dir,
                                 .umask = program->umask,
                                 .limits = &program->limits };
    struct program_files files = { -1, -1 };
    struct give_taken input;
    enum err err = program_input_open(program, k->sock, &input, errmsg);

    if (err == ERR_NONE)
        err = program_files_open(program, &files, errmsg);
    what.fds[0] = input.fd >= 0 ? input.fd : k->null;
    what.fds[1] = files.out >= 0 ? files.out : fds[0];
    what.fds[2] = files.err >= 0 ? files.err : fds[1];
    if (err == ERR_NONE)
        err = spawn_in_cgroup(&what, &place, &k->pid, errmsg);
    program_files_close(&files);
    give_taken_end(&input, err == ERR_NONE);
    return err;
}

static enum err start(struct shim *k, const struct order *order,
                      const int fds[ORDER_FDS], char *errmsg)
{
    struct program program;
    enum err err;

    if (fds[0] < 0 || fds[1] < 0)
        return err_set(errmsg, ERR_BUSY,
                       "no descriptors for its pipes: the limit of open files "
                       "is reached");
    if (!order_program(order, &k->body, &program))
        return err_set(errmsg, ERR_FORMAT, "a program that nobody can read");
    k->ended = k->told = k->asked = false;
    k->code = k->signo = 0;
    err = start_program(k, &program, fds, errmsg);
    free(program.argv);
    free(program.envp);
    return err;
}

static void obey_start(struct shim *k, const struct order *order,
                       const int fds[ORDER_FDS])
{
    struct report report = { .type = REPORT_FAILED };
    enum err err;

    ASSERT(k->pid == 0);
    err = start(k, order, fds, report.errmsg);
    for (int i = 0; i < ORDER_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (err == ERR_NONE) {
        tell(k, (struct report){ .type = REPORT_STARTED, .pid = k->pid });
        return;
    }
    k->pid = 0;
    k->ended = k->told = true;
    report.err = (int32_t)err;
    tell(k, report);
}

/* When the program has ended already, the signal did not cause that. */
static void obey_signal(struct shim *k, int signo)
{
    look_for_ends(k);
    if (k->ended)
        return;
    ASSERT(k->pid > 0); /* else it would be every process, or our group */
    k->asked = true;
    kill(-k->pid, signo);
}

static void obey_clear(struct shim *k)
{
    bool told = k->told;

    if (k->pid == 0)
        return; /* the order crossed the end of the program */
    clear(k);
    cgroup_renew(&k->cgroup);
    if (told)
        tell(k, (struct report){ .type = REPORT_CLEARED });
    else
        tell_exit(k, false);
}

static void obey(struct shim *k)
{
    int fds[ORDER_FDS];
    struct order order;

    buf_clear(&k->body);
    if (!order_receive(k->sock, &order, &k->body, fds))
        leave(k);
    if (order.type == ORDER_START)
        obey_start(k, &order, fds);
    else if (order.type == ORDER_CLEAR)
        obey_clear(k);
    else
        obey_signal(k, order.signo);
}

void shim_run(int sock, struct cgroup cgroup)
{
    struct shim k = {
        .sock = sock, .cgroup = cgroup, .ended = true, .told = true
    };

    int error = spawn_null(&k.null);

    if (error != 0) {
        report_no_shim(sock, "/dev/null", error);
        leave(&k);
    }
    tell(&k, (struct report){ .type = REPORT_READY });
    while (!reaper_is_alone()) {
        if (reaper_wait(sock, -1))
            obey(&k);
        look_for_ends(&k);
    }
    leave(&k);
}
