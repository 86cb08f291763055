/* SPDX-License-Identifier: MIT */
/* pending - a request that waits for its answers, as a future to embed. */
#include "client/lib/pending.h"

#include "client/lib/contact.h"

void pending_init(struct pending *p, const struct future_kind *future_kind,
                  const struct pending_kind *kind, yon_client *c)
{
    /* Nothing is heard any more of a client that is closed. */
    future_init(&p->future, future_kind, c->is_closed ? NULL : c->loop);
    p->kind = kind;
    list_init(&p->in_client);
}

void pending_ask(struct pending *p, yon_client *c, struct op *op)
{
    ASSERT(p->client == NULL && !p->future.done);
    if (c->broken != ERR_NONE) {
        pending_end(p, c->broken, c->errmsg);
        return;
    }
    p->client = c;
    future_ref(&p->future);
    contact_ask(c, p, op);
}

void pending_keep(struct pending *p, yon_client *c)
{
    p->client = c;
    p->req = ++c->last_req;
    future_ref(&p->future);
    map_put(&c->by_req, p->req, p);
    list_insert(&c->pendings, &p->in_client);
}

/* Take it out of its client, which lets go of it. */
static void leave(struct pending *p)
{
    yon_client *c = p->client;

    if (c == NULL)
        return;
    p->client = NULL;
    map_remove(&c->by_req, p->req);
    list_remove(&p->in_client);
    future_unref(&p->future);
}

void pending_end(struct pending *p, enum err err, const char *text)
{
    if (p->kind->ending != NULL)
        p->kind->ending(p, err, text);
    future_end(&p->future, err, text);
    leave(p);
}

void pending_forget(struct pending *p)
{
    if (p->client != NULL)
        contact_forget(p->client, p);
    leave(p);
}
