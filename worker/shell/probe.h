/* SPDX-License-Identifier: MIT */
/* probe - whether anybody listens at the coordinator's address: a plain
 * connect, which is closed at once.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>
#include <uv.h>

struct try;

/* All of the address has refused, at times after began_ms (clock_boot_ms). */
typedef void probe_fn(void *arg, int64_t began_ms);

struct probe {
    uv_loop_t *loop;
    const char *server; /* endpoint; borrowed */
    probe_fn *refused;
    void *arg;
    struct try *now; /* under way; NULL: none */
};

/* Begin; one that is under way is forgotten. Tells of a refusal only: what else
 * happens proves nothing. */
void probe_begin(struct probe *p);
void probe_forget(struct probe *p);

#endif
