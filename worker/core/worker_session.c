/* SPDX-License-Identifier: MIT */
/* worker_session - what a worker does when its session changes. */
#include "worker/core/worker_session.h"

#include "libcommon/num.h"
#include "proto/lease.h"
#include "worker/core/acts.h"
#include "worker/core/end.h"
#include "worker/core/hello.h"
#include "worker/core/tails.h"
#include "worker/core/worker_lease.h"

void worker_session_init(struct worker *w)
{
    const struct worker_config *c = &w->config;

    peer_init(&w->peer,
              &(struct peer_config){ .role = ROLE_WORKER,
                                     .name = c->name,
                                     .software = c->software,
                                     .boot = c->boot,
                                     .former = c->former,
                                     .seed = c->seed,
                                     .no_jitter = c->no_jitter,
                                     .pause_min_ms = WORKER_HELLO_MIN_MS,
                                     .pause_max_ms = WORKER_HELLO_MAX_MS,
                                     .beats_at_once = true });
}

/* The coordinator does not know now what we hold, and wants no tails. Without a
 * lease, queued attempts are handed back: another worker may get them before
 * the next session. */
static void unconfirm(struct worker *w)
{
    acts_add(w, WORKER_DO_UNTAIL, (struct attempt_key){ 0 });
    shipment_go_back(w);
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        a->confirmed = a->named = false;
        a->n_asked = a->n_before = 0;
        tails_forget(&a->tails);
        if (a->phase == PHASE_QUEUED && !w->leased)
            end_hand_back(w, a);
    }
}

static bool is_near(const struct worker *w, const struct op *op)
{
    boot_id machine = op->u.welcome.machine;

    return !boot_is_zero(machine) && boot_equal(machine, w->config.machine);
}

static void opened(struct worker *w, const struct op *op)
{
    struct op draining = { .type = OP_DRAINING };

    w->lease_ms = w->peer.lease_ms;
    w->timed_seq = 0;
    w->near = is_near(w, op);
    buf_clear(&w->mark);
    buf_add_view(&w->mark, op->u.welcome.mark);
    buf_add(&w->mark, "", 1);
    w->mark_key = op->u.welcome.mark_key;
    if (w->draining)
        acts_send(w, &draining);
}

static void refused(struct worker *w)
{
    w->over = true;
    err_set(w->out->refused, w->peer.err, "%s", w->peer.errmsg);
}

/* An attempt that HELLO named has no verdict: that RECONCILE was lost. Or a
 * suspect waits for the verdict that starts it. */
static bool is_waiting_for_verdict(const struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_DYING)
            continue;
        if (!a->confirmed || (a->phase == PHASE_QUEUED && a->alone))
            return true;
    }
    return false;
}

static void acked(struct worker *w, const struct op *op)
{
    worker_lease_ack(w, op->u.beat_ack.seq);
    if (op->u.beat_ack.n == attempts_n_held(&w->attempts) &&
        op->u.beat_ack.digest == w->attempts.digest &&
        !is_waiting_for_verdict(w))
        return;
    hello_send_held(w, op->u.beat_ack.upto);
}

void worker_session_frame(struct worker *w, enum err err)
{
    enum peer_news news = peer_frame(&w->peer, err, w->now_ms);

    if (news == NEWS_REFUSED)
        refused(w);
    else if (news == NEWS_NONSENSE)
        acts_nonsense(w, "a frame without a proper head");
}

bool worker_session_take(struct worker *w, const struct frame_head *head,
                         const struct op *op)
{
    bool was_up = peer_is_up(&w->peer);
    enum peer_news news = peer_take(&w->peer, head, op, w->now_ms);

    if (was_up && (news == NEWS_OPENED || news == NEWS_LOST))
        unconfirm(w);
    switch (news) {
    case NEWS_OPENED:
        opened(w, op);
        break;
    case NEWS_ACK:
        acked(w, op);
        break;
    case NEWS_REFUSED:
        refused(w);
        break;
    case NEWS_NONSENSE:
        acts_nonsense(w, op_name(op->type));
        break;
    case NEWS_NONE:
    case NEWS_LOST:
    case NEWS_PUT_OFF:
    case NEWS_OP:
        break;
    }
    return news == NEWS_OP;
}

static void send_beat(struct worker *w)
{
    struct op op = { .type = OP_BEAT };

    op.u.beat.seq = peer_beat(&w->peer, w->now_ms);
    op.u.beat.n_holds = w->n_holds;
    op.u.beat.hold_max_ms = w->hold_max_ms;
    shortage_tell(w, &op.u.beat);
    w->beat_soon = false;
    worker_lease_beat(w, op.u.beat.seq);
    acts_send(w, &op);
}

void worker_session_tick(struct worker *w)
{
    int64_t pause_max_ms = WORKER_HELLO_MAX_MS;
    struct peer_due due;

    if (w->leased) /* to be back while it holds */
        pause_max_ms =
            num_min(pause_max_ms, lease_part_ms(w->lease_ms, LEASE_BACK));
    peer_set_pause_max(&w->peer, pause_max_ms);
    due = peer_tick(&w->peer, w->now_ms);
    if (due.lost)
        unconfirm(w);
    w->out->reconnect = w->out->reconnect || due.reconnect;
    if (due.hello)
        hello_send(w);
    if (due.beat)
        end_send_again(w);
    if (due.beat || (w->beat_soon && peer_is_up(&w->peer)))
        send_beat(w);
}

void worker_session_lapse(struct worker *w)
{
    bool was_up = peer_is_up(&w->peer);

    peer_pause(&w->peer, "the lease has lapsed", w->now_ms);
    if (was_up)
        unconfirm(w);
}

void worker_session_resume(struct worker *w)
{
    peer_resume(&w->peer);
}
