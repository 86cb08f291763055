/* SPDX-License-Identifier: MIT */
/* faults - what goes wrong, and when.
 *
 * Each seed draws how likely each kind is, many of them not at all: a world
 * where one thing fails all the time finds other bugs than a world where all
 * fail a little.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "libcommon/buf.h"
#include "tests/sim/cover.h"
#include "tests/sim/vclock.h"

struct world;

struct faults {
    struct world *world;
    struct timer timer;
    struct timer disk_heals;
    struct timer cut; /* the next link is cut */
    unsigned n_to_cut;
    unsigned weights[FAULT_COUNT];
    unsigned weight_sum;
    bool long_runs;       /* so that there is always something to lose */
    int64_t pause_max_ms; /* between two faults */
    int64_t down_max_ms;  /* of a process that was killed */
    struct buf sample;    /* a frame of some peer, for strangers to send */
    struct principal sample_by; /* that peer's key */
};

void faults_init(struct faults *f, struct world *w);
void faults_fini(struct faults *f);
void faults_begin(struct faults *f);
/* Stop, and repair what they left. */
void faults_heal(struct faults *f);

#endif
