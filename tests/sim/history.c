/* SPDX-License-Identifier: MIT */
/* history - attempts that failed or were lost, and the rules after them. */
#include "tests/sim/history.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/policy.h"
#include "tests/sim/world.h"

#define CRASHES_MAX 3

static unsigned long long number(uint64_t n)
{
    return n;
}

void history_fini(struct history *h)
{
    free(h->rows);
    *h = (struct history){ 0 };
}

/* ---- what is known of a task ---- */

static bool is_valid(const struct world *w, const struct tried *t)
{
    return t->durable || t->life == w->coord.host.life;
}

/* The last record of this start; NULL: none, or it was lost. */
static struct tried *row_of(const struct world *w, const struct history *h,
                            uint32_t tries)
{
    for (uint32_t i = h->n; i > 0; i--)
        if (h->rows[i - 1].tries == tries && is_valid(w, &h->rows[i - 1]))
            return &h->rows[i - 1];
    return NULL;
}

/* The record of the start with the highest number. */
static struct tried *last_row(const struct world *w, const struct history *h)
{
    struct tried *last = NULL;

    for (uint32_t i = 0; i < h->n; i++)
        if (is_valid(w, &h->rows[i]) &&
            (last == NULL || h->rows[i].tries >= last->tries))
            last = &h->rows[i];
    return last;
}

static uint32_t count(const struct world *w, const struct history *h,
                      enum blame blame)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < h->n; i++)
        n += h->rows[i].blame == blame &&
             row_of(w, h, h->rows[i].tries) == &h->rows[i];
    return n;
}

/* Whether the record takes back the one before of this start. */
static bool is_acquittal(const struct world *w, const struct history *h,
                         const struct tried *t)
{
    for (const struct tried *before = h->rows; before < t; before++)
        if (before->tries == t->tries && is_valid(w, before))
            return t->blame == BLAME_LOST;
    return false;
}

static bool is_suspect(const struct world *w, const struct history *h)
{
    bool suspect = false;

    for (uint32_t i = 0; i < h->n; i++) {
        const struct tried *t = &h->rows[i];
        if (row_of(w, h, t->tries) != t)
            continue; /* taken back */
        if (t->blame == BLAME_CRASHED || t->blame == BLAME_SUSPECT)
            suspect = true;
        else if (t->blame == BLAME_FAILED ||
                 (is_acquittal(w, h, t) && count(w, h, BLAME_CRASHED) == 0))
            suspect = false;
    }
    return suspect;
}

/* Elements that have failed for good. */
static uint32_t n_failed(const struct world *w, const struct job_fact *j)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < j->n; i++) {
        const struct task_fact *r = &j->tasks[i];
        uint8_t state = r->state;
        if (state == 0 && r->ended_life == w->coord.host.life)
            state = r->ended_state;
        n += state == STATE_FAILED || state == STATE_LOST ||
             state == STATE_EXPIRED;
    }
    return n;
}

static bool has_failed_enough(const struct world *w, const struct job_fact *j)
{
    uint32_t max = policy_max_fails(&j->policy, j->n);

    return max > 0 && n_failed(w, j) >= max;
}

bool history_may_cancel(const struct world *w, const struct job_fact *j)
{
    return has_failed_enough(w, j);
}

/* ---- what runs at a worker, as far as the coordinator can know ---- */

void running_fini(struct running *r)
{
    free(r->at);
    *r = (struct running){ 0 };
}

void running_add(struct running *r, struct attempt_fact *a)
{
    if (r->n == r->cap) {
        r->cap = r->cap == 0 ? 64 : 2 * r->cap;
        r->at = xrealloc(r->at, r->cap * sizeof(struct attempt_fact *));
    }
    r->at[r->n++] = a;
}

/* Forget those that run no more. */
static const struct running *running_now(struct world *w)
{
    struct running *r = &w->ledger.running;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (!r->at[i]->recorded && !r->at[i]->dismissed &&
            r->at[i]->id.epoch == w->coord.epoch)
            r->at[n++] = r->at[i];
    r->n = n;
    return r;
}

static bool runs_at(const struct world *w, const struct attempt_fact *a,
                    const struct host *worker, unsigned life)
{
    const struct task_fact *r = ledger_task(w, a->task);

    return worker != NULL && a->worker == worker && a->worker_life == life &&
           !a->inherited && r != NULL && attempt_equal(r->last, a->id);
}

/* ---- an attempt failed or was lost ---- */

