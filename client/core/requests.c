/* SPDX-License-Identifier: MIT */
#include "client/core/requests.h"

#include <stdlib.h>

void asks_init(struct asks *t)
{
    *t = (struct asks){ 0 };
    list_init(&t->open);
    for (size_t i = 0; i < LANE_COUNT; i++) {
        list_init(&t->lanes[i].waiting);
        t->lanes[i].sent_max = SIZE_MAX;
    }
}

void asks_fini(struct asks *t)
{
    LIST_EACH (it, save, &t->open)
        free(LIST_ENTRY(it, struct ask, open));
    map_fini(&t->by_req);
    asks_init(t);
}

static struct lane *lane_of(struct asks *t, const struct ask *a)
{
    return &t->lanes[ask_lane(a)];
}

/* In the order of req. New ones come to the end, refused ones near the front:
 * the walk is short from the one side or the other. */
static void wait_in_lane(struct asks *t, struct ask *a)
{
    struct list *head = &lane_of(t, a)->waiting;
    struct list *at = head;

    if (!list_is_empty(head) &&
        LIST_ENTRY(head->prev, struct ask, waiting)->req > a->req) {
        at = head->next;
        while (LIST_ENTRY(at, struct ask, waiting)->req < a->req)
            at = at->next;
    }
    list_insert(at, &a->waiting);
}

void asks_add(struct asks *t, const struct op *op)
{
    struct ask *a = ask_new(op);
    struct ask *before;

    ASSERT_IF(!list_is_empty(&t->open),
              LIST_ENTRY(t->open.prev, struct ask, open)->req < a->req);
    ASSERT(a->req > 0);
    list_insert(&t->open, &a->open);
    before = map_put(&t->by_req, a->req, a);
    ASSERT(before == NULL);
    wait_in_lane(t, a);
}

struct ask *asks_find(const struct asks *t, uint64_t req)
{
    return map_get(&t->by_req, req);
}

static void set_sent(struct asks *t, struct ask *a, bool sent)
{
    struct lane *lane = lane_of(t, a);

    if (a->sent == sent)
        return;
    a->sent = sent;
    t->sent.digest ^= op_digest_request(a->req);
    if (sent) {
        t->sent.n++;
        lane->n_sent++;
    } else {
        t->sent.n--;
        lane->n_sent--;
    }
}

void asks_remove(struct asks *t, struct ask *a)
{
    set_sent(t, a, false);
    list_remove(&a->open);
    list_remove(&a->waiting);
    map_remove(&t->by_req, a->req);
    free(a);
}

static bool has_room(const struct lane *lane)
{
    return !list_is_empty(&lane->waiting) && lane->n_sent < lane->sent_max;
}

struct ask *asks_next(const struct asks *t, int64_t now_ms)
{
    for (size_t i = 0; i < LANE_COUNT; i++) {
        const struct lane *lane = &t->lanes[i];

        if (has_room(lane) && now_ms >= lane->not_before_ms)
            return LIST_ENTRY(lane->waiting.next, struct ask, waiting);
    }
    return NULL;
}

int64_t asks_wake_ms(const struct asks *t)
{
    int64_t wake = INT64_MAX;

    for (size_t i = 0; i < LANE_COUNT; i++) {
        const struct lane *lane = &t->lanes[i];

        if (has_room(lane) && lane->not_before_ms < wake)
            wake = lane->not_before_ms;
    }
    return wake;
}

void asks_mark_sent(struct asks *t, struct ask *a, uint64_t at_beat)
{
    set_sent(t, a, true);
    list_remove(&a->waiting);
    a->tried = true;
    a->at_beat = at_beat;
    if (a->req > t->sent_hi)
        t->sent_hi = a->req;
}

void asks_hold_back(struct asks *t, struct ask *a, int64_t not_before_ms)
{
    struct lane *lane = lane_of(t, a);

    set_sent(t, a, false);
    list_remove(&a->waiting);
    wait_in_lane(t, a);
    if (not_before_ms > lane->not_before_ms)
        lane->not_before_ms = not_before_ms;
}

void asks_got_receipt(struct asks *t, struct ask *a, uint64_t job)
{
    bool sent = a->sent;

    ASSERT(a->op.type == OP_SUBMIT && a->job == 0 && job != 0);
    set_sent(t, a, false);
    list_remove(&a->waiting);
    a->job = job; /* changes its lane */
    set_sent(t, a, sent);
    if (!sent)
        wait_in_lane(t, a);
}

void asks_open_lanes(struct asks *t, size_t submits_max)
{
    asks_unsend(t);
    t->lanes[LANE_SUBMIT].sent_max = submits_max;
    for (size_t i = 0; i < LANE_COUNT; i++)
        t->lanes[i].not_before_ms = 0;
}

void asks_unsend(struct asks *t)
{
    LIST_EACH (it, save, &t->open) {
        struct ask *a = LIST_ENTRY(it, struct ask, open);

        set_sent(t, a, false);
        list_remove(&a->waiting);
        list_insert(&lane_of(t, a)->waiting, &a->waiting);
    }
}

static void lane_check(const struct asks *t, enum lane_id id)
{
    const struct lane *lane = &t->lanes[id];
    uint64_t last = 0;

    for (const struct list *it = lane->waiting.next; it != &lane->waiting;
         it = it->next) {
        const struct ask *a = LIST_ENTRY(it, struct ask, waiting);

        ASSERT(!a->sent && ask_lane(a) == id && a->req > last);
        last = a->req;
    }
    ASSERT(lane->n_sent <= lane->sent_max);
}

void asks_check(const struct asks *t)
{
    struct tally tally = { 0 };
    size_t n = 0, n_sent[LANE_COUNT] = { 0 };
    uint64_t last = 0;

    for (const struct list *it = t->open.next; it != &t->open; it = it->next) {
        const struct ask *a = LIST_ENTRY(it, struct ask, open);

        ASSERT(a->req > last && asks_find(t, a->req) == a);
        ASSERT(a->sent == list_is_empty(&a->waiting));
        ASSERT_IF(a->sent, a->tried && a->req <= t->sent_hi);
        last = a->req;
        n++;
        if (!a->sent)
            continue;
        n_sent[ask_lane(a)]++;
        tally.n++;
        tally.digest ^= op_digest_request(a->req);
    }
    ASSERT(n == t->by_req.n);
    ASSERT(tally.n == t->sent.n && tally.digest == t->sent.digest);
    for (size_t i = 0; i < LANE_COUNT; i++) {
        ASSERT(n_sent[i] == t->lanes[i].n_sent);
        lane_check(t, (enum lane_id)i);
    }
    map_check(&t->by_req);
}
