/* SPDX-License-Identifier: MIT */
/* memory_share - half for programs that run, a quarter for calls, an eighth for
 * outcomes: these take as much again while they are sent. */
#include "worker/shell/memory_share.h"

#include "proto/bounds.h"

/* Two outputs, and what becomes of them when the program ends. */
#define SLOT_COST ((uint64_t)OUTPUT_LEN_MAX * 3)
#define CALL_COST (UINT64_C(32) << 10) /* beside its stack */

static uint32_t fitting(uint64_t room, uint64_t cost, uint32_t wanted)
{
    uint64_t n = room / cost;

    if (n >= wanted)
        return wanted;
    return n > 0 ? (uint32_t)n : 1;
}

struct memory_share memory_share_of(uint64_t room, uint32_t slots,
                                    uint32_t calls, uint64_t stack)
{
    return (struct memory_share){
        .slots = fitting(room / 2, SLOT_COST, slots),
        .calls = fitting(room / 4, CALL_COST + stack, calls),
        .ended_bytes = room == UINT64_MAX ? UINT64_MAX : room / 8,
    };
}