static void check_retried(struct world *w, const struct job_fact *j,
                          const struct history *h, const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));
    uint32_t n = count(w, h, BLAME_FAILED) + 1;

    if (a == NULL || a->crashed || !policy_retries(&j->policy, o, n) ||
        (o->state == STATE_EXPIRED ? a->started && !a->ended
                                   : a->state != STATE_FAILED))
        broken(w, RETRY_ALLOWED, "%llu.%u, failure %u", number(o->job), o->elem,
               n);
    w->report->cover.fates[FATE_WANTED] += o->retry == RETRY_WANTED;
}

/* Whether it runs, ran until its worker was lost, or was about to: the verdict
 * keep was missing, or the machine has refused its start for now. */
static bool has_begun(const struct attempt_fact *a)
{
    return a->started || (a->named && (!a->went || a->refused));
}

/* It is charged with the loss of its worker. */
static void check_charged(struct world *w, const struct attempt_fact *a)
{
    const struct running *all = running_now(w);

    if (!has_begun(a))
        broken(w, BLAME_PROVEN, "%llu.%u had not begun", number(a->task.job.n),
               a->task.elem);
    if (strcmp(w->named_by, a->worker->name) == 0 &&
        a->worker_life + 1 == a->worker->life)
        broken(w, BLAME_PROVEN, "%llu.%u, but another is named",
               number(a->task.job.n), a->task.elem);
    for (size_t i = 0; i < all->n; i++)
        if (a != all->at[i] &&
            runs_at(w, all->at[i], a->worker, a->worker_life))
            broken(w, BLAME_PROVEN, "%llu.%u, but %llu.%u ran there too",
                   number(a->task.job.n), a->task.elem,
                   number(all->at[i]->task.job.n), all->at[i]->task.elem);
    w->report->cover.fates[FATE_CHARGED]++;
}

/* It is charged with the loss of its worker, or suspected of it. */
static void check_not_asked(struct world *w, const struct attempt_fact *a)
{
    if (a != NULL && !a->crashed && a->worker != NULL &&
        a->worker->welcomed != 0 && a->worker_life == a->worker->life &&
        a->worker->drains_in == a->worker->welcomed)
        broken(w, BLAME_PROVEN, "%llu.%u, but its worker was asked to end",
               number(a->task.job.n), a->task.elem);
}

static void check_crashed(struct world *w, const struct history *h,
                          const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));

    if (a == NULL || count(w, h, BLAME_CRASHED) + 1 >= CRASHES_MAX)
        broken(w, BLAME_PROVEN, "%llu.%u", number(o->job), o->elem);
    check_not_asked(w, a);
    if (!view_equal(o->reason, view_str("crash")) || !a->crashed)
        check_charged(w, a);
}

/* A suspect that started in this life of the coordinator ran alone. */
static void check_suspect(struct world *w, const struct history *h,
                          const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));

    check_not_asked(w, a);
    if (a != NULL && a->alone && a->id.epoch == w->coord.epoch && a->started &&
        !a->ended && is_suspect(w, h))
        broken(w, BLAME_DUE, "%llu.%u, attempt %llu.%llu", number(o->job),
               o->elem, number(o->epoch), number(o->attempt));
}

static void add_row(struct world *w, struct history *h,
                    const struct record *rec)
{
    if (h->n == h->cap) {
        h->cap = h->cap == 0 ? 4 : 2 * h->cap;
        h->rows = xrealloc(h->rows, h->cap * sizeof *h->rows);
    }
    h->rows[h->n++] = (struct tried){
        .tries = rec->u.attempt.tries,
        .blame = rec->u.attempt.blame,
        .life = w->coord.host.life,
        .at_ms = w->clock.now_ms,
        .delay_ms = rec->u.attempt.again_ms - rec->u.attempt.at_ms,
    };
}

/* Whether the end of this attempt is on record already. */
static void check_told_once(struct world *w, const struct history *h,
                            const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));
    const struct tried *row;

    if (a == NULL || a->again_row == 0)
        return;
    row = &h->rows[a->again_row - 1];
    if (row->told && is_valid(w, row))
        broken(w, TOLD_ONCE, "%llu.%u, attempt %llu.%llu", number(o->job),
               o->elem, number(o->epoch), number(o->attempt));
}

static void note_body(struct world *w, const struct job_fact *j,
                      struct history *h, const struct record *rec)
{
    struct outcome o;
    struct attempt_fact *a;
    enum err err =
        outcome_decode(w->bodies, blob_view(rec->u.attempt.body), &o);
    bool anew = row_of(w, h, rec->u.attempt.tries) != NULL;

