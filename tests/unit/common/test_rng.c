/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/rng.h"

static void same_seed_gives_the_same_numbers(void **state)
{
    struct rng a, b, c;

    (void)state;
    rng_init(&a, 7);
    rng_init(&b, 7);
    rng_init(&c, 8);
    assert_true(rng_next(&a) != rng_next(&c));
    rng_next(&b);
    for (unsigned i = 0; i < 100; i++)
        assert_true(rng_next(&a) == rng_next(&b));
}

/* The first numbers that the reference implementation gives for this state. */
static void numbers_are_those_of_xoshiro256(void **state)
{
    struct rng r = { .s = { 1, 2, 3, 4 } };

    (void)state;
    assert_true(rng_next(&r) == 11520);
    assert_true(rng_next(&r) == 0);
    assert_true(rng_next(&r) == 1509978240);
    assert_true(rng_next(&r) == 1215971899390074240);
}

static void below_stays_below_and_meets_all(void **state)
{
    struct rng r;
    unsigned count[7] = { 0 };

    (void)state;
    rng_init(&r, 0);
    for (unsigned i = 0; i < 7000; i++)
        count[rng_below(&r, 7)]++;
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(count[i], 850, 1150);
    assert_true(rng_below(&r, 1) == 0);
    rng_below(&r, UINT64_MAX);
}

static void fill_writes_just_what_is_asked(void **state)
{
    struct rng r;
    uint8_t out[20];

    (void)state;
    for (size_t len = 0; len < sizeof out; len++) {
        uint8_t before[20];

        memset(out, 0xaa, sizeof out);
        memcpy(before, out, sizeof out);
        rng_init(&r, len);
        rng_fill(&r, out, len);
        assert_memory_equal(out + len, before + len, sizeof out - len);
        if (len >= 8)
            assert_memory_not_equal(out, before, len);
    }
}

static void fnv_hashes_have_their_published_values(void **state)
{
    uint8_t wide[16];

    (void)state;
    assert_true(hash_bytes(view_str(""), 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_bytes(view_str("a"), 0) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_bytes(view_str("foobar"), 0) ==
                UINT64_C(0x85944171f73967e8));
    hash_bytes128(view_str(""), wide);
    assert_memory_equal(wide,
                        "\x6c\x62\x27\x2e\x07\xbb\x01\x42"
                        "\x62\xb8\x21\x75\x62\x95\xc5\x8d",
                        16);
    hash_bytes128(view_str("a"), wide);
    assert_memory_equal(wide,
                        "\xd2\x28\xcb\x69\x6f\x1a\x8c\xaf"
                        "\x78\x91\x2b\x70\x4e\x4a\x89\x64",
                        16);
}

static void a_hash_goes_on_from_a_hash(void **state)
{
    uint64_t foo = hash_bytes(view_str("foo"), 0);

    (void)state;
    assert_true(hash_bytes(view_str("bar"), foo) ==
                hash_bytes(view_str("foobar"), 0));
}

static void mixed_neighbours_are_far_apart(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        int differ = __builtin_popcountll(hash_mix(i) ^ hash_mix(i + 1));

        assert_in_range(differ, 8, 56);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_the_same_numbers),
        cmocka_unit_test(numbers_are_those_of_xoshiro256),
        cmocka_unit_test(below_stays_below_and_meets_all),
        cmocka_unit_test(fill_writes_just_what_is_asked),
        cmocka_unit_test(fnv_hashes_have_their_published_values),
        cmocka_unit_test(a_hash_goes_on_from_a_hash),
        cmocka_unit_test(mixed_neighbours_are_far_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
