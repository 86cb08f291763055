/* SPDX-License-Identifier: MIT */
/* open_request - opened and closed, with the digest of the session. */
#include "coordinator/core/model/open_request.h"

#include <stdlib.h>

#include "coordinator/core/model/follower.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"

struct open_request *open_request_new(struct session *s, uint64_t req,
                                      enum op_type type,
                                      const struct request_rule *rule)
{
    struct open_request *request = xcalloc(1, sizeof *request);

    request->req = req;
    request->type = type;
    request->rule = rule;
    request->session = s;
    list_init(&request->in_job);
    list_init(&request->in_watch);
    list_init(&request->in_session);
    list_insert(&s->request_list, &request->in_session);
    map_put(&s->requests, req, request);
    s->n_open++;
    s->digest ^= op_digest_request(req);
    if (type == OP_SUBMIT)
        s->n_submits++;
    return request;
}

void open_request_read(struct open_request *request, struct query take)
{
    struct pending_read *read = xcalloc(1, sizeof *read);

    ASSERT(request->read == NULL);
    read->request = request;
    read->query = take;
    list_init(&read->in_session);
    list_insert(&request->session->reads, &read->in_session);
    request->read = read;
}

void open_request_read_given(struct pending_read *read)
{
    struct session *s = read->request->session;

    list_remove(&read->in_session);
    if (list_is_empty(&s->reads))
        list_remove(&s->in_turn);
}

static void drop_read(struct pending_read *read)
{
    if (list_is_empty(&read->in_session)) {
        read->request = NULL; /* the store has it, and will answer */
        return;
    }
    open_request_read_given(read);
    blob_unref(read->query.name);
    free(read);
}

void open_request_leave_job(struct open_request *request)
{
    list_remove(&request->in_job);
    list_remove(&request->in_watch);
    request->job = NULL;
}

struct open_request *open_request_find(const struct coord *c,
                                       session_id session, uint64_t req)
{
    struct session *s = tables_session(c, session);

    return s == NULL ? NULL : map_get(&s->requests, req);
}

void open_request_free(struct coord *c, struct open_request *request)
{
    struct session *s = request->session;

    if (request->follower != NULL)
        follower_part(c, request->follower, c->now_ms);
    if (request->tail != 0)
        map_remove(&c->tails, request->tail);
    if (request->type == OP_SUBMIT && !request->receipted)
        s->n_submits--;
    s->n_open--;
    s->digest ^= op_digest_request(request->req);
    if (request->read != NULL)
        drop_read(request->read);
    map_remove(&s->requests, request->req);
    list_remove(&request->in_session);
    list_remove(&request->in_job);
    list_remove(&request->in_watch);
    free(request);
}
