/* SPDX-License-Identifier: MIT */
/* attempts - the table of attempts of a worker, and how one may move. */
#include "worker/core/attempts.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"
#include "worker/core/tails.h"

/* Which phases one move may reach. Dropping is not a move. */
static const struct {
    const char *event;
    unsigned next;
} phase_rule[] = {
    [PHASE_QUEUED] = { "attempt-queued",
                       BIT(PHASE_RUNNING) | BIT(PHASE_ENDED) },
    [PHASE_RUNNING] = { "attempt-running",
                        BIT(PHASE_ENDED) | BIT(PHASE_DYING) |
                            BIT(PHASE_QUEUED) /* a suspect */ },
    [PHASE_ENDED] = { "attempt-ended", 0 },
    [PHASE_DYING] = { "attempt-dying", 0 },
};
_Static_assert(ARRAY_LEN(phase_rule) == PHASE_COUNT, "one rule per phase");

static void trace(const struct attempts *ts, const struct worker_attempt *a,
                  const char *event)
{
    trace_line(ts->trace, TRACE_DEBUG, event, ATTEMPT_FORMAT,
               ATTEMPT_ARGS(a->id));
}

static void trace_end(const struct attempts *ts, const struct worker_attempt *a)
{
    const struct outcome *o = &a->outcome;

    trace_line(ts->trace, TRACE_DEBUG, phase_rule[PHASE_ENDED].event,
               ATTEMPT_FORMAT " state=%s reason=%.*s", ATTEMPT_ARGS(a->id),
               o->state == STATE_HANDED_BACK ? "handed-back"
                                             : state_name(o->state),
               TRACE_VIEW(o->reason));
}

static bool uses_slot(enum attempt_phase phase)
{
    return phase == PHASE_RUNNING || phase == PHASE_DYING;
}

static bool is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    return CONTAINER_OF(a, const struct worker_attempt, due)->due_ms <
           CONTAINER_OF(b, const struct worker_attempt, due)->due_ms;
}

void attempts_init(struct attempts *ts)
{
    *ts = (struct attempts){ 0 };
    heap_init(&ts->due, is_due_before);
    list_init(&ts->all);
    list_init(&ts->ended);
    for (size_t place = 0; place < PLACE_COUNT; place++)
        list_init(&ts->queue[place]);
}

void attempts_fini(struct attempts *ts)
{
    LIST_EACH (it, save, &ts->all)
        attempts_drop(ts, LIST_ENTRY(it, struct worker_attempt, all));
    map_fini(&ts->by_task);
    heap_fini(&ts->due);
}

size_t attempts_n_held(const struct attempts *ts)
{
    return ts->n[PHASE_QUEUED] + ts->n[PHASE_RUNNING] + ts->n[PHASE_ENDED];
}

struct worker_attempt *attempts_add(struct attempts *ts, struct attempt_key id,
                                    enum attempt_place place)
{
    struct worker_attempt *a = xcalloc(1, sizeof *a);

    ASSERT(place < PLACE_COUNT);
    a->id = id;
    a->place = place;
    a->phase = PHASE_QUEUED;
    list_init(&a->tails);
    list_init(&a->shipment.place);
    list_init(&a->all);
    list_init(&a->queued);
    list_insert(&ts->all, &a->all);
    list_insert(&ts->queue[place], &a->queued);
    a->older = map_put(&ts->by_task, task_pack(attempt_key_task(id)), a);
    ASSERT(a->older == NULL || a->older->phase == PHASE_DYING);
    ts->n[PHASE_QUEUED]++;
    ts->digest ^= op_digest_attempt(id);
    trace(ts, a, phase_rule[PHASE_QUEUED].event);
    return a;
}

struct worker_attempt *attempts_newest(const struct attempts *ts,
                                       struct task_id task)
{
    return map_get(&ts->by_task, task_pack(task));
}

struct worker_attempt *attempts_find(const struct attempts *ts,
                                     struct attempt_key id)
{
    struct worker_attempt *a = attempts_newest(ts, attempt_key_task(id));

    while (a != NULL && !attempt_key_equal(a->id, id))
        a = a->older;
    return a;
}

static void let_go_of_work(struct worker_attempt *a)
{
    blob_unref(a->fn);
    blob_unref(a->spec);
    blob_unref(a->item);
    blob_unref(a->number);
    a->fn = a->spec = a->item = a->number = NULL;
    tails_forget(&a->tails);
}

static void move(struct attempts *ts, struct worker_attempt *a,
                 enum attempt_phase to)
{
    ASSERT(phase_rule[a->phase].next & BIT(to));
    ts->n[a->phase]--;
    ts->n[to]++;
    if (uses_slot(a->phase) && !uses_slot(to))
        ts->used[a->place]--;
    if (!uses_slot(a->phase) && uses_slot(to))
        ts->used[a->place]++;
    if (to == PHASE_DYING)
        ts->digest ^= op_digest_attempt(a->id);
    list_remove(&a->queued);
    a->phase = to;
}

