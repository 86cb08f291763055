/* SPDX-License-Identifier: MIT */
/* invariants - those about the state of all processes at once. Those that
 * compare one message or record are checked where it passes: tap.c, ledger.c,
 * answers.c. */
#include "tests/sim/invariants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/core/client_check.h"
#include "coordinator/core/coord_check.h"
#include "tests/sim/truth.h"
#include "tests/sim/world.h"
#include "worker/core/worker_check.h"

static const char *const sentences[] = {
#define SENTENCE(name, sentence) sentence,
    INVARIANT_LIST(SENTENCE)
#undef SENTENCE
};

/* A check of a whole core costs as much as its state: not after each step. */
#define CHECK_EVERY 32
#define HELD_MAX 1024
/* A lease to notice that a session is gone, the longest pause between two
 * HELLOs, a beat, and a stopped attempt's grace. */
#define DOUBT_MS 12000

const char *invariant_sentence(enum invariant i)
{
    return i < INVARIANT_COUNT ? sentences[i] : "?";
}

void broken(struct world *w, enum invariant i, const char *format, ...)
{
    struct report *r = w->report;
    va_list args;

    r->broken = true;
    r->invariant = i;
    r->at_ms = w->clock.now_ms;
    va_start(args, format);
    vsnprintf(r->what, sizeof r->what, format, args);
    va_end(args);
    world_fact(w, "sim", "BROKEN: %s (%s)", sentences[i], r->what);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

/* ---- after each step ---- */

static void check_cores(struct world *w)
{
    if (w->coord.core != NULL)
        coord_check(w->coord.core);
    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (w->workers[i].core != NULL)
            worker_check(w->workers[i].core);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        if (w->clients[i].core != NULL)
            client_check(w->clients[i].core);
}

/* Lists the attempts of the worker that are current at the coordinator. */
static size_t list_current(struct world *w, const struct worker_host *h,
                           uint64_t *tasks)
{
    struct attempt_key keys[HELD_MAX];
    size_t n = worker_list_held(h->core, keys, HELD_MAX), n_current = 0;

    for (size_t i = 0; i < n && i < HELD_MAX; i++) {
        struct task_id task = { .job = { keys[i].job }, .elem = keys[i].elem };

        if (coord_is_current(
                w->coord.core, task,
                (struct attempt_id){ keys[i].epoch, keys[i].attempt }))
            tasks[n_current++] = task_pack(task);
    }
    return n_current;
}

static void check_current_once(struct world *w)
{
    uint64_t tasks[WORLD_WORKERS_MAX * HELD_MAX];
    size_t n = 0, more;

    for (unsigned i = 0; i < w->config.n_workers; i++) {
        if (w->workers[i].core == NULL)
            continue;
        more = list_current(w, &w->workers[i], tasks + n);
        for (size_t k = n; k < n + more; k++)
            for (size_t m = 0; m < n; m++)
                if (tasks[k] == tasks[m])
                    broken(w, CURRENT_ONCE, "%llu.%u",
                           (unsigned long long)task_unpack(tasks[k]).job.n,
                           task_unpack(tasks[k]).elem);
        n += more;
    }
}

static bool is_held(const struct worker_host *h, struct attempt_id id)
{
    struct attempt_key keys[HELD_MAX];
    size_t n = worker_list_held(h->core, keys, HELD_MAX);

    for (size_t i = 0; i < n && i < HELD_MAX; i++)
        if (keys[i].epoch == id.epoch && keys[i].attempt == id.n)
            return true;
    return false;
}

/* The process that was given this attempt; NULL: it has ended. */
static const struct worker_host *holder_of(const struct world *w,
                                           const struct attempt_fact *a)
{
    for (unsigned i = 0; i < w->config.n_workers; i++) {
        const struct worker_host *h = &w->workers[i];

        if (&h->host == a->worker && h->core != NULL &&
            h->host.life == a->worker_life)
            return h;
    }
    return NULL;
}

static void check_results_kept(struct world *w)
{
    const struct attempt_fact *a;
    const struct worker_host *h;

    for (size_t at = 0; (a = map_next(&w->ledger.attempts, &at)) != NULL;) {
        if (!a->ended || a->dismissed)
            continue;
        h = holder_of(w, a);
        if (h != NULL && !is_held(h, a->id))
            broken(w, RESULT_KEPT, "%s, %llu.%u", h->host.name,
                   (unsigned long long)a->task.job.n, a->task.elem);
    }
}

/* How long the coordinator has been listening and read nothing from this
 * process. */
static int64_t silence_ms(const struct world *w, const struct worker_host *h)
{
    const struct host *coord = &w->coord.host;
    int64_t since_ms =
        h->heard_ms > w->coord.started_ms ? h->heard_ms : w->coord.started_ms;

    if (coord->paused_until_ms - coord->paused_from_ms >
            2 * COORD_HOST_BEAT_MS &&
        coord->paused_until_ms > since_ms)
        since_ms = coord->paused_until_ms;
    return w->clock.now_ms - since_ms;
}

void invariants_check_gone(struct world *w, boot_id boot)
{
    for (unsigned i = 0; i < w->config.n_workers; i++) {
        struct worker_host *h = &w->workers[i];

        if (h->core == NULL || !boot_equal(h->boot, boot))
            continue;
        if (silence_ms(w, h) < COORD_HOST_LEASE_MS && !worker_host_is_over(h))
            broken(w, GONE_REASON, "%s, heard %lld ms ago", h->host.name,
                   (long long)silence_ms(w, h));
        if (worker_host_is_busy(h))
            broken(w, GONE_IDLE, "%s", h->host.name);
        h->lost_ms = w->clock.now_ms;
    }
}

void invariants_check_rerun(struct world *w, const struct attempt_fact *last)
{
    const struct worker_host *h = holder_of(w, last);

    if (h == NULL || !last->started || last->dismissed || last->inherited ||
        last->recorded || last->given_ms <= h->lost_ms || !is_held(h, last->id))
        return;
    if (silence_ms(w, h) < COORD_HOST_LEASE_MS)
        broken(w, RERUN_REASON,
               "%llu.%u, attempt %llu.%llu at %s, heard %lld ms ago",
               (unsigned long long)last->task.job.n, last->task.elem,
               (unsigned long long)last->id.epoch,
               (unsigned long long)last->id.n, h->host.name,
               (long long)silence_ms(w, h));
}

void invariants_check_alone(struct world *w, struct attempt_key key)
{
    struct task_id task = { .job = { key.job }, .elem = key.elem };

    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (worker_host_runs(&w->workers[i], task))
            broken(w, START_ALONE, "%llu.%u, attempt %llu.%llu: %s runs one",
                   (unsigned long long)key.job, key.elem,
                   (unsigned long long)key.epoch,
                   (unsigned long long)key.attempt, w->workers[i].host.name);
}

static bool is_of_this_life(const struct world *w, const struct job_fact *j)
{
    return j->life == w->coord.host.life;
}

/* Whether the coordinator can know how long ago this was. */
static bool is_known_age(const struct world *w, int64_t since_ms)
{
    return since_ms >= w->coord.doubted_ms;
}

/* A deadline counts over all lives, whatever the wall clock does. A wait in the
 * queue begins anew with each life. */
void invariants_check_in_time(struct world *w, const struct job_fact *j,
                              const struct task_fact *r)
{
    int64_t age_ms = w->clock.now_ms - j->handed_ms;
    bool counted = is_known_age(w, j->handed_ms);

    if ((counted && j->policy.total_ms > 0 &&
         age_ms >= (int64_t)j->policy.total_ms) ||
        (is_of_this_life(w, j) && j->policy.queue_ms > 0 && r->last.n == 0 &&
         r->history.n == 0 && age_ms >= (int64_t)j->policy.queue_ms))
        broken(w, START_IN_TIME, "%llu.%u, %lld ms after its submit",
               (unsigned long long)j->id.n, (unsigned)(r - j->tasks) + 1,
               (long long)age_ms);
}

/* For the limit that the reason names: its length, and how long ago the time
 * that it limits began, at most. */
static bool has_passed(const struct world *w, const struct job_fact *j,
                       const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));
    int64_t now_ms = w->clock.now_ms;
    const struct {
        const char *reason;
        uint64_t limit_ms;
        int64_t from_ms;
    } rules[] = {
        { "queue-timeout", j->policy.queue_ms, j->handed_ms },
        { "deadline", j->policy.total_ms,
          is_known_age(w, j->handed_ms) ? j->handed_ms : INT64_MIN / 2 },
        { "run-timeout", j->policy.run_ms, a == NULL ? now_ms : a->started_ms },
        { "idle-timeout", j->policy.idle_ms,
          a == NULL ? now_ms : a->started_ms },
        { "start-timeout", j->policy.start_ms,
          a == NULL ? now_ms : a->given_ms },
    };

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (!view_equal(o->reason, view_str(rules[i].reason)))
            continue;
        w->report->cover.expired[i]++;
        if (o->attempt != 0) /* by the clock of its worker */
            now_ms += host_drift_max_ms((int64_t)rules[i].limit_ms);
        return rules[i].limit_ms > 0 &&
               now_ms >= rules[i].from_ms + (int64_t)rules[i].limit_ms;
    }
    return false;
}

