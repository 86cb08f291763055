/* SPDX-License-Identifier: MIT */
/* world - one simulated installation: a clock, a seed, a network, a disk, one
 * coordinator, workers, clients, and the ledger.
 *
 * All chance comes from the seed: a seed replays exactly.
 */
#ifndef WORLD_H
#define WORLD_H

#include "libcommon/rng.h"
#include "libcommon/trace.h"
#include "tests/sim/client_host.h"
#include "tests/sim/coord_host.h"
#include "tests/sim/cover.h"
#include "tests/sim/faults.h"
#include "tests/sim/invariants.h"
#include "tests/sim/ledger.h"
#include "tests/sim/net.h"
#include "tests/sim/timeline.h"
#include "tests/sim/turns.h"
#include "tests/sim/vclock.h"
#include "tests/sim/vdisk.h"
#include "tests/sim/worker_host.h"
#include "tests/sim/workload.h"

#define WORLD_WORKERS_MAX 8
#define WORLD_CLIENTS_MAX 16

/* How this world is made. */
struct world_config {
    uint64_t seed;
    unsigned n_workers, n_clients;
    /* For scenarios: no faults and no requests but those of the story; a
     * message takes as short as it can, a pause is as long as it may be. */
    bool quiet;
    int64_t run_ms; /* of a run in a quiet world */
};

/* The findings of a run, for its parent process. */
struct report {
    struct cover cover;
    struct timeline timeline;
    uint64_t seed; /* that runs now */
    bool broken;
    enum invariant invariant;
    int64_t at_ms;
    char what[400];
};

struct world {
    struct world_config config;
    struct report *report;
    struct rng rng;
    struct clock clock;
    struct net net;
    struct vdisk disk;
    struct ledger ledger;
    struct faults faults;
    struct workload workload;
    struct turns turns;
    struct frame_reader *reader; /* for the frame in work */
    struct frame_reader *bodies; /* for outcomes inside it */
    struct coord_host coord;
    struct worker_host workers[WORLD_WORKERS_MAX];
    struct client_host clients[WORLD_CLIENTS_MAX];
    uint32_t n_principals; /* given to hosts */
    uint64_t n_steps;
    uint64_t n_who;     /* frames that the coordinator refused */
    uint64_t n_welcome; /* HELLOs that it accepted */
    char named_by[16];  /* the worker that, in the frame in work, names what has
                         * ended its process before; empty: none */
    bool healed;        /* no more faults, short runs: all must end */
};

struct world *world_new(const struct world_config *config,
                        struct report *report);
void world_free(struct world *w);

/* Start all processes. */
void world_start(struct world *w);
/* Let virtual time pass until then. */
void world_run_until(struct world *w, int64_t until_ms);
/* Live through a random while with faults; heal; then all must end. */
void world_live(struct world *w);

/* Whether nothing is left to be done anywhere. */
bool world_is_quiet(struct world *w);

/* ---- chance; a quiet world always takes the least ---- */

bool world_chance(struct world *w, unsigned per_mille);
int64_t world_between(struct world *w, int64_t least, int64_t most);
uint64_t world_below(struct world *w, uint64_t limit);

/* ---- telling ---- */

/* A core has made a step: check the invariants. */
void world_stepped(struct world *w);
/* A fault happens; whom: the process that it hits, or "". */
void world_fault(struct world *w, enum fault fault, const char *whom);
void world_fact(struct world *w, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Lines of a core, as facts, but for those that would drown a story. */
void world_trace(struct world *w, const char *who, struct trace *trace);
/* The level at which a core traces in this world. */
enum trace_level world_trace_level(const struct world *w);
void world_detail(struct world *w, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
