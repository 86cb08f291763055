/* SPDX-License-Identifier: MIT */
/* lastlines - what a running program has written last. */
#ifndef LASTLINES_H
#define LASTLINES_H

#include "client/cli/cli.h"

struct lastlines_of {
    uint64_t job;
    uint32_t elem;
    enum stream stream;
};

/* Add the last lines of the stream, as far as its worker has them; nothing when
 * that cannot be told. Waits for a moment until no more comes. Suspends. */
void lastlines_await(struct cli *c, struct lastlines_of of, struct buf *out);

#endif
