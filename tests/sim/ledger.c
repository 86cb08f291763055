/* SPDX-License-Identifier: MIT */
/* ledger - the truth that the invariants compare with. */
#include "tests/sim/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "coordinator/core/coord_check.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/body.h"
#include "proto/frame.h"
#include "proto/spec.h"
#include "tests/sim/content.h"
#include "tests/sim/world.h"

/* Stand for false and true in a map, whose values are never NULL. */
static char no, yes;

uint64_t key_number(job_key key)
{
    return hash_bytes(view_of(key.bytes, sizeof key.bytes), 0);
}

/* n of an attempt grows by one, and epochs are few: no two meet here. */
static uint64_t attempt_number(struct attempt_id id)
{
    return id.epoch << 40 | id.n;
}

void ledger_init(struct ledger *l)
{
    *l = (struct ledger){ 0 };
}

static void job_ref_fini(struct task_fact *r)
{
    blob_unref(r->body);
    history_fini(&r->history);
}

static void job_fact_free(struct job_fact *j)
{
    for (uint32_t i = 0; i < j->n; i++)
        job_ref_fini(&j->tasks[i]);
    blob_unref(j->name);
    blob_unref(j->fn);
    blob_unref(j->spec);
    blob_unref(j->items);
    blob_unref(j->policy_bytes);
    free(j->item_at);
    free(j->number_at);
    free(j->tasks);
    free(j);
}

void ledger_fini(struct ledger *l)
{
    struct job_fact *j;
    struct attempt_fact *a;

    for (size_t at = 0; (j = map_next(&l->jobs, &at)) != NULL;)
        job_fact_free(j);
    for (size_t at = 0; (a = map_next(&l->attempts, &at)) != NULL;)
        free(a);
    map_fini(&l->jobs);
    map_fini(&l->keys);
    map_fini(&l->attempts);
    map_fini(&l->fresh);
    map_fini(&l->sessions);
    free(l->told);
    running_fini(&l->running);
}

/* ---- looking up ---- */

struct job_fact *ledger_job(const struct world *w, job_id id)
{
    struct job_fact *j = map_get(&w->ledger.jobs, id.n);

    if (j == NULL || j->durable)
        return j;
    return j->life == w->coord.host.life && !j->dropped ? j : NULL;
}

struct task_fact *ledger_task(const struct world *w, struct task_id task)
{
    struct job_fact *j = ledger_job(w, task.job);

    if (j == NULL || task.elem < 1 || task.elem > j->n)
        return NULL;
    return &j->tasks[task.elem - 1];
}

struct job_fact *ledger_job_of_key(const struct world *w, job_key key)
{
    struct job_fact *j = map_get(&w->ledger.keys, key_number(key));

    ASSERT_IF(j != NULL, key_equal(j->key, key));
    return j;
}

bool ledger_has_ended(const struct world *w, const struct task_fact *r)
{
    return r->state != 0 || r->ended_life == w->coord.host.life;
}

bool ledger_is_cancelled(const struct world *w, const struct task_fact *r)
{
    return r->cancelled || r->cancel_life == w->coord.host.life;
}

struct view ledger_item(const struct job_fact *j, uint32_t k,
                        char room[LEDGER_ITEM_LEN])
{
    _Static_assert(LEDGER_ITEM_LEN >= RANGE_TEXT_LEN, "room for a number");
    if (!j->array)
        return (struct view){ 0 };
    if (j->item_at != NULL)
        return j->item_at[k - 1];
    return view_of(room, range_text(j->first, j->step, k, room));
}

struct view ledger_number(const struct job_fact *j, uint32_t k,
                          char room[LEDGER_ITEM_LEN])
{
    int64_t number = k;

    if (j->number_at != NULL)
        number = j->number_at[k - 1];
    else if (j->array)
        number = j->first + j->step * ((int64_t)k - 1);
    if (number == k)
        return (struct view){ 0 };
    return view_of(room, (size_t)snprintf(room, LEDGER_ITEM_LEN, "%lld",
                                          (long long)number));
}

