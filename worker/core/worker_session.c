/* SPDX-License-Identifier: MIT */
/* worker_session - when a worker says HELLO and BEAT, and what ends a session.
 */
#include "worker/core/worker_session.h"

#include "libcommon/num.h"
#include "proto/lease.h"
#include "worker/core/acts.h"
#include "worker/core/end.h"
#include "worker/core/hello.h"
#include "worker/core/tails.h"
#include "worker/core/worker_lease.h"

/* Two HELLOs are never closer than this, whatever the coordinator says. */
#define HELLO_GAP_MS 50
/* A coordinator that is busy may put us off for so long. */
#define HELLO_RETRY_MAX_MS 60000

/* Full jitter, so that the workers of a coordinator that comes back do not come
 * all at once. */
static int64_t hello_pause_ms(struct worker *w)
{
    int64_t limit = WORKER_HELLO_MIN_MS, limit_max = WORKER_HELLO_MAX_MS;

    if (w->leased) /* to be back while it holds */
        limit_max = num_min(limit_max, lease_part_ms(w->lease_ms, LEASE_BEAT));
    for (unsigned i = 1; i < w->n_hellos && limit < limit_max; i++)
        limit *= 2;
    limit = num_max(num_min(limit, limit_max), 1);
    if (!w->config.no_jitter)
        limit = 1 + (int64_t)rng_below(&w->rng, (uint64_t)limit);
    return num_max(limit, HELLO_GAP_MS);
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
    acts_send(w, &op);
    w->next_beat_ms = w->now_ms + w->beat_ms;
}

/* Nobody knows now what we hold, and no tail is wanted. What has no lease when
 * its session ends never starts: somebody else may have it before the next
 * session. */
static void unsettle(struct worker *w)
{
    acts_add(w, WORKER_DO_UNTAIL, (struct attempt_key){ 0 });
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        a->settled = a->named = false;
        a->n_asked = a->n_before = 0;
        tails_forget(&a->tails);
        if (a->phase == PHASE_QUEUED && !w->leased)
            attempts_drop(&w->attempts, a);
    }
}

/* There is no session from now on; the next HELLO leaves at hello_ms, but not
 * too soon after the last. */
static void end_session(struct worker *w, int64_t hello_ms)
{
    acts_flush(w);
    if (w->session.n != 0) {
        w->session.n = 0;
        unsettle(w);
    }
    w->n_hellos = 0;
    w->next_hello_ms = hello_ms;
    if (w->hello_at_ms != INT64_MIN)
        w->next_hello_ms = num_max(hello_ms, w->hello_at_ms + HELLO_GAP_MS);
}

void worker_session_tick(struct worker *w)
{
    if (w->session.n != 0 && w->now_ms >= w->silent_until_ms)
        end_session(w, w->now_ms);
    if (w->session.n == 0) {
        if (w->now_ms >= w->next_hello_ms && !w->lapsing) {
            give_up_silent(w);
            hello_send(w);
            w->n_hellos++;
            w->hello_at_ms = w->now_ms;
            w->next_hello_ms = w->now_ms + hello_pause_ms(w);
        }
    } else if (w->now_ms >= w->next_beat_ms) {
        end_send_again(w);
        send_beat(w);
    }
}

int64_t worker_session_wake_ms(const struct worker *w)
{
    if (w->session.n == 0)
        return w->lapsing ? INT64_MAX : w->next_hello_ms;
    return num_min(w->next_beat_ms, w->silent_until_ms);
}

bool worker_session_takes(const struct worker *w, const struct frame_head *head,
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
void worker_session_welcome(struct worker *w, const struct frame_head *head,
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
        acts_send(w, &draining);
}

void worker_session_who(struct worker *w)
{
    /* Without a session a HELLO is on its way; this one asks for no other. */
    if (w->session.n != 0 || w->now_ms - w->hello_at_ms >= HELLO_GAP_MS)
        end_session(w, w->now_ms);
}

/* It goes down: what comes after it will need some time. */
void worker_session_bye(struct worker *w)
{
    end_session(w, w->now_ms);
    w->next_hello_ms = w->now_ms + hello_pause_ms(w);
}

/* Something was named at HELLO and not answered: that RECONCILE was lost. Or it
 * waits for one to be started. */
static bool is_waiting_for_verdict(const struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_DYING)
            continue;
        if (!a->settled || (a->phase == PHASE_QUEUED && a->alone))
            return true;
    }
    return false;
}

void worker_session_beat_ack(struct worker *w, const struct op *op)
{
    if (op->u.beat_ack.seq > w->beat_seq) {
        w->n_ignored++;
        return;
    }
    w->silent_until_ms = w->now_ms + w->lease_ms;
    worker_lease_ack(w, op->u.beat_ack.seq);
    if (op->u.beat_ack.n == attempts_n_held(&w->attempts) &&
        op->u.beat_ack.digest == w->attempts.digest &&
        !is_waiting_for_verdict(w))
        return;
    hello_send_held(w, op->u.beat_ack.upto);
}

void worker_session_refused(struct worker *w, const struct op *op)
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
            w->now_ms + num_min(op->u.refused.retry_ms, HELLO_RETRY_MAX_MS);
    }
}

void worker_session_lapse(struct worker *w)
{
    end_session(w, w->now_ms);
}
