/* SPDX-License-Identifier: MIT */
/* forkserver - the process that forks the shims of one loop of a worker. */
#include "worker/shell/exec/forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/children.h"
#include "libcommon/rt/os/clock.h"
#include "worker/shell/exec/order.h"
#include "worker/shell/exec/reaper.h"
#include "worker/shell/exec/shim.h"

/* Names of processes; the kernel takes 15 characters. */
#define NAME "yon-forkserver"
#define SHIM_NAME "yon-shim"
#define PAUSE_MIN_MS 10 /* between two rounds of killing */
#define PAUSE_MAX_MS 1000
/* A shim that is stopped so often, with pauses of less than that, is killed. */
#define STOPS_MAX 50
#define STOPS_APART_MS 1000

struct forkserver_request {
    unsigned number;
    bool end; /* else make it; its socket comes along */
};

union fd_message { /* aligned as the kernel wants it */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

/* ---- in the new process ---- */

struct shim_child {
    unsigned number;
    pid_t pid;
    int n_stops; /* of late */
    int64_t stopped_ms;
};

struct shims {
    int sock;
    struct cgroup_root root;
    struct shim_child *at; /* n that live, then n_dead that have ended */
    size_t n;
    size_t n_dead; /* what these have left has not ended yet */
    char **argv;   /* of main(), to be overwritten; NULL is fine */
    int pause_ms;  /* until orphans are killed again; -1: there are none */
};

static bool is_shim(void *arg, pid_t pid)
{
    const struct shims *b = arg;

    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].pid == pid)
            return true;
    return false;
}

static void shim_ended(struct shims *b, size_t i)
{
    struct shim_child dead = b->at[i];

    ASSERT(i < b->n && dead.pid > 0);
    b->at[i] = b->at[--b->n];
    b->at[b->n] = dead;
    b->n_dead++;
    b->pause_ms = PAUSE_MIN_MS;
}

static void tell_gone(struct shims *b)
{
    for (; b->n_dead > 0; b->n_dead--)
        (void)send(b->sock, &b->at[b->n + b->n_dead - 1].number,
                   sizeof b->at->number, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A program has stopped its shim, or somebody else has: it would not see the
 * end of its program. A shim that is stopped again and again never gets so far:
 * it is killed, and with it what it ran. */
static void shim_stopped(struct shims *b, pid_t pid)
{
    int64_t now_ms = clock_boot_ms();

    for (size_t i = 0; i < b->n; i++) {
        struct shim_child *shim = &b->at[i];

        if (shim->pid != pid)
            continue;
        if (now_ms - shim->stopped_ms > STOPS_APART_MS)
            shim->n_stops = 0;
        shim->stopped_ms = now_ms;
        kill(pid, ++shim->n_stops > STOPS_MAX ? SIGKILL : SIGCONT);
    }
}

static void note_end(struct shims *b, pid_t pid)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].pid == pid) {
            shim_ended(b, i);
            return;
        }
}

static void reap_all(struct shims *b)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        if (WIFSTOPPED(status))
            shim_stopped(b, pid);
        else
            note_end(b, pid);
    if (b->pause_ms >= 0 && children_kill(is_shim, b) == 0) {
        b->pause_ms = -1;
        tell_gone(b);
    } else if (b->pause_ms >= 0 && b->pause_ms < PAUSE_MAX_MS) {
        b->pause_ms *= 2;
    }
}

/* Make lists of processes show `name`; cut where the words of the command line
 * do not touch. */
static void overwrite(char **argv, const char *name)
{
    size_t room = argv == NULL ? 0 : strlen(argv[0]);

    if (room == 0)
        return;
    for (char **word = argv + 1; *word == argv[0] + room + 1; word++)
        room += 1 + strlen(*word);
    for (char **word = argv; *word != NULL; word++)
        memset(*word, 0, strlen(*word));
    memcpy(argv[0], name, room < strlen(name) ? room : strlen(name));
}

static void make(struct shims *b, unsigned number, int sock)
{
    pid_t self = getpid(), pid = fork();
    struct cgroup cgroup;

    if (pid == 0) {
        overwrite(b->argv, SHIM_NAME);
        reaper_begin(SHIM_NAME, self);
        close(b->sock);
        cgroup_open(&b->root, number, &cgroup);
        shim_run(sock, cgroup);
    }
    if (pid < 0)
        report_no_shim(sock, "no process for it", errno);
    close(sock); /* without a shim the worker sees the end of the socket */
    if (pid < 0)
        return;
    b->at = xrealloc(b->at, (b->n + b->n_dead + 1) * sizeof *b->at);
    memmove(&b->at[b->n + 1], &b->at[b->n], b->n_dead * sizeof *b->at);
    b->at[b->n++] = (struct shim_child){ .number = number, .pid = pid };
}

