/* SPDX-License-Identifier: MIT */
/* crash_note - what a process of a worker says of the signal, or of the exit()
 * in a call, that it dies of: memory that outlives it, so that the next one
 * reports the call that was running.
 */
#ifndef CRASH_NOTE_H
#define CRASH_NOTE_H

#include <stdbool.h>

#include "proto/op.h"

#define CRASH_NOTE_LEN 2048 /* bytes of its text */

/* Memory for one note, as a file descriptor; -1: there is none (errno). */
int crash_note_open(void);

/* Note here which call a signal hits from now on, in this process. The modules
 * are loaded: others have no names in the stack. False: it cannot be used. */
bool crash_note_watch(int fd);

/* The end that comes now is meant: no call is to blame for it. */
void crash_note_leave(void);
/* For who holds the note of another process, which has exited: whether it had
 * meant to. */
bool crash_note_has_left(int fd);

/* What the process whose note it is has noted before it ended: true once. *out
 * looks into `text`. fd -1: nothing. */
bool crash_note_take(int fd, char text[CRASH_NOTE_LEN], struct outcome *out);

#endif
