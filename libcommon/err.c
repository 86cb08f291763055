/* SPDX-License-Identifier: MIT */
/* err - texts of the codes, and messages for people. */
#include "libcommon/err.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_text(enum err err)
{
    switch (err) {
    case ERR_NONE:
        return "no error";
#define ERR_CASE(name, number, text) \
    case ERR_##name:                 \
        return text;
        YON_ERR_LIST(ERR_CASE)
#undef ERR_CASE
    }
    return "unknown error"; /* a code of a newer peer */
}

const char *yon_strerror(int code)
{
    /* Positive numbers are no codes of the public functions. */
    return code <= 0 && code > INT_MIN ? err_text((enum err) - code)
                                       : "unknown error";
}

enum err err_set(char *msg, enum err err, const char *format, ...)
{
    va_list args;

    if (msg == NULL)
        return err;
    va_start(args, format);
    vsnprintf(msg, ERRMSG_LEN, format, args);
    va_end(args);
    return err;
}

enum err err_wrap(char *msg, enum err err, const char *format, ...)
{
    char inner[ERRMSG_LEN];
    size_t len;
    va_list args;

    if (msg == NULL)
        return err;
    snprintf(inner, sizeof inner, "%s", msg);
    va_start(args, format);
    vsnprintf(msg, ERRMSG_LEN, format, args);
    va_end(args);
    len = strlen(msg);
    snprintf(msg + len, ERRMSG_LEN - len, ": %s", inner);
    return err;
}
