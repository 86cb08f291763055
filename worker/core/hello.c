/* SPDX-License-Identifier: MIT */
/* hello - HELLO, OFFER, and which attempts HELD lists. */
#include "worker/core/hello.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "worker/core/acts.h"
#include "worker/core/worker_lease.h"

/* HELD lists it. upto 0: all that are held. */
static bool is_meant(const struct worker *w, const struct worker_attempt *a,
                     uint64_t upto)
{
    return a->phase != PHASE_DYING &&
           (upto == 0 || a->id.epoch < w->peer.epoch || a->id.attempt <= upto);
}

/* All disowned attempts have ended, or cannot be made to end. */
static bool is_quiet(const struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_DYING && !a->killed)
            return false;
    }
    return true;
}

/* Note whether this HELD names the suspect as about to start: only a verdict on
 * it, or on a later HELD that does, starts it. */
static void name(struct worker *w, struct worker_attempt *a)
{
    bool busy = worker_lease_may_start(w, a->place) && is_quiet(w);

    if (!peer_is_up(&w->peer)) { /* HELLO, maybe not the first */
        a->named = false;
        a->n_asked = 0;
    }
    if (busy && !a->named)
        a->n_before = a->n_asked;
    a->named = busy;
    a->n_asked++;
}

static void name_alone(struct worker *w, uint64_t upto)
{
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_QUEUED && a->alone && is_meant(w, a, upto))
            name(w, a);
    }
}

/* busy: those that run or are about to start; else the others. */
static size_t list_held(const struct worker *w, uint64_t upto, bool busy,
                        struct attempt_key *list)
{
    size_t n = 0;

    LIST_EACH (it, save, &w->attempts.all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);
        bool is_busy = a->phase == PHASE_QUEUED
                           ? a->named || (a->suspect && !a->alone)
                           : a->phase == PHASE_RUNNING;

        if (is_meant(w, a, upto) && is_busy == busy)
            list[n++] = a->id;
    }
    return n;
}

/* The caller frees the list. */
static struct op held_op(struct worker *w, uint64_t upto,
                         struct attempt_key **list)
{
    struct attempt_key *all =
        xcalloc(attempts_n_held(&w->attempts) + 1, sizeof *all);
    struct op op = { .type = OP_HELD };
    size_t n_busy, n_idle;

    name_alone(w, upto);
    n_busy = list_held(w, upto, true, all);
    n_idle = list_held(w, upto, false, all + n_busy);
    op.u.held.upto = upto;
    op.u.held.attempts = (struct attempt_keys){ all, n_busy + n_idle };
    op.u.held.n_idle = (uint32_t)n_idle;
    *list = all;
    return op;
}

static struct op offer_op(const struct worker_config *c)
{
    struct op op = { .type = OP_OFFER };

    op.u.offer.host = view_str(c->host == NULL ? "" : c->host);
    op.u.offer.slots = c->slots;
    op.u.offer.calls = c->calls;
    op.u.offer.functions = (struct names){ c->functions, c->n_functions };
    op.u.offer.labels = (struct labels){ c->labels, c->n_labels };
    op.u.offer.cpu = (struct names){ c->cpu, c->n_cpu };
    op.u.offer.modules = (struct module_builds){ c->modules, c->n_modules };
    return op;
}

/* Names, and a boot or two. */
#define HELLO_LEN_MAX 1536
_Static_assert(FRAME_HEAD_LEN + HELLO_LEN_MAX + FUNCTIONS_LEN_MAX +
                       2 * FUNCTIONS_MAX + LABELS_MAX * (2 * NAME_LEN_MAX + 5) +
                       MODULES_MAX * (MODULE_NAME_LEN_MAX + 30) <
                   FRAME_LEN_GOOD,
               "HELD can begin behind any OFFER");

/* HELLO, OFFER and HELD are one frame, however long: the coordinator
 * reconciles what is held in the step that opens the session. */
void hello_send(struct worker *w)
{
    struct op hello = peer_hello(&w->peer, w->now_ms);
    struct op offer = offer_op(&w->config);
    struct attempt_key *list;
    struct op held = held_op(w, 0, &list);
    struct frames *sends = &w->out->sends;
    size_t n_before = sends->n;
    struct frame_head head = peer_head(&w->peer);

    ASSERT(!peer_is_up(&w->peer));
    frames_close(
        sends); /* it may end in a HELLO that the shell has yet to send */
    frames_add(sends, head, &hello);
    frames_add(sends, head, &offer);
    frames_add(sends, head, &held);
    ASSERT(sends->n == n_before + 1);
    free(list);
}

void hello_send_held(struct worker *w, uint64_t upto)
{
    struct attempt_key *list;
    struct op op = held_op(w, upto, &list);

    acts_send(w, &op);
    free(list);
}
