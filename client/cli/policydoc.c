/* SPDX-License-Identifier: MIT */
/* policydoc - the policy of a job, as people and as programs read it. */
#include "client/cli/policydoc.h"

#include <inttypes.h>

#include "client/cli/json.h"
#include "client/cli/policy_options.h"
#include "libcommon/check.h"
#include "proto/policy.h"

struct backoff {
    uint32_t min_ms, max_ms;
};

/* The default is the coordinator's. */
static struct backoff backoff_of(const struct policy *p)
{
    if (p->backoff_max_ms > 0)
        return (struct backoff){ p->backoff_min_ms, p->backoff_max_ms };
    return (struct backoff){ POLICY_BACKOFF_MIN_MS, POLICY_BACKOFF_MAX_MS };
}

/* ---- for people ---- */

/* In the form of an option, without loss: 90s, 1m, 1500ms. */
static void add_ms(struct buf *out, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {
        { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }
    };

    for (size_t i = 0; ms > 0 && i < ARRAY_LEN(units); i++)
        if (ms % units[i].ms == 0) {
            buf_addf(out, "%" PRIu64 "%s", ms / units[i].ms, units[i].name);
            return;
        }
    buf_addf(out, "%" PRIu64 "ms", ms);
}

static void add_comma(struct buf *out)
{
    if (out->len > 0)
        buf_addf(out, ", ");
}

static void add_retries(struct buf *out, const struct policy *p)
{
    struct backoff b = backoff_of(p);

    if (p->retries == 0)
        return;
    buf_addf(out, "retries %" PRIu32 ", backoff ", p->retries);
    add_ms(out, b.min_ms);
    buf_addf(out, "..");
    add_ms(out, b.max_ms);
    if (p->retry_on.len > 0)
        buf_addf(out, ", on ");
    buf_add_view(out, p->retry_on);
}

static void add_number(struct buf *out, const char *name, uint32_t n,
                       const char *unit)
{
    if (n == 0)
        return;
    add_comma(out);
    buf_addf(out, "%s %" PRIu32 "%s", name, n, unit);
}

static void add_limit(struct buf *out, const char *name, uint64_t ms)
{
    if (ms == 0)
        return;
    add_comma(out);
    buf_addf(out, "%s ", name);
    add_ms(out, ms);
}

static void add_switch(struct buf *out, const char *text, bool is_on)
{
    if (!is_on)
        return;
    add_comma(out);
    buf_addf(out, "%s", text);
}

void policydoc_add(struct buf *out, const struct policy *p)
{
    add_retries(out, p);
    add_number(out, "max-fails", p->max_fails, "");
    add_number(out, "max-fails", p->max_fails_percent, "%");
#define ADD_LIMIT(field, ID, option, ...) add_limit(out, option, p->field);
    POLICY_LIMIT_LIST(ADD_LIMIT)
#undef ADD_LIMIT
#define ADD_SWITCH(field, ID, option, key, text, help) \
    add_switch(out, text, p->field);
    POLICY_SWITCH_LIST(ADD_SWITCH)
#undef ADD_SWITCH
}

/* ---- for programs ---- */

static json_t *number_json(uint32_t n)
{
    return n > 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *limit_json(uint64_t ms)
{
    return ms > 0 ? json_real((double)ms / 1000) : json_null();
}

json_t *policydoc_json(const struct policy *p)
{
    struct backoff b = backoff_of(p);
    json_t *doc = json_pack(
        "{s:I, s:f, s:f, s:o, s:o, s:o}", "retries", (json_int_t)p->retries,
        "backoff_min_s", (double)b.min_ms / 1000, "backoff_max_s",
        (double)b.max_ms / 1000, "retry_on", json_text_or_null(p->retry_on),
        "max_fails", number_json(p->max_fails), "max_fails_percent",
        number_json(p->max_fails_percent));

#define SET_LIMIT(field, ID, option, key, help) \
    json_object_set_new(doc, key, limit_json(p->field));
    POLICY_LIMIT_LIST(SET_LIMIT)
#undef SET_LIMIT
#define SET_SWITCH(field, ID, option, key, text, help) \
    json_object_set_new(doc, key, json_boolean(p->field));
    POLICY_SWITCH_LIST(SET_SWITCH)
#undef SET_SWITCH
    return doc;
}
