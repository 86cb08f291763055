/* SPDX-License-Identifier: MIT */
/* session - a peer, and the functions that a worker offers. */
#include "coordinator/core/model/session.h"

#include <stdlib.h>

#include "coordinator/core/model/remainder.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
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
    list_init(&s->request_list);
    list_init(&s->reads);
    list_init(&s->in_turn);
    list_init(&s->remainders);
    return s;
}

const char *session_role_name(const struct session *s)
{
    return s->role == ROLE_WORKER ? "worker" : "client";
}

static void free_offer(struct session *s)
{
    free((void *)(uintptr_t)s->functions.at);
    free(s->offer_room);
    s->offer_room = NULL;
    s->functions = (struct names){ 0 };
    s->labels = (struct labels){ 0 };
    s->host = (struct view){ 0 };
    s->modules = (struct module_builds){ 0 };
}

void session_free(struct session *s)
{
    if (s == NULL)
        return;
    ASSERT(list_is_empty(&s->attempts) && list_is_empty(&s->request_list));
    ASSERT(list_is_empty(&s->reads) && list_is_empty(&s->in_turn));
    remainders_free(s);
    list_remove(&s->in_dirty);
    list_remove(&s->in_all);
    free_offer(s);
    blob_unref(s->name_blob);
    blob_unref(s->shortage.of);
    buf_fini(&s->out);
    map_fini(&s->requests);
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
    s->host = copy.u.offer.host;
    s->modules = copy.u.offer.modules;
}

void session_beat(struct session *s, const struct op_beat *beat)
{
    s->n_holds = beat->n_holds;
    s->hold_max_ms = beat->hold_max_ms;
    blob_unref(s->shortage.of);
    s->shortage.of = beat->short_of.len == 0 ? NULL : blob_new(beat->short_of);
    s->shortage.since_ms = beat->short_ms;
    s->shortage.slots = beat->slots_now;
    s->shortage.calls = beat->calls_now;
}

static uint32_t places_now(const struct session *s, bool slot)
{
    uint32_t all = slot ? s->slots : s->calls;
    uint32_t now = slot ? s->shortage.slots : s->shortage.calls;

    return s->shortage.of != NULL && now < all ? now : all;
}

bool session_is_short(const struct session *s, bool slot)
{
    return places_now(s, slot) < (slot ? s->slots : s->calls);
}

uint32_t session_room(const struct session *s, bool slot)
{
    uint32_t all = places_now(s, slot);
    uint32_t used = slot ? s->slots_used : s->calls_used;

    if (s->n_open >= LIST_LEN_MAX) /* more cannot be listed by HELD */
        return 0;
    return used < all ? all - used : 0;
}

uint32_t session_n_running(const struct session *s)
{
    return s->slots_used + s->calls_used;
}
