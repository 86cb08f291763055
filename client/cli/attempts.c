/* SPDX-License-Identifier: MIT */
#include "client/cli/attempts.h"

#include "client/cli/json.h"
#include "libcommon/rt/os/duration.h"
#include "libcommon/utf8.h"

struct page {
    struct buf *lines;
    json_t *list;
};

static void add_line(struct buf *out, const struct outcome *o)
{
    struct buf text = { 0 };

    if (o->started_ms > 0)
        duration_add_rfc3339(&text, o->started_ms);
    if (o->worker.len > 0) {
        buf_addf(&text, " on ");
        buf_add_view(&text, o->worker);
    }
    if (o->started_ms > 0 && o->ended_ms >= o->started_ms) {
        buf_addf(&text, ", ");
        duration_add(&text, o->ended_ms - o->started_ms);
    }
    buf_addf(&text, ": ");
    if (o->state == STATE_LOST || view_equal(o->reason, view_str("crash"))) {
        buf_add_view(&text, o->reason);
        buf_addf(&text, ", ");
    }
    outcome_add_why(&text, o);
    buf_addf(out, "  %-10s ", "before");
    utf8_add_safe(out, buf_view(&text));
    buf_addf(out, "\n");
    buf_fini(&text);
}

static json_t *attempt_json(const struct outcome *o)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "attempt",
                     outcome_attempt_json(o), "state", state_name(o->state),
                     "reason", json_text_or_null(o->reason), "worker",
                     json_text_or_null(o->worker), "started_at",
                     json_time(o->started_ms), "ended_at",
                     json_time(o->ended_ms), "exit", outcome_exit_json(o),
                     "error", outcome_error_json(o));
}

static void on_attempts(void *arg, const struct op *op, bool last)
{
    struct page *p = arg;

    (void)last;
    if (op->type != OP_ATTEMPTS_REPLY)
        return;
    for (size_t i = 0; i < op->u.attempts_reply.attempts.n; i++) {
        add_line(p->lines, &op->u.attempts_reply.attempts.at[i]);
        json_array_append_new(
            p->list, attempt_json(&op->u.attempts_reply.attempts.at[i]));
    }
}

int attempts_add_await(struct cli *c, uint64_t job, uint32_t elem,
                       struct buf *lines, json_t *list)
{
    struct page page = { .lines = lines, .list = list };
    struct op op = { .type = OP_ATTEMPTS,
                     .u.attempts = {
                         .job = job, .first = elem, .last = elem } };

    return cli_ask_await(c, &op, on_attempts, &page);
}
