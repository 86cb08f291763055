/* SPDX-License-Identifier: MIT */
/* answer - open requests of clients, and how they are closed. */
#include <stdarg.h>
#include <stdio.h>

#include "coordinator/core/state.h"

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
