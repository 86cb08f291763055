/* SPDX-License-Identifier: MIT */
/* lease - when a worker must have stopped what the coordinator gives to
 * another.
 *
 * The coordinator says in WELCOME how long a lease is. It gives the attempts of
 * a worker to others when it has read nothing from it for a whole lease, and,
 * after a start of its own, not before it has run for a whole lease. The worker
 * counts from a moment that is surely earlier: from when it sent the beat that
 * was acked, which the coordinator read later. What it does, by the eighths of
 * the lease that have passed since then (both clocks count a sleep, too):
 *
 *   2  the next beat is due: two more may be lost
 *   3  no ack: probe whether there is a coordinator at all
 *   5  stop: what runs is asked to end, nothing is started, and there is no
 *      session any more
 *   6  kill: programs are killed
 *   7  over: what still runs ends with the process, by itself or by its guard
 *   8  the coordinator may give it again: an eighth for clocks that do not run
 *      alike, for the guard to be woken, and for the kernel to end a process
 *
 * A probe is a plain connect to the address. One that was refused proves that
 * nobody listened there at some time after it had begun. Who begins to listen
 * later waits for a whole lease, too, before it gives again what was accepted
 * before its time. So a refusal renews the lease, from when the probe began,
 * if it has not passed; silence does not.
 *
 * That is sound because (1) a coordinator listens before its lease begins to
 * count, and gives nothing when it has stopped to listen; (2) a worker is on
 * stable storage, as one to be waited for, before it gets work; (3) one store
 * has one coordinator at a time, which does not wait for less than what the one
 * before it has promised; and if (4) the address is that of the
 * coordinator itself, and not of a tunnel or a proxy, which refuses when it is
 * gone: so only who is on the machine of the coordinator probes. At an address
 * that a coordinator has left for another one an attempt may run on while the
 * next one runs; its result is still not taken.
 *
 * Pure.
 */
#ifndef LEASE_H
#define LEASE_H

#include <stdint.h>

enum lease_part {
    LEASE_BEAT = 2,
    LEASE_PROBE = 3,
    LEASE_STOP = 5,
    LEASE_KILL = 6,
    LEASE_OVER = 7,
    LEASE_PARTS = 8
};

static inline int64_t lease_part_ms(int64_t lease_ms, enum lease_part part)
{
    return lease_ms * part / LEASE_PARTS;
}

#endif
