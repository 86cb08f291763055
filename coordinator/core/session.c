/* SPDX-License-Identifier: MIT */
/* session - see session.h. */
#include "coordinator/core/session.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "proto/bounds.h"
#include "proto/own.h"

struct session *session_new(session_id id, conn_id conn, enum role role,
                            struct view name)
{
    struct session *s = xcalloc(1, sizeof *s);

    s->id = id;
    s->conn = conn;
    s->role = role;
    s->name = xmemdup0(name.data, name.len);
    s->name_blob = blob_new(name);
    list_init(&s->in_dirty);
    list_init(&s->in_all);
    list_init(&s->attempts);
    list_init(&s->ask_list);
    list_init(&s->questions);
    list_init(&s->in_turn);
    return s;
}

static void free_offer(struct session *s)
{
    free((void *)(uintptr_t)s->functions.at);
    free(s->offer_room);
    s->offer_room = NULL;
    s->functions = (struct names){ 0 };
    s->labels = (struct labels){ 0 };
}

void session_free(struct session *s)
{
    if (s == NULL)
        return;
    ASSERT(list_is_empty(&s->attempts) && list_is_empty(&s->ask_list));
    ASSERT(list_is_empty(&s->questions) && list_is_empty(&s->in_turn));
    list_remove(&s->in_dirty);
    list_remove(&s->in_all);
    free_offer(s);
    blob_unref(s->name_blob);
    buf_fini(&s->out);
    map_fini(&s->asks);
    free(s->offers);
    free(s->name);
    free(s);
}

static struct view *add_names(struct view *to, struct names from)
{
    for (size_t i = 0; i < from.n; i++)
        *to++ = from.at[i];
    return to;
}

void session_offer(struct session *s, const struct op_offer *offer)
{
    struct op copy = { .type = OP_OFFER, .u.offer = *offer };
    struct names *functions = &copy.u.offer.functions, *cpu = &copy.u.offer.cpu;
    struct view *names;

    if (cpu->n > FUNCTIONS_MAX - functions->n)
        cpu->n = FUNCTIONS_MAX - functions->n;
    free_offer(s);
    s->offer_room = xcalloc(1, op_borrowed_len(&copy));
    op_own(&copy, s->offer_room);
    names = xcalloc(functions->n + cpu->n, sizeof *names);
    add_names(add_names(names, *functions), *cpu);
    s->slots = offer->slots;
    s->calls = offer->calls;
    s->functions = (struct names){ names, functions->n + cpu->n };
    s->labels = copy.u.offer.labels;
}

static uint32_t *places_used(struct session *s, const struct attempt *a)
{
    return a->slot ? &s->slots_used : &s->calls_used;
}

uint32_t session_room(const struct session *s, bool slot)
{
    uint32_t all = slot ? s->slots : s->calls;
    uint32_t used = slot ? s->slots_used : s->calls_used;

    if (s->n_open >= LIST_LEN_MAX) /* more cannot be listed by HELD */
        return 0;
    return used < all ? all - used : 0;
}

uint32_t session_n_running(const struct session *s)
{
    return s->slots_used + s->calls_used;
}

/* An attempt that runs there is added, or, n = -1, taken away. */
static void count_running(struct session *s, const struct attempt *a, int n)
{
    *places_used(s, a) += (uint32_t)n;
    if (a->past.suspect)
        s->n_alone += (uint32_t)n;
}

void session_acquit(struct attempt *a)
{
    if (a->past.suspect && a->session != NULL && !a->ended)
        a->session->n_alone--;
    a->past.suspect = false;
}

struct attempt_key attempt_held(const struct attempt *a)
{
    return (struct attempt_key){ .job = a->ref.job.n,
                                 .elem = a->ref.elem,
                                 .epoch = a->id.epoch,
                                 .attempt = a->id.n };
}

