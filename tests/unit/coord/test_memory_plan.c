/* SPDX-License-Identifier: MIT */
/* The parts of yond's memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/core/coord.h"
#include "coordinator/shell/memory_plan.h"

#define MIB (UINT64_C(1) << 20)

static void much_memory_gives_the_usual_limits(void **state)
{
    struct memory_plan p = memory_plan_of(64 * 1024 * MIB);

    (void)state;
    assert_int_equal(p.queue, coord_config_default.queue_bytes_max);
    assert_int_equal(p.cache, 64 * MIB);
    assert_int_equal(p.slow, 128 * MIB);
    assert_in_range(p.sessions, coord_config_default.sessions_max, UINT32_MAX);
}

static void the_parts_are_less_than_the_whole(void **state)
{
    (void)state;
    for (uint64_t room = 4 * MIB; room < 1 << 30; room += room / 3) {
        struct memory_plan p = memory_plan_of(room);

        assert_in_range(p.queue, 1, room / 2);
        assert_in_range(p.queue + p.cache + p.slow + p.sessions * (32u << 10),
                        1, room);
    }
}

static void there_are_always_some_sessions(void **state)
{
    (void)state;
    assert_int_equal(memory_plan_of(0).sessions, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_memory_gives_the_usual_limits),
        cmocka_unit_test(the_parts_are_less_than_the_whole),
        cmocka_unit_test(there_are_always_some_sessions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
