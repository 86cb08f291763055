/* SPDX-License-Identifier: MIT */
/* wait_note - why a job, or an element, waits: in words. */
#ifndef WAIT_NOTE_H
#define WAIT_NOTE_H

#include <stdint.h>

struct coord;
struct job;

struct wait_note {
    char text[200];
};

/* Why nothing of the job runs; "": something does, or will at once. The text
 * may stand in *note. */
const char *wait_note_of(const struct coord *c, const struct job *j,
                         struct wait_note *note);
/* Why an element that has not ended does not run. */
const char *wait_note_of_elem(const struct coord *c, const struct job *j,
                              uint32_t elem, struct wait_note *note);

#endif
