/* SPDX-License-Identifier: MIT */
/* crash_note - which call a process of a worker died in, by a signal or by
 * exit(): a note in memory that outlives the process, so that its successor
 * reports that call as crashed.
 */
#ifndef CRASH_NOTE_H
#define CRASH_NOTE_H

#include <stdbool.h>

#include "proto/op.h"

#define CRASH_NOTE_LEN 2048 /* bytes of its text */

/* Memory for a note, as a file descriptor; -1: none can be had (errno). */
int crash_note_open(void);

/* From now on note crashes of this process here. Call it when all modules are
 * loaded: functions of later ones have no names in the stack. False: the memory
 * cannot be used. */
bool crash_note_watch(int fd);

/* The end that comes now is meant, so no call is to blame. */
void crash_note_leave(void);
/* Whether a process that has exited had meant to; fd: of its note. */
bool crash_note_has_left(int fd);

/* Take the note of a process that has ended. False: there is none, or it was
 * taken before, or fd is -1. *out borrows `text`. */
bool crash_note_take(int fd, char text[CRASH_NOTE_LEN], struct outcome *out);

#endif
