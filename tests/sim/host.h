/* SPDX-License-Identifier: MIT */
/* host - a simulated process: the part that coordinator, workers and clients
 * share.
 *
 * Each life has its own clocks, so that the times of two cores cannot be
 * compared. A paused process (SIGSTOP, swap) sees nothing until it goes on.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/core/model/principal.h"
#include "libcommon/ids.h"

struct world;

struct host {
    struct world *world;
    char name[16]; /* as traces show it */
    bool up;
    struct principal principal; /* its key; zeroed: it comes by ipc */
    unsigned life;              /* lives begun */
    uint64_t epoch;             /* in its last frame of this life */
    uint64_t session;           /* likewise; 0: none */
    uint64_t welcomed;    /* the last session that the coordinator gave it */
    uint64_t drains_in;   /* the coordinator has heard there that it drains */
    unsigned jumped_life; /* the last life whose wall clock jumped */
    int64_t paused_from_ms, paused_until_ms;
    int64_t mono_base_ms; /* its monotonic clock less the world's */
    int64_t wall_base_ms; /* its wall clock less the world's */
    int64_t drift_ppm;    /* of its monotonic clock, + when fast */
};

#define HOST_DRIFT_PPM_MAX 20000 /* either way */

void host_init(struct host *h, struct world *w, const char *name);
/* Draw how much slower or faster its monotonic clock runs. */
void host_drift(struct host *h);
/* The most that such a clock is off after `ms`. */
int64_t host_drift_max_ms(int64_t ms);
void host_begin(struct host *h);       /* a life begins: new clocks */
void host_begin_again(struct host *h); /* ... of a machine that was up */
int64_t host_mono_ms(const struct host *h);
int64_t host_wall_ms(const struct host *h);
void host_resume(struct host *h);
bool host_is_paused(const struct host *h);
/* The world's time when its clock shows `mono_ms`. */
int64_t host_world_ms(const struct host *h, int64_t mono_ms);
boot_id host_random_boot(struct host *h);

#endif
