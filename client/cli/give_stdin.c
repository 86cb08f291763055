/* SPDX-License-Identifier: MIT */
/* give_stdin - the stdin of yon run, given to the program itself. */
#include "client/cli/give_stdin.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/list.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/loop.h"

#define IS_READ                                                               \
    "it was given to an attempt before, and what that has read of a pipe is " \
    "gone: it does not start again; a file can be read again: yon run ... < " \
    "FILE"

struct give_stdin {
    int fd;
    int sock;
    off_t start; /* of a file; -1: it is none */
    bool was_given;
    struct give_ticket ticket;
    uv_poll_t listener;
    struct list askers;
};

/* One who was accepted: to show the ticket and, when it was given, perhaps to
 * say that it was not used. */
struct asker {
    struct give_stdin *all;
    int sock;
    bool has_it;
    uv_poll_t poll;
    struct list place;
};

/* ---- what there is to give ---- */

static bool is_null(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Its writers have gone, and all is read. */
static bool has_ended(int fd)
{
    struct pollfd look = { .fd = fd, .events = POLLIN };

    return poll(&look, 1, 0) == 1 && (look.revents & POLLIN) == 0 &&
           (look.revents & (POLLHUP | POLLERR)) != 0;
}

bool give_stdin_has_any(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &st) != 0 ||
        is_null(&st) || isatty(fd))
        return false;
    if (S_ISREG(st.st_mode))
        return lseek(fd, 0, SEEK_CUR) < st.st_size;
    return !has_ended(fd);
}

/* Where a file stands; -1: it is none. */
static off_t start_of(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    return lseek(fd, 0, SEEK_CUR);
}

bool give_stdin_can_repeat(int fd)
{
    return start_of(fd) >= 0;
}

/* ---- giving ---- */

static void asker_closed(uv_handle_t *poll)
{
    free(poll->data);
}

static void asker_end(struct asker *a)
{
    list_remove(&a->place);
    uv_close((uv_handle_t *)&a->poll, asker_closed);
    close(a->sock);
}

/* A start that the machine refused comes again: what it had fetched is as it
 * was. It may be freed. */
static void look_for_unused(struct asker *a)
{
    bool over;

    if (give_is_unused(a->sock, &over))
        a->all->was_given = false;
    if (over)
        asker_end(a);
}

static bool can_give(struct give_stdin *g)
{
    LIST_EACH (it, save, &g->askers) {
        struct asker *a = LIST_ENTRY(it, struct asker, place);

        if (a->has_it)
            look_for_unused(a);
    }
    return !g->was_given ||
           (g->start >= 0 && lseek(g->fd, g->start, SEEK_SET) >= 0);
}

static void give(struct asker *a)
{
    struct give_stdin *g = a->all;

    if (!can_give(g))
        (void)give_send(a->sock, -1, IS_READ);
    else if (give_send(a->sock, g->fd, NULL))
        a->has_it = g->was_given = true;
}

static void on_asked(uv_poll_t *poll, int status, int events)
{
    struct asker *a = poll->data;

    (void)status;
    (void)events;
    if (a->has_it) {
        look_for_unused(a);
        return;
    }
    if (give_is_token(a->sock, &a->all->ticket))
        give(a);
    if (!a->has_it)
        asker_end(a);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct give_stdin *g = poll->data;
    int sock = accept4(g->sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct asker *a;

    (void)status;
    (void)events;
    if (sock < 0)
        return;
    a = xcalloc(1, sizeof *a);
    if (uv_poll_init(poll->loop, &a->poll, sock) != 0) {
        close(sock);
        free(a);
        return;
    }
    a->all = g;
    a->sock = sock;
    a->poll.data = a;
    list_insert(&g->askers, &a->place);
    uv_poll_start(&a->poll, UV_READABLE, on_asked);
}

int give_stdin_begin(int fd, struct give_ticket *ticket,
                     struct give_stdin **out)
{
    struct give_stdin *g = xcalloc(1, sizeof *g);
    int error = give_listen(&g->ticket, &g->sock);

    if (error == 0) {
        error = -uv_poll_init(loop_uv(loop_current()), &g->listener, g->sock);
        if (error != 0)
            close(g->sock);
    }
    if (error != 0) {
        free(g);
        return error;
    }
    g->fd = fd;
    g->start = start_of(fd);
    g->listener.data = g;
    list_init(&g->askers);
    uv_poll_start(&g->listener, UV_READABLE, on_connection);
    *ticket = g->ticket;
    *out = g;
    return 0;
}

static void listener_closed(uv_handle_t *poll)
{
    free(poll->data);
}

void give_stdin_end(struct give_stdin *g)
{
    if (g == NULL)
        return;
    LIST_EACH (it, save, &g->askers)
        asker_end(LIST_ENTRY(it, struct asker, place));
    uv_close((uv_handle_t *)&g->listener, listener_closed);
    close(g->sock);
    if (g->fd != STDIN_FILENO)
        close(g->fd);
}
