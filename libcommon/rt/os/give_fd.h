/* SPDX-License-Identifier: MIT */
/* give_fd - a descriptor of one process, fetched by another on this machine
 * that knows its ticket.
 *
 * The giver listens at an abstract address, which the ticket names; whoever
 * fetches shows the ticket's token, since addresses can be seen by all, and
 * says so when the descriptor came to no use.
 */
#ifndef GIVE_FD_H
#define GIVE_FD_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"

#define GIVE_TICKET_LEN 32 /* the address and the token, random bytes */

struct give_ticket {
    uint8_t bytes[GIVE_TICKET_LEN];
};

/* Make a ticket, and a socket that listens there: non-blocking, closed by exec,
 * the caller's. 0 or an errno. */
int give_listen(struct give_ticket *out, int *sock);
/* Read what somebody who was accepted says; does not block. True: the token. */
bool give_is_token(int sock, const struct give_ticket *ticket);
/* Give it, or (fd -1) say why not. False: it was not sent. */
bool give_send(int sock, int fd, const char *why_not);
/* Whether the one that it was given to says that it has not been used. Does not
 * block; *over: nothing more will be said. */
bool give_is_unused(int sock, bool *over);

struct give_taken {
    int fd;   /* closed by exec, above 2 */
    int sock; /* to the giver; both are -1 when nothing was fetched */
};
/* Fetch it, which may take some time; when `stop` is readable, give up at once.
 * ERR_CLOSED: there is nobody, or no answer, or it is refused; ERR_BUSY: not
 * now, for there is a shortage (spawn_error). errmsg says so. */
enum err give_fetch(const struct give_ticket *ticket, int stop,
                    struct give_taken *out, char *errmsg);
/* Close both. Without `used` nobody has read from it, and the giver hears that
 * before anyone can ask it once more. */
void give_taken_end(struct give_taken *taken, bool used);

#endif
