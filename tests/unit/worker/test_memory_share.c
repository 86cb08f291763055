/* SPDX-License-Identifier: MIT */
/* The parts of a worker's memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/shell/memory_share.h"

#define MIB (UINT64_C(1) << 20)
#define STACK (UINT64_C(64) << 10)

static void without_a_limit_all_is_as_wanted(void **state)
{
    struct memory_share s = memory_share_of(UINT64_MAX, 65536, 65536, STACK);

    (void)state;
    assert_int_equal(s.slots, 65536);
    assert_int_equal(s.calls, 65536);
    assert_true(s.ended_bytes == UINT64_MAX);
}

static void the_parts_are_no_more_than_the_whole(void **state)
{
    (void)state;
    for (uint64_t room = 16 * MIB; room < 4096 * MIB; room += room / 3) {
        struct memory_share s = memory_share_of(room, 1000, 4096, STACK);

        assert_in_range(s.slots * 3 * MIB + s.calls * STACK + 2 * s.ended_bytes,
                        1, room);
    }
}

static void one_of_each_kind_always_fits(void **state)
{
    struct memory_share s = memory_share_of(0, 8, 8, STACK);

    (void)state;
    assert_int_equal(s.slots, 1);
    assert_int_equal(s.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_limit_all_is_as_wanted),
        cmocka_unit_test(the_parts_are_no_more_than_the_whole),
        cmocka_unit_test(one_of_each_kind_always_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
