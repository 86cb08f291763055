/* SPDX-License-Identifier: MIT */
/* fake - a coordinator with workers, on the loop of the client under test: it
 * answers at once, as the name of the function says, and writes down what it
 * was asked.
 *
 *   echo     the result is the argument
 *   fail     failed, with the message "it broke"
 *   exit     a command that ended with code 3, stdout "out", stderr "err"
 *   signal   ... that was ended by signal 9
 *   never    has its receipt, and ends when it is cancelled
 *   mute     no answer at all
 *   refuse   is refused
 * An array ends at once; with 1 failed and 2 lost elements when it is "fail".
 * Awaited jobs below 1000 end with their id as result, others do not exist.
 */
#ifndef FAKE_H
#define FAKE_H

#include "client/lib/connection.h"

#define FAKE_NEVER_MAX 64

struct fake {
    char dir[64];
    char address[96];
    struct sock *sock;
    struct frame_reader *reader;
    uint64_t epoch;
    session_id session;
    uint64_t next_job;
    struct buf log; /* operations, but HELLO and BEAT, with blanks between */
    struct buf reply;
    /* Jobs of `never`: request and id. */
    struct {
        uint64_t req, job;
    } waiting[FAKE_NEVER_MAX];
    size_t n_waiting;
};

/* Make a directory and an address in it; nobody listens yet. */
void fake_init(struct fake *f);
/* Listen on this loop. */
void fake_listen(struct fake *f, struct loop *loop);
void fake_stop(struct fake *f);
/* Another life: it knows no session any more. */
void fake_restart(struct fake *f);
void fake_fini(struct fake *f);

/* What was asked since the last call; valid until the next. */
const char *fake_log(struct fake *f);

#endif
