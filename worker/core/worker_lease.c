/* SPDX-License-Identifier: MIT */
/* worker_lease - what a worker does as its lease passes, part by part. */
#include "worker/core/worker_lease.h"

#include "libcommon/check.h"
#include "libcommon/num.h"
#include "proto/lease.h"
#include "worker/core/acts.h"
#include "worker/core/end.h"

/* When this part of the lease will have passed. */
static int64_t part_at(const struct worker *w, enum lease_part part)
{
    return w->leased_ms + lease_part_ms(w->lease_ms, part);
}

static bool is_idle(const struct worker *w)
{
    return w->attempts.n[PHASE_QUEUED] + w->attempts.n[PHASE_RUNNING] +
               w->attempts.n[PHASE_DYING] ==
           0;
}

bool worker_lease_check(struct worker *w)
{
    if (!w->leased || w->now_ms < part_at(w, LEASE_STOP))
        return false;
    w->leased = w->killed = false;
    w->lapsing = !is_idle(w);
    if (w->lapsing)
        trace_line(w->trace, TRACE_WARN, "lease-lapsed", "held=%zu running=%zu",
                   attempts_n_held(&w->attempts), w->attempts.n[PHASE_RUNNING]);
    return w->lapsing;
}

bool worker_lease_stop(struct worker *w)
{
    if (!w->lapsing)
        return false;
    end_disown_all(w);
    if (is_idle(w)) {
        w->lapsing = false;
    } else if (!w->killed && w->now_ms >= part_at(w, LEASE_KILL)) {
        w->killed = true;
        end_kill_all(w, "the lease has lapsed");
    }
    return !w->lapsing;
}

static bool has_room(const struct worker *w)
{
    return w->config.ended_bytes_max == 0 ||
           w->attempts.ended_bytes <= w->config.ended_bytes_max;
}

bool worker_lease_may_start(const struct worker *w, enum attempt_place place)
{
    if (!has_room(w))
        return false;
    return w->leased && w->attempts.used[place] < w->attempts.limit[place];
}

static void renew(struct worker *w, int64_t from_ms)
{
    if (from_ms > w->leased_ms)
        w->leased_ms = from_ms;
    w->next_probe_ms = part_at(w, LEASE_PROBE);
}

void worker_lease_beat(struct worker *w, uint64_t seq)
{
    if (w->timed_seq != 0)
        return;
    w->timed_seq = seq;
    w->timed_ms = w->now_ms;
}

void worker_lease_ack(struct worker *w, uint64_t seq)
{
    if (w->timed_seq == 0 || seq < w->timed_seq)
        return;
    w->timed_seq = 0;
    ASSERT(!w->lapsing); /* there would be no session */
    if (w->now_ms - w->timed_ms >= lease_part_ms(w->lease_ms, LEASE_STOP))
        return;
    w->leased = true;
    renew(w, w->timed_ms);
}

void worker_lease_absent(struct worker *w, int64_t began_ms, bool hangs)
{
    if (!w->leased || began_ms > w->now_ms)
        return;
    trace_line(w->trace, hangs ? TRACE_WARN : TRACE_DEBUG, "lease-renewed",
               "reason=%s",
               hangs ? "the coordinator hangs" : "there is no coordinator");
    renew(w, began_ms);
}

void worker_lease_probe(struct worker *w)
{
    if (!w->near || !w->leased || is_idle(w) || w->now_ms < w->next_probe_ms)
        return;
    acts_add(w, WORKER_DO_PROBE, (struct attempt_key){ 0 });
    w->next_probe_ms = w->now_ms + lease_part_ms(w->lease_ms, 1) + 1;
}

int64_t worker_lease_wake_ms(const struct worker *w)
{
    int64_t stop_ms = part_at(w, LEASE_STOP);

    if (w->lapsing)
        return part_at(w, w->killed ? LEASE_OVER : LEASE_KILL);
    if (!w->leased || is_idle(w))
        return INT64_MAX;
    return w->near ? num_min(w->next_probe_ms, stop_ms) : stop_ms;
}

int64_t worker_over_ms(const struct worker *w)
{
    return w->leased || w->lapsing ? part_at(w, LEASE_OVER) : INT64_MAX;
}