    ASSERT(err == ERR_NONE);
    check_told_once(w, h, &o);
    if (rec->u.attempt.blame == BLAME_FAILED)
        check_retried(w, j, h, &o);
    else if (rec->u.attempt.blame == BLAME_CRASHED)
        check_crashed(w, h, &o);
    else if (rec->u.attempt.blame == BLAME_SUSPECT)
        check_suspect(w, h, &o);
    w->report->cover.fates[FATE_ACQUITTED] += anew;
    a = ledger_attempt(w, attempt_key_attempt(o.id));
    add_row(w, h, rec);
    if (anew || a == NULL)
        return;
    a->recorded = true;
    a->again_row = h->n;
    h->rows[h->n - 1].told = attempt_equal(rec->u.attempt.attempt, a->id);
}

/* The starts of this life of the coordinator. */
static struct spending *spending_now(struct world *w)
{
    struct spending *s = &w->ledger.spending;

    if (s->life != w->coord.host.life)
        *s = (struct spending){ .life = w->coord.host.life,
                                .since_ms = w->coord.started_ms };
    return s;
}

void history_handed(struct world *w, const struct record *rec)
{
    struct job_fact *j = map_get(&w->ledger.jobs, rec->u.attempt.task.job.n);
    struct task_fact *r = &j->tasks[rec->u.attempt.task.elem - 1];

    if (ledger_has_ended(w, r) ||
        (j->policy.at_most_once && rec->u.attempt.blame != BLAME_STARTED))
        broken(w, RETRY_ALLOWED, "%llu.%u has ended", number(j->id.n),
               rec->u.attempt.task.elem);
    if (rec->u.attempt.body != NULL)
        note_body(w, j, &r->history, rec);
    else
        add_row(w, &r->history, rec);
    spending_now(w)->n_first += rec->u.attempt.blame == BLAME_STARTED;
    w->report->cover.fates[rec->u.attempt.blame]++;
    world_detail(w, "coord", "hands over start %u of %llu.%u, blame %u",
                 rec->u.attempt.tries, number(j->id.n),
                 rec->u.attempt.task.elem, rec->u.attempt.blame);
}

void history_committed(struct world *w, const struct record *rec)
{
    struct job_fact *j = map_get(&w->ledger.jobs, rec->u.attempt.task.job.n);
    struct history *h = &j->tasks[rec->u.attempt.task.elem - 1].history;

    for (uint32_t i = 0; i < h->n; i++)
        if (!h->rows[i].durable && is_valid(w, &h->rows[i]) &&
            h->rows[i].tries == rec->u.attempt.tries &&
            h->rows[i].blame == rec->u.attempt.blame) {
            h->rows[i].durable = true;
            return;
        }
}

void history_check_drop(struct world *w, struct task_id task,
                        struct attempt_id attempt)
{
    const struct attempt_fact *a = ledger_attempt(w, attempt);
    const struct task_fact *r = ledger_task(w, task);
    const struct tried *row;

    if (r == NULL || a == NULL || a->again_row == 0)
        return;
    row = &r->history.rows[a->again_row - 1];
    if (row->told && !row->durable && row->life == w->coord.host.life)
        broken(w, ACK_DURABLE, "%llu.%u, attempt %llu.%llu", number(task.job.n),
               task.elem, number(attempt.epoch), number(attempt.n));
}

bool history_knows(const struct world *w, const struct outcome *o)
{
    struct task_id task = { { o->job }, o->elem };
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));
    const struct task_fact *r = ledger_task(w, task);
    bool durable = false;

    for (uint32_t i = 0; r != NULL && i < r->history.n; i++)
        durable = durable || r->history.rows[i].durable;
    return durable && (a == NULL || task_pack(a->task) == task_pack(task));
}

/* ---- a task is given to a worker ---- */

static void check_alone(struct world *w, struct task_id task,
                        const struct task_fact *r, bool alone,
                        const struct host *to, unsigned life)
{
    bool suspect = is_suspect(w, &r->history);
    const struct running *all = running_now(w);

    if (suspect && !alone)
        broken(w, SUSPECT_ALONE, "%llu.%u at %s", number(task.job.n), task.elem,
               to->name);
    w->report->cover.fates[FATE_ALONE] += suspect;
    for (size_t i = 0; i < all->n; i++) {
        const struct attempt_fact *b = all->at[i];
        if (runs_at(w, b, to, life) &&
            (suspect || is_suspect(w, &ledger_task(w, b->task)->history)))
            broken(w, SUSPECT_ALONE, "%llu.%u beside %llu.%u at %s",
                   number(task.job.n), task.elem, number(b->task.job.n),
                   b->task.elem, to->name);
    }
}