void session_hold(struct session *s, struct attempt *a)
{
    ASSERT(a->session == NULL);
    a->session = s;
    list_insert(&s->attempts, &a->in_session);
    s->n_open++;
    s->digest ^= op_digest_attempt(attempt_held(a));
    if (!a->ended)
        count_running(s, a, 1);
}

void session_unhold(struct session *s, struct attempt *a)
{
    ASSERT(a->session == s);
    a->session = NULL;
    list_remove(&a->in_session);
    s->n_open--;
    s->digest ^= op_digest_attempt(attempt_held(a));
    if (!a->ended)
        count_running(s, a, -1);
}

void session_end_attempt(struct session *s, struct attempt *a)
{
    ASSERT(a->session == s && !a->ended);
    count_running(s, a, -1);
    a->ended = true;
    s->n_done++;
}

struct ask *session_ask(struct session *s, uint64_t req, enum op_type type)
{
    struct ask *ask = xcalloc(1, sizeof *ask);

    ask->req = req;
    ask->type = type;
    ask->session = s;
    list_init(&ask->in_job);
    list_init(&ask->in_watch);
    list_init(&ask->in_session);
    list_insert(&s->ask_list, &ask->in_session);
    map_put(&s->asks, req, ask);
    s->n_open++;
    s->digest ^= op_digest_request(req);
    return ask;
}

void session_question(struct ask *ask, struct query take)
{
    struct question *q = xcalloc(1, sizeof *q);

    ASSERT(ask->question == NULL);
    q->ask = ask;
    q->query = take;
    list_init(&q->in_session);
    list_insert(&ask->session->questions, &q->in_session);
    ask->question = q;
}

void session_asked(struct question *q)
{
    struct session *s = q->ask->session;

    list_remove(&q->in_session);
    if (list_is_empty(&s->questions))
        list_remove(&s->in_turn);
}

static void drop_question(struct question *q)
{
    if (list_is_empty(&q->in_session)) {
        q->ask = NULL; /* the store has it, and will answer */
        return;
    }
    session_asked(q);
    blob_unref(q->query.name);
    free(q);
}

void session_answered(struct session *s, struct ask *ask)
{
    ASSERT(ask->session == s);
    if (ask->type == OP_SUBMIT && !ask->receipted)
        s->n_submits--;
    s->n_open--;
    s->digest ^= op_digest_request(ask->req);
    if (ask->question != NULL)
        drop_question(ask->question);
    map_remove(&s->asks, ask->req);
    list_remove(&ask->in_session);
    list_remove(&ask->in_job);
    list_remove(&ask->in_watch);
    free(ask);
}

void session_check(const struct session *s)
{
    uint64_t n = 0, digest = 0;
    uint32_t slots = 0, calls = 0, submits = 0, alone = 0;

    for (struct list *it = s->attempts.next; it != &s->attempts;
         it = it->next) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        ASSERT(a->session == s);
        n++;
        digest ^= op_digest_attempt(attempt_held(a));
        alone += !a->ended && a->past.suspect;
        if (!a->ended && a->slot)
            slots++;
        else if (!a->ended)
            calls++;
    }
    for (struct list *it = s->ask_list.next; it != &s->ask_list;
         it = it->next) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_session);
        ASSERT(ask->session == s && map_get(&s->asks, ask->req) == ask);
        n++;
        digest ^= op_digest_request(ask->req);
        submits += ask->type == OP_SUBMIT && !ask->receipted;
    }
    for (struct list *it = s->questions.next; it != &s->questions;
         it = it->next) {
        struct question *q = LIST_ENTRY(it, struct question, in_session);
        ASSERT(q->ask->session == s && q->ask->question == q);
    }
    ASSERT(list_is_empty(&s->questions) == list_is_empty(&s->in_turn));
    ASSERT(n == s->n_open && digest == s->digest);
    ASSERT(alone == s->n_alone);
    ASSERT(slots == s->slots_used && calls == s->calls_used);
    ASSERT(submits == s->n_submits);
}
