/* SPDX-License-Identifier: MIT */
/* status - everything is counted at the moment of the answer. */
#include "coordinator/core/ask/status.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "libcommon/mem.h"
#include "proto/bounds.h"

/* Names of functions and modules in one answer. */
#define FUNCTIONS_BYTES_MAX (8u << 20)

void status_take(struct coord *c, struct open_request *request,
                 const struct op *op)
{
    (void)op;
    reads_add(c, request, (struct query){ 0 });
}

static size_t names_len(struct names names)
{
    size_t len = 0;

    for (size_t i = 0; i < names.n; i++)
        len += names.at[i].len + 3;
    return len;
}

static size_t modules_len(struct module_builds modules)
{
    size_t len = 0;

    for (size_t i = 0; i < modules.n; i++)
        len += modules.at[i].file.len + modules.at[i].build.len + 17;
    return len;
}

void status_answer_workers(struct coord *c, struct open_request *request,
                           struct records *r)
{
    struct op reply = { .type = OP_WORKERS_REPLY,
                        .u.workers_reply.req = request->req };
    struct peer *rows = xcalloc(c->sessions.n + 1, sizeof *rows);
    size_t n = 0, bytes = 0;

    (void)r;
    LIST_EACH (it, save, &c->session_list) {
        const struct session *w = LIST_ENTRY(it, struct session, in_all);
        if (w->role != ROLE_WORKER || w->gone || !w->proven ||
            n >= LIST_LEN_MAX)
            continue;
        rows[n] = (struct peer){ .session = w->id.n,
                                 .peername = view_str(w->name),
                                 .slots = w->slots,
                                 .slots_used = w->slots_used,
                                 .calls = w->calls,
                                 .calls_used = w->calls_used,
                                 .draining = w->draining,
                                 .since_ms = w->since_ms,
                                 .n_done = w->n_done,
                                 .labels = w->labels,
                                 .host = w->host,
                                 .n_holds = w->n_holds,
                                 .hold_max_ms = w->hold_max_ms,
                                 .slots_now = w->shortage.slots,
                                 .calls_now = w->shortage.calls,
                                 .short_ms = w->shortage.since_ms,
                                 .short_of = blob_view(w->shortage.of),
                                 .boot = w->boot };
        bytes += names_len(w->functions) + modules_len(w->modules);
        if (bytes <= FUNCTIONS_BYTES_MAX) {
            rows[n].functions = w->functions;
            rows[n].modules = w->modules;
        }
        n++;
    }
    reply.u.workers_reply.workers.at = rows;
    reply.u.workers_reply.workers.n = n;
    answer(c, request, &reply);
    free(rows);
}

void status_answer(struct coord *c, struct open_request *request,
                   struct records *r)
{
    struct op reply = { .type = OP_STATUS_REPLY,
                        .u.status_reply = {
                            .req = request->req,
                            .software = view_str(c->config.software),
                            .epoch = c->epoch,
                            .since_ms = c->since_ms,
                            .n_jobs = c->jobs.n,
                            .n_ended = c->n_ended,
                            .recovering = c->recovering,
                            .full = c->full || c->now_ms < c->full_until_ms } };

    (void)r;
    LIST_EACH (it, save, &c->session_list) {
        const struct session *w = LIST_ENTRY(it, struct session, in_all);
        if (w->role == ROLE_CLIENT) {
            reply.u.status_reply.n_clients++;
            continue;
        }
        reply.u.status_reply.n_running += w->slots_used + w->calls_used;
        if (w->gone || !w->proven)
            continue;
        reply.u.status_reply.n_workers++;
        reply.u.status_reply.slots += w->slots;
        reply.u.status_reply.slots_used += w->slots_used;
        reply.u.status_reply.calls += w->calls;
        reply.u.status_reply.calls_used += w->calls_used;
    }
    reply.u.status_reply.n_waiting =
        c->n_unended - reply.u.status_reply.n_running;
    answer(c, request, &reply);
}
