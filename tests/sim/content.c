/* SPDX-License-Identifier: MIT */
/* content - what a job is given, and what it must make of it. */
#include "tests/sim/content.h"

#include "libcommon/rng.h"
#include "proto/frame.h"

static uint64_t mix(uint64_t hash, uint64_t number)
{
    return hash_mix(hash ^ hash_mix(number + 1));
}

static uint64_t mix_bytes(uint64_t hash, struct view bytes)
{
    return hash_bytes(bytes, mix(hash, bytes.len));
}

static uint64_t mix_policy(uint64_t hash, const struct policy *p)
{
    struct buf bytes = { 0 };

    policy_encode(&bytes, p);
    hash = mix_bytes(hash, buf_view(&bytes));
    buf_fini(&bytes);
    return hash;
}

uint64_t content_digest(const struct content *c)
{
    uint64_t hash = mix(0, (uint64_t)c->kind << 1 | c->array);

    hash = mix(hash, c->n);
    if (c->array && c->items.len == 0) {
        hash = mix(hash, (uint64_t)c->first);
        hash = mix(hash, (uint64_t)c->step);
    }
    hash = mix_bytes(hash, c->name);
    hash = mix_bytes(hash, c->fn);
    hash = mix_bytes(hash, c->spec);
    hash = mix_policy(hash, &c->policy);
    return mix_bytes(hash, c->items);
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(number >> shift);
    return at;
}

void content_result(const struct input *in, uint8_t out[CONTENT_RESULT_LEN])
{
    uint64_t hash = mix(0, in->kind);
    uint8_t *at = out;

    hash = mix_bytes(hash, in->fn);
    hash = mix_bytes(hash, in->spec);
    hash = mix_bytes(hash, in->item);
    hash = mix_bytes(hash, in->number);
    *at++ = 0xc4; /* msgpack: bin 8 */
    *at++ = CONTENT_RESULT_LEN - 2;
    at = put_number(at, in->task.job.n);
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(in->task.elem >> shift);
    put_number(at, hash);
}
