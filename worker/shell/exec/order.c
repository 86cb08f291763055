/* SPDX-License-Identifier: MIT */
/* order - what a loop orders a shim to do, and what that reports. */
#include "worker/shell/exec/order.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/spawn.h"

/* Bytes of a body in one message; the rest follows in messages of its own. */
#define CHUNK_LEN (64u << 10)

/* A shim that was stopped reads nothing, and must not hold the loop. */
#define SEND_WITHIN_MS 5000

union order_message { /* aligned as the kernel wants it */
    char bytes[CMSG_SPACE(ORDER_FDS * sizeof(int))];
    struct cmsghdr header;
};

/* ---- sending ---- */

static void attach(struct msghdr *msg, union order_message *control,
                   const int fds[ORDER_FDS])
{
    struct cmsghdr *header;

    memset(control, 0, sizeof *control);
    msg->msg_control = control;
    msg->msg_controllen = sizeof control->bytes;
    header = CMSG_FIRSTHDR(msg);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(ORDER_FDS * sizeof(int));
    memcpy(CMSG_DATA(header), fds, ORDER_FDS * sizeof(int));
}

static size_t chunk_of(size_t left)
{
    return left < CHUNK_LEN ? left : CHUNK_LEN;
}

static bool send_one(int sock, const struct msghdr *msg)
{
    struct pollfd room = { .fd = sock, .events = POLLOUT };

    while (sendmsg(sock, msg, MSG_NOSIGNAL) < 0)
        if (errno != EINTR &&
            (errno != EAGAIN || poll(&room, 1, SEND_WITHIN_MS) <= 0))
            return false;
    return true;
}

static bool send_all(int sock, struct order *order, struct view body,
                     const int *fds)
{
    union order_message control;
    struct iovec parts[] = { { order, sizeof *order },
                             { (void *)(uintptr_t)body.data,
                               chunk_of(body.len) } };
    struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
    size_t sent = parts[1].iov_len;

    if (fds != NULL)
        attach(&msg, &control, fds);
    if (!send_one(sock, &msg))
        return false;
    for (; sent < body.len; sent += parts[1].iov_len) {
        parts[1].iov_base = (void *)(uintptr_t)(body.data + sent);
        parts[1].iov_len = chunk_of(body.len - sent);
        msg = (struct msghdr){ .msg_iov = &parts[1], .msg_iovlen = 1 };
        if (!send_one(sock, &msg))
            return false;
    }
    return true;
}

/* Returns how many there are. */
static uint32_t add_strings(struct buf *body, char *const *list)
{
    uint32_t n = 0;

    while (list[n] != NULL) {
        buf_add(body, list[n], strlen(list[n]) + 1);
        n++;
    }
    return n;
}

/* Returns whether there is one. */
static bool add_string(struct buf *body, const char *text)
{
    if (text != NULL)
        buf_add(body, text, strlen(text) + 1);
    return text != NULL;
}

bool order_send_start(int sock, const struct program *program,
                      const int fds[ORDER_FDS])
{
    struct order order = { .type = ORDER_START };
    struct buf body = { 0 };
    bool sent;

    order.n_argv = add_strings(&body, program->argv);
    order.n_envp = add_strings(&body, program->envp);
    order.has_cwd = add_string(&body, program->cwd);
    order.has_out_file = add_string(&body, program->out_file);
    order.has_err_file = add_string(&body, program->err_file);
    order.append = program->append;
    order.input_len = (uint32_t)program->input.len;
    order.ticket_len = (uint32_t)program->ticket.len;
    buf_add_view(&body, program->input);
    buf_add_view(&body, program->ticket);
    order.umask = program->umask;
    order.limits = program->limits;
    ASSERT(body.len <= UINT32_MAX); /* PROGRAM_LEN_MAX bounds it */
    order.body_len = (uint32_t)body.len;
    sent = send_all(sock, &order, buf_view(&body), fds);
    buf_fini(&body);
    return sent;
}

bool order_send(int sock, enum order_type type, int signo)
{
    struct order order = { .type = type, .signo = signo };

    ASSERT(type != ORDER_START);

    return send_all(sock, &order, (struct view){ 0 }, NULL);
}

void report_no_shim(int sock, const char *what, int error)
{
    struct report report = { .type = REPORT_FAILED,
                             .err = (int32_t)spawn_error(error),
                             .last = true };

    err_set(report.errmsg, spawn_error(error), "cannot start: %s: %s", what,
            strerror(error));
    (void)send(sock, &report, sizeof report, MSG_NOSIGNAL);
}

/* ---- receiving ---- */

static void take_fds(struct msghdr *msg, int fds[ORDER_FDS])
{
    struct cmsghdr *header = CMSG_FIRSTHDR(msg);

    fds[0] = fds[1] = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(ORDER_FDS * sizeof(int)))
        memcpy(fds, CMSG_DATA(header), ORDER_FDS * sizeof(int));
}

bool order_receive(int sock, struct order *out, struct buf *body,
                   int fds[ORDER_FDS])
{
    union order_message control;
    struct iovec parts[] = { { out, sizeof *out },
                             { buf_room(body, CHUNK_LEN), CHUNK_LEN } };
    struct msghdr msg = { .msg_iov = parts,
                          .msg_iovlen = 2,
                          .msg_control = &control,
                          .msg_controllen = sizeof control.bytes };
    ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);

    if (n < (ssize_t)sizeof *out)
        return false;
    take_fds(&msg, fds);
    body->len += (size_t)n - sizeof *out;
    while (body->len < out->body_len) {
        n = recv(sock, buf_room(body, CHUNK_LEN), CHUNK_LEN, 0);
        if (n <= 0)
            return false;
        body->len += (size_t)n;
    }
    return true;
}

/* The next n strings, as a list that ends with NULL; NULL: they are not all
 * there. */
static char **take_strings(const struct buf *body, size_t *at, size_t n)
{
    char **list = xcalloc(n + 1, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        char *text = (char *)body->data + *at;
        size_t len = strnlen(text, body->len - *at);

        if (len == body->len - *at) {
            free(list);
            return NULL;
        }
        list[i] = text;
        *at += len + 1;
    }
    return list;
}

/* The next string, if there is one. False: it is not all there. */
static bool take_string(const struct buf *body, size_t *at, bool is_there,
                        char **out)
{
    char **list = take_strings(body, at, is_there);

    if (list == NULL)
        return false;
    *out = list[0];
    free(list);
    return true;
}

/* What is left: the stdin and its ticket. */
static bool take_input(const struct order *order, const struct buf *body,
                       size_t at, struct program *out)
{
    size_t ticket_at = at + order->input_len;

    if (body->len - at != (size_t)order->input_len + order->ticket_len)
        return false;
    out->input = view_of(body->data + at, order->input_len);
    out->ticket = view_of(body->data + ticket_at, order->ticket_len);
    return true;
}

bool order_program(const struct order *order, const struct buf *body,
                   struct program *out)
{
    size_t at = 0;

    *out = (struct program){ .umask = order->umask,
                             .limits = order->limits,
                             .append = order->append };
    out->argv = take_strings(body, &at, order->n_argv);
    if (out->argv != NULL)
        out->envp = take_strings(body, &at, order->n_envp);
    if (out->envp != NULL &&
        take_string(body, &at, order->has_cwd, &out->cwd) &&
        take_string(body, &at, order->has_out_file, &out->out_file) &&
        take_string(body, &at, order->has_err_file, &out->err_file) &&
        take_input(order, body, at, out))
        return true;
    free(out->argv);
    free(out->envp);
    return false;
}
