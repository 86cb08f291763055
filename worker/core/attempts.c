/* SPDX-License-Identifier: MIT */
/* attempts - the attempts that a worker holds. */
#include "worker/core/attempts.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"
#include "worker/core/tails.h"

/* Which states one move may reach. Dropping is not a move. */
static const struct {
    const char *name;
    unsigned next;
} holding_rule[] = {
    [HOLDING_QUEUED] = { "queued", BIT(HOLDING_RUNNING) | BIT(HOLDING_ENDED) },
    [HOLDING_RUNNING] = { "running", BIT(HOLDING_ENDED) | BIT(HOLDING_DYING) },
    [HOLDING_ENDED] = { "ended", 0 },
    [HOLDING_DYING] = { "dying", 0 },
};
_Static_assert(ARRAY_LEN(holding_rule) == HOLDING_STATE_COUNT,
               "one rule per state");

static struct task_id ref_of(struct attempt_key id)
{
    return (struct task_id){ .job = { id.job }, .elem = id.elem };
}

static bool id_equal(struct attempt_key a, struct attempt_key b)
{
    return a.job == b.job && a.elem == b.elem && a.epoch == b.epoch &&
           a.attempt == b.attempt;
}

static bool uses_slot(enum holding_state state)
{
    return state == HOLDING_RUNNING || state == HOLDING_DYING;
}

static bool is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    return CONTAINER_OF(a, const struct holding, due)->due_ms <
           CONTAINER_OF(b, const struct holding, due)->due_ms;
}

void holdings_init(struct holdings *hs)
{
    *hs = (struct holdings){ 0 };
    heap_init(&hs->due, is_due_before);
    list_init(&hs->all);
    list_init(&hs->ended);
    for (size_t place = 0; place < PLACE_COUNT; place++)
        list_init(&hs->queue[place]);
}

void holdings_fini(struct holdings *hs)
{
    LIST_EACH (it, save, &hs->all)
        holdings_drop(hs, LIST_ENTRY(it, struct holding, all));
    map_fini(&hs->by_ref);
    heap_fini(&hs->due);
}

size_t holdings_n_held(const struct holdings *hs)
{
    return hs->n[HOLDING_QUEUED] + hs->n[HOLDING_RUNNING] +
           hs->n[HOLDING_ENDED];
}

struct holding *holdings_add(struct holdings *hs, struct attempt_key id,
                             enum holding_place place)
{
    struct holding *h = xcalloc(1, sizeof *h);

    ASSERT(place < PLACE_COUNT);
    h->id = id;
    h->place = place;
    h->state = HOLDING_QUEUED;
    list_init(&h->tails);
    list_init(&h->all);
    list_init(&h->queued);
    list_insert(&hs->all, &h->all);
    list_insert(&hs->queue[place], &h->queued);
    h->older = map_put(&hs->by_ref, task_pack(ref_of(id)), h);
    ASSERT(h->older == NULL || h->older->state == HOLDING_DYING);
    hs->n[HOLDING_QUEUED]++;
    hs->digest ^= op_digest_attempt(id);
    return h;
}

struct holding *holdings_newest(const struct holdings *hs, struct task_id ref)
{
    return map_get(&hs->by_ref, task_pack(ref));
}

struct holding *holdings_find(const struct holdings *hs, struct attempt_key id)
{
    struct holding *h = holdings_newest(hs, ref_of(id));

    while (h != NULL && !id_equal(h->id, id))
        h = h->older;
    return h;
}

static void let_go_of_work(struct holding *h)
{
    blob_unref(h->fn);
    blob_unref(h->spec);
    blob_unref(h->item);
    h->fn = h->spec = h->item = NULL;
    tails_forget(&h->tails);
}

static void move(struct holdings *hs, struct holding *h, enum holding_state to)
{
    ASSERT(holding_rule[h->state].next & BIT(to));
    hs->n[h->state]--;
    hs->n[to]++;
    if (uses_slot(h->state) && !uses_slot(to))
        hs->used[h->place]--;
    if (!uses_slot(h->state) && uses_slot(to))
        hs->used[h->place]++;
    if (to == HOLDING_DYING)
        hs->digest ^= op_digest_attempt(h->id);
    list_remove(&h->queued);
    h->state = to;
}

