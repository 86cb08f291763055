/* SPDX-License-Identifier: MIT */
/* timeline - lines of text: "[ 120] w1     starts 4.2, attempt 1.3".
 *
 * Facts tell the story (tests compare them); details are single messages. A
 * timeline is off in ordinary runs, since a seed replays exactly: what failed
 * is run again with it on.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/buf.h"

#define TIMELINE_LINES_MAX 120 /* kept, the newest */
#define TIMELINE_LINE_LEN 200

/* Plain memory, so that it can be shared with a parent process. */
struct timeline {
    bool on;
    bool print;        /* also to stdout, as it comes */
    struct buf *facts; /* gathers the facts; NULL: nobody does */
    uint64_t n;        /* lines ever written */
    char lines[TIMELINE_LINES_MAX][TIMELINE_LINE_LEN];
};

void timeline_add(struct timeline *t, bool fact, int64_t now_ms,
                  const char *who, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));
/* Print the kept lines, oldest first. */
void timeline_print(const struct timeline *t);

#endif