void invariants_check_removed(struct world *w, const struct job_fact *j)
{
    const struct retention *rule = &w->disk.rule;
    int64_t age_ms = w->clock.now_ms - j->ended_ms;

    if (is_known_age(w, j->ended_ms) &&
        !retention_is_due(rule, truth_worst(j), age_ms, rule->jobs_max > 0))
        broken(w, KEPT_LONG, "job %llu, %lld ms after its end",
               (unsigned long long)j->id.n, (long long)age_ms);
}

void invariants_check_expired(struct world *w, const struct job_fact *j,
                              const struct outcome *o)
{
    if (!has_passed(w, j, o))
        broken(w, EXPIRED_REASON, "%llu.%u, attempt %llu.%llu: %.*s",
               (unsigned long long)o->job, o->elem,
               (unsigned long long)o->epoch, (unsigned long long)o->attempt,
               (int)o->reason.len, (const char *)o->reason.data);
}

void invariants_check(struct world *w)
{
    if (w->n_steps % CHECK_EVERY != 0 && !w->config.quiet)
        return;
    check_cores(w);
    check_results_kept(w);
    if (w->coord.core != NULL)
        check_current_once(w);
}

/* ---- in quiet times ---- */

static bool is_believed(struct world *w, const struct attempt_key *h)
{
    struct task_id task = { .job = { h->job }, .elem = h->elem };
    const struct task_fact *r = ledger_task(w, task);

    if (r != NULL && ledger_has_ended(w, r) && r->state == 0)
        return true; /* its outcome is on the way to the disk */
    return coord_is_current(w->coord.core, task,
                            (struct attempt_id){ h->epoch, h->attempt });
}

