/* SPDX-License-Identifier: MIT */
/* option - one option as a row: checks its values, stores them, and tells of
 * it. */
#include "libcommon/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/duration.h"

#define SIZE_UNITS "KMGT" /* each 1024 times the one before */
#define HELP_COLUMN 30    /* where the texts begin */
#define HELP_WIDTH 80

/* ---- values ---- */

static enum err number_parse(const char *text, int64_t *out)
{
    size_t digits = strspn(text[0] == '-' ? text + 1 : text, "0123456789");
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (digits == 0 || *end != '\0')
        return ERR_FORMAT;
    if (errno == ERANGE)
        return ERR_RANGE;
    *out = n;
    return ERR_NONE;
}

static enum err size_parse(const char *text, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = strchr(SIZE_UNITS, text[digits]);
    unsigned shift = unit == NULL || *unit == '\0'
                         ? 0
                         : 10 * (unsigned)(unit - SIZE_UNITS + 1);
    long long n;

    errno = 0;
    n = strtoll(text, NULL, 10);
    if (digits == 0 || unit == NULL || (shift > 0 && text[digits + 1] != '\0'))
        return ERR_FORMAT;
    if (errno == ERANGE || n > INT64_MAX >> shift)
        return ERR_RANGE;
    *out = n << shift;
    return ERR_NONE;
}

static enum err check_number(const struct option *opt, const char *text,
                             char *errmsg)
{
    int64_t n = 0;

    if (number_parse(text, &n) == ERR_NONE && n >= opt->min && n <= opt->max)
        return ERR_NONE;
    if (opt->max == INT64_MAX)
        return err_set(errmsg, ERR_RANGE,
                       "--%s wants a number from %" PRId64 ", not \"%s\"",
                       opt->name, opt->min, text);
    return err_set(errmsg, ERR_RANGE,
                   "--%s wants a number from %" PRId64 " to %" PRId64
                   ", not \"%s\"",
                   opt->name, opt->min, opt->max, text);
}

static enum err check_size(const struct option *opt, const char *text,
                           char *errmsg)
{
    char also[32] = "";
    int64_t n = 0;

    if (size_parse(text, &n) == ERR_NONE && n >= opt->min && n <= opt->max)
        return ERR_NONE;
    if (opt->min == 0)
        snprintf(also, sizeof also, ", or 0");
    else if (opt->min >= 1 << 20)
        snprintf(also, sizeof also, ", %" PRId64 "M or more", opt->min >> 20);
    return err_set(errmsg, ERR_RANGE,
                   "--%s wants a size like 500M or 16G%s, not \"%s\"",
                   opt->name, also, text);
}

static enum err check_duration(const struct option *opt, const char *text,
                               char *errmsg)
{
    int64_t ms = 0;
    enum err err = duration_parse(text, &ms);

    if (err == ERR_RANGE)
        return err_set(errmsg, err, "--%s takes at most %d days, not \"%s\"",
                       opt->name, (int)(DURATION_MAX_MS / 86400000), text);
    if (err != ERR_NONE)
        return err_set(errmsg, ERR_FORMAT,
                       "--%s wants a time like 90s, 1.5h or 500ms, not \"%s\"",
                       opt->name, text);
    if (ms == 0)
        return err_set(errmsg, ERR_RANGE,
                       "--%s must be more than 0; leave it out for no limit",
                       opt->name);
    return ERR_NONE;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);

    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");

        if (n == len && strncmp(choices, text, n) == 0)
            return true;
        choices += n + (choices[n] == '|');
    }
    return false;
}

enum err option_check(const struct option *opt, const char *text, char *errmsg)
{
    switch (opt->type) {
    case OPTION_NUMBER:
        return check_number(opt, text, errmsg);
    case OPTION_SIZE:
        return check_size(opt, text, errmsg);
    case OPTION_DURATION:
        return check_duration(opt, text, errmsg);
    case OPTION_CHOICE:
        if (!is_choice(opt->value, text))
            return err_set(errmsg, ERR_FORMAT,
                           "--%s wants one of %s, not \"%s\"", opt->name,
                           opt->value, text);
        return ERR_NONE;
    case OPTION_FLAG:
    case OPTION_TEXT:
        return ERR_NONE;
    }
    UNREACHABLE("a type of option without a check");
}

int64_t option_number(const struct option *opt, const char *text)
{
    int64_t n = 0;
    enum err err = ERR_FORMAT;

    if (opt->type == OPTION_NUMBER)
        err = number_parse(text, &n);
    else if (opt->type == OPTION_SIZE)
        err = size_parse(text, &n);
    else if (opt->type == OPTION_DURATION)
        err = duration_parse(text, &n);
    ASSERT(err == ERR_NONE); /* it was checked */
    return n;
}

/* ---- the struct of the program ---- */

static void store_number(const struct option *opt, int64_t n, void *field)
{
    uint32_t small = (uint32_t)n;

    ASSERT(opt->size == sizeof n || opt->size == sizeof small);
    ASSERT_IF(opt->size == sizeof small, n >= INT32_MIN && n <= UINT32_MAX);
    if (opt->size == sizeof n)
        memcpy(field, &n, sizeof n);
    else
        memcpy(field, &small, sizeof small);
}

enum err option_store(const struct option *opt, const char *text, void *config,
                      char *errmsg)
{
    char *field = (char *)config + opt->at;

    if (opt->read != NULL)
        return opt->read(config, text, errmsg);
    if (opt->size == 0)
        return ERR_NONE; /* it is asked for by id */
    switch (opt->type) {
    case OPTION_FLAG:
        ASSERT(opt->size == sizeof(bool));
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
    case OPTION_CHOICE:
        ASSERT(opt->size == sizeof text);
        memcpy(field, &text, sizeof text);
        break;
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        store_number(opt, option_number(opt, text), field);
        break;
    }
    return ERR_NONE;
}

/* ---- help ---- */

/* Text in lines of HELP_WIDTH; the first goes on where HELP_COLUMN is. */
static void add_wrapped(struct buf *out, const char *text)
{
    size_t at = HELP_COLUMN;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (at > HELP_COLUMN && at + 1 + len > HELP_WIDTH) {
            buf_addf(out, "\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (at > HELP_COLUMN) {
            buf_addf(out, " ");
            at++;
        }
        buf_add(out, text, len);
        at += len;
        text += len;
        text += *text == ' ';
    }
    buf_addf(out, "\n");
}

static void add_row(struct buf *out, const struct option *opt)
{
    struct buf name = { 0 }, text = { 0 };
    bool is_long;

    if (opt->letter != 0)
        buf_addf(&name, "  -%c, --%s", opt->letter, opt->name);
    else
        buf_addf(&name, "      --%s", opt->name);
    if (opt->value != NULL)
        buf_addf(&name, " %s", opt->value);
    is_long = name.len > HELP_COLUMN - 2;
    buf_addf(out, "%-*s", is_long ? 0 : HELP_COLUMN, buf_text(&name));
    if (is_long)
        buf_addf(out, "\n%*s", HELP_COLUMN, "");
    buf_addf(&text, "%s", opt->help);
    if (opt->otherwise != NULL)
        buf_addf(&text, " (%s)", opt->otherwise);
    add_wrapped(out, buf_text(&text));
    buf_fini(&name);
    buf_fini(&text);
}

void option_add_help(struct buf *out, const char *title,
                     const struct option *list)
{
    if (list == NULL || list->name == NULL)
        return;
    buf_addf(out, "\n%s\n", title);
    for (; list->name != NULL; list++)
        if (list->help != NULL)
            add_row(out, list);
}
