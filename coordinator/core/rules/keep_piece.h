/* SPDX-License-Identifier: MIT */
/* keep_piece - KEEP_PIECE: parts of large outputs, from their worker to the
 * disk, before the outcome that names them. */
#ifndef KEEP_PIECE_H
#define KEEP_PIECE_H

#include "coordinator/core/model/on_commit.h"
#include "proto/op.h"

struct session;

void keep_piece_take(struct coord *c, struct session *s, const struct op *op);
/* It is durable; refused: the disk had no room for it. */
void keep_piece_committed(struct coord *c, const struct on_commit *p,
                          bool refused);

#endif
