/* SPDX-License-Identifier: MIT */
/* host - a simulated process: what coordinator, workers and clients share.
 *
 * Each life has clocks of its own, so that no core can compare its times with
 * another's. A paused process (SIGSTOP, swap) sees nothing until it goes on.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/ids.h"

struct world;

struct host {
    struct world *world;
    char name[16]; /* as traces show it */
    bool up;
    unsigned life;        /* lives begun */
    uint64_t epoch;       /* that it said last, in this life */
    uint64_t session;     /* ... in which it spoke last; 0: in none */
    unsigned jumped_life; /* the last one in which its wall clock jumped */
    int64_t paused_from_ms, paused_until_ms;
    int64_t mono_base_ms; /* its monotonic clock less the world's */
    int64_t wall_base_ms; /* its wall clock less the world's */
    int64_t drift_ppm;    /* how much faster its monotonic clock runs */
};

#define HOST_DRIFT_PPM_MAX 20000 /* either way */

void host_init(struct host *h, struct world *w, const char *name);
/* Its monotonic clock runs slower or faster than the coordinator's. */
void host_drift(struct host *h);
/* How far such a clock may be off after so long, at most. */
int64_t host_drift_max_ms(int64_t ms);
void host_begin(struct host *h); /* a life begins: new clocks */
int64_t host_mono_ms(const struct host *h);
int64_t host_wall_ms(const struct host *h);
void host_resume(struct host *h);
bool host_is_paused(const struct host *h);
/* When its clock shows `mono_ms`, on the world's clock. */
int64_t host_world_ms(const struct host *h, int64_t mono_ms);
boot_id host_random_boot(struct host *h);

#endif
