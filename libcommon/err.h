/* SPDX-License-Identifier: MIT */
/* err - error codes inside yon, and messages for people.
 *
 * The codes stand in <yon/err.h>. Functions that can fail return `enum err`;
 * results leave through the last parameter. Pure.
 */
#ifndef ERR_H
#define ERR_H

#include <stddef.h>

#include <yon/err.h>

enum err {
    ERR_NONE = 0,
#define ERR_ENUM(name, number, text) ERR_##name = (number),
    YON_ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

/* Bytes of a message for people, with its NUL. */
#define ERRMSG_LEN 256

/* Text of a code; never NULL, static. */
const char *err_text(enum err err);

/* Write a message into msg[ERRMSG_LEN]; NULL is allowed and ignored. Cut if too
 * long. Returns err, so that `return err_set(msg, ERR_IO, ...)` reads well. */
enum err err_set(char *msg, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "prefix: " before what msg says. Returns err. */
enum err err_wrap(char *msg, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
