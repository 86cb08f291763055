/* SPDX-License-Identifier: MIT */
/* reads - what requests want to know, session by session.
 *
 *   asked -> waits in its session for a turn -> the store has it -> answered
 *
 * The store has few at a time. The sessions that have more take turns, so that
 * whoever asks for one thing waits for one of everybody else, however much
 * these ask for. What nobody waits for any more is not read. What needs no
 * store, but may be long, waits for a turn, too: one is answered in a step.
 */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

/* What the store may have at a time is worth about so much memory, and as much
 * work: whoever comes waits for it. Two keep its thread busy. */
#define READS_LEN (1u << 20)
#define READS_MIN 2

void reads_ask(struct coord *c, struct ask *ask, struct query take)
{
    struct session *s = ask->session;

    if (ask->question != NULL) { /* forgotten, and asked anew with its number */
        blob_unref(take.name);
        return;
    }
    session_question(ask, take);
    if (list_is_empty(&s->in_turn))
        list_insert(&c->askers, &s->in_turn);
}

static void give(struct coord *c, struct question *q)
{
    struct coord_actions *out = c->out;

    if (out->n_reads == out->cap_reads) {
        out->cap_reads = out->cap_reads == 0 ? 8 : out->cap_reads * 2;
        out->reads = xrealloc(out->reads, out->cap_reads * sizeof *out->reads);
    }
    map_put(&c->reads, ++c->last_read, q);
    out->reads[out->n_reads++] = (struct coord_read){
        .id = c->last_read, .session = q->ask->session->id, .query = q->query
    };
    q->query.name = NULL; /* owned by the actions */
    session_asked(q);
}

size_t reads_limit(const struct coord *c)
{
    size_t n = READS_LEN / (c->read_len + 1);

    n = n > READS_MIN ? n : READS_MIN;
    return n < c->config.reads_max ? n : c->config.reads_max;
}

static void answer_with(struct coord *c, struct ask *ask, struct records *r)
{
    switch (ask->type) {
    case OP_SUBMIT:
    case OP_AWAIT:
        await_answer(c, ask, r);
        break;
    case OP_CANCEL:
        cancel_answer(c, ask, r);
        break;
    case OP_FETCH:
        lists_fetch_answer(c, ask, r);
        break;
    case OP_LIST:
        lists_list_answer(c, ask, r);
        break;
    case OP_TAIL:
        tail_answer(c, ask, r);
        break;
    case OP_ATTEMPTS:
        history_answer(c, ask, r);
        break;
    case OP_STATUS:
        lists_status_answer(c, ask);
        break;
    case OP_WORKERS:
        lists_workers_answer(c, ask);
        break;
    default:
        UNREACHABLE("only these requests ask");
    }
}

/* The next one's: it is the last of all now. */
static void take_turn(struct coord *c, struct session *s, struct question *q)
{
    list_remove(&s->in_turn);
    list_insert(&c->askers, &s->in_turn);
    if (q->query.type == 0)
        answer_with(c, q->ask, NULL); /* and both are gone */
    else
        give(c, q);
}

void reads_give(struct coord *c)
{
    size_t limit = reads_limit(c);
    bool has_told = false;

    if (c->reads.n > limit / 2)
        return; /* to wake a thread costs more than a small read */
    while (c->reads.n < limit && !list_is_empty(&c->askers)) {
        struct session *s = LIST_ENTRY(c->askers.next, struct session, in_turn);
        struct question *q =
            LIST_ENTRY(s->questions.next, struct question, in_session);

        if (q->query.type == 0 && has_told) {
            coord_wake(c, c->now_ms + 1); /* others first */
            return;
        }
        has_told |= q->query.type == 0;
        take_turn(c, s, q);
    }
}

/* How large answers are, those of late. */
static void note_len(struct coord *c, const struct records *r)
{
    size_t len = r->n * sizeof *r->at;

    for (size_t i = 0; i < r->n; i++)
        len += record_bytes(&r->at[i]);
    c->read_len = (3 * c->read_len + len) / 4;
}

void reads_done(struct coord *c, const struct coord_event *e)
{
    struct question *q = map_remove(&c->reads, e->u.read.id);
    struct ask *ask;

    ASSERT(q != NULL);
    note_len(c, e->u.read.records);
    ask = q->ask;
    if (ask != NULL)
        ask->question = NULL;
    free(q);
    if (ask == NULL)
        return;
    if (e->u.read.err != ERR_NONE)
        answer_refuse(c, ask, e->u.read.err, 0, "the store: %s",
                      err_text(e->u.read.err));
    else
        answer_with(c, ask, e->u.read.records);
}

size_t coord_list_askers(const struct coord *c, session_id *out, size_t max)
{
    size_t n = 0;

    LIST_EACH (it, save, &c->askers) {
        if (n < max)
            out[n] = LIST_ENTRY(it, struct session, in_turn)->id;
        n++;
    }
    return n;
}
