/* SPDX-License-Identifier: MIT */
/* timeline - what happens, as lines of text. */
#include "tests/sim/timeline.h"

#include <stdio.h>

void timeline_add(struct timeline *t, bool fact, int64_t now_ms,
                  const char *who, const char *format, va_list args)
{
    char *line = t->lines[t->n++ % TIMELINE_LINES_MAX];
    int head = snprintf(line, TIMELINE_LINE_LEN, "[%5lld] %-6s ",
                        (long long)now_ms, who);

    if (head > 0 && head < TIMELINE_LINE_LEN)
        vsnprintf(line + head, TIMELINE_LINE_LEN - (size_t)head, format, args);
    if (t->print)
        printf("%s\n", line);
    if (fact && t->facts != NULL)
        buf_addf(t->facts, "%s\n", line);
}

void timeline_print(const struct timeline *t)
{
    uint64_t first = t->n > TIMELINE_LINES_MAX ? t->n - TIMELINE_LINES_MAX : 0;

    for (uint64_t i = first; i < t->n; i++)
        printf("%s\n", t->lines[i % TIMELINE_LINES_MAX]);
}
