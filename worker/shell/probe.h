/* SPDX-License-Identifier: MIT */
/* probe - whether anybody listens at the coordinator's address: a plain
 * connect, which is closed at once.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>
#include <uv.h>

struct try;

/* Every address of the endpoint has refused, after began_ms (clock_boot_ms). */
typedef void probe_fn(void *arg, int64_t began_ms);

struct probe {
    uv_loop_t *loop;
    const char *server; /* endpoint; borrowed */
    probe_fn *refused;
    void *arg;
    struct try *now; /* NULL: none is under way */
};

/* Begin, and forget the one that is under way. Only a refusal is reported:
 * nothing else proves anything. */
void probe_begin(struct probe *p);
void probe_forget(struct probe *p);

#endif
