/* SPDX-License-Identifier: MIT */
/* end_note - outcomes that a process of a worker leaves to its successor, of
 * attempts that end with the process.
 *
 * The list lies behind the crash note, in the same memory.
 */
#ifndef END_NOTE_H
#define END_NOTE_H

#include "proto/op.h"

/* Add an outcome. fd: of crash_note_open. False: there is no memory for it. */
bool end_note_add(int fd, const struct outcome *o);
/* Call `each` with all outcomes, and remove them. fd -1: there are none. */
void end_note_take(int fd, void (*each)(void *arg, const struct outcome *o),
                   void *arg);

#endif
