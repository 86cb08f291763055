/* SPDX-License-Identifier: MIT */
/* nursery - see nursery.h. */
#include "worker/shell/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "worker/shell/children.h"
#include "worker/shell/keeper.h"
#include "worker/shell/vigil.h"

#define NAME "yon-keeper"
#define PAUSE_MIN_MS 10 /* between two rounds of killing */
#define PAUSE_MAX_MS 1000

struct wish {
    unsigned number;
    bool end; /* else make it; its socket comes along */
};

union fd_message { /* aligned as the kernel wants it */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

/* ---- in the new process ---- */

struct kept {
    unsigned number;
    pid_t pid;
};

struct brood {
    int sock;
    struct leaves leaves;
    struct kept *at; /* the keepers that live, and behind them ... */
    size_t n;
    size_t n_dead; /* ... those that have ended, until what they left has */
    int pause_ms; /* there are orphans, of keepers that were killed; -1: none */
};

static bool is_keeper(void *arg, pid_t pid)
{
    const struct brood *b = arg;

    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].pid == pid)
            return true;
    return false;
}

static void keeper_ended(struct brood *b, size_t i)
{
    struct kept dead = b->at[i];

    b->at[i] = b->at[--b->n];
    b->at[b->n] = dead;
    b->n_dead++;
    b->pause_ms = PAUSE_MIN_MS;
}

static void tell_gone(struct brood *b)
{
    for (; b->n_dead > 0; b->n_dead--)
        (void)send(b->sock, &b->at[b->n + b->n_dead - 1].number,
                   sizeof b->at->number, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void bury_all(struct brood *b)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < b->n; i++)
            if (b->at[i].pid == pid) {
                keeper_ended(b, i);
                break;
            }
    if (b->pause_ms >= 0 && children_kill(is_keeper, b) == 0) {
        b->pause_ms = -1;
        tell_gone(b);
    } else if (b->pause_ms >= 0 && b->pause_ms < PAUSE_MAX_MS) {
        b->pause_ms *= 2;
    }
}

static void make(struct brood *b, unsigned number, int sock)
{
    pid_t self = getpid(), pid = fork();
    struct leaf leaf;

    if (pid == 0) {
        vigil_begin(NAME, self);
        close(b->sock);
        leaf_open(&b->leaves, number, &leaf);
        keeper_run(sock, leaf);
    }
    close(sock); /* without a keeper the worker sees its end */
    if (pid < 0)
        return;
    b->at = xrealloc(b->at, (b->n + b->n_dead + 1) * sizeof *b->at);
    memmove(&b->at[b->n + 1], &b->at[b->n], b->n_dead * sizeof *b->at);
    b->at[b->n++] = (struct kept){ number, pid };
}

static void end(const struct brood *b, unsigned number)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i].number == number)
            kill(b->at[i].pid, SIGKILL);
}

/* False: there will be no more wishes. */
static bool receive(int sock, struct wish *out, int *fd)
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

static _Noreturn void leave(struct brood *b)
{
    int64_t end_ms = clock_boot_ms() + 2 * KEEPER_PATIENCE_MS;

    for (size_t i = 0; i < b->n; i++)
        kill(b->at[i].pid, SIGHUP);
    for (bury_all(b); children_count(NULL, NULL) > 0; bury_all(b)) {
        vigil_wait(-1, PAUSE_MIN_MS);
        if (clock_boot_ms() > end_ms)
            break;
    }
    leaves_close(&b->leaves);
    _exit(0);
}

static _Noreturn void run(struct brood *b)
{
    struct wish wish;
    int fd;

    while (!vigil_is_alone()) {
        if (vigil_wait(b->sock, b->pause_ms)) {
            if (!receive(b->sock, &wish, &fd))
                break;
            if (wish.end)
                end(b, wish.number);
            else if (fd >= 0)
                make(b, wish.number, fd);
        }
        bury_all(b);
    }
    leave(b);
}

/* Lists of processes show what stands there. */
static void overwrite(char **argv)
{
    size_t len = argv == NULL ? 0 : strlen(argv[0]);

    if (len == 0)
        return;
    for (char **word = argv; *word != NULL; word++)
        memset(*word, 0, strlen(*word));
    memcpy(argv[0], NAME, len < strlen(NAME) ? len : strlen(NAME));
}

/* What we have open by chance is not for programs. */
static void hide_files(void)
{
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    for (int fd = STDERR_FILENO + 1; fd < sysconf(_SC_OPEN_MAX); fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC); /* before Linux 5.11 */
}

static _Noreturn void become(int sock, const struct leaves *leaves,
                             pid_t parent, char **argv)
{
    struct brood b = { .sock = sock, .leaves = *leaves, .pause_ms = -1 };

    setsid();
    overwrite(argv);
    vigil_begin(NAME, parent);
    hide_files();
    run(&b);
}

/* ---- in the worker ---- */

bool nursery_start(struct nursery *out, struct leaves *leaves, char **argv)
{
    pid_t self = getpid();
    int socks[2];

    *out = (struct nursery){ .sock = -1 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) != 0)
        return false;
    out->pid = fork();
    if (out->pid == 0) {
        close(socks[0]);
        become(socks[1], leaves, self, argv);
    }
    close(socks[1]);
    leaves_let_go(leaves);
    if (out->pid < 0) {
        close(socks[0]);
        return false;
    }
    out->sock = socks[0];
    return true;
}

bool nursery_make(const struct nursery *n, unsigned number, int sock)
{
    struct wish wish = { .number = number };
    union fd_message control = { 0 };
    struct iovec part = { &wish, sizeof wish };
    struct msghdr msg = { .msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control.bytes };
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof sock);
    memcpy(CMSG_DATA(header), &sock, sizeof sock);
    return sendmsg(n->sock, &msg, MSG_NOSIGNAL) > 0;
}

void nursery_end(const struct nursery *n, unsigned number)
{
    struct wish wish = { .number = number, .end = true };

    (void)send(n->sock, &wish, sizeof wish, MSG_NOSIGNAL);
}

enum err nursery_next_gone(const struct nursery *n, unsigned *number)
{
    ssize_t len = recv(n->sock, number, sizeof *number, MSG_DONTWAIT);

    if (len == (ssize_t)sizeof *number)
        return ERR_NONE;
    return len < 0 && (errno == EAGAIN || errno == EINTR) ? ERR_BUSY
                                                          : ERR_CLOSED;
}

void nursery_stop(struct nursery *n)
{
    if (n->sock < 0)
        return;
    close(n->sock);
    n->sock = -1;
    while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}