struct input ledger_input(const struct job_fact *j, uint32_t k,
                          char room[LEDGER_ITEM_LEN],
                          char number[LEDGER_ITEM_LEN])
{
    return (struct input){ .task = { j->id, k },
                           .kind = j->kind,
                           .fn = blob_view(j->fn),
                           .spec = blob_view(j->spec),
                           .item = ledger_item(j, k, room),
                           .number = ledger_number(j, k, number) };
}

uint64_t session_number(const struct frame_head *head)
{
    return head->epoch << 40 | head->session.n;
}

struct attempt_fact *ledger_attempt(const struct world *w, struct attempt_id id)
{
    return map_get(&w->ledger.attempts, attempt_number(id));
}

/* ---- handed over ---- */

static void find_items(struct job_fact *j)
{
    struct view items = blob_view(j->items);

    if (items.len == 0)
        return;
    ASSERT(items_check(items, j->n) == ERR_NONE);
    j->item_at = xcalloc(j->n, sizeof *j->item_at);
    j->number_at = xcalloc(j->n, sizeof *j->number_at);
    for (uint32_t i = 0; i < j->n; i++) {
        j->number_at[i] = i + 1;
        j->item_at[i] = items_take_numbered(&items, &j->number_at[i]);
    }
}

static uint64_t digest_of(const struct job_fact *j)
{
    struct content content = {
        .kind = j->kind,
        .array = j->array,
        .n = j->n,
        .first = j->first,
        .step = j->step,
        .name = blob_view(j->name),
        .fn = blob_view(j->fn),
        .spec = blob_view(j->spec),
        .items = blob_view(j->items),
        .policy = j->policy,
    };

    return content_digest(&content);
}

static struct job_fact *job_fact_new(const struct record *rec,
                                     struct frame_reader *reader)
{
    struct job_fact *j = xcalloc(1, sizeof *j);

    j->id = rec->u.job.id;
    j->key = rec->u.job.key;
    j->kind = rec->u.job.kind;
    j->array = rec->u.job.array;
    j->n = rec->u.job.n;
    j->first = rec->u.job.first;
    j->step = rec->u.job.step;
    j->name = blob_ref(rec->u.job.name);
    j->fn = blob_ref(rec->u.job.fn);
    j->spec = blob_ref(rec->u.job.spec);
    j->items = blob_ref(rec->u.job.items);
    j->tasks = xcalloc(j->n, sizeof *j->tasks);
    j->policy_bytes = blob_ref(rec->u.job.policy);
    if (j->policy_bytes != NULL)
        ASSERT(policy_decode(reader, blob_view(j->policy_bytes), &j->policy) ==
               ERR_NONE);
    find_items(j);
    j->digest = digest_of(j);
    return j;
}

/* An id was in use before: its job must have been lost before its id left the
 * coordinator. */
static void forget_lost(struct world *w, job_id id)
{
    struct job_fact *j = map_get(&w->ledger.jobs, id.n);

    if (j == NULL)
        return;
    if (j->left || j->refused || ledger_job(w, id) != NULL)
        broken(w, ID_ONCE, "job %llu", (unsigned long long)id.n);
    map_remove(&w->ledger.jobs, id.n);
    job_fact_free(j);
}

static void handed_job(struct world *w, const struct record *rec)
{
    struct ledger *l = &w->ledger;
    struct job_fact *j;

    forget_lost(w, rec->u.job.id);
    j = job_fact_new(rec, w->bodies);
    j->handed_ms = w->clock.now_ms;
    j->life = w->coord.host.life;
    j->fresh = map_get(&l->fresh, key_number(j->key)) == &yes;
    map_put(&l->jobs, j->id.n, j);
    world_detail(w, "coord", "hands over job %llu, n %u",
                 (unsigned long long)j->id.n, j->n);
}

