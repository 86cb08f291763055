/* SPDX-License-Identifier: MIT */
/* log - see log.h. */
#include "libcommon/rt/os/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/buf.h"

#define LINE_LEN 1024

/* Names and messages come from peers: nothing of them may steer a terminal. */
static void add_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            buf_addf(out, "\\x%02x", c);
        else
            buf_add(out, text, 1);
    }
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

void log_line(const char *format, ...)
{
    char text[LINE_LEN];
    struct buf line = { 0 };
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_time(&line);
    add_escaped(&line, text);
    buf_add(&line, "\n", 1);
    /* One write, so that lines of several processes do not mix. */
    if (write(STDERR_FILENO, line.data, line.len) < 0) {
        /* Nobody reads it: there is no one to tell. */
    }
    buf_fini(&line);
}
