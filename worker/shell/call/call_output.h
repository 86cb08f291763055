/* SPDX-License-Identifier: MIT */
/* call_output - what calls write to stdout and stderr (stdio) goes to the
 * worker's log and to the call itself, a line at a time and at once, with the
 * job that wrote it.
 */
#ifndef CALL_OUTPUT_H
#define CALL_OUTPUT_H

#include "libcommon/buf.h"

/* Whole lines of the call with this label. */
typedef void call_output_fn(const char *label, struct view lines);

/* From now on, for the whole process; before a module is loaded, so that C++
 * streams see it. What is written to the descriptors 1 and 2 stays as it is.
 * heard: called within the coroutine of the call, or at its end. */
void call_output_begin(call_output_fn *heard);
/* The call with this label is over: what it has written last may lack the end
 * of its line. */
void call_output_finish(const char *label);

#endif
