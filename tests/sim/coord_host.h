/* SPDX-License-Identifier: MIT */
/* coord_host - the coordinator's process: its core, and a shell that turns what
 * the core lists into simulated I/O. */
#ifndef COORD_HOST_H
#define COORD_HOST_H

#include "coordinator/core/coord.h"
#include "coordinator/store/lived.h"
#include "tests/sim/host.h"
#include "tests/sim/vclock.h"

/* Short, so that many pass in a minute. */
#define COORD_HOST_LEASE_MS 3000
#define COORD_HOST_BEAT_MS 750 /* half as often as yond wants */
#define COORD_HOST_MACHINE ((boot_id){ { 1 } }) /* and of all workers */

struct store_report;

struct coord_host {
    struct host host;
    struct coord *core; /* NULL while it is down */
    struct coord_actions actions;
    struct timer wake;     /* for a tick, or the next life */
    struct timer exit;     /* it has drained */
    struct timer too_late; /* a drain took too long: kill */
    bool full;             /* the last news of its disk */
    uint64_t epoch;
    uint64_t boot;      /* of its machine */
    int64_t doubted_ms; /* when that started with a wall clock that had jumped:
                         * nobody knows how long it was down */
    int64_t started_ms; /* of this life, on the world's clock */
    int64_t stepped_ms; /* its last step began, on its own: its mark */
};

/* Small, so that it runs out. */
#define COORD_HOST_BUDGET                                    \
    {                                                        \
        .first = 3, .most = 6, .per_second = 2, .percent = 5 \
    }

void coord_host_init(struct coord_host *h, struct world *w);
void coord_host_fini(struct coord_host *h);

/* What its clocks show. */
struct moment coord_host_moment(const struct coord_host *h);

/* Begin a life: load the store and start. */
void coord_host_start(struct coord_host *h);
/* kill -9; starts again after `down_ms`. */
void coord_host_kill(struct coord_host *h, int64_t down_ms);
/* SIGTERM: it drains, stops, and starts again. */
void coord_host_drain(struct coord_host *h);

void coord_host_message(struct coord_host *h, conn_id from,
                        const struct principal *by, struct view frame);
/* A principal has no rights any more. */
void coord_host_revoke(struct coord_host *h, uint32_t principal);
void coord_host_gone(struct coord_host *h, conn_id conn);
void coord_host_durable(struct coord_host *h, uint64_t n_records,
                        const struct store_report *report);
void coord_host_full(struct coord_host *h);
void coord_host_read(struct coord_host *h, uint64_t id, enum err err,
                     struct records *records);
/* The disk is broken: the process ends itself. */
void coord_host_give_up(struct coord_host *h);

#endif
