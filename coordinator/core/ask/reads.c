/* SPDX-License-Identifier: MIT */
/* reads - sessions take turns at the store. */
#include "coordinator/core/ask/reads.h"

#include <stdlib.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/step.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"

/* Bytes of answers that the store works on at a time: a new query waits for
 * them. Two queries keep its thread busy. */
#define READS_LEN (1u << 20)
#define READS_MIN 2

void reads_add(struct coord *c, struct open_request *request, struct query take)
{
    struct session *s = request->session;

    if (request->read !=
        NULL) { /* closed, and opened again with the same number */
        blob_unref(take.name);
        return;
    }
    open_request_read(request, take);
    if (list_is_empty(&s->in_turn))
        list_insert(&c->readers, &s->in_turn);
}

void reads_add_outcome(struct coord *c, struct open_request *request,
                       job_id job)
{
    uint32_t elem = request->elem == 0 ? 1 : request->elem;

    open_request_leave_job(request);
    reads_add(c, request,
              (struct query){ .type = QUERY_OUTCOMES,
                              .id = job,
                              .first = elem,
                              .last = elem,
                              .max = 1,
                              .max_bytes = 1 });
}

static void give(struct coord *c, struct pending_read *read)
{
    struct coord_actions *out = c->out;

    if (out->n_reads == out->cap_reads) {
        out->cap_reads = out->cap_reads == 0 ? 8 : out->cap_reads * 2;
        out->reads = xrealloc(out->reads, out->cap_reads * sizeof *out->reads);
    }
    map_put(&c->reads, ++c->last_read, read);
    out->reads[out->n_reads++] =
        (struct coord_read){ .id = c->last_read,
                             .session = read->request->session->id,
                             .query = read->query };
    read->query.name = NULL; /* owned by the actions */
    open_request_read_given(read);
}

size_t reads_limit(const struct coord *c)
{
    size_t n = READS_LEN / (c->read_len + 1);

    n = n > READS_MIN ? n : READS_MIN;
    return n < c->config.reads_max ? n : c->config.reads_max;
}

/* The session has its turn, and is the last in line then. */
static void take_turn(struct coord *c, struct session *s,
                      struct pending_read *read)
{
    list_remove(&s->in_turn);
    list_insert(&c->readers, &s->in_turn);
    if (read->query.type == 0)
        read->request->rule->answer(c, read->request,
                                    NULL); /* and both are gone */
    else
        give(c, read);
}

void reads_give(struct coord *c)
{
    size_t limit = reads_limit(c);
    bool has_told = false;

    if (c->reads.n > limit / 2)
        return; /* to wake a thread costs more than a small read */
    while (c->reads.n < limit && !list_is_empty(&c->readers)) {
        struct session *s =
            LIST_ENTRY(c->readers.next, struct session, in_turn);
        struct pending_read *read =
            LIST_ENTRY(s->reads.next, struct pending_read, in_session);

        if (read->query.type == 0 && has_told) {
            actions_wake(c, c->now_ms + 1); /* others first */
            return;
        }
        has_told |= read->query.type == 0;
        take_turn(c, s, read);
    }
}

/* A moving average of the size of answers. */
static void note_len(struct coord *c, const struct records *r)
{
    size_t len = r->n * sizeof *r->at;

    for (size_t i = 0; i < r->n; i++)
        len += record_bytes(&r->at[i]);
    c->read_len = (3 * c->read_len + len) / 4;
}

void reads_done(struct coord *c, const struct coord_event *e)
{
    struct pending_read *read = map_remove(&c->reads, e->u.read.id);
    struct open_request *request;

    ASSERT(read != NULL);
    note_len(c, e->u.read.records);
    request = read->request;
    if (request != NULL)
        request->read = NULL;
    free(read);
    if (request == NULL)
        return;
    if (e->u.read.err != ERR_NONE)
        answer_refuse(c, request, e->u.read.err, 0, "the store: %s",
                      err_text(e->u.read.err));
    else
        request->rule->answer(c, request, e->u.read.records);
}

void reads_free(struct coord *c)
{
    void *read;

    for (size_t at = 0; (read = map_next(&c->reads, &at)) != NULL;)
        free(read);
}