static void check_belief(struct world *w, const struct worker_host *worker,
                         const struct attempt_key *h)
{
    struct attempt_fact *a =
        ledger_attempt(w, (struct attempt_id){ h->epoch, h->attempt });

    ASSERT(a != NULL);
    /* Without a session there is nothing to compare; to get one is liveness. */
    if (!worker_is_connected(worker->core) || is_believed(w, h))
        a->doubted_ms = 0;
    else if (a->doubted_ms == 0)
        a->doubted_ms = w->clock.now_ms;
    else if (w->clock.now_ms > a->doubted_ms + DOUBT_MS)
        broken(w, BELIEFS_AGREE, "%s holds %llu.%u, attempt %llu.%llu",
               worker->host.name, (unsigned long long)h->job, h->elem,
               (unsigned long long)h->epoch, (unsigned long long)h->attempt);
}

static uint8_t followed_by(const struct world *w, const struct client_host *c,
                           struct task_id task)
{
    const struct job_fact *j = ledger_job(w, task.job);
    const struct request *r;
    uint8_t streams = 0;

    for (size_t at = 0; (r = map_next(&c->requests, &at)) != NULL;)
        if (r->job.n == task.job.n &&
            (r->first == task.elem || (r->first == 0 && !j->array)))
            streams |= r->follow;
    return streams;
}

static bool is_connected(const struct client_host *c)
{
    int64_t since_ms;

    return client_is_connected(c->core, &since_ms);
}

/* The streams of the task that clients follow, with and without a session. */
static uint8_t followed_by_clients(const struct world *w, struct task_id task,
                                   bool connected)
{
    uint8_t streams = 0;

    for (unsigned i = 0; i < w->config.n_clients; i++) {
        const struct client_host *c = &w->clients[i];

        if (c->core != NULL && (!connected || is_connected(c)))
            streams |= followed_by(w, c, task);
    }
    return streams;
}

void invariants_check_followed(struct world *w, struct attempt_key key,
                               uint8_t streams)
{
    struct attempt_fact *a = ledger_attempt(w, attempt_key_attempt(key));
    uint8_t missing, wanted;

    if (a == NULL || ledger_task(w, attempt_key_task(key)) == NULL)
        return;
    wanted = followed_by_clients(w, attempt_key_task(key), false);
    missing =
        followed_by_clients(w, attempt_key_task(key), true) & (uint8_t)~streams;
    if (missing == 0 && (streams & ~wanted) == 0)
        a->misled_ms = 0;
    else if (a->misled_ms == 0)
        a->misled_ms = w->clock.now_ms;
    else if (w->clock.now_ms > a->misled_ms + DOUBT_MS)
        broken(w, missing != 0 ? FOLLOWED_IS_HELD : FOLLOWED_BY_SOMEBODY,
               "%llu.%u, attempt %llu.%llu: %u, not %u",
               (unsigned long long)key.job, key.elem,
               (unsigned long long)key.epoch, (unsigned long long)key.attempt,
               streams, wanted);
}

