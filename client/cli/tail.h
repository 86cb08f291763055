/* SPDX-License-Identifier: MIT */
/* tail - following what a job writes. */
#ifndef TAIL_H
#define TAIL_H

#include "client/cli/cli.h"

struct tail {
    struct cli *c;
    uint64_t job;
    uint32_t elem;
    enum stream stream;
    FILE *to;
    int64_t
        idle_ms; /* stop when nothing came for so long; 0: follow to the end */
    uint64_t offset;         /* of what comes next ... */
    uint64_t epoch, attempt; /* ... in the output of this attempt; 0: any */
    bool has_ended;
    int error; /* of writing: errno */
};

/* Copy the stream from `offset` on, until its end. Bytes that are gone are told
 * on stderr. Returns 0 or a negative YON_E... code, told unless it is
 * YON_ECANCELLED, or the reader of `to` has gone: who went wants no words.
 * Suspends. */
int tail_await(struct tail *t);
/* So many bytes of a stream were written and are not there any more. */
void tail_say_gap(struct cli *c, enum stream stream, uint64_t len);

#endif
