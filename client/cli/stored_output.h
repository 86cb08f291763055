/* SPDX-License-Identifier: MIT */
/* stored_output - what an attempt that has ended has written: the beginning and
 * the end from its outcome, and the pieces between that the coordinator stores.
 */
#ifndef STORED_OUTPUT_H
#define STORED_OUTPUT_H

#include "client/cli/cli.h"
#include "proto/body.h"

/* Bytes that stand at `at`, which is behind those before when something is
 * missing. May suspend. False: no more is wanted. */
typedef bool stored_output_fn(void *arg, uint64_t at, struct view bytes);

/* Hand out the stream from `offset` on, piece by piece. body: that of the
 * outcome of the attempt `id`. A piece that cannot be had was told, and is
 * missing. Suspends. */
void stored_output_read_await(struct cli *c, struct attempt_key id,
                              const struct body *body, enum stream stream,
                              uint64_t offset, stored_output_fn *fn, void *arg);

/* The outputs of a body, with nothing stored elsewhere. */
struct whole_body {
    struct body body; /* borrows from the other one, too */
    struct buf streams[2];
};
/* Freed by whole_body_fini. Suspends when there are pieces. */
void whole_body_read_await(struct cli *c, struct attempt_key id,
                           const struct body *body, struct whole_body *out);
void whole_body_fini(struct whole_body *w);

#endif
