/* SPDX-License-Identifier: MIT */
/* request - a question to a client's coordinator, as a future. */
#include "client/lib/request.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/req.h"

/* ---- life ---- */

void request_init(struct request *r, const struct future_kind *future_kind,
                  const struct request_kind *kind, yon_client *c)
{
    /* A closed client sends no more news. */
    future_init(&r->future, future_kind,
                c->is_closed || loop_is_elsewhere(c->loop) ? NULL : c->loop);
    r->kind = kind;
    list_init(&r->in_client);
}

static void enter(struct request *r, yon_client *c)
{
    r->client = c;
    r->req = ++c->last_req;
    ASSERT(map_get(&c->by_req, r->req) == NULL);
    future_ref(&r->future);
    map_put(&c->by_req, r->req, r);
    list_insert(&c->requests, &r->in_client);
}

/* Close it: its client drops its reference. */
static void leave(struct request *r)
{
    yon_client *c = r->client;

    if (c == NULL)
        return;
    ASSERT(map_get(&c->by_req, r->req) == r);
    r->client = NULL;
    map_remove(&c->by_req, r->req);
    list_remove(&r->in_client);
    future_unref(&r->future);
}

void request_ask(struct request *r, yon_client *c, struct op *op)
{
    ASSERT(r->client == NULL && !r->future.done);
    if (loop_is_elsewhere(c->loop)) {
        request_end(r, ERR_STATE, "the client belongs to another thread");
        return;
    }
    if (loop_is_inherited(c->loop)) {
        request_end(r, ERR_STATE,
                    "the client was made before a fork: this process needs its "
                    "own, with yon_connect");
        return;
    }
    if (c->broken != ERR_NONE) {
        request_end(r, c->broken, c->errmsg);
        return;
    }
    ASSERT(!c->is_closed);
    enter(r, c);
    req_set(op, r->req);
    c->kind->ask(c, r, op);
}

void request_end(struct request *r, enum err err, const char *text)
{
    ASSERT_IF(r->client == NULL, list_is_empty(&r->in_client));
    if (r->kind->ending != NULL)
        r->kind->ending(r, err, text);
    future_end(&r->future, err, text);
    leave(r);
}

void request_forget(struct request *r)
{
    if (r->client != NULL)
        r->client->kind->forget(r->client, r);
    leave(r);
}

/* ---- answers ---- */

/* A code of the wire as one of ours. */
static enum err code_of(const struct op *refused)
{
    uint32_t code = refused->u.refused.code;

    return code == 0 || code > INT32_MAX ? ERR_REFUSED : (enum err)code;
}

static void be_refused(struct request *r, const struct op *refused)
{
    struct view message = refused->u.refused.message;
    char *text = message.len > 0 ? xmemdup0(message.data, message.len) : NULL;

    request_end(r, code_of(refused), text);
    free(text);
}

void request_answer(struct request *r, const struct op *op, bool last)
{
    ASSERT(r->client != NULL && !r->future.done);
    if (op->type == OP_REFUSED)
        be_refused(r, op);
    else
        r->kind->answer(r, op, last);
}

/* ---- those of a client ---- */

struct request *request_oldest(const yon_client *c)
{
    return list_is_empty(&c->requests)
               ? NULL
               : LIST_ENTRY(c->requests.next, struct request, in_client);
}

void request_end_all(yon_client *c, enum err err, const char *text)
{
    struct request *r;

    while ((r = request_oldest(c)) != NULL)
        request_end(r, err, text);
}

/* ---- one that hands its answers to a function ---- */

struct plain_request {
    struct request request; /* first */
    request_answer_fn *answer;
    void *arg;
};

static struct request *request_of(yon_future *f)
{
    return CONTAINER_OF(f, struct request, future);
}

static void plain_answer(struct request *r, const struct op *op, bool last)
{
    struct plain_request *p = CONTAINER_OF(r, struct plain_request, request);

    if (p->answer != NULL)
        p->answer(p->arg, op, last);
    if (last)
        request_end(r, ERR_NONE, NULL);
}

static void plain_abandon(yon_future *f)
{
    request_forget(request_of(f));
}

static void plain_destroy(yon_future *f)
{
    ASSERT(request_of(f)->client == NULL); /* it would hold a reference */
    free(CONTAINER_OF(request_of(f), struct plain_request, request));
}

static const struct future_kind plain_future = {
    .name = "request",
    .cancel = NULL, /* let go of it instead */
    .abandon = plain_abandon,
    .destroy = plain_destroy,
};

static const struct request_kind plain_kind = {
    .answer = plain_answer,
};

yon_future *request_new(yon_client *c, struct op *op, request_answer_fn *answer,
                        void *arg)
{
    struct plain_request *p = xcalloc(1, sizeof *p);

    request_init(&p->request, &plain_future, &plain_kind, c);
    p->answer = answer;
    p->arg = arg;
    request_ask(&p->request, c, op);
    return &p->request.future;
}
