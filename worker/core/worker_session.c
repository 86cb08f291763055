/* SPDX-License-Identifier: MIT */
/* worker_session - the session with the coordinator.
 *
 *      silent --HELLO--> waiting --WELCOME--> in session
 *         ^                 |                     |
 *         +---- time -------+     WHO, BYE, no BEAT_ACK for lease_ms
 *         +---------------------------------------+
 */
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/lease.h"
#include "worker/core/worker_state.h"

/* Two HELLOs are never closer than this, whatever the coordinator says. */
#define HELLO_GAP_MS 50
/* A coordinator that is busy may put us off for so long. */
#define HELLO_RETRY_MAX_MS 60000

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Full jitter, so that the workers of a coordinator that comes back do not come
 * all at once. */
static int64_t hello_pause_ms(struct worker *w)
{
    int64_t limit = WORKER_HELLO_MIN_MS, limit_max = WORKER_HELLO_MAX_MS;

    if (w->leased) /* to be back while it holds */
        limit_max = sooner(limit_max, lease_part_ms(w->lease_ms, LEASE_BEAT));
    for (unsigned i = 1; i < w->n_hellos && limit < limit_max; i++)
        limit *= 2;
    limit = later(sooner(limit, limit_max), 1);
    if (!w->config.no_jitter)
        limit = 1 + (int64_t)rng_below(&w->rng, (uint64_t)limit);
    return later(limit, HELLO_GAP_MS);
}

/* An attempt that `upto` of this epoch can mean; 0: all. */
static bool is_meant(const struct worker *w, const struct holding *h,
                     uint64_t upto)
{
    return h->state != HOLDING_DYING &&
           (upto == 0 || h->id.epoch < w->epoch || h->id.attempt <= upto);
}

/* What is not wanted any more has ended, or cannot be made to. */
static bool is_quiet(const struct worker *w)
{
    LIST_EACH (it, save, &w->held.all) {
        const struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state == HOLDING_DYING && !h->killed)
            return false;
    }
    return true;
}

/* Whether the verdict keep is to start it; it answers this HELD, or a later one
 * of the session. */
static void name(struct worker *w, struct holding *h)
{
    bool busy = worker_has_room(w, h->place) && is_quiet(w);

    if (w->session.n == 0) { /* HELLO, maybe not the first */
        h->named = false;
        h->n_asked = 0;
    }
    if (busy && !h->named)
        h->n_before = h->n_asked;
    h->named = busy;
    h->n_asked++;
}

static void name_alone(struct worker *w, uint64_t upto)
{
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state == HOLDING_QUEUED && h->alone && is_meant(w, h, upto))
            name(w, h);
    }
}

/* Those that run, or start with the verdict keep; or the others. */
static size_t list_held(const struct worker *w, uint64_t upto, bool busy,
                        struct attempt_key *list)
{
    size_t n = 0;

    LIST_EACH (it, save, &w->held.all) {
        const struct holding *h = LIST_ENTRY(it, struct holding, all);
        bool is_busy =
            h->state == HOLDING_QUEUED ? h->named : h->state == HOLDING_RUNNING;

        if (is_meant(w, h, upto) && is_busy == busy)
            list[n++] = h->id;
    }
    return n;
}

/* The caller frees the list. */
static struct op held_op(struct worker *w, uint64_t upto,
                         struct attempt_key **list)
{
    struct attempt_key *all =
        xcalloc(holdings_n_held(&w->held) + 1, sizeof *all);
    struct op op = { .type = OP_HELD };
    size_t n_busy, n_idle;

    name_alone(w, upto);
    n_busy = list_held(w, upto, true, all);
    n_idle = list_held(w, upto, false, all + n_busy);
    op.u.held.upto = upto;
    op.u.held.helds = (struct attempt_keys){ all, n_busy + n_idle };
    op.u.held.n_idle = (uint32_t)n_idle;
    *list = all;
    return op;
}

static struct op hello_op(const struct worker_config *c, uint64_t seq)
{
    struct op op = { .type = OP_HELLO };

