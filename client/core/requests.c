/* SPDX-License-Identifier: MIT */
/* requests - the windows in which open requests wait to be sent. */
#include "client/core/requests.h"

#include <stdlib.h>

void requests_init(struct requests *t)
{
    *t = (struct requests){ 0 };
    list_init(&t->open);
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        list_init(&t->windows[i].waiting);
        t->windows[i].sent_max = SIZE_MAX;
    }
}

void requests_fini(struct requests *t)
{
    LIST_EACH (it, save, &t->open)
        free(LIST_ENTRY(it, struct client_request, open));
    map_fini(&t->by_req);
    requests_init(t);
}

static struct send_window *window_of(struct requests *t,
                                     const struct client_request *r)
{
    return &t->windows[client_request_window(r)];
}

/* In the order of req. A new request goes to the end and a refused one near the
 * front, so the walk is short. */
static void wait_in_window(struct requests *t, struct client_request *r)
{
    struct list *head = &window_of(t, r)->waiting;
    struct list *at = head;

    if (!list_is_empty(head) &&
        LIST_ENTRY(head->prev, struct client_request, waiting)->req > r->req) {
        at = head->next;
        while (LIST_ENTRY(at, struct client_request, waiting)->req < r->req)
            at = at->next;
    }
    list_insert(at, &r->waiting);
}

void requests_add(struct requests *t, const struct op *op)
{
    struct client_request *r = client_request_new(op);
    struct client_request *before;

    ASSERT_IF(!list_is_empty(&t->open),
              LIST_ENTRY(t->open.prev, struct client_request, open)->req <
                  r->req);
    ASSERT(r->req > 0);
    list_insert(&t->open, &r->open);
    before = map_put(&t->by_req, r->req, r);
    ASSERT(before == NULL);
    wait_in_window(t, r);
}

struct client_request *requests_find(const struct requests *t, uint64_t req)
{
    return map_get(&t->by_req, req);
}

static void set_sent(struct requests *t, struct client_request *r, bool sent)
{
    struct send_window *window = window_of(t, r);

    if (r->sent == sent)
        return;
    r->sent = sent;
    t->sent.digest ^= op_digest_request(r->req);
    if (sent) {
        t->sent.n++;
        window->n_sent++;
    } else {
        t->sent.n--;
        window->n_sent--;
    }
}

void requests_remove(struct requests *t, struct client_request *r)
{
    set_sent(t, r, false);
    list_remove(&r->open);
    list_remove(&r->waiting);
    map_remove(&t->by_req, r->req);
    free(r);
}

static bool has_room(const struct send_window *window)
{
    return !list_is_empty(&window->waiting) &&
           window->n_sent < window->sent_max;
}

struct client_request *requests_next(const struct requests *t, int64_t now_ms)
{
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        const struct send_window *window = &t->windows[i];

        if (has_room(window) && now_ms >= window->not_before_ms)
            return LIST_ENTRY(window->waiting.next, struct client_request,
                              waiting);
    }
    return NULL;
}

int64_t requests_wake_ms(const struct requests *t)
{
    int64_t wake = INT64_MAX;

    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        const struct send_window *window = &t->windows[i];

        if (has_room(window) && window->not_before_ms < wake)
            wake = window->not_before_ms;
    }
    return wake;
}

void requests_mark_sent(struct requests *t, struct client_request *r,
                        uint64_t at_beat)
{
    set_sent(t, r, true);
    list_remove(&r->waiting);
    r->tried = true;
    r->at_beat = at_beat;
    if (r->req > t->sent_hi)
        t->sent_hi = r->req;
}

void requests_hold_back(struct requests *t, struct client_request *r,
                        int64_t not_before_ms)
{
    struct send_window *window = window_of(t, r);

    set_sent(t, r, false);
    list_remove(&r->waiting);
    wait_in_window(t, r);
    if (not_before_ms > window->not_before_ms)
        window->not_before_ms = not_before_ms;
}

void requests_got_receipt(struct requests *t, struct client_request *r,
                          uint64_t job)
{
    bool sent = r->sent;

    ASSERT(r->op.type == OP_SUBMIT && r->job == 0 && job != 0);
    set_sent(t, r, false);
    list_remove(&r->waiting);
    r->job = job; /* changes its window */
    set_sent(t, r, sent);
    if (!sent)
        wait_in_window(t, r);
}

void requests_open_windows(struct requests *t, size_t submits_max)
{
    requests_unsend(t);
    t->windows[WINDOW_SUBMIT].sent_max = submits_max;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        t->windows[i].not_before_ms = 0;
}

void requests_unsend(struct requests *t)
{
    LIST_EACH (it, save, &t->open) {
        struct client_request *r = LIST_ENTRY(it, struct client_request, open);

        set_sent(t, r, false);
        list_remove(&r->waiting);
        list_insert(&window_of(t, r)->waiting, &r->waiting);
    }
}

static void window_check(const struct requests *t, enum window_id id)
{
    const struct send_window *window = &t->windows[id];
    uint64_t last = 0;

    for (const struct list *it = window->waiting.next; it != &window->waiting;
         it = it->next) {
        const struct client_request *r =
            LIST_ENTRY(it, struct client_request, waiting);

        ASSERT(!r->sent && client_request_window(r) == id && r->req > last);
        last = r->req;
    }
    ASSERT(window->n_sent <= window->sent_max);
}

void requests_check(const struct requests *t)
{
    struct tally tally = { 0 };
    size_t n = 0, n_sent[WINDOW_COUNT] = { 0 };
    uint64_t last = 0;

    for (const struct list *it = t->open.next; it != &t->open; it = it->next) {
        const struct client_request *r =
            LIST_ENTRY(it, struct client_request, open);

        ASSERT(r->req > last && requests_find(t, r->req) == r);
        ASSERT(r->sent == list_is_empty(&r->waiting));
        ASSERT_IF(r->sent, r->tried && r->req <= t->sent_hi);
        last = r->req;
        n++;
        if (!r->sent)
            continue;
        n_sent[client_request_window(r)]++;
        tally.n++;
        tally.digest ^= op_digest_request(r->req);
    }
    ASSERT(n == t->by_req.n);
    ASSERT(tally.n == t->sent.n && tally.digest == t->sent.digest);
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        ASSERT(n_sent[i] == t->windows[i].n_sent);
        window_check(t, (enum window_id)i);
    }
    map_check(&t->by_req);
}
