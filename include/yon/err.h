/* SPDX-License-Identifier: MIT */
/* err - every error code of yon, with its text, once.
 *
 * Public functions return 0 or a negative YON_E... code. Inside, the same
 * codes are the positive values of `enum err` (libcommon/err.h).
 * Codes travel on the wire (PROTOCOL.md), so a number never changes its
 * meaning; new codes go to the end.
 */
#ifndef YON_ERR_H
#define YON_ERR_H

/* X(name, number, text) */
#define YON_ERR_LIST(X)                               \
    X(CANCELLED, 1, "cancelled")                      \
    X(TIMEOUT, 2, "timed out")                        \
    X(CLOSED, 3, "closed")                            \
    X(SHORT, 4, "unexpected end of input")            \
    X(FORMAT, 5, "malformed input")                   \
    X(RANGE, 6, "value out of range")                 \
    X(TYPE, 7, "value of the wrong type")             \
    X(ABSENT, 8, "not found")                         \
    X(EXISTS, 9, "already exists")                    \
    X(CONFLICT, 10, "conflicts with an existing one") \
    X(BUSY, 11, "busy, try again")                    \
    X(FULL, 12, "no space left")                      \
    X(LIMIT, 13, "limit exceeded")                    \
    X(REFUSED, 14, "refused")                         \
    X(UNREACHABLE, 15, "coordinator unreachable")     \
    X(VERSION, 16, "incompatible versions")           \
    X(IO, 17, "input/output error")                   \
    X(CORRUPT, 18, "data corrupted")                  \
    X(SYSTEM, 19, "system call failed")               \
    X(MEMORY, 20, "out of memory")                    \
    X(FAILED, 21, "job failed")                       \
    X(LOST, 22, "job lost")                           \
    X(EXPIRED, 23, "job expired")                     \
    X(PENDING, 24, "not finished yet")                \
    X(STALE, 25, "out of date")                       \
    X(STATE, 26, "invalid state")                     \
    X(EXHAUSTED, 27, "nothing left")                  \
    X(INTERRUPTED, 28, "interrupted")

enum {
#define YON_ERR_ENUM(name, number, text) YON_E##name = -(number),
    YON_ERR_LIST(YON_ERR_ENUM)
#undef YON_ERR_ENUM
};

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The text of a code, 0 or YON_E...; never NULL, static. Any thread. */
const char *yon_strerror(int code);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
