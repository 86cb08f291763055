/* SPDX-License-Identifier: MIT */
/* log - lines on stderr for the person who runs the program. */
#include "libcommon/rt/os/log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/check.h"

#define VARIABLE "YON_LOG"
/* Bytes of a text in one line, which has room for them when all are quoted. */
#define TEXT_PIECE_MAX 400

/* Global, as stderr is. */
static _Atomic(enum trace_level) level_now = TRACE_INFO;

void log_set_level(enum trace_level level)
{
    ASSERT(level < TRACE_LEVEL_COUNT);
    level_now = level;
}

enum trace_level log_level(void)
{
    return level_now;
}

enum err log_configure(const char *flag, char *errmsg)
{
    const char *text = flag != NULL ? flag : getenv(VARIABLE);
    enum trace_level level = TRACE_INFO;

    if (text != NULL && text[0] != '\0' &&
        trace_level_parse(text, &level) != ERR_NONE)
        return err_set(errmsg, ERR_FORMAT, "%s wants one of %s, not \"%s\"",
                       flag != NULL ? "--log-level" : VARIABLE,
                       TRACE_LEVEL_CHOICES, text);
    log_set_level(level);
    return ERR_NONE;
}

static void add_time(struct buf *out)
{
    struct timespec t;
    struct tm utc;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_addf(out, "%s.%03ldZ ", text, t.tv_nsec / 1000000);
}

/* All or a part: there is nobody to tell that a log cannot be written. */
static void write_out(const struct buf *lines)
{
    if (write(STDERR_FILENO, lines->data, lines->len) < 0)
        return;
}

void log_line(enum trace_level level, const char *event, const char *format,
              ...)
{
    struct buf line = { 0 };
    va_list args;

    if (level > level_now)
        return;
    add_time(&line);
    va_start(args, format);
    trace_add(&line, level, event, format, args);
    va_end(args);
    write_out(&line);
    buf_fini(&line);
}

static void log_said(enum trace_level level, const char *job, const char *by,
                     struct view text)
{
    if (job != NULL)
        log_line(level, "said", "job=%s by=%s text=%.*s", job, by,
                 TRACE_VIEW(text));
    else
        log_line(level, "said", "by=%s text=%.*s", by, TRACE_VIEW(text));
}

void log_text(enum trace_level level, const char *job, const char *by,
              struct view text)
{
    if (job != NULL && strncmp(job, "job ", 4) == 0)
        job += 4;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        struct view piece = { 0 };

        if (len > TEXT_PIECE_MAX) {
            len = TEXT_PIECE_MAX;
            end = NULL;
        }
        (void)view_take(&text, len, &piece);
        if (end != NULL)
            text = view_of(text.data + 1, text.len - 1);
        log_said(level, job, by, piece);
    }
}

void log_trace(struct trace *t)
{
    struct view rest = buf_view(&t->lines);
    struct buf line = { 0 };

    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        struct view first = { 0 };

        ASSERT(end != NULL);
        (void)view_take(&rest, (size_t)(end - rest.data) + 1, &first);
        add_time(&line);
        buf_add_view(&line, first);
        write_out(&line);
        buf_clear(&line);
    }
    buf_fini(&line);
    trace_clear(t);
}
