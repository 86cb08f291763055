/* SPDX-License-Identifier: MIT */
/* workload - the requests of clients, at random. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>

struct world;
struct client_host;

/* A function that no worker offers: its jobs wait until they are cancelled. */
#define WORKLOAD_NOBODY "nobody"
/* A function that runs until it is stopped. */
#define WORKLOAD_WAIT "wait"
/* A function that takes a slot. */
#define WORKLOAD_CPU "crunch"
/* A function that takes its process down, mostly. */
#define WORKLOAD_BOOM "boom"
#define WORKLOAD_WANTS 12

struct workload {
    unsigned weights[WORKLOAD_WANTS];
    unsigned weight_sum;
    int64_t pause_max_ms; /* of a client, between two requests */
};

void workload_begin(struct world *w); /* draws the weights of this seed */
void workload_want(struct world *w, struct client_host *c);
int64_t workload_pause_ms(struct world *w);
/* At the end: cancel jobs that never end by themselves. */
void workload_tidy(struct world *w);

#endif