void holdings_move(struct holdings *hs, struct holding *h,
                   enum holding_state to)
{
    ASSERT(to != HOLDING_ENDED);
    move(hs, h, to);
    if (to == HOLDING_RUNNING)
        let_go_of_work(h);
}

void holdings_end(struct holdings *hs, struct holding *h,
                  const struct outcome *outcome)
{
    move(hs, h, HOLDING_ENDED);
    heap_remove(&hs->due, &h->due);
    let_go_of_work(h);
    h->outcome = *outcome;
    h->outcome_room = xrealloc(NULL, outcome_borrowed_len(outcome));
    outcome_own(&h->outcome, h->outcome_room);
    list_insert(&hs->ended, &h->queued);
}

void holdings_set_due(struct holdings *hs, struct holding *h, int64_t due_ms)
{
    ASSERT(h->state != HOLDING_ENDED);
    heap_remove(&hs->due, &h->due);
    h->due_ms = due_ms;
    if (due_ms != INT64_MAX)
        heap_insert(&hs->due, &h->due);
}

struct holding *holdings_first_due(const struct holdings *hs)
{
    struct heap_node *top = heap_top(&hs->due);

    return top == NULL ? NULL : CONTAINER_OF(top, struct holding, due);
}

static void unchain(struct holdings *hs, struct holding *h)
{
    uint64_t key = task_pack(ref_of(h->id));
    struct holding *newest = map_get(&hs->by_ref, key);

    if (newest == h) {
        if (h->older != NULL)
            map_put(&hs->by_ref, key, h->older);
        else
            map_remove(&hs->by_ref, key);
        return;
    }
    while (newest->older != h)
        newest = newest->older;
    newest->older = h->older;
}

void holdings_drop(struct holdings *hs, struct holding *h)
{
    unchain(hs, h);
    hs->n[h->state]--;
    if (uses_slot(h->state))
        hs->used[h->place]--;
    if (h->state != HOLDING_DYING)
        hs->digest ^= op_digest_attempt(h->id);
    list_remove(&h->all);
    list_remove(&h->queued);
    heap_remove(&hs->due, &h->due);
    let_go_of_work(h);
    blob_unref(h->doing);
    blob_unref(h->asked);
    free(h->outcome_room);
    free(h);
}

static void check_one(const struct holdings *hs, const struct holding *h)
{
    ASSERT(holdings_find(hs, h->id) == h);
    ASSERT(h->place < PLACE_COUNT);
    ASSERT_IF(h->older != NULL, h->older->state == HOLDING_DYING);
    ASSERT_IF(h->state != HOLDING_QUEUED, list_is_empty(&h->tails));
    ASSERT_IF(h->state == HOLDING_ENDED,
              h->outcome_room != NULL && h->due.place == 0);
    ASSERT_IF(h->state == HOLDING_QUEUED || h->state == HOLDING_ENDED,
              !list_is_empty(&h->queued));
}

static size_t count(const struct list *head)
{
    size_t n = 0;

    LIST_EACH (it, save, head)
        n++;
    return n;
}

void holdings_check(const struct holdings *hs)
{
    size_t n[HOLDING_STATE_COUNT] = { 0 };
    uint32_t used[PLACE_COUNT] = { 0 };
    uint64_t digest = 0;
    size_t queued = 0;

    LIST_EACH (it, save, &hs->all) {
        const struct holding *h = LIST_ENTRY(it, struct holding, all);

        check_one(hs, h);
        n[h->state]++;
        used[h->place] += uses_slot(h->state);
        if (h->state != HOLDING_DYING)
            digest ^= op_digest_attempt(h->id);
    }
    ASSERT(memcmp(n, hs->n, sizeof n) == 0);
    ASSERT(memcmp(used, hs->used, sizeof used) == 0);
    ASSERT(digest == hs->digest);
    ASSERT(count(&hs->ended) == n[HOLDING_ENDED]);
    for (size_t place = 0; place < PLACE_COUNT; place++)
        queued += count(&hs->queue[place]);
    ASSERT(queued == n[HOLDING_QUEUED]);
    map_check(&hs->by_ref);
    heap_check(&hs->due);
}
