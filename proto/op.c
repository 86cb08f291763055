/* SPDX-License-Identifier: MIT */
/* op - names of states, and digests. */
#include "proto/op.h"

#include "libcommon/rng.h"

const char *state_name(unsigned s)
{
    switch (s) {
#define STATE_CASE(name, number, text) \
    case STATE_##name:                 \
        return text;
        STATE_LIST(STATE_CASE)
#undef STATE_CASE
    default:
        return "?";
    }
}

/* Each number is mixed in before the next: two attempts that differ in one
 * number never have the same digest, those that differ in more hardly ever. */
uint64_t op_digest_attempt(struct attempt_key h)
{
    uint64_t x = hash_mix(h.job);

    x = hash_mix(x ^ h.elem);
    x = hash_mix(x ^ h.epoch);
    return hash_mix(x ^ h.attempt);
}

uint64_t op_digest_request(uint64_t req)
{
    return hash_mix(req);
}