    op.u.hello.role = ROLE_WORKER;
    op.u.hello.version_min = PROTO_VERSION_MIN;
    op.u.hello.version_max = PROTO_VERSION;
    op.u.hello.peername = view_str(c->name);
    memcpy(op.u.hello.boot.bytes, c->boot.bytes, sizeof c->boot.bytes);
    op.u.hello.software = view_str(c->software);
    op.u.hello.seq = seq;
    memcpy(op.u.hello.former.bytes, c->former.bytes, sizeof c->former.bytes);
    return op;
}

static struct op offer_op(const struct worker_config *c)
{
    struct op op = { .type = OP_OFFER };

    op.u.offer.slots = c->slots;
    op.u.offer.calls = c->calls;
    op.u.offer.functions = (struct names){ c->functions, c->n_functions };
    op.u.offer.labels = (struct labels){ c->labels, c->n_labels };
    op.u.offer.cpu = (struct names){ c->cpu, c->n_cpu };
    return op;
}

/* HELLO, OFFER and HELD are one frame, however long: the coordinator settles
 * what is held in the step that makes the session. */
static void send_hello(struct worker *w)
{
    struct op hello = hello_op(&w->config, ++w->hello_seq);
    struct op offer = offer_op(&w->config);
    struct attempt_key *list;
    struct op held = held_op(w, 0, &list);

    ASSERT(w->session.n == 0 && w->frame.len == 0);
    frame_begin(&w->frame, (struct frame_head){ .version = PROTO_VERSION,
                                                .epoch = w->epoch });
    frame_add(&w->frame, &hello);
    frame_add(&w->frame, &offer);
    frame_add(&w->frame, &held);
    worker_flush(w);
    free(list);

    w->n_hellos++;
    w->hello_at_ms = w->now_ms;
    w->next_hello_ms = w->now_ms + hello_pause_ms(w);
}

/* A connection can be dead without anybody being told. */
static void give_up_silent(struct worker *w)
{
    if (w->now_ms - w->heard_ms < SILENCE_MAX_MS)
        return;
    w->heard_ms = w->now_ms;
    w->out->reconnect = true;
}

static void send_beat(struct worker *w)
{
    struct op op = { .type = OP_BEAT };

    op.u.beat.seq = ++w->beat_seq;
    op.u.beat.n_holds = w->n_holds;
    op.u.beat.hold_max_ms = w->hold_max_ms;
    worker_lease_beat(w);
    worker_send(w, &op);
    w->next_beat_ms = w->now_ms + w->beat_ms;
}

/* There is no session from now on; the next HELLO leaves at hello_ms, but not
 * too soon after the last. */
static void end_session(struct worker *w, int64_t hello_ms)
{
    worker_flush(w);
    if (w->session.n != 0) {
        w->session.n = 0;
        worker_unsettle(w);
    }
    w->n_hellos = 0;
    w->next_hello_ms = hello_ms;
    if (w->hello_at_ms != INT64_MIN)
        w->next_hello_ms = later(hello_ms, w->hello_at_ms + HELLO_GAP_MS);
}

void worker_link_lapse(struct worker *w)
{
    end_session(w, w->now_ms);
}

void worker_link_tick(struct worker *w)
{
    if (w->session.n != 0 && w->now_ms >= w->silent_until_ms)
        end_session(w, w->now_ms);
    if (w->session.n == 0) {
        if (w->now_ms >= w->next_hello_ms && !w->lapsing) {
            give_up_silent(w);
            send_hello(w);
        }
    } else if (w->now_ms >= w->next_beat_ms) {
        worker_send_results_again(w);
        send_beat(w);
    }
}

int64_t worker_link_wake_ms(const struct worker *w)
{
    if (w->session.n == 0)
        return w->lapsing ? INT64_MAX : w->next_hello_ms;
    return sooner(w->next_beat_ms, w->silent_until_ms);
}

bool worker_link_takes(const struct worker *w, const struct frame_head *head,
                       enum op_type type)
{
    bool ours = w->session.n != 0 && head->session.n == w->session.n &&
                head->epoch == w->epoch;

