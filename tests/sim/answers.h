/* SPDX-License-Identifier: MIT */
/* answers - compares what a client hears with the ledger. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "tests/sim/client_host.h"

void answers_check(struct client_host *h, struct request *request,
                   const struct op *op, bool last);

#endif
