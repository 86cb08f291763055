/* SPDX-License-Identifier: MIT */
#include "client/cli/outcomes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "client/cli/base64.h"
#include "client/cli/json.h"
#include "libcommon/utf8.h"

#define PAGE 4096

/* ---- fetching ---- */

struct page {
    const struct outcomes_ask *ask;
    uint32_t next;
};

static bool is_selected(const struct target *t, uint32_t elem)
{
    return t->is_whole || (elem - t->first) % t->step == 0;
}

static void on_outcomes(void *arg, const struct op *op, bool last)
{
    struct page *p = arg;

    (void)last;
    if (op->type != OP_FETCH_REPLY)
        return;
    for (size_t i = 0; i < op->u.fetch_reply.outcomes.n; i++) {
        const struct outcome *o = &op->u.fetch_reply.outcomes.at[i];

        if (is_selected(p->ask->target, o->elem))
            p->ask->each(p->ask->arg, o);
    }
    p->next = op->u.fetch_reply.next;
}

int outcomes_await(struct cli *c, const struct outcomes_ask *ask)
{
    const struct target *t = ask->target;
    struct page page = { .ask = ask, .next = t->is_whole ? 1 : t->first };
    uint32_t last = t->is_whole ? target_n(t) : t->last;
    int code = EXITS_DONE;

    while (page.next != 0 && code == EXITS_DONE) {
        struct op op = { .type = OP_FETCH };

        op.u.fetch.job = t->job->info.job;
        op.u.fetch.first = page.next;
        op.u.fetch.last = last;
        op.u.fetch.max = PAGE;
        op.u.fetch.parts = ask->parts;
        page.next = 0;
        code = cli_ask_await(c, &op, on_outcomes, &page);
        if (code == EXITS_DONE)
            code = cli_put_end(c);
    }
    return code;
}

/* ---- JSON ---- */

void outcome_add_why(struct buf *out, const struct outcome *o)
{
    bool is_exit = view_equal(o->reason, view_str("exit"));

    if (!is_exit && !view_equal(o->reason, view_str("signal"))) {
        buf_add_view(out, o->message.len > 0 ? o->message : o->reason);
        return;
    }
    buf_add_view(out, o->reason);
    buf_addf(out, " %" PRId64, is_exit ? o->code : o->signal);
    if (o->message.len == 0)
        return;
    buf_addf(out, " \"");
    buf_add_view(out, o->message);
    buf_addf(out, "\"");
}

bool outcome_has_started(const struct outcome *o)
{
    return o->started_ms > 0 && !view_equal(o->reason, view_str("start"));
}

bool outcome_has_exit(const struct outcome *o)
{
    return o->state == STATE_DONE || view_equal(o->reason, view_str("exit")) ||
           (o->ended_by == ENDED_BY_ASKING && o->code != 0);
}

json_t *outcome_exit_json(const struct outcome *o)
{
    return json_pack("{s:o, s:o}", "code",
                     outcome_has_exit(o) ? json_integer(o->code) : json_null(),
                     "signal",
                     o->signal > 0 ? json_integer(o->signal) : json_null());
}

json_t *outcome_error_json(const struct outcome *o)
{
    struct buf code = { 0 };
    json_t *error;

    if (o->state == STATE_DONE)
        return json_null();
    for (size_t i = 0; i < o->reason.len; i++)
        buf_addf(&code, "%c", toupper(o->reason.data[i]));
    error = json_pack("{s:o, s:o}", "code", json_text_or_null(buf_view(&code)),
                      "message", json_text_or_null(o->message));
    buf_fini(&code);
    return error;
}

json_t *outcome_hold_json(const struct outcome *o)
{
    return o->held_ms == 0
               ? json_null()
               : json_pack("{s:I, s:o}", "ms", (json_int_t)o->held_ms, "at",
                           json_text_or_null(o->held_where));
}

json_t *outcome_attempt_json(const struct outcome *o)
{
    return o->attempt == 0
               ? json_null()
               : json_sprintf("%" PRIu64 ".%" PRIu64, o->epoch, o->attempt);
}

json_t *outcome_value_json(const struct outcome *o)
{
    json_t *value = NULL;

    if (o->result.len == 0 || json_from_msgpack(o->result, &value) != ERR_NONE)
        return json_null();
    return value;
}

/* "stdout": text, or null and "stdout_base64"; with "stdout_bytes" written and,
 * when some of them were not kept, where in the kept ones they are missing. */
static void add_stream(json_t *object, const char *name, struct view kept,
                       uint64_t len, uint64_t head)
{
    char key[32];

    if (utf8_is_valid(kept)) {
        json_object_set_new(object, name, json_bytes(kept));
    } else {
        struct buf text = { 0 };

        json_object_set_new(object, name, json_null());
        base64_encode(&text, kept);
        snprintf(key, sizeof key, "%s_base64", name);
        json_object_set_new(object, key, json_text(buf_view(&text)));
        buf_fini(&text);
    }
    if (len <= kept.len)
        return;
    snprintf(key, sizeof key, "%s_missing", name);
    json_object_set_new(object, key,
                        json_pack("{s:I, s:I}", "offset", (json_int_t)head,
                                  "bytes", (json_int_t)(len - kept.len)));
}

void outcome_add_result(const struct jobinfo *info, const struct outcome *o,
                        json_t *object)
{
    if (info->kind == KIND_CALL) {
        json_object_set_new(object, "value", outcome_value_json(o));
    } else {
        json_object_set_new(object, "exit", outcome_exit_json(o));
        add_stream(object, "stdout", o->out, o->out_len, o->out_head);
        add_stream(object, "stderr", o->err, o->err_len, o->err_head);
    }
    json_object_set_new(object, "error", outcome_error_json(o));
}
