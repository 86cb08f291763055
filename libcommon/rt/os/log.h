/* SPDX-License-Identifier: MIT */
/* log - lines on stderr for the person who runs the program.
 *
 *     2026-01-05T10:02:11.204Z warn disk-full submits=refused
 *
 * The time (UTC, RFC 3339), then a line of trace.h. Any thread may write: each
 * line is one write, so those of several processes do not mix.
 */
#ifndef LOG_H
#define LOG_H

#include "libcommon/trace.h"

/* Lines above the level are dropped from now on; TRACE_INFO at the start. */
void log_set_level(enum trace_level level);
enum trace_level log_level(void);

/* As --log-level says, else as $YON_LOG does, else TRACE_INFO. The table of
 * options has checked the flag; NULL: it was not given.
 * ERR_FORMAT  the variable has none of TRACE_LEVEL_CHOICES; errmsg says so. */
enum err log_configure(const char *flag, char *errmsg);

/* One line, with the words and limits of trace_line. */
void log_line(enum trace_level level, const char *event, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

/* What others say: lines "said job=42.7 by=stdout text=...", one for each line
 * of the text, and more for a long one. job: "job 42.7"; NULL: of none. */
void log_text(enum trace_level level, const char *job, const char *by,
              struct view text);

/* Write the lines of a core, and clear them. It keeps to the level by itself.
 */
void log_trace(struct trace *t);

#endif
