/* SPDX-License-Identifier: MIT */
/* give_fd - a descriptor of one process, fetched by another on this machine
 * that knows its ticket.
 *
 * The giver listens at an abstract address, which the ticket names; whoever
 * fetches shows the ticket's token, since addresses can be seen by all.
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
/* Give it, or (fd -1) say why not. That nobody takes it is no error. */
void give_send(int sock, int fd, const char *why_not);

/* Fetch it, which may take some time; when `stop` is readable, give up at once.
 * *fd: closed by exec, above 2, the caller's. ERR_CLOSED: there is nobody, or
 * no answer, or it is refused; errmsg says so. */
enum err give_fetch(const struct give_ticket *ticket, int stop, int *fd,
                    char *errmsg);

#endif
