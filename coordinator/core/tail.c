/* SPDX-License-Identifier: MIT */
/* tail - clients follow the output of a command: from its worker while it runs,
 * from the store afterwards. One question, one answer: a slow client asks
 * slowly. */
#include "coordinator/core/state.h"

/* The offset is in the output of another attempt: this one's is told whole. */
static void begin_with(struct ask *ask, struct attempt_id id)
{
    ask->of = id;
    if (ask->from.n == 0 || attempt_equal(ask->from, id))
        return;
    ask->from = id;
    ask->offset = 0;
}

static void ask_worker(struct coord *c, struct ask *ask,
                       const struct attempt *a)
{
    struct attempt_key h = attempt_held(a);
    struct op op;

    begin_with(ask, a->id);
    op = (struct op){ .type = OP_TAIL_ASK,
                      .u.tail_ask = { .tail = ++c->last_tail,
                                      .job = h.job,
                                      .elem = h.elem,
                                      .epoch = h.epoch,
                                      .attempt = h.attempt,
                                      .stream = ask->stream,
                                      .offset = ask->offset,
                                      .max = ask->max } };

    ask->tail = c->last_tail;
    map_put(&c->tails, ask->tail, ask);
    coord_send(c, a->session, &op);
}

static void park(struct coord *c, struct ask *ask)
{
    if (ask->tail != 0)
        map_remove(&c->tails, ask->tail);
    ask->tail = 0;
}

void tail_begin(struct coord *c, struct ask *ask, job_id id)
{
    struct job *j = coord_job(c, id.n);
    struct attempt *a;

    if (j == NULL || j->refused) {
        await_read(c, ask, id);
        return;
    }
    if (ask->elem > j->counts.n) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "job %llu has elements 1 to %u",
                      (unsigned long long)id.n, j->counts.n);
        return;
    }
    a = attempt_find(c, (struct task_id){ .job = id, .elem = ask->elem });
    if (a == NULL && job_is_settled(j, ask->elem)) {
        keep_add(c, (struct promise){ .type = PROMISE_READ,
                                      .session = ask->session->id,
                                      .req = ask->req,
                                      .job = j,
                                      .ref = { id, ask->elem } });
        return;
    }
    ask->job = j;
    list_insert(&j->tails, &ask->in_job);
    if (a != NULL && !a->ended && a->session != NULL)
        ask_worker(c, ask, a);
}

void tail_take(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.tail.req, OP_TAIL);

    if (ask == NULL)
        return;
    ask->elem = op->u.tail.elem == 0 ? 1 : op->u.tail.elem;
    ask->stream = op->u.tail.stream;
    ask->offset = op->u.tail.offset;
    ask->from = (struct attempt_id){ op->u.tail.epoch, op->u.tail.attempt };
    ask->max =
        op->u.tail.max < FRAME_LEN_GOOD ? op->u.tail.max : FRAME_LEN_GOOD;
    if (ask->stream != STREAM_OUT && ask->stream != STREAM_ERR)
        answer_refuse(c, ask, ERR_RANGE, 0, "stream is 1 or 2");
    else
        tail_begin(c, ask, (job_id){ op->u.tail.job });
}

static void say(struct coord *c, struct ask *ask, uint64_t offset,
                struct view bytes, bool ended)
{
    struct op op = { .type = OP_TAIL_REPLY,
                     .u.tail_reply = { .req = ask->req,
                                   .offset = offset,
                                   .bytes = bytes,
                                   .ended = ended,
                                   .epoch = ask->of.epoch,
                                   .attempt = ask->of.n } };

    answer(c, ask, &op);
}

void tail_data(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = map_get(&c->tails, op->u.tail_data.tail);
    struct attempt *a;

    if (ask == NULL)
        return;
    a = attempt_find(c, (struct task_id){ .job = ask->job->id, .elem = ask->elem });
    if (a == NULL || a->session != s)
        return; /* not the one that was asked */
    /* The end of an attempt is not the end of its element: that is told when it
     * is on disk. */
    if (op->u.tail_data.bytes.len == 0 && op->u.tail_data.ended)
        park(c, ask);
    else
        say(c, ask, op->u.tail_data.offset, op->u.tail_data.bytes, false);
}

void tail_started(struct coord *c, struct attempt *a)
{
    LIST_EACH (it, save, &a->job->tails) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        if (ask->elem != a->ref.elem || a->ended)
            continue;
        park(c, ask);
        ask_worker(c, ask, a);
    }
}

void tail_stopped(struct coord *c, struct job *j, uint32_t elem)
{
    LIST_EACH (it, save, &j->tails) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        if (ask->elem == elem)
            park(c, ask);
    }
}

void tail_durable(struct coord *c, struct job *j, uint32_t elem)
{
    LIST_EACH (it, save, &j->tails) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        if (ask->elem != elem)
            continue;
        park(c, ask);
        await_read(c, ask, j->id);
    }
}

/* What is kept of a stream: its beginning, a gap, its end. */
struct kept {
    struct view bytes;
    uint64_t len, head;
};

static void answer_kept(struct coord *c, struct ask *ask,
                        const struct kept *kept)
{
    uint64_t tail_at = kept->len - (kept->bytes.len - kept->head);
    uint64_t at = ask->offset, skip, n;

    if (at >= kept->len) {
        say(c, ask, at, (struct view){ 0 }, true);
        return;
    }
    if (at >= kept->head && at < tail_at)
        at = tail_at;
    skip = at < kept->head ? at : kept->head + (at - tail_at);
    n = (at < kept->head ? kept->head : kept->bytes.len) - skip;
    if (n > ask->max)
        n = ask->max;
    say(c, ask, at, view_of(kept->bytes.data + skip, n), at + n == kept->len);
}

static const struct record *find_outcome(const struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_OUTCOME)
            return &r->at[i];
    return NULL;
}

void tail_answer(struct coord *c, struct ask *ask, struct records *r)
{
    const struct record *rec = find_outcome(r);
    struct outcome o = { 0 };
    struct kept kept;

    if (r->n == 0) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "no such job");
        return;
    }
    if (rec != NULL && outcome_decode(c->bodies, blob_view(rec->u.outcome.body),
                                      &o) != ERR_NONE) {
        answer_refuse(c, ask, ERR_CORRUPT, 0, "its outcome is damaged");
        return;
    }
    begin_with(ask, (struct attempt_id){ o.epoch, o.attempt });
    kept = ask->stream == STREAM_OUT
               ? (struct kept){ o.out, o.out_len, o.out_head }
               : (struct kept){ o.err, o.err_len, o.err_head };
    if (kept.head > kept.bytes.len || kept.len < kept.bytes.len)
        kept = (struct kept){ kept.bytes, kept.bytes.len, kept.bytes.len };
    answer_kept(c, ask, &kept);
}
