/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/rng.h"

/* Values that differ from each other; their content does not matter. */
static char value[4096];

static void empty_map_has_nothing(void **state)
{
    struct map m = { 0 };
    size_t at = 0;

    (void)state;
    assert_null(map_get(&m, 0));
    assert_null(map_remove(&m, 1));
    assert_null(map_next(&m, &at));
    map_check(&m);
    map_fini(&m);
    map_fini(NULL);
}

static void put_returns_what_stood_there(void **state)
{
    struct map m = { 0 };

    (void)state;
    assert_null(map_put(&m, 5, &value[0]));
    assert_ptr_equal(map_put(&m, 5, &value[1]), &value[0]);
    assert_int_equal(m.n, 1);
    assert_ptr_equal(map_remove(&m, 5), &value[1]);
    assert_null(map_get(&m, 5));
    map_fini(&m);
}

static void any_number_is_a_key(void **state)
{
    struct map m = { 0 };

    (void)state;
    map_put(&m, 0, &value[0]);
    map_put(&m, UINT64_MAX, &value[1]);
    assert_ptr_equal(map_get(&m, 0), &value[0]);
    assert_ptr_equal(map_get(&m, UINT64_MAX), &value[1]);
    map_fini(&m);
}

static void walk_meets_each_value_once(void **state)
{
    struct map m = { 0 };
    size_t at = 0, n = 0;
    char *found;

    (void)state;
    memset(value, 0, sizeof value);
    for (size_t i = 0; i < 1000; i++)
        map_put(&m, i << 32, &value[i]);
    while ((found = map_next(&m, &at)) != NULL) {
        assert_int_equal(*found, 0);
        *found = 1;
        n++;
    }
    assert_int_equal(n, 1000);
    map_fini(&m);
}

/* A table indexed by the key is the truth that the map is compared with. */
static void map_agrees_with_a_table_after_random_changes(void **state)
{
    static void *table[ARRAY_LEN(value)];
    struct map m = { 0 };
    struct rng r;

    (void)state;
    rng_init(&r, 1);
    for (unsigned i = 0; i < 50000; i++) {
        /* Grow at first, shrink later: long runs, then many gaps. */
        uint64_t key = rng_below(&r, ARRAY_LEN(table));
        bool put = rng_below(&r, 100) < (i < 25000 ? 70 : 30);
        void *next = put ? &value[rng_below(&r, sizeof value)] : NULL;

        assert_ptr_equal(map_get(&m, key), table[key]);
        assert_ptr_equal(put ? map_put(&m, key, next) : map_remove(&m, key),
                         table[key]);
        table[key] = next;
        if (i % 500 == 0)
            map_check(&m);
    }
    for (size_t key = 0; key < ARRAY_LEN(table); key++)
        assert_ptr_equal(map_get(&m, key), table[key]);
    map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_has_nothing),
        cmocka_unit_test(put_returns_what_stood_there),
        cmocka_unit_test(any_number_is_a_key),
        cmocka_unit_test(walk_meets_each_value_once),
        cmocka_unit_test(map_agrees_with_a_table_after_random_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
