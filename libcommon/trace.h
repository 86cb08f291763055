/* SPDX-License-Identifier: MIT */
/* trace - lines of text from a core to an operator.
 *
 * A core adds lines to a trace that came with the event; its shell writes them
 * to the log (rt/os/log.h), a test compares them. A line is
 *
 *     info worker-lost worker=w1 attempts=3 reason="no beat for 10 s"\n
 *
 * level, event, then fields. A value is quoted when it is empty or has blanks,
 * quotes, `=`, backslashes, control characters or bytes that are no UTF-8: \"
 * \\ \n \t \r \xHH. So what a peer sent can neither end a line nor steer a
 * terminal.
 *
 * Pure: the log puts the time in front.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdarg.h>
#include <stdbool.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"

/* A line with its newline; fields that do not fit become "...". */
#define TRACE_LINE_MAX 2048 /* bytes */
/* A value before it is quoted; what is longer is cut and ends in "...". */
#define TRACE_VALUE_MAX 512 /* bytes */

/* X(NAME, text). Each level includes those before it. */
#define TRACE_LEVEL_LIST(X)                                      \
    X(ERROR, "error") /* the process ends, or data is at risk */ \
    X(WARN, "warn")   /* somebody should look at it */           \
    X(INFO, "info")   /* came and went: a few lines a day */     \
    X(DEBUG, "debug") /* each job and attempt */

enum trace_level {
    TRACE_OFF, /* nothing: zeroed memory */
#define TRACE_ENUM(name, text) TRACE_##name,
    TRACE_LEVEL_LIST(TRACE_ENUM)
#undef TRACE_ENUM
        TRACE_LEVEL_COUNT
};

/* The levels as help and messages show them. */
#define TRACE_LEVEL_CHOICES "error|warn|info|debug"

/* "warn"; of TRACE_OFF "off". Static. */
const char *trace_level_name(enum trace_level level);
/* ERR_FORMAT when text is none of TRACE_LEVEL_CHOICES; *out is unchanged. */
enum err trace_level_parse(const char *text, enum trace_level *out);

/* Zeroed memory is a trace that is off. The owner calls trace_fini. */
struct trace {
    enum trace_level level; /* lines above it are dropped */
    struct buf lines;       /* each ends in a newline */
};

void trace_fini(struct trace *t);  /* NULL and zeroed are fine */
void trace_clear(struct trace *t); /* drops the lines, keeps the memory */

/* For callers whose arguments cost something to make. */
static inline bool trace_is_on(const struct trace *t, enum trace_level level)
{
    return t != NULL && level <= t->level;
}

/* Add one line; nothing when t is NULL or the level is off. `event` is a word
 * such as "worker-lost". `format` is a printf format of fields with one blank
 * between: "worker=%s task=%" PRIu64 ".%u", or NULL without any; a blank in a
 * value comes from an argument, never from the format. Width and flags are
 * ignored, but for %08x. A NULL text is the empty one. */
void trace_line(struct trace *t, enum trace_level level, const char *event,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The arguments of "%.*s" for a view. */
#define TRACE_VIEW(v) (int)(v).len, (v).len > 0 ? (const char *)(v).data : ""

/* Add the line to `out`, whatever the level: for lines that are written
 * elsewhere. */
void trace_add(struct buf *out, enum trace_level level, const char *event,
               const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

#endif
