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

#include "ids.h"

struct world;

struct host {
    struct world *world;
    char name[16]; /* as traces show it */
    bool up;
    unsigned life;        /* lives begun */
    uint64_t epoch;       /* that it said last, in this life */
    unsigned jumped_life; /* the last one in which its wall clock jumped */
    int64_t paused_from_ms, paused_until_ms;
    int64_t mono_base_ms; /* its monotonic clock less the world's */
    int64_t wall_base_ms; /* its wall clock less the world's */
};

void host_init(struct host *h, struct world *w, const char *name);
void host_begin(struct host *h); /* a life begins: new clocks */
int64_t host_mono_ms(const struct host *h);
int64_t host_wall_ms(const struct host *h);
void host_resume(struct host *h);
bool host_is_paused(const struct host *h);
/* When its clock shows `mono_ms`, on the world's clock. */
int64_t host_world_ms(const struct host *h, int64_t mono_ms);
boot_id host_random_boot(struct host *h);

#endif
