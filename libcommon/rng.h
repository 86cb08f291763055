/* SPDX-License-Identifier: MIT */
/* rng - seeded random numbers (not for secrets), and hashes. Pure. */
#ifndef RNG_H
#define RNG_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/buf.h"

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r,
                   uint64_t limit); /* 0 .. limit - 1; limit > 0 */
void rng_fill(struct rng *r, void *out, size_t len);

/* Spreads the bits of a number; a bijection. (splitmix64's finaliser) */
uint64_t hash_mix(uint64_t x);
/* FNV-1a, 64 and 128 bit. Start with seed 0 for the standard offset basis. */
uint64_t hash_bytes(struct view bytes, uint64_t seed);
void hash_bytes128(struct view bytes, uint8_t out[16]);

#endif
