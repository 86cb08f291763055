/* SPDX-License-Identifier: MIT */
/* give_fd - a descriptor, handed over through a socket. */
#include "libcommon/rt/os/give_fd.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libcommon/rt/os/entropy.h"
#include "libcommon/rt/os/spawn.h"

#define TOKEN_AT 16 /* in a ticket; the address is before it */
#define TOKEN_LEN (GIVE_TICKET_LEN - TOKEN_AT)
#define BACKLOG 16
#define UNUSED "0" /* what is said of a descriptor that came to no use */
/* The giver may be stopped, and the one who fetches has a slot to keep. */
#define FETCH_WITHIN_MS 30000

union give_control { /* aligned as the kernel wants it */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

/* Returns the length of the address. */
static socklen_t address_of(const struct give_ticket *t,
                            struct sockaddr_un *out)
{
    char *at = out->sun_path + 1; /* the first is NUL: abstract */

    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    at += sprintf(at, "yon-give-");
    for (size_t i = 0; i < TOKEN_AT; i++)
        at += sprintf(at, "%02x", t->bytes[i]);
    return (socklen_t)(at - (char *)out);
}

/* ---- giving ---- */

int give_listen(struct give_ticket *out, int *sock)
{
    struct sockaddr_un address;
    socklen_t len;
    int error;

    entropy_get(out->bytes, sizeof out->bytes);
    len = address_of(out, &address);
    *sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*sock < 0)
        return errno;
    if (bind(*sock, (struct sockaddr *)&address, len) == 0 &&
        listen(*sock, BACKLOG) == 0)
        return 0;
    error = errno;
    close(*sock);
    return error;
}

bool give_is_token(int sock, const struct give_ticket *ticket)
{
    uint8_t got[TOKEN_LEN + 1];
    uint8_t differ = 0;

    if (recv(sock, got, sizeof got, MSG_DONTWAIT) != TOKEN_LEN)
        return false;
    for (size_t i = 0; i < TOKEN_LEN; i++) /* all, in any case */
        differ |= got[i] ^ ticket->bytes[TOKEN_AT + i];
    return differ == 0;
}

bool give_send(int sock, int fd, const char *why_not)
{
    union give_control control = { .bytes = { 0 } };
    const char *text = fd < 0 ? why_not : "";
    struct iovec part = { (void *)(uintptr_t)text, strlen(text) + 1 };
    struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

    if (fd >= 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control.bytes;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool give_is_unused(int sock, bool *over)
{
    char said;
    ssize_t n = recv(sock, &said, sizeof said, MSG_DONTWAIT);

    *over = n >= 0 || (errno != EAGAIN && errno != EINTR);
    return n == 1 && said == UNUSED[0];
}

/* ---- fetching ---- */

static enum err fail(char *errmsg, const char *why)
{
    return err_set(errmsg, ERR_CLOSED, "%s", why);
}

static enum err fail_errno(char *errmsg, int error)
{
    enum err err = spawn_error(error) == ERR_BUSY ? ERR_BUSY : ERR_CLOSED;

    return err_set(errmsg, err, "%s", strerror(error));
}

static enum err wait_for_answer(int sock, int stop, char *errmsg)
{
    struct pollfd fds[] = { { .fd = sock, .events = POLLIN },
                            { .fd = stop, .events = POLLIN } };
    int n;

    while ((n = poll(fds, 2, FETCH_WITHIN_MS)) < 0 && errno == EINTR)
        ;
    if (n == 0)
        return fail(errmsg, "it is not given: no answer within 30 s");
    if (fds[0].revents == 0)
        return fail(errmsg, "it was not waited for: this is to end");
    return ERR_NONE;
}

static enum err receive(struct give_taken *taken, char *errmsg)
{
    union give_control control;
    char text[ERRMSG_LEN] = "";
    struct iovec part = { text, sizeof text - 1 };
    struct msghdr msg = { .msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control.bytes };
    ssize_t n = recvmsg(taken->sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
    int error;

    if (n <= 0)
        return fail(errmsg, "the process that had it has ended");
    if (text[0] != '\0')
        return fail(errmsg, text);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof taken->fd)) /* no room for it */
        return fail_errno(errmsg, EMFILE);
    memcpy(&taken->fd, CMSG_DATA(header), sizeof taken->fd);
    error = spawn_raise_fd(&taken->fd);
    return error != 0 ? fail_errno(errmsg, error) : ERR_NONE;
}

static enum err ask(int sock, const struct give_ticket *ticket, char *errmsg)
{
    struct sockaddr_un address;
    socklen_t len = address_of(ticket, &address);

    if (connect(sock, (struct sockaddr *)&address, len) != 0)
        return errno == ECONNREFUSED
                   ? fail(errmsg, "the process that had it has ended, or is on "
                                  "another machine")
                   : fail_errno(errmsg, errno);
    if (send(sock, ticket->bytes + TOKEN_AT, TOKEN_LEN, MSG_NOSIGNAL) < 0)
        return fail(errmsg, "the process that had it has ended");
    return ERR_NONE;
}

enum err give_fetch(const struct give_ticket *ticket, int stop,
                    struct give_taken *out, char *errmsg)
{
    struct give_taken taken = { -1, -1 };
    enum err err;

    *out = taken;
    taken.sock =
        socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (taken.sock < 0)
        return fail_errno(errmsg, errno);
    err = ask(taken.sock, ticket, errmsg);
    if (err == ERR_NONE)
        err = wait_for_answer(taken.sock, stop, errmsg);
    if (err == ERR_NONE)
        err = receive(&taken, errmsg);
    if (err == ERR_NONE)
        *out = taken;
    else
        give_taken_end(&taken, false);
    return err;
}

void give_taken_end(struct give_taken *taken, bool used)
{
    if (taken->fd >= 0)
        close(taken->fd);
    if (taken->sock >= 0 && !used)
        (void)send(taken->sock, UNUSED, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken->sock >= 0)
        close(taken->sock);
    *taken = (struct give_taken){ -1, -1 };
}
