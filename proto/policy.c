/* SPDX-License-Identifier: MIT */
/* policy - reads retry_on term by term. */
#include "proto/policy.h"

#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"

struct reason_rule {
    const char *word;
    uint32_t max; /* may be followed by =A or =A-B, 1 to max; 0: by none */
};

static const struct reason_rule rules[] = {
    { "exit", 255 },        { "signal", 64 },     { "error", 0 },
    { "start", 0 },         { "function", 0 },    { "limit", 0 },
    { "start-timeout", 0 }, { "run-timeout", 0 }, { "idle-timeout", 0 },
    { "crash", 0 },         { "lost", 0 },
};

struct term { /* of retry_on */
    const struct reason_rule *rule;
    bool any; /* the word alone */
    uint32_t first, last;
    struct view text; /* of error= */
};

/* ---- retry_on ---- */

static const uint8_t *find_byte(struct view v, char byte)
{
    return v.len == 0 ? NULL : memchr(v.data, byte, v.len);
}

/* Take what stands before the separator, and the separator; all without one. */
static struct view take_until(struct view *in, char separator)
{
    const uint8_t *at = find_byte(*in, separator);
    size_t len = at == NULL ? in->len : (size_t)(at - in->data);
    struct view head = { in->data, len };
    size_t skip = at == NULL ? len : len + 1;

    in->data += skip;
    in->len -= skip;
    return head;
}

static bool read_number(struct view text, uint32_t *out)
{
    *out = 0;
    if (text.len < 1 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (uint32_t)(text.data[i] - '0');
    }
    return true;
}

static bool read_numbers(struct view text, struct term *out)
{
    struct view first = take_until(&text, '-');

    if (!read_number(first, &out->first))
        return false;
    out->last = out->first;
    return text.data == first.data + first.len || read_number(text, &out->last);
}

static const struct reason_rule *find_rule(struct view word)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (view_equal(word, view_str(rules[i].word)))
            return &rules[i];
    return NULL;
}

static bool read_term(struct view text, struct term *out)
{
    bool has_value = find_byte(text, '=') != NULL;
    struct view word = take_until(&text, '=');

    *out = (struct term){ .rule = find_rule(word), .any = !has_value };
    if (out->rule == NULL || out->any)
        return out->rule != NULL;
    if (out->rule->max > 0)
        return read_numbers(text, out) && out->first > 0 &&
               out->first <= out->last && out->last <= out->rule->max;
    out->text = text;
    return strcmp(out->rule->word, "error") == 0 && text.len > 0;
}

static enum err refuse_term(struct view text, const struct term *t,
                            char *errmsg)
{
    int len = text.len < 64 ? (int)text.len : 64;
    const char *term = (const char *)text.data;

    if (t->rule != NULL && t->rule->max > 0)
        return err_set(errmsg, ERR_FORMAT,
                       "retry on \"%.*s\": after %s= comes a number from 1 to "
                       "%u, or two as in 1-5",
                       len, term, t->rule->word, t->rule->max);
    return err_set(errmsg, ERR_FORMAT,
                   "retry on \"%.*s\": that is no exit=75, exit=1-5, "
                   "signal=9, error=TEXT or reason such as lost, start "
                   "or run-timeout",
                   len, term);
}

static enum err check_retry_on(struct view list, char *errmsg)
{
    struct term term;

    if (list.len > TEXT_LEN_MAX)
        return err_set(errmsg, ERR_LIMIT,
                       "the list of what to retry on has more than %d bytes",
                       TEXT_LEN_MAX);
    while (list.len > 0) {
        struct view text = take_until(&list, ',');
        if (!read_term(text, &term))
            return refuse_term(text, &term, errmsg);
    }
    return ERR_NONE;
}

/* ---- what a term names ---- */

static const char *code_name(int64_t code)
{
    switch (code) {
#define CODE_NAME(name, number, text) \
    case -(number):                   \
        return "YON_E" #name;
        YON_ERR_LIST(CODE_NAME)
#undef CODE_NAME
    default:
        return "";
    }
}

static bool stands_in(struct view text, struct view in)
{
    for (; in.len >= text.len; in.data++, in.len--)
        if (memcmp(in.data, text.data, text.len) == 0)
            return true;
    return false;
}

static bool names_error(struct view text, const struct outcome *o)
{
    const char *name = code_name(o->code);

    return view_equal(text, view_str(name)) ||
           (*name != '\0' && view_equal(text, view_str(name + 4))) ||
           stands_in(text, o->message);
}

static bool term_names(const struct term *t, const struct outcome *o)
{
    int64_t number;

    if (!view_equal(o->reason, view_str(t->rule->word)))
        return false;
    if (t->any)
        return true;
    if (t->rule->max == 0)
        return names_error(t->text, o);
    number = strcmp(t->rule->word, "exit") == 0 ? o->code : o->signal;
    return number >= t->first && number <= t->last;
}

static bool retry_on_names(struct view list, const struct outcome *o)
{
    struct term term;

    if (list.len == 0)
        return true;
    while (list.len > 0)
        if (read_term(take_until(&list, ','), &term) && term_names(&term, o))
            return true;
    return false;
}

/* ---- the whole ---- */

enum err policy_check(const struct policy *p, char *errmsg)
{
    if (p->retries > POLICY_RETRIES_MAX)
        return err_set(errmsg, ERR_RANGE, "at most %u retries",
                       POLICY_RETRIES_MAX);
    if (p->at_most_once && p->retries > 0)
        return err_set(errmsg, ERR_RANGE,
                       "at most once and retries exclude each other");
    if (p->backoff_max_ms > POLICY_DELAY_MAX_MS)
        return err_set(errmsg, ERR_RANGE, "a back-off is at most 7 days");
    if (p->backoff_min_ms > p->backoff_max_ms)
        return err_set(errmsg, ERR_RANGE,
                       "the back-off begins above its maximum");
    if (p->max_fails_percent > 100)
        return err_set(errmsg, ERR_RANGE, "max-fails is at most 100 %%");
    return check_retry_on(p->retry_on, errmsg);
}

bool policy_retries(const struct policy *p, const struct outcome *o,
                    uint32_t n_failed)
{
    if (p->at_most_once || o->retry == RETRY_REFUSED ||
        find_rule(o->reason) == NULL) /* such as "deadline" */
        return false;
    if (o->retry == RETRY_WANTED)
        return n_failed <= (p->retries > 0 ? p->retries : POLICY_RETRIES_ASKED);
    return n_failed <= p->retries && retry_on_names(p->retry_on, o);
}

uint32_t policy_backoff_ms(const struct policy *p, uint32_t n_failed)
{
    bool said = p->backoff_max_ms > 0;
    uint64_t ms = said ? p->backoff_min_ms : POLICY_BACKOFF_MIN_MS;
    uint32_t max = said ? p->backoff_max_ms : POLICY_BACKOFF_MAX_MS;

    for (uint32_t i = 1; i < n_failed && ms > 0 && ms < max; i++)
        ms *= 2;
    return ms < max ? (uint32_t)ms : max;
}

uint32_t policy_max_fails(const struct policy *p, uint32_t n)
{
    uint64_t part = ((uint64_t)n * p->max_fails_percent + 99) / 100;

    if (part == 0 || (p->max_fails > 0 && p->max_fails < part))
        return p->max_fails;
    return (uint32_t)part;
}
