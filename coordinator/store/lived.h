/* SPDX-License-Identifier: MIT */
/* lived - how long the coordinator has lived: the clock by which ages count.
 * Pure.
 *
 * The wall clock may jump by years: a machine starts with a wrong one, and is
 * set. So no age is the difference of two readings of it. A mark in the store
 * says how long all lives until then were together. While the machine is up its
 * clock that never jumps goes on, through restarts of yond too. Only when the
 * machine was down meanwhile the wall clock is asked, and believed for an hour
 * at most, unless the operator says that it is right.
 */
#ifndef LIVED_H
#define LIVED_H

#include <stdbool.h>
#include <stdint.h>

#define LIVED_DOWN_MAX_MS INT64_C(3600000) /* what the wall clock can add */
#define LIVED_MARK_MS INT64_C(600000)      /* between two marks */

/* A reading of both clocks. */
struct moment {
    uint64_t machine; /* an id, new with each boot; 0: not known */
    int64_t boot_ms;  /* since that boot; never jumps */
    int64_t wall_ms;
};

/* The mark. Zeroed memory: nothing was lived yet. */
struct lived {
    int64_t ms;
    struct moment at;
};

/* A life begins; the mark is now. Returns how much of the time since the last
 * one was not counted, by the wall clock. */
int64_t lived_begin(struct lived *l, const struct moment *now, bool trust_wall);
/* In this life. */
int64_t lived_ms(const struct lived *l, const struct moment *now);
/* Whether it is time for a new mark; if so, it is now. */
bool lived_mark(struct lived *l, const struct moment *now);

#endif