/* Only a worker's core knows which limit has passed: its shell knows that it
 * stopped a run, and nothing of attempts that never ran. */
static bool is_reported(const struct attempt_fact *a, uint8_t state)
{
    if (state == STATE_EXPIRED)
        return !a->started || (a->ended && a->state == STATE_CANCELLED);
    return a->started && a->ended && a->state == state;
}

/* Compare with the worker: it started the attempt, which ended so, and the
 * result names this task and its input. */
static void check_report(struct world *w, const struct job_fact *j,
                         const struct outcome *o)
{
    struct task_id task = { .job = j->id, .elem = o->elem };
    char room[LEDGER_ITEM_LEN], number[LEDGER_ITEM_LEN];
    uint8_t right[CONTENT_RESULT_LEN];
    struct input in = ledger_input(j, o->elem, room, number);
    struct body body;
    const struct attempt_fact *a =
        ledger_attempt(w, attempt_key_attempt(o->id));

    if (a == NULL || !is_reported(a, o->state) ||
        task_pack(a->task) != task_pack(task))
        broken(w, OUTCOME_TRUE, "%llu.%u is recorded %s, attempt %llu.%llu",
               (unsigned long long)j->id.n, o->elem, state_name(o->state),
               (unsigned long long)o->epoch, (unsigned long long)o->attempt);
    if (o->state != STATE_DONE)
        return;
    content_result(&in, right);
    if (body_decode(o->body, &body, NULL) != ERR_NONE ||
        !view_equal(j->kind == KIND_CALL ? body.result : body.out,
                    view_of(right, sizeof right)))
        broken(w, VALUE_RIGHT, "%llu.%u", (unsigned long long)j->id.n, o->elem);
}

static void check_outcome(struct world *w, const struct record *rec,
                          const struct job_fact *j, struct task_fact *r)
{
    struct outcome o;
    struct attempt_fact *a;
    enum err err =
        outcome_decode(w->bodies, blob_view(rec->u.outcome.body), &o);

    ASSERT(err == ERR_NONE);
    if (o.state != rec->u.outcome.state || o.job != j->id.n ||
        o.elem != rec->u.outcome.task.elem ||
        (o.dropped > 0) != rec->u.outcome.gap)
        broken(w, OUTCOME_TRUE, "%llu.%u: row and body differ",
               (unsigned long long)j->id.n, rec->u.outcome.task.elem);
    r->ended_by = attempt_key_attempt(o.id);
    history_check_outcome(w, j, r, &o);
    if (o.state == STATE_CANCELLED && !r->cancel_asked)
        broken(w, CANCEL_ASKED, "%llu.%u", (unsigned long long)j->id.n, o.elem);
    if (o.state == STATE_EXPIRED)
        invariants_check_expired(w, j, &o);
    if (o.attempt != 0)
        w->report->cover.ended_by[o.ended_by]++;
    a = ledger_attempt(w, r->ended_by);
    if (a != NULL)
        a->recorded = true;
    if (o.state != STATE_CANCELLED && o.state != STATE_LOST &&
        !(o.state == STATE_EXPIRED && o.attempt == 0) &&
        !(view_equal(o.reason, view_str("poisoned")) && !a->crashed))
        check_report(w, j, &o);
}

static void check_current(struct world *w, struct task_id task,
                          struct attempt_id id, uint8_t state)
{
    const struct attempt_fact *a = ledger_attempt(w, id);

    if (id.n == 0)
        return;
    if (!coord_is_current(w->coord.core, task, id) ||
        /* Never sent: its worker was given up in the same step. */
        (a == NULL && state != STATE_CANCELLED && state != STATE_LOST) ||
        (a != NULL && a->ended && a->reported_step == w->n_steps &&
         !is_reported(a, state)))
        broken(w, CURRENT_ONLY, "%llu.%u is recorded %s, attempt %llu.%llu",
               (unsigned long long)task.job.n, task.elem, state_name(state),
               (unsigned long long)id.epoch, (unsigned long long)id.n);
}

