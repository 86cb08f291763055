/* SPDX-License-Identifier: MIT */
/* end_note - what a process of a worker leaves to the one that takes its place:
 * how attempts ended that it takes along.
 *
 * It lies behind the crash note, in the same memory.
 */
#ifndef END_NOTE_H
#define END_NOTE_H

#include "proto/op.h"

/* One more. fd: of crash_note_open. False: there is no memory for it. */
bool end_note_add(int fd, const struct outcome *o);
/* Call `each` with all of them, and forget them. fd -1: there are none. */
void end_note_take(int fd, void (*each)(void *arg, const struct outcome *o),
                   void *arg);

#endif
