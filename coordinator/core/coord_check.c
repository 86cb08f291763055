/* SPDX-License-Identifier: MIT */
/* coord_check - the invariants between structs, recounted. */
#include "coordinator/core/coord_check.h"

#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/check.h"
#include "libcommon/heap.h"
#include "libcommon/map.h"

static void check_followers(const struct coord *c, const struct job *j)
{
    LIST_EACH (it, save, &j->followers) {
        const struct follower *f = LIST_ENTRY(it, struct follower, in_job);

        ASSERT(f->job == j && f->needs.streams != 0);
        ASSERT_IF(f->request != NULL, f->request->follower == f);
        ASSERT((f->request == NULL) == !list_is_empty(&f->in_parted));
        ASSERT_IF(f->request == NULL,
                  f->until_ms > c->now_ms &&
                      f->until_ms <= c->now_ms + c->config.lease_ms);
    }
}

static void check_jobs(const struct coord *c)
{
    uint64_t unended = 0, bytes = 0, last = 0;
    size_t n = 0;

    for (struct list *it = c->by_id.next; it != &c->by_id; it = it->next) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        job_check(j);
        check_followers(c, j);
        ASSERT(j->id.n > last && tables_job(c, j->id.n) == j);
        last = j->id.n;
        n++;
        bytes += job_bytes(j);
        if (!j->refused)
            unended += job_n_unended(j);
        ASSERT_IF(job_has_ended(j), j->n_on_commit > 0);
        ASSERT_IF(j->queued.place != 0, job_n_ready(j) > 0 && !j->needs_commit);
        ASSERT_IF(j->timing != NULL, !j->refused);
        for (struct list *at = j->waiters.next; at != &j->waiters;
             at = at->next)
            ASSERT(LIST_ENTRY(at, struct open_request, in_job)->job == j);
    }
    ASSERT(n == c->jobs.n && unended == c->n_unended && bytes == c->n_bytes);
}

static void check_attempt(const struct attempt *a)
{
    ASSERT_IF(attempt_is_given(a),
              a->followed.streams == follower_needs(a).streams);
    ASSERT(a->state < ATTEMPT_GONE);
    ASSERT_IF(a->state == ATTEMPT_UNSENT, job_policy(a->job)->at_most_once);
    ASSERT_IF(attempt_is_active(a), a->session != NULL);
    ASSERT_IF(a->orphaned, attempt_is_active(a));
    ASSERT_IF(a->stop_sent, job_cancel_of(a->job, a->task.elem) != NULL);
    ASSERT_IF(a->claimed_by.n != 0, a->state == ATTEMPT_REQUEUEING);
    ASSERT_IF(a->state == ATTEMPT_REQUEUEING,
              a->then == REQUEUED_READY || a->then == REQUEUED_DELAYED);
    ASSERT_IF(!a->job->refused, job_is_finished(a->job, a->task.elem) ==
                                    (a->state == ATTEMPT_ENDING));
}

static void check_attempts(const struct coord *c)
{
    struct attempt *a;
    size_t at = 0;

    while ((a = map_next(&c->attempts, &at)) != NULL) {
        ASSERT(tables_job(c, a->task.job.n) == a->job);
        check_attempt(a);
        ASSERT(a->id.epoch <= c->epoch);
    }
}

static void check_reads(const struct coord *c)
{
    struct pending_read *q;
    size_t at = 0;

    while ((q = map_next(&c->reads, &at)) != NULL) {
        ASSERT(list_is_empty(&q->in_session));
        ASSERT_IF(q->request != NULL, q->request->read == q);
    }
    /* No read waits without a reason. */
    ASSERT_IF(!list_is_empty(&c->readers),
              c->reads.n > reads_limit(c) / 2 || c->wake_ms == c->now_ms + 1);
}

static void check_session(const struct session *s)
{
    uint64_t n = 0, digest = 0;
    uint32_t slots = 0, calls = 0, submits = 0, alone = 0;

    for (struct list *it = s->attempts.next; it != &s->attempts;
         it = it->next) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        ASSERT(a->session == s);
        n++;
        digest ^= op_digest_attempt(attempt_key_of(a));
        if (!attempt_is_active(a))
            continue;
        alone += a->past.suspect;
        slots += a->slot;
        calls += !a->slot;
    }
    for (struct list *it = s->request_list.next; it != &s->request_list;
         it = it->next) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_session);
        ASSERT(request->session == s &&
               map_get(&s->requests, request->req) == request);
        n++;
        digest ^= op_digest_request(request->req);
        submits += request->type == OP_SUBMIT && !request->receipted;
    }
    for (struct list *it = s->reads.next; it != &s->reads; it = it->next) {
        struct pending_read *q =
            LIST_ENTRY(it, struct pending_read, in_session);
        ASSERT(q->request->session == s && q->request->read == q);
    }
    ASSERT(list_is_empty(&s->reads) == list_is_empty(&s->in_turn));
    ASSERT(n == s->n_open && digest == s->digest);
    ASSERT(alone == s->n_exclusive);
    ASSERT(slots == s->slots_used && calls == s->calls_used);
    ASSERT(submits == s->n_submits);
}

void coord_check(const struct coord *c)
{
    size_t n = 0;

    check_jobs(c);
    check_attempts(c);
    check_reads(c);
    for (struct list *it = c->session_list.next; it != &c->session_list;
         it = it->next) {
        check_session(LIST_ENTRY(it, struct session, in_all));
        n++;
    }
    ASSERT(n == c->sessions.n);
    for (struct list *it = c->queues.next; it != &c->queues; it = it->next)
        heap_check(&LIST_ENTRY(it, struct queue, in_all)->jobs);
    heap_check(&c->deadlines);
    heap_check(&c->delayed);
    ASSERT(c->durable <= c->n_records);
}

bool coord_is_current(const struct coord *c, struct task_id task,
                      struct attempt_id attempt)
{
    const struct attempt *a = attempt_find(c, task);

    return a != NULL && !a->job->refused && attempt_equal(a->id, attempt);
}

size_t coord_list_readers(const struct coord *c, session_id *out, size_t max)
{
    size_t n = 0;

    LIST_EACH (it, save, &c->readers) {
        if (n < max)
            out[n] = LIST_ENTRY(it, struct session, in_turn)->id;
        n++;
    }
    return n;
}
