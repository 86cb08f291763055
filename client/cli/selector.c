/* SPDX-License-Identifier: MIT */
/* selector - which jobs people mean: 42, 42.7, last, name:sweep, all ... */
#include "client/cli/selector.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "libcommon/mem.h"

/* Read an integer, with _ between digits, from the front of *text. */
static enum err number_take(const char **text, int64_t *out)
{
    const char *at = *text;
    bool negative = *at == '-';
    int64_t n = 0;

    at += negative;
    if (!isdigit((unsigned char)*at))
        return ERR_FORMAT;
    for (; isdigit((unsigned char)*at) ||
           (*at == '_' && isdigit((unsigned char)at[1]));
         at++) {
        if (*at == '_')
            continue;
        if (n > (INT64_MAX - 9) / 10)
            return ERR_RANGE;
        n = n * 10 + (*at - '0');
    }
    *text = at;
    *out = negative ? -n : n;
    return ERR_NONE;
}

/* FIRST[-LAST[:STEP]] from the front of *text. */
static enum err range_take(const char **text, struct number_range *out)
{
    struct number_range r = { .step = 1 };
    enum err err = number_take(text, &r.first);

    r.last = r.first;
    if (err == ERR_NONE && **text == '-') {
        ++*text;
        err = number_take(text, &r.last);
        if (err == ERR_NONE && **text == ':') {
            ++*text;
            err = number_take(text, &r.step);
        }
    }
    *out = r;
    return err;
}

uint64_t number_range_count(struct number_range r)
{
    uint64_t span;

    if (r.step == 0 || (r.step > 0) != (r.first <= r.last))
        return r.first == r.last && r.step != 0 ? 1 : 0;
    if (r.step > 0) {
        span = (uint64_t)r.last - (uint64_t)r.first;
        return span / (uint64_t)r.step + 1;
    }
    span = (uint64_t)r.first - (uint64_t)r.last;
    return span / -(uint64_t)r.step + 1;
}

enum err number_range_parse(const char *text, struct number_range *out,
                            char *errmsg)
{
    const char *at = text;
    enum err err = range_take(&at, out);

    if (err == ERR_RANGE)
        return err_set(errmsg, err, "\"%s\": number too large", text);
    if (err != ERR_NONE || *at != '\0')
        return err_set(errmsg, ERR_FORMAT,
                       "\"%s\" is not a range like 1-100 or 1-100:5", text);
    if (out->step == 0)
        return err_set(errmsg, ERR_RANGE, "\"%s\": the step is 0", text);
    if (number_range_count(*out) == 0)
        return err_set(errmsg, ERR_RANGE, "\"%s\": the range is empty", text);
    if (number_range_count(*out) > ELEM_MAX)
        return err_set(errmsg, ERR_RANGE,
                       "\"%s\" has %" PRIu64
                       " numbers; one array takes %" PRIu32,
                       text, number_range_count(*out), ELEM_MAX);
    return ERR_NONE;
}

/* A range upwards from `min`. */
static enum err upward_take(const char **text, int64_t min, int64_t max,
                            struct selector_part *part)
{
    struct number_range r;
    enum err err = range_take(text, &r);

    if (err != ERR_NONE)
        return err;
    if (r.first < min || r.last < r.first || r.step < 1)
        return ERR_FORMAT;
    if (r.last > max)
        return ERR_RANGE;
    part->first = r.first;
    part->last = r.last;
    part->step = r.step;
    return ERR_NONE;
}

static enum err elements_take(const char **text, uint64_t job,
                              struct selector_part *part)
{
    part->what = SELECT_ELEMENTS;
    part->job = job;
    return upward_take(text, INT64_MIN, INT64_MAX, part);
}

static enum err numbers_take(const char **text, struct selector_part *part)
{
    enum err err = upward_take(text, 1, JOB_ID_MAX, part);

    if (err != ERR_NONE || **text != '.')
        return err;
    if (part->first != part->last)
        return ERR_FORMAT;
    ++*text;
    return elements_take(text, (uint64_t)part->first, part);
}

static bool word_take(const char **text, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*text, word, len) != 0)
        return false;
    *text += len;
    return true;
}

static enum err last_take(const char **text, struct selector_part *part)
{
    int64_t n = 1;

    if (word_take(text, "."))
        return elements_take(text, 0, part);
    part->what = SELECT_LAST;
    if (word_take(text, ":")) {
        enum err err = number_take(text, &n);

        if (err != ERR_NONE)
            return err;
        if (n < 1)
            return ERR_FORMAT;
        if (n > UINT16_MAX)
            return ERR_RANGE;
    }
    part->n = (uint32_t)n;
    return ERR_NONE;
}

static enum err part_take(const char **text, struct selector_part *part)
{
    if (word_take(text, "name:")) {
        part->what = SELECT_NAME;
        part->name = view_str(*text);
        *text += part->name.len;
        return part->name.len > 0 ? ERR_NONE : ERR_FORMAT;
    }
    if (word_take(text, "last"))
        return last_take(text, part);
    if (word_take(text, "all")) {
        part->what = SELECT_ALL;
        return ERR_NONE;
    }
    return numbers_take(text, part);
}

static enum err text_parse(const char *text, struct selector *s)
{
    for (const char *at = text;; at++) {
        struct selector_part part = { .what = SELECT_JOBS, .step = 1 };
        enum err err = part_take(&at, &part);

        if (err != ERR_NONE)
            return err;
        if (s->n == SELECTOR_PARTS_MAX)
            return ERR_LIMIT;
        s->at = xrealloc(s->at, (s->n + 1) * sizeof *s->at);
        s->at[s->n++] = part;
        if (*at == '\0')
            return ERR_NONE;
        if (*at != ',')
            return ERR_FORMAT;
    }
}

enum err selector_parse(char *const *texts, size_t n, struct selector *out,
                        char *errmsg)
{
    *out = (struct selector){ 0 };
    for (size_t i = 0; i < n; i++) {
        enum err err = text_parse(texts[i], out);

        if (err == ERR_RANGE)
            return err_set(errmsg, err, "\"%s\": number too large", texts[i]);
        if (err == ERR_LIMIT)
            return err_set(errmsg, err, "more than %d parts",
                           SELECTOR_PARTS_MAX);
        if (err != ERR_NONE)
            return err_set(errmsg, err,
                           "\"%s\" does not name jobs; as in 42, 42.7, 1-9, "
                           "last, last:3, name:NAME, all",
                           texts[i]);
    }
    return ERR_NONE;
}

void selector_fini(struct selector *s)
{
    free(s->at);
    *s = (struct selector){ 0 };
}