static void handed_outcome(struct world *w, const struct record *rec)
{
    struct task_id task = rec->u.outcome.task;
    struct job_fact *j = map_get(&w->ledger.jobs, task.job.n);
    struct task_fact *r;

    ASSERT(j != NULL && task.elem >= 1 && task.elem <= j->n);
    r = &j->tasks[task.elem - 1];
    if (ledger_has_ended(w, r) || r->told_cancelled)
        broken(w, OUTCOME_ONCE, "%llu.%u", (unsigned long long)task.job.n,
               task.elem);
    check_outcome(w, rec, j, r);
    check_current(w, task, r->ended_by, rec->u.outcome.state);
    r->ended_life = w->coord.host.life;
    r->ended_state = rec->u.outcome.state;
    j->ended_ms = w->clock.now_ms;
    world_detail(w, "coord", "hands over %llu.%u %s",
                 (unsigned long long)task.job.n, task.elem,
                 state_name(rec->u.outcome.state));
}

/* All of the range has ended. */
static void handed_expiry(struct world *w, const struct record *rec,
                          struct job_fact *j)
{
    struct outcome o = { .job = j->id.n,
                         .elem = rec->u.cancel.first,
                         .reason = blob_view(rec->u.cancel.reason) };

    invariants_check_expired(w, j, &o);
    for (uint32_t k = rec->u.cancel.first; k <= rec->u.cancel.last; k++) {
        struct task_fact *r = &j->tasks[k - 1];

        if (ledger_has_ended(w, r))
            continue;
        if (r->last.n != 0 &&
            coord_is_current(w->coord.core, (struct task_id){ j->id, k },
                             r->last))
            broken(w, EXPIRED_WAITING, "%llu.%u", (unsigned long long)j->id.n,
                   k);
        r->ended_by = (struct attempt_id){ 0 };
        r->ended_state =
            ledger_is_cancelled(w, r) ? STATE_CANCELLED : STATE_EXPIRED;
        r->ended_life = w->coord.host.life;
    }
}

static bool is_max_fails(const struct record *rec)
{
    struct view reason = blob_view(rec->u.cancel.reason), word;

    return view_take(&reason, strlen("max-fails"), &word) == ERR_NONE &&
           view_equal(word, view_str("max-fails"));
}

static void handed_cancel(struct world *w, const struct record *rec)
{
    struct job_fact *j = map_get(&w->ledger.jobs, rec->u.cancel.id.n);
    bool own;

    ASSERT(j != NULL);
    if (rec->u.cancel.state == STATE_EXPIRED) {
        handed_expiry(w, rec, j);
        return;
    }
    own = is_max_fails(rec) && history_may_cancel(w, j);
    w->report->cover.fates[FATE_MAX_FAILS] += own;
    for (uint32_t k = rec->u.cancel.first; k <= rec->u.cancel.last; k++) {
        if (k < 1 || k > j->n)
            continue;
        j->tasks[k - 1].cancel_asked |= own;
        if (!j->tasks[k - 1].cancel_asked)
            broken(w, CANCEL_ASKED, "%llu.%u", (unsigned long long)j->id.n, k);
        j->tasks[k - 1].cancel_life = w->coord.host.life;
    }
}

/* Waiting elements of an array end by their cancel. */
static void check_all_ended(struct world *w, const struct job_fact *j)
{
    for (uint32_t i = 0; i < j->n; i++)
        if (!ledger_has_ended(w, &j->tasks[i]) &&
            !(j->array && ledger_is_cancelled(w, &j->tasks[i])))
            broken(w, END_TRUE, "%llu.%u has not ended",
                   (unsigned long long)j->id.n, i + 1);
}

