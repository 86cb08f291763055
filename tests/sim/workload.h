/* SPDX-License-Identifier: MIT */
/* workload - what clients ask for, at random. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>

struct world;
struct client_host;

/* Nobody offers this function: its jobs wait until they are cancelled. */
#define WORKLOAD_NOBODY "nobody"
/* It runs until it is stopped. */
#define WORKLOAD_WAIT "wait"
/* It takes a slot. */
#define WORKLOAD_CPU "crunch"
/* It takes its process down, mostly. */
#define WORKLOAD_BOOM "boom"
#define WORKLOAD_WANTS 11

struct workload {
    unsigned weights[WORKLOAD_WANTS];
    unsigned weight_sum;
    int64_t pause_max_ms; /* of a client, between two requests */
};

void workload_begin(struct world *w); /* draws what this seed is about */
void workload_want(struct world *w, struct client_host *c);
int64_t workload_pause_ms(struct world *w);
/* At the end: cancel what will never end by itself. */
void workload_tidy(struct world *w);

#endif
