/* SPDX-License-Identifier: MIT */
/* log - one line on stderr for each thing that a person who runs a program
 * wants to know: "2026-01-05T10:02:11.204Z text". Control characters are
 * escaped. */
#ifndef LOG_H
#define LOG_H

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