static void check_time(struct world *w, struct task_id task,
                       const struct tried *t)
{
    if (t->told && !t->durable)
        broken(w, RETRY_DURABLE, "%llu.%u", number(task.job.n), task.elem);
    if (t->life == w->coord.host.life &&
        w->clock.now_ms < t->at_ms + t->delay_ms)
        broken(w, RETRY_TIME, "%llu.%u, %lld ms too early", number(task.job.n),
               task.elem,
               (long long)(t->at_ms + t->delay_ms - w->clock.now_ms));
}

/* A start at most once was counted when it was recorded. */
static void check_budget(struct world *w, struct task_fact *r, struct tried *t,
                         bool once)
{
    const struct budget_rules rules = COORD_HOST_BUDGET;
    struct spending *s = spending_now(w);
    uint64_t allowed_1000;

    s->n_first += !once && count(w, &r->history, BLAME_FAILED) == 0;
    if (t == NULL || t->blame != BLAME_FAILED || t->budgeted)
        return;
    t->budgeted = true;
    s->n_retries++;
    allowed_1000 = rules.first * 1000 + s->n_first * rules.percent * 10 +
                   (uint64_t)(w->clock.now_ms - s->since_ms) * rules.per_second;
    if (s->n_retries * 1000 > allowed_1000)
        broken(w, BUDGET_KEPT, "%llu retries, %llu first starts",
               number(s->n_retries), number(s->n_first));
}

void history_check_assign(struct world *w, const struct op *op,
                          const struct host *to, unsigned to_life)
{
    struct task_id task = { { op->u.assign.job }, op->u.assign.elem };
    struct job_fact *j = ledger_job(w, task.job);
    struct task_fact *r = ledger_task(w, task);
    struct tried *last = last_row(w, &r->history);

    if (last != NULL && last->blame == BLAME_STARTED &&
        last->tries == op->u.assign.tries && last->durable)
        last = NULL; /* of this very start */
    if (last != NULL && op->u.assign.tries <= last->tries)
        broken(w, TRIES_GROW, "%llu.%u: start %u", number(task.job.n),
               task.elem, op->u.assign.tries);
    if (j->policy.at_most_once &&
        row_of(w, &r->history, op->u.assign.tries) == NULL)
        broken(w, RETRY_DURABLE, "%llu.%u", number(task.job.n), task.elem);
    if (j->array && has_failed_enough(w, j))
        broken(w, FAILS_END, "%llu.%u", number(task.job.n), task.elem);
    if (to != NULL)
        check_alone(w, task, r, op->u.assign.alone, to, to_life);
    if (last != NULL)
        check_time(w, task, last);
    check_budget(w, r, last, j->policy.at_most_once);
}

/* ---- an outcome ---- */

static void check_poisoned(struct world *w, const struct job_fact *j,
                           const struct task_fact *r, const struct outcome *o)
{
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));

    w->report->cover.fates[FATE_POISONED]++;
    if (!a->crashed)
        check_charged(w, a);
    if (j->policy.at_most_once ||
        count(w, &r->history, BLAME_CRASHED) != CRASHES_MAX - 1)
        broken(w, BLAME_PROVEN, "%llu.%u is poisoned after %u crashes",
               number(j->id.n), o->elem,
               count(w, &r->history, BLAME_CRASHED) + 1);
}

void history_check_outcome(struct world *w, const struct job_fact *j,
                           const struct task_fact *r, const struct outcome *o)
{
    uint32_t n = count(w, &r->history, BLAME_FAILED) + 1;

    check_told_once(w, &r->history, o);
    if (o->state == STATE_LOST && !j->policy.at_most_once)
        broken(w, RETRY_DUE, "%llu.%u is lost", number(j->id.n), o->elem);
    if ((o->state != STATE_FAILED && o->state != STATE_EXPIRED) ||
        o->attempt == 0 || ledger_is_cancelled(w, r))
        return;
    if (view_equal(o->reason, view_str("poisoned")))
        check_poisoned(w, j, r, o);
    else if (view_equal(o->reason, view_str("crash"))
                 ? !j->policy.at_most_once
                 : policy_retries(&j->policy, o, n))
        broken(w, RETRY_DUE, "%llu.%u ends with failure %u", number(j->id.n),
               o->elem, n);
    w->report->cover.fates[FATE_REFUSED] += o->retry == RETRY_REFUSED;
}
