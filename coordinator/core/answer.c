/* SPDX-License-Identifier: MIT */
/* answer - open requests of clients, and how they are closed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "state.h"

/* Who asked the store. The client may be gone, or may have forgotten, when the
 * answer comes. */
struct question {
    session_id session;
    uint64_t req;
};

static void close_ask(struct coord *c, struct ask *ask)
{
    if (ask->tail != 0)
        map_remove(&c->tails, ask->tail);
    session_answered(ask->session, ask);
}

void answer(struct coord *c, struct ask *ask, const struct op *op)
{
    coord_send(c, ask->session, op);
    close_ask(c, ask);
}

static void refuse(struct coord *c, struct session *s, uint64_t req,
                   enum err code, uint32_t retry_ms, const char *text)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .req = req,
                                    .code = code,
                                    .retry_ms = retry_ms,
                                    .message = view_str(text) } };
    coord_send(c, s, &op);
}

void answer_refuse(struct coord *c, struct ask *ask, enum err code,
                   uint32_t retry_ms, const char *format, ...)
{
    char text[ERRMSG_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    refuse(c, ask->session, ask->req, code, retry_ms, text);
    close_ask(c, ask);
}

void answer_refuse_req(struct coord *c, struct session *s, uint64_t req,
                       enum err code, uint32_t retry_ms, const char *format,
                       ...)
{
    char text[ERRMSG_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    refuse(c, s, req, code, retry_ms, text);
}

struct ask *answer_open(struct coord *c, struct session *s, uint64_t req,
                        enum op_type type)
{
    if (map_get(&s->asks, req) != NULL)
        return NULL; /* sent again: the first one is being worked on */
    if (s->asks.n >= REQUESTS_MAX) {
        answer_refuse_req(c, s, req, ERR_BUSY, 500, "too many open requests");
        return NULL;
    }
    return session_ask(s, req, type);
}

void answer_read(struct coord *c, struct ask *ask, struct query q)
{
    struct coord_actions *out = c->out;
    struct question *question = xcalloc(1, sizeof *question);

    if (out->n_reads == out->cap_reads) {
        out->cap_reads = out->cap_reads == 0 ? 8 : out->cap_reads * 2;
        out->reads = xrealloc(out->reads, out->cap_reads * sizeof *out->reads);
    }
    *question = (struct question){ ask->session->id, ask->req };
    map_put(&c->reads, ++c->last_read, question);
    out->reads[out->n_reads++] = (struct coord_read){ c->last_read, q };
}

static void dispatch(struct coord *c, struct ask *ask, struct records *r)
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
    default:
        UNREACHABLE("only these requests read");
    }
}

void answer_read_done(struct coord *c, const struct coord_event *e)
{
    struct question *q = map_remove(&c->reads, e->u.read.id);
    struct session *s;
    struct ask *ask;

    ASSERT(q != NULL);
    s = coord_session(c, q->session);
    ask = s == NULL ? NULL : map_get(&s->asks, q->req);
    free(q);
    if (ask == NULL)
        return;
    if (e->u.read.err != ERR_NONE)
        answer_refuse(c, ask, e->u.read.err, 0, "the store: %s",
                      err_text(e->u.read.err));
    else
        dispatch(c, ask, e->u.read.records);
}
