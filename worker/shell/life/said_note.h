/* SPDX-License-Identifier: MIT */
/* said_note - what the calls of a process have printed last, in memory that
 * outlives it: for the outcomes that its successor reports.
 *
 * The memory is that of the crash note, behind it and in front of the end
 * notes: two halves that are filled in turn, so that at least the last
 * SAID_NOTE_HALF bytes are there.
 */
#ifndef SAID_NOTE_H
#define SAID_NOTE_H

#include "libcommon/buf.h"
#include "proto/op.h"

#define SAID_NOTE_HALF (192 << 10)

/* Zeroed, but for fd: it begins when the notes of the process before were
 * taken. */
struct said_note {
    int fd;         /* of crash_note_open; -1: none */
    uint64_t round; /* halves begun so far */
    size_t used;    /* bytes of the current one */
};

/* The call has printed this. */
void said_note_add(struct said_note *n, struct attempt_key id,
                   struct view lines);

/* Add what is there of a call of the process before. fd -1: nothing is. */
void said_note_read(int fd, struct attempt_key id, struct buf *out);
/* Forget all of it. */
void said_note_clear(int fd);

#endif
