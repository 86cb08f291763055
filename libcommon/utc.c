/* SPDX-License-Identifier: MIT */
/* utc - the calendar, without the C library's zones and clocks. */
#include "libcommon/utc.h"

#include <stdbool.h>
#include <string.h>

#define DAY_S 86400

/* Days from 1970-01-01 to the first of March of year y, as years that begin in
 * March: the leap day is their last one. */
static int64_t days_before(int64_t y)
{
    return y * 365 + y / 4 - y / 100 + y / 400 - 719468;
}

/* Days of the year before the first of month m, 0: March. */
static unsigned days_before_month(unsigned m)
{
    return (153 * m + 2) / 5;
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned days[] = { 31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

static unsigned number_at(const char *text, size_t at, size_t len)
{
    unsigned n = 0;

    for (size_t i = at; i < at + len; i++)
        n = n * 10 + (unsigned)(text[i] - '0');
    return n;
}

static bool has_form(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00Z";

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
                           : text[i] != form[i])
            return false;
    return true;
}

enum err utc_parse(const char *text, int64_t *out_ms)
{
    unsigned year, month, day, hour, minute, second, m;

    if (!has_form(text))
        return ERR_FORMAT;
    year = number_at(text, 0, 4);
    month = number_at(text, 5, 2);
    day = number_at(text, 8, 2);
    hour = number_at(text, 11, 2);
    minute = number_at(text, 14, 2);
    second = number_at(text, 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month) || hour > 23 || minute > 59 || second > 59)
        return ERR_FORMAT;
    m = (month + 9) % 12;
    *out_ms = (days_before((int64_t)year - (m >= 10)) + days_before_month(m) +
               day - 1) *
              DAY_S;
    *out_ms = (*out_ms + hour * 3600 + minute * 60 + second) * 1000;
    return ERR_NONE;
}

void utc_add(struct buf *out, int64_t ms)
{
    int64_t s = ms / 1000, day = s / DAY_S, y = 1970 + day / 365 + 1;
    unsigned m = 11, of_day = (unsigned)(s % DAY_S), of_year;

    while (days_before(y) > day)
        y--;
    of_year = (unsigned)(day - days_before(y));
    while (days_before_month(m) > of_year)
        m--;
    buf_addf(out, "%04d-%02u-%02uT%02u:%02u:%02uZ", (int)y + (m >= 10),
             (m + 2) % 12 + 1, of_year - days_before_month(m) + 1,
             of_day / 3600, of_day / 60 % 60, of_day % 60);
}