void invariants_check_beliefs(struct world *w)
{
    struct attempt_key keys[HELD_MAX];

    if (w->coord.core == NULL)
        return;
    for (unsigned i = 0; i < w->config.n_workers; i++) {
        size_t n = 0;

        if (w->workers[i].core != NULL)
            n = worker_list_held(w->workers[i].core, keys, HELD_MAX);
        for (size_t k = 0; k < n && k < HELD_MAX; k++)
            check_belief(w, &w->workers[i], &keys[k]);
        worker_host_check_followed(&w->workers[i]);
    }
}

/* ---- at the end ---- */

static void check_job_row(struct world *w, const struct record *rec)
{
    struct job_fact *j = ledger_job(w, rec->u.job.id);

    if (j == NULL || !j->durable || !key_equal(j->key, rec->u.job.key) ||
        j->n != rec->u.job.n || j->kind != rec->u.job.kind ||
        !view_equal(blob_view(j->spec), blob_view(rec->u.job.spec)) ||
        !view_equal(blob_view(j->items), blob_view(rec->u.job.items)))
        broken(w, STORE_TRUE, "job %llu", (unsigned long long)rec->u.job.id.n);
}

static void check_outcome_row(struct world *w, const struct record *rec)
{
    struct task_fact *r = ledger_task(w, rec->u.outcome.task);

    if (r == NULL || r->state != rec->u.outcome.state ||
        !view_equal(blob_view(r->body), blob_view(rec->u.outcome.body)))
        broken(w, STORE_TRUE, "outcome of %llu.%u",
               (unsigned long long)rec->u.outcome.task.job.n,
               rec->u.outcome.task.elem);
}

static void check_stored_outcomes(struct world *w, const struct job_fact *j)
{
    struct query q = { .type = QUERY_OUTCOMES,
                       .id = j->id,
                       .first = 1,
                       .last = j->n,
                       .max = j->n,
                       .max_bytes = (size_t)64 << 20 };
    struct records rows = { 0 };
    uint32_t n = 0, n_kept = 0;

    if (store_read(w->disk.store, &q, &rows, NULL) != ERR_NONE)
        broken(w, STORE_TRUE, "job %llu cannot be read",
               (unsigned long long)j->id.n);
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.at[i].type != RECORD_OUTCOME)
            continue;
        check_outcome_row(w, &rows.at[i]);
        n++;
    }
    for (uint32_t i = 0; i < j->n; i++)
        n_kept += j->tasks[i].body != NULL;
    if (n != n_kept)
        broken(w, STORE_TRUE, "job %llu: %u outcomes of %u",
               (unsigned long long)j->id.n, n, n_kept);
    records_fini(&rows);
}

static void check_stored_jobs(struct world *w)
{
    struct query q = { .type = QUERY_JOBS,
                       .below = { JOB_ID_MAX },
                       .max = UINT32_MAX,
                       .full = true };
    struct records rows = { 0 };
    uint64_t n = 0;

    if (store_read(w->disk.store, &q, &rows, NULL) != ERR_NONE)
        broken(w, STORE_TRUE, "jobs cannot be read");
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.at[i].type != RECORD_JOB)
            continue;
        check_job_row(w, &rows.at[i]);
        n++;
    }
    if (n != w->ledger.n_jobs)
        broken(w, STORE_TRUE, "%llu jobs of %llu", (unsigned long long)n,
               (unsigned long long)w->ledger.n_jobs);
    records_fini(&rows);
}

static void count_unfinished(void *arg, struct record *rec)
{
    if (rec->type == RECORD_JOB)
        ++*(uint64_t *)arg;
}

void invariants_check_end(struct world *w)
{
    struct job_fact *j;
    struct moment now = coord_host_moment(&w->coord);
    uint64_t n_unfinished = 0;

    check_cores(w);
    check_stored_jobs(w);
    for (size_t at = 0; (j = map_next(&w->ledger.jobs, &at)) != NULL;)
        if (j->durable && !j->removed)
            check_stored_outcomes(w, j);
    if (store_load(w->disk.store, &now, count_unfinished, &n_unfinished,
                   NULL) != ERR_NONE ||
        n_unfinished > 0)
        broken(w, STORE_TRUE, "%llu jobs that have ended are played back",
               (unsigned long long)n_unfinished);
}
