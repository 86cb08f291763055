/* SPDX-License-Identifier: MIT */
/* outcomes - how elements ended: fetched page by page, counted, in words. */
#include "client/cli/outcomes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "libcommon/mem.h"
#include "proto/body.h"
#include "proto/own.h"

#define PAGE 4096

/* ---- fetching ---- */

struct outcomes_page {
    struct cli *c;
    const struct outcomes_query *query;
    struct op reply; /* borrows from room */
    void *room;
};

static bool is_selected(const struct target *t, uint32_t elem)
{
    return t->is_whole || (elem - t->first) % t->step == 0;
}

/* A worker that lies can have sent anything. */
static void check_body(struct cli *c, const struct target *t,
                       const struct outcome *o)
{
    char errmsg[ERRMSG_LEN], id[TASK_TEXT_LEN];
    struct body body;

    if (body_decode(o->body, &body, errmsg) != ERR_NONE)
        cli_warn(c, "what %s has produced cannot be read: %s",
                 task_text(&t->job->info, o->elem, id), errmsg);
}

static void on_outcomes(void *arg, const struct op *op, bool last)
{
    struct outcomes_page *p = arg;

    (void)last;
    if (op->type != OP_FETCH_REPLY)
        return;
    p->reply = *op;
    p->room = xcalloc(1, op_borrowed_len(op) + 1);
    op_own(&p->reply, p->room);
}

/* Not on the loop: each may have to ask for more. Returns the element to go on
 * with; 0: none. */
static uint32_t each_await(struct outcomes_page *p)
{
    const struct op_fetch_reply *reply = &p->reply.u.fetch_reply;

    for (size_t i = 0; i < reply->outcomes.n; i++) {
        const struct outcome *o = &reply->outcomes.at[i];

        if (!is_selected(p->query->target, o->elem))
            continue;
        check_body(p->c, p->query->target, o);
        p->query->each(p->query->arg, o);
        if (p->query->is_first_enough)
            return 0;
    }
    return reply->next;
}

int outcomes_await(struct cli *c, const struct outcomes_query *query)
{
    const struct target *t = query->target;
    uint32_t next = t->is_whole ? 1 : t->first;
    uint32_t last = t->is_whole ? target_n(t) : t->last;
    bool is_one = query->is_first_enough && (t->is_whole || t->step == 1);
    int code = EXITS_DONE;

    while (next != 0 && code == EXITS_DONE) {
        struct outcomes_page page = { .c = c, .query = query };
        struct op op = { .type = OP_FETCH };

        op.u.fetch.job = t->job->info.job;
        op.u.fetch.first = next;
        op.u.fetch.last = last;
        op.u.fetch.max = is_one ? 1 : PAGE;
        op.u.fetch.bodies = query->bodies;
        code = cli_request_await(c, &op, on_outcomes, &page);
        next = page.room == NULL ? 0 : each_await(&page);
        free(page.room);
        if (code == EXITS_DONE)
            code = cli_put_end(c);
    }
    return code;
}

/* ---- attempts ---- */

struct attempts_query {
    outcomes_each_fn *each;
    outcomes_now_fn *now;
    void *arg;
};

static void on_attempts(void *arg, const struct op *op, bool last)
{
    const struct op_attempts_reply *reply = &op->u.attempts_reply;
    const struct attempts_query *a = arg;
    struct outcomes_now now = { 0 };

    (void)last;
    if (op->type != OP_ATTEMPTS_REPLY)
        return;
    for (size_t i = 0; i < reply->attempts.n; i++)
        a->each(a->arg, &reply->attempts.at[i]);
    if (reply->now.n == 0)
        return;
    now.outcome = &reply->now.at[0];
    now.advance = reply->advances.n > 0 ? &reply->advances.at[0] : NULL;
    now.host = reply->host;
    a->now(a->arg, &now);
}

int outcomes_attempts_await(struct cli *c, uint64_t job, uint32_t elem,
                            outcomes_each_fn *each, outcomes_now_fn *now,
                            void *arg)
{
    struct attempts_query a = { each, now, arg };
    struct op op = { .type = OP_ATTEMPTS,
                     .u.attempts = {
                         .job = job, .first = elem, .last = elem } };

    return cli_request_await(c, &op, on_attempts, &a);
}

/* ---- failures ---- */

static void note_failure(void *arg, const struct outcome *o)
{
    struct outcomes_failures *f = arg;
    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    text_tally_count(&f->kinds, buf_view(&why));
    if (o->ended_ms >= f->last_ms) {
        f->last_elem = o->elem;
        f->last_ms = o->ended_ms;
        buf_clear(&f->last_why);
        buf_add_view(&f->last_why, buf_view(&why));
    }
    buf_fini(&why);
}

int outcomes_failures_await(struct cli *c, struct listed_job *job,
                            struct outcomes_failures *failures)
{
    const struct counts *n = &job->info.counts;
    struct target target = { .job = job, .is_whole = true };
    struct outcomes_query query = { .target = &target,
                                    .each = note_failure,
                                    .arg = failures };

    *failures = (struct outcomes_failures){ 0 };
    if (n->failed + n->expired + n->lost == 0)
        return EXITS_DONE;
    failures->is_unknown = n->n > OUTCOMES_FAILURES_MAX;
    return failures->is_unknown ? EXITS_DONE : outcomes_await(c, &query);
}

void outcomes_failures_fini(struct outcomes_failures *failures)
{
    text_tally_fini(&failures->kinds);
    buf_fini(&failures->last_why);
}

/* ---- one of them ---- */

struct body outcome_body(const struct outcome *o)
{
    struct body body;

    (void)body_decode(o->body, &body, NULL);
    return body;
}

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

static const char *dropped_stream(const struct outcome *o)
{
    struct body body = outcome_body(o);
    struct kept out = body_kept(&body, STREAM_OUT);
    struct kept err = body_kept(&body, STREAM_ERR);

    if (kept_gap(&out) > 0 && kept_gap(&err) > 0)
        return "stdout and stderr";
    if (kept_gap(&err) > 0)
        return "stderr";
    return kept_gap(&out) > 0 ? "stdout" : "output";
}

void outcome_add_dropped(struct buf *out, const struct outcome *o)
{
    if (o->dropped > 0)
        buf_addf(out,
                 "%" PRIu64 " bytes of %s: more than is kept, and nobody "
                 "followed it",
                 o->dropped, dropped_stream(o));
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
