/* SPDX-License-Identifier: MIT */
/* rng - xoshiro256** (Blackman, Vigna), splitmix64 and FNV-1a. */
#include "libcommon/rng.h"

#include <string.h>

#include "libcommon/check.h"

#define FNV64_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV64_PRIME UINT64_C(0x100000001b3)
/* Basis and prime of 128 bit: high and low halves. */
#define FNV128_BASIS_HIGH UINT64_C(0x6c62272e07bb0142)
#define FNV128_BASIS_LOW UINT64_C(0x62b821756295c58d)
#define FNV128_PRIME_HIGH UINT64_C(0x1000000)
#define FNV128_PRIME_LOW UINT64_C(0x13b)

typedef unsigned __int128 wide;

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static wide wide_of(uint64_t high, uint64_t low)
{
    return (wide)high << 64 | low;
}

void rng_init(struct rng *r, uint64_t seed)
{
    /* splitmix64: the generator must not start from all zeros. */
    for (size_t i = 0; i < ARRAY_LEN(r->s); i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        r->s[i] = hash_mix(seed);
    }
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t limit)
{
    uint64_t x, skip;

    ASSERT(limit > 0);
    /* 2^64 mod limit: without the numbers below it, the rest is a multiple of
     * limit and each remainder is as likely as any other. */
    skip = -limit % limit;
    do
        x = rng_next(r);
    while (x < skip);
    return x % limit;
}

void rng_fill(struct rng *r, void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        uint64_t x = rng_next(r);
        size_t part = len < sizeof x ? len : sizeof x;

        memcpy(at, &x, part);
        at += part;
        len -= part;
    }
}

uint64_t hash_mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t hash_bytes(struct view bytes, uint64_t seed)
{
    /* A hash as the seed goes on where that one ended. */
    uint64_t h = seed != 0 ? seed : FNV64_BASIS;

    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ bytes.data[i]) * FNV64_PRIME;
    return h;
}

void hash_bytes128(struct view bytes, uint8_t out[16])
{
    wide h = wide_of(FNV128_BASIS_HIGH, FNV128_BASIS_LOW);
    wide prime = wide_of(FNV128_PRIME_HIGH, FNV128_PRIME_LOW);

    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ bytes.data[i]) * prime;
    for (size_t i = 16; i-- > 0; h >>= 8)
        out[i] = (uint8_t)h;
}