static void end(const struct shims *b, unsigned number)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].number == number)
            kill(b->at[i].pid, SIGKILL);
}

/* False: no more requests will come. */
static bool receive(int sock, struct forkserver_request *out, int *fd)
{
    union fd_message control;
    struct iovec part = { out, sizeof *out };
    struct msghdr msg = { .msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control.bytes };
    struct cmsghdr *header;

    *fd = -1;
    if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *out)
        return false;
    header = CMSG_FIRSTHDR(&msg);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
    return true;
}

static _Noreturn void leave(struct shims *b)
{
    int64_t end_ms = clock_boot_ms() + 2 * SHIM_PATIENCE_MS;

    for (size_t i = 0; i < b->n; i++)
        kill(b->at[i].pid, SIGHUP);
    for (reap_all(b); children_count(NULL, NULL) > 0; reap_all(b)) {
        reaper_wait(-1, PAUSE_MIN_MS);
        if (clock_boot_ms() > end_ms)
            break;
    }
    cgroup_root_close(&b->root);
    _exit(0);
}

static _Noreturn void run(struct shims *b)
{
    struct forkserver_request request;
    int fd;

    while (!reaper_is_alone()) {
        if (reaper_wait(b->sock, b->pause_ms)) {
            if (!receive(b->sock, &request, &fd))
                break;
            if (request.end)
                end(b, request.number);
            else if (fd >= 0)
                make(b, request.number, fd);
        }
        reap_all(b);
    }
    leave(b);
}

/* Descriptors that are open by chance are not for programs. */
static void hide_files(void)
{
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    for (int fd = STDERR_FILENO + 1; fd < sysconf(_SC_OPEN_MAX); fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC); /* before Linux 5.11 */
}

static _Noreturn void become(int sock, const struct cgroup_root *root,
                             pid_t parent, char **argv)
{
    struct shims b = {
        .sock = sock, .root = *root, .argv = argv, .pause_ms = -1
    };

    setsid();
    overwrite(argv, NAME);
    reaper_begin(NAME, parent);
    hide_files();
    run(&b);
}

/* ---- in the worker ---- */

bool forkserver_start(struct forkserver *out, struct cgroup_root *root,
                      char **argv)
{
    pid_t self = getpid();
    int socks[2];

    *out = (struct forkserver){ .sock = -1 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) != 0)
        return false;
    out->pid = fork();
    if (out->pid == 0) {
        close(socks[0]);
        become(socks[1], root, self, argv);
    }
    close(socks[1]);
    cgroup_root_let_go(root);
    if (out->pid < 0) {
        close(socks[0]);
        return false;
    }
    out->sock = socks[0];
    return true;
}

int forkserver_make(const struct forkserver *n, unsigned number, int sock)
{
    struct forkserver_request request = { .number = number };
    union fd_message control = { 0 };
    struct iovec part = { &request, sizeof request };
    struct msghdr msg = { .msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control.bytes };
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof sock);
    memcpy(CMSG_DATA(header), &sock, sizeof sock);
    if (sendmsg(n->sock, &msg, MSG_NOSIGNAL) > 0)
        return 0;
    return errno == ECONNRESET || errno == ENOTCONN ? EPIPE : errno;
}

void forkserver_end(const struct forkserver *n, unsigned number)
{
    struct forkserver_request request = { .number = number, .end = true };

    (void)send(n->sock, &request, sizeof request, MSG_NOSIGNAL);
}

enum err forkserver_next_gone(const struct forkserver *n, unsigned *number)
{
    ssize_t len = recv(n->sock, number, sizeof *number, MSG_DONTWAIT);

    if (len == (ssize_t)sizeof *number)
        return ERR_NONE;
    return len < 0 && (errno == EAGAIN || errno == EINTR) ? ERR_BUSY
                                                          : ERR_CLOSED;
}

void forkserver_stop(struct forkserver *n)
{
    if (n->sock < 0)
        return;
    close(n->sock);
    n->sock = -1;
    while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}