    if (head->epoch < w->epoch)
        return false;
    if (type == OP_WELCOME)
        return head->session.n != 0 && !ours;
    if (type == OP_WHO || type == OP_REFUSED)
        return ours || head->session.n == 0;
    return ours;
}

static bool is_near(const struct worker *w, const struct op *op)
{
    boot_id machine;

    memcpy(machine.bytes, op->u.welcome.machine.bytes, sizeof machine.bytes);
    return !boot_is_zero(machine) && boot_equal(machine, w->config.machine);
}

/* Also while there is a session: the answer to a HELLO that was said twice
 * makes the one before it void. Not while the lease lapses: the HELLO named
 * what will not be held any more. */
void worker_link_welcome(struct worker *w, const struct frame_head *head,
                         const struct op *op)
{
    uint32_t version = op->u.welcome.version;
    struct op draining = { .type = OP_DRAINING };

    if (version < PROTO_VERSION_MIN || version > PROTO_VERSION ||
        op->u.welcome.lease_ms == 0 || op->u.welcome.beat_ms == 0 ||
        w->lapsing) {
        w->n_ignored++;
        return;
    }
    end_session(w, w->now_ms);
    w->epoch = head->epoch;
    w->session = head->session;
    w->lease_ms = op->u.welcome.lease_ms;
    w->beat_ms = op->u.welcome.beat_ms;
    w->silent_until_ms = w->now_ms + w->lease_ms;
    w->next_beat_ms = w->now_ms; /* it proves that we live: work comes then */
    w->beat_seq = w->timed_seq = 0;
    w->near = is_near(w, op);
    if (w->draining)
        worker_send(w, &draining);
}

void worker_link_who(struct worker *w)
{
    /* Without a session a HELLO is on its way; this one asks for no other. */
    if (w->session.n != 0 || w->now_ms - w->hello_at_ms >= HELLO_GAP_MS)
        end_session(w, w->now_ms);
}

/* It goes down: what comes after it will need some time. */
void worker_link_bye(struct worker *w)
{
    end_session(w, w->now_ms);
    w->next_hello_ms = w->now_ms + hello_pause_ms(w);
}

/* Something was named at HELLO and not answered: that RECONCILE was lost. Or it
 * waits for one to be started. */
static bool is_waiting_for_settle(const struct worker *w)
{
    LIST_EACH (it, save, &w->held.all) {
        const struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state == HOLDING_DYING)
            continue;
        if (!h->settled || (h->state == HOLDING_QUEUED && h->alone))
            return true;
    }
    return false;
}

void worker_link_held(struct worker *w, uint64_t upto)
{
    struct attempt_key *list;
    struct op op = held_op(w, upto, &list);

    worker_send(w, &op);
    free(list);
}

void worker_link_beat_ack(struct worker *w, const struct op *op)
{
    if (op->u.beat_ack.seq > w->beat_seq) {
        w->n_ignored++;
        return;
    }
    w->silent_until_ms = w->now_ms + w->lease_ms;
    worker_lease_ack(w, op->u.beat_ack.seq);
    if (op->u.beat_ack.n == holdings_n_held(&w->held) &&
        op->u.beat_ack.digest == w->held.digest && !is_waiting_for_settle(w))
        return;
    worker_link_held(w, op->u.beat_ack.upto);
}

void worker_link_refused(struct worker *w, const struct op *op)
{
    uint32_t code = op->u.refused.code;
    struct view text = op->u.refused.message;

    if (op->u.refused.req != 0) {
        w->n_ignored++;
    } else if (code == ERR_VERSION || code == ERR_REFUSED) {
        w->over = true;
        err_set(w->out->refused, (enum err)code, "%s: %.*s",
                err_text((enum err)code), (int)text.len,
                (const char *)text.data);
    } else if (w->session.n == 0 && op->u.refused.retry_ms > 0) {
        w->next_hello_ms =
            w->now_ms + sooner(op->u.refused.retry_ms, HELLO_RETRY_MAX_MS);
    }
}
