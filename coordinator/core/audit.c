/* SPDX-License-Identifier: MIT */
/* audit - coord_check: recount everything. */
#include "coordinator/core/state.h"

static void check_jobs(const struct coord *c)
{
    uint64_t unended = 0, bytes = 0, last = 0;
    size_t n = 0;

    for (struct list *it = c->by_id.next; it != &c->by_id; it = it->next) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        job_check(j);
        ASSERT(j->id.n > last && coord_job(c, j->id.n) == j);
        last = j->id.n;
        n++;
        bytes += blob_view(j->spec).len + blob_view(j->items).len;
        if (!j->refused)
            unended += job_n_unended(j);
        ASSERT_IF(job_has_ended(j), j->n_promises > 0);
        ASSERT_IF(j->queued.place != 0, job_n_ready(j) > 0 && !j->held);
        ASSERT_IF(j->timing != NULL, !j->refused);
        for (struct list *at = j->asks.next; at != &j->asks; at = at->next)
            ASSERT(LIST_ENTRY(at, struct ask, in_job)->job == j);
    }
    ASSERT(n == c->jobs.n && unended == c->n_unended && bytes == c->n_bytes);
}

static void check_attempts(const struct coord *c)
{
    struct attempt *a;
    size_t at = 0;

    while ((a = map_next(&c->attempts, &at)) != NULL) {
        ASSERT(coord_job(c, a->ref.job.n) == a->job);
        ASSERT_IF(!a->ended, a->session != NULL);
        ASSERT_IF(!a->job->refused, job_is_settled(a->job, a->ref.elem) ==
                                        (a->ended && !a->again));
        ASSERT_IF(a->again, a->ended);
        ASSERT(a->id.epoch <= c->epoch);
    }
}

static void check_reads(const struct coord *c)
{
    struct question *q;
    size_t at = 0;

    while ((q = map_next(&c->reads, &at)) != NULL) {
        ASSERT(list_is_empty(&q->in_session));
        ASSERT_IF(q->ask != NULL, q->ask->question == q);
    }
    /* Nothing waits for nothing. */
    ASSERT_IF(!list_is_empty(&c->askers),
              c->reads.n > reads_limit(c) / 2 || c->wake_ms == c->now_ms + 1);
}

void coord_check(const struct coord *c)
{
    size_t n = 0;

    check_jobs(c);
    check_attempts(c);
    check_reads(c);
    for (struct list *it = c->session_list.next; it != &c->session_list;
         it = it->next) {
        session_check(LIST_ENTRY(it, struct session, in_all));
        n++;
    }
    ASSERT(n == c->sessions.n);
    for (struct list *it = c->lanes.next; it != &c->lanes; it = it->next)
        heap_check(&LIST_ENTRY(it, struct lane, in_all)->jobs);
    heap_check(&c->due);
    heap_check(&c->later);
    ASSERT(c->durable <= c->n_records);
}
