/* SPDX-License-Identifier: MIT */
/* pieces - what commands write beyond what their outcomes carry. */
#ifndef PIECES_H
#define PIECES_H

#include "proto/op.h"

struct record;
struct world;

/* Bytes of stdout that this attempt spools; 0: none. They stand behind what its
 * outcome carries. */
uint64_t pieces_spooled(struct attempt_key id);
/* The bytes of a piece, as its worker packs it. */
#define PIECES_TOKEN_LEN 16
void pieces_token(struct attempt_key id, uint8_t stream, uint64_t offset,
                  uint8_t out[PIECES_TOKEN_LEN]);

/* Check that all that a durable outcome counts as stored is in the store. */
void pieces_check_outcome(struct world *w, const struct record *rec);
/* Check what a client is told of the stdout of an attempt. */
void pieces_check_told(struct world *w, struct attempt_key id,
                       const struct pieces *told, uint64_t offset);

#endif