void attempts_move(struct attempts *ts, struct worker_attempt *a,
                   enum attempt_phase to)
{
    ASSERT(to != PHASE_ENDED);
    move(ts, a, to);
    trace(ts, a, phase_rule[to].event);
    if (to == PHASE_QUEUED)
        list_insert(&ts->queue[a->place], &a->queued);
    if (to == PHASE_RUNNING && a->suspect)
        tails_forget(&a->tails);
    else if (to == PHASE_RUNNING)
        let_go_of_work(a);
}

void attempts_change_outcome(struct attempts *ts, struct worker_attempt *a,
                             const struct outcome *outcome)
{
    struct outcome copy = *outcome;
    size_t bytes = outcome_borrowed_len(outcome);
    void *room = xrealloc(NULL, bytes);

    outcome_own(&copy, room);
    ts->ended_bytes += bytes - a->outcome_bytes;
    a->outcome_bytes = bytes;
    free(a->outcome_room);
    a->outcome = copy;
    a->outcome_room = room;
}

void attempts_end(struct attempts *ts, struct worker_attempt *a,
                  const struct outcome *outcome)
{
    move(ts, a, PHASE_ENDED);
    heap_remove(&ts->due, &a->due);
    let_go_of_work(a);
    attempts_change_outcome(ts, a, outcome);
    list_insert(&ts->ended, &a->queued);
    trace_end(ts, a);
}

void attempts_set_due(struct attempts *ts, struct worker_attempt *a)
{
    int64_t due_ms = INT64_MAX;

    ASSERT(a->phase != PHASE_ENDED);
    if (a->stopping && !a->killed)
        due_ms = a->stopping_ms + ts->grace_ms;
    else if (!a->stopping)
        limits_next(&a->limits, a->phase == PHASE_RUNNING, &due_ms);
    heap_remove(&ts->due, &a->due);
    a->due_ms = due_ms;
    if (due_ms != INT64_MAX)
        heap_insert(&ts->due, &a->due);
}

struct worker_attempt *attempts_first_due(const struct attempts *ts)
{
    struct heap_node *top = heap_top(&ts->due);

    return top == NULL ? NULL : CONTAINER_OF(top, struct worker_attempt, due);
}

static void unchain(struct attempts *ts, struct worker_attempt *a)
{
    uint64_t key = task_pack(attempt_key_task(a->id));
    struct worker_attempt *newest = map_get(&ts->by_task, key);

    if (newest == a) {
        if (a->older != NULL)
            map_put(&ts->by_task, key, a->older);
        else
            map_remove(&ts->by_task, key);
        return;
    }
    while (newest->older != a)
        newest = newest->older;
    newest->older = a->older;
}

void attempts_drop(struct attempts *ts, struct worker_attempt *a)
{
    trace(ts, a, "attempt-dropped");
    unchain(ts, a);
    ts->n[a->phase]--;
    if (uses_slot(a->phase))
        ts->used[a->place]--;
    if (a->phase != PHASE_DYING)
        ts->digest ^= op_digest_attempt(a->id);
    list_remove(&a->all);
    list_remove(&a->queued);
    list_remove(&a->shipment.place);
    heap_remove(&ts->due, &a->due);
    let_go_of_work(a);
    blob_unref(a->doing);
    blob_unref(a->asked);
    ts->ended_bytes -= a->outcome_bytes;
    free(a->outcome_room);
    free(a);
}

static void check_one(const struct attempts *ts, const struct worker_attempt *a)
{
    ASSERT(attempts_find(ts, a->id) == a);
    ASSERT(a->place < PLACE_COUNT);
    ASSERT_IF(a->older != NULL, a->older->phase == PHASE_DYING);
    ASSERT_IF(a->phase != PHASE_QUEUED, list_is_empty(&a->tails));
    ASSERT_IF(a->phase == PHASE_ENDED,
              a->outcome_room != NULL && a->due.place == 0);
    ASSERT_IF(a->phase == PHASE_QUEUED || a->phase == PHASE_ENDED,
              !list_is_empty(&a->queued));
}

static size_t count(const struct list *head)
{
    size_t n = 0;

    LIST_EACH (it, save, head)
        n++;
    return n;
}

void attempts_check(const struct attempts *ts)
{
    size_t n[PHASE_COUNT] = { 0 };
    uint32_t used[PLACE_COUNT] = { 0 };
    uint64_t digest = 0, ended_bytes = 0;
    size_t queued = 0;

    LIST_EACH (it, save, &ts->all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);

        check_one(ts, a);
        n[a->phase]++;
        used[a->place] += uses_slot(a->phase);
        ended_bytes += a->outcome_bytes;
        if (a->phase != PHASE_DYING)
            digest ^= op_digest_attempt(a->id);
    }
    ASSERT(memcmp(n, ts->n, sizeof n) == 0);
    ASSERT(memcmp(used, ts->used, sizeof used) == 0);
    ASSERT(digest == ts->digest && ended_bytes == ts->ended_bytes);
    ASSERT(count(&ts->ended) == n[PHASE_ENDED]);
    for (size_t place = 0; place < PLACE_COUNT; place++)
        queued += count(&ts->queue[place]);
    ASSERT(queued == n[PHASE_QUEUED]);
    map_check(&ts->by_task);
    heap_check(&ts->due);
}
