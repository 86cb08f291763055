/* SPDX-License-Identifier: MIT */
/* call_output - what calls write to stdout and stderr (stdio) goes to the
 * worker's log, a line at a time and at once, with the job that wrote it.
 */
#ifndef CALL_OUTPUT_H
#define CALL_OUTPUT_H

/* From now on, for the whole process; before a module is loaded, so that C++
 * streams see it. What is written to the descriptors 1 and 2 stays as it is. */
void call_output_begin(void);
/* The call with this label is over: what it has written last may lack the end
 * of its line. */
void call_output_finish(const char *label);

#endif