static void handed_end(struct world *w, const struct record *rec)
{
    struct job_fact *j = map_get(&w->ledger.jobs, rec->u.end.id.n);

    ASSERT(j != NULL);
    check_all_ended(w, j);
    j->ended_ms = w->clock.now_ms;
    world_detail(w, "coord", "hands over the end of array %llu",
                 (unsigned long long)j->id.n);
}

static void handed_low_water(struct world *w, const struct record *rec)
{
    struct job_fact *j;

    for (size_t at = 0; (j = map_next(&w->ledger.jobs, &at)) != NULL;)
        if (ledger_job(w, j->id) != NULL && j->id.n < rec->u.mark.upto)
            check_all_ended(w, j);
}

static void handed_piece(struct world *w, const struct record *rec)
{
    const struct task_fact *r = ledger_task(w, rec->u.piece.task);

    if (r == NULL || ledger_has_ended(w, r))
        broken(w, CURRENT_ONLY, "a piece of %llu.%u",
               (unsigned long long)rec->u.piece.task.job.n,
               rec->u.piece.task.elem);
}

void ledger_handed(struct world *w, const struct record *rec)
{
    switch (rec->type) {
    case RECORD_JOB:
        handed_job(w, rec);
        return;
    case RECORD_OUTCOME:
        handed_outcome(w, rec);
        return;
    case RECORD_ATTEMPT:
        history_handed(w, rec);
        return;
    case RECORD_PIECE:
        handed_piece(w, rec);
        return;
    case RECORD_CANCEL:
        handed_cancel(w, rec);
        return;
    case RECORD_END:
        handed_end(w, rec);
        return;
    case RECORD_LOW_WATER:
        handed_low_water(w, rec);
        return;
    case RECORD_WORKER_UP:
    case RECORD_WORKER_GONE:
        world_detail(w, "coord", "hands over that %.*s is %s",
                     (int)blob_view(rec->u.worker.name).len,
                     (const char *)blob_view(rec->u.worker.name).data,
                     rec->type == RECORD_WORKER_UP ? "up" : "gone");
        if (rec->type == RECORD_WORKER_GONE)
            invariants_check_gone(w, rec->u.worker.boot);
        return;
    case RECORD_IDS:
        return;
    case RECORD_EPOCH:
    case RECORD_CLOCK:
        break;
    }
    UNREACHABLE("a record that is only played back");
}

/* ---- noting ---- */

void ledger_add_attempt(struct world *w, struct attempt_fact fact)
{
    struct attempt_fact *a = xcalloc(1, sizeof *a);

    *a = fact;
    running_add(&w->ledger.running, a);
    if (map_put(&w->ledger.attempts, attempt_number(a->id), a) != NULL)
        broken(w, ATTEMPT_ONCE, "attempt %llu.%llu of %llu.%u",
               (unsigned long long)a->id.epoch, (unsigned long long)a->id.n,
               (unsigned long long)a->task.job.n, a->task.elem);
}

void ledger_tell(struct world *w, job_id id)
{
    struct ledger *l = &w->ledger;

    for (size_t i = 0; i < l->n_told; i++)
        if (l->told[i].n == id.n)
            return;
    if (l->n_told == l->cap_told) {
        l->cap_told = l->cap_told == 0 ? 64 : 2 * l->cap_told;
        l->told = xrealloc(l->told, l->cap_told * sizeof *l->told);
    }
    l->told[l->n_told++] = id;
}

void ledger_ask_cancel(struct world *w, job_id id, uint32_t first,
                       uint32_t last)
{
    struct job_fact *j = map_get(&w->ledger.jobs, id.n);

    for (uint32_t k = first; j != NULL && k <= last && k <= j->n; k++)
        if (k >= 1)
            j->tasks[k - 1].cancel_asked = true;
}

void ledger_submitted(struct world *w, job_key key, bool fresh)
{
    map_put(&w->ledger.fresh, key_number(key), fresh ? &yes : &no);
}
