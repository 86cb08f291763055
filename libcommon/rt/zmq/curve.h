/* SPDX-License-Identifier: MIT */
/* curve - keys for ZeroMQ's CURVE: made, and derived. */
#ifndef CURVE_H
#define CURVE_H

#include "libcommon/key_text.h"

/* Make a pair. Only in a process that has no socket: libzmq 4.3.4 closes its
 * source of random numbers afterwards.
 * ERR_SYSTEM  this libzmq was built without CURVE. */
enum err curve_make(struct curve_key *public_key, struct curve_key *secret);
/* The public key of a secret one. */
void curve_public_of(const struct curve_key *secret, struct curve_key *out);

#endif
