/* SPDX-License-Identifier: MIT */
/* lease - by when a worker has stopped its attempts, so that the coordinator
 * may give their tasks to another one.
 *
 * WELCOME says how long a lease is. The coordinator gives the tasks of a worker
 * to others when it has read nothing from it for a whole lease, and not before
 * it has run for a whole lease itself. The worker counts from an earlier
 * moment: from when it sent the last beat that was acked, which the coordinator
 * read later. It acts by the eighths of the lease that have passed since then
 * (both clocks go on during a sleep):
 *
 *   1  the next beat is due: three more may be lost
 *   3  no ack: probe whether there is a coordinator, and whether it runs
 *   5  stop: attempts are asked to end, none is started, and the session is
 *      left
 *   6  kill: programs are killed
 *   7  over: the process ends with all that still runs, by itself or by its
 *      guard
 *   8  the coordinator may give the tasks to others: an eighth is left for
 *      clocks of different speed, for waking the guard, and for the kernel to
 *      end a process
 *
 * A probe is a plain connect to the address. A refusal proves that nobody
 * listened there at some time after the probe had begun. A coordinator that
 * begins to listen later waits for a whole lease, too, before it gives tasks of
 * its predecessor to others. So a refusal renews a lease that has not passed,
 * from when the probe began. Silence renews nothing.
 *
 * A coordinator that only hangs (stopped, swapped out, waiting for a disk)
 * refuses nothing: the kernel accepts in its place. After a pause of its own of
 * more than LEASE_AWAY it counts the silence of everybody anew. It steps at
 * least once in an eighth, and shows in a word that others on its machine read
 * when its last step began (rt/os/step_mark.h). A worker that reads at some
 * time T that this was more than LEASE_AWAY ago knows that the next step will
 * find such a pause, and gives nothing before T and a whole lease: so that
 * renews its lease from T, too. While a step is under way that may give
 * something at once, the word says so instead, and proves nothing. (The step
 * takes its time after it has said so, and T is taken before the word is read:
 * a step that was not seen is later than T.) The word goes with its process:
 * the worker opens it anew each time, through the process, which holds the lock
 * of the store as long as that can be done, or else has said that it is over.
 *
 * That is sound because (1) a coordinator listens before it begins to count its
 * lease, and gives no work after it has stopped listening; (2) a worker is on
 * stable storage, as one to be waited for, before it gets work; (3) a store has
 * one coordinator at a time, which waits at least as long as the one before it
 * has promised; and if (4) the address is that of the coordinator itself, not
 * of a tunnel or a proxy, which may refuse on its own. So only a worker on the
 * coordinator's machine probes. When a coordinator has moved to another
 * address, an attempt may run on while the next one runs; its result is not
 * taken.
 *
 * Pure.
 */
#ifndef LEASE_H
#define LEASE_H

#include <stdint.h>

enum lease_part {
    LEASE_BEAT = 1,
    LEASE_AWAY = 2,
    LEASE_BACK = 2, /* longest pause between HELLOs while it holds */
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
