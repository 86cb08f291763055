/* SPDX-License-Identifier: MIT */
/* duration - times and numbers as people write and read them. */
#include "libcommon/duration.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"

static const struct unit {
    const char *name;
    double ms;
} units[] = {
    { "ms", 1 },    { "s", 1e3 },    { "min", 60e3 },  { "m", 60e3 },
    { "h", 3.6e6 }, { "d", 86.4e6 }, { "w", 604.8e6 },
};

static const struct unit *unit_first(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strlen(units[i].name) == len &&
            strncmp(units[i].name, text, len) == 0)
            return &units[i];
    return NULL;
}

enum err duration_parse(const char *text, int64_t *ms)
{
    static const struct unit seconds = { "", 1e3 };
    double sum = 0;

    if (*text == '\0')
        return ERR_FORMAT;
    for (bool first = true; *text != '\0'; first = false) {
        const struct unit *unit;
        size_t digits = strspn(text, "0123456789.");
        char *end;
        double value;

        if (digits == 0)
            return ERR_FORMAT;
        value = strtod(text, &end);
        if (end != text + digits)
            return ERR_FORMAT;
        unit = first && *end == '\0' ? &seconds : unit_first(end);
        if (unit == NULL)
            return ERR_FORMAT;
        sum += value * unit->ms;
        text = end + strlen(unit->name);
    }
    if (!(sum <= (double)DURATION_MAX_MS))
        return ERR_RANGE;
    *ms = (int64_t)llround(sum);
    return ERR_NONE;
}

void duration_add(struct buf *out, int64_t ms)
{
    int64_t s = ms / 1000;

    if (s < 60)
        buf_addf(out, "%" PRId64 ".%" PRId64 "s", s, ms % 1000 / 100);
    else if (s < 3600)
        buf_addf(out, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    else if (s < 86400)
        buf_addf(out, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    else
        buf_addf(out, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
}

void duration_add_age(struct buf *out, int64_t ms)
{
    int64_t s = ms / 1000;

    if (s < 60)
        buf_addf(out, "%" PRId64 "s", s);
    else if (s < 3600)
        buf_addf(out, "%" PRId64 "m", s / 60);
    else if (s < 86400)
        buf_addf(out, "%" PRId64 "h", s / 3600);
    else
        buf_addf(out, "%" PRId64 "d", s / 86400);
}

void duration_add_words(struct buf *out, int64_t ms)
{
    int64_t s = (ms + 500) / 1000;

    if (s < 60)
        buf_addf(out, "%" PRId64 " s", s);
    else if (s < 3600)
        buf_addf(out, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
    else if (s < 86400)
        buf_addf(out, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
    else
        buf_addf(out, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

#define DAY_MS INT64_C(86400000)
#define ERA_DAYS                                                \
    146097 /* in 400 years; a year begins in March, so that the \
            * day of a leap year is its last */
#define ERA_TO_1970 719468 /* days from 0000-03-01 */

static void add_date(struct buf *out, int64_t days_since_1970)
{
    int64_t days = days_since_1970 + ERA_TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = days - era * ERA_DAYS;
    int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0: March */
    int64_t day = of_year - (153 * month + 2) / 5 + 1;

    buf_addf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
             year + era * 400 + (month >= 10), (month + 2) % 12 + 1, day);
}

void duration_add_rfc3339(struct buf *out, int64_t unix_ms)
{
    int64_t ms = (unix_ms % DAY_MS + DAY_MS) % DAY_MS;
    int64_t s = ms / 1000;

    add_date(out, unix_ms / DAY_MS - (unix_ms % DAY_MS < 0));
    buf_addf(out, "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64 "Z",
             s / 3600, s / 60 % 60, s % 60, ms % 1000);
}

void duration_add_number(struct buf *out, uint64_t n)
{
    if (n >= 1000) {
        duration_add_number(out, n / 1000);
        buf_addf(out, " %03u", (unsigned)(n % 1000));
    } else {
        buf_addf(out, "%u", (unsigned)n);
    }
}
