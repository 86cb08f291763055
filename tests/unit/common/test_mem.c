/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/mem.h"

static void sizes_of_zero_give_memory(void **state)
{
    void *p = xcalloc(0, 8);

    (void)state;
    p = xrealloc(p, 0);
    assert_non_null(p);
    free(p);
}

static void calloc_gives_zeros(void **state)
{
    unsigned char *p = xcalloc(100, 3);

    (void)state;
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(p[i], 0);
    free(p);
}

static void copies_end_with_a_nul(void **state)
{
    char *text = xstrdup("text"), *bytes = xmemdup0("a\0b", 3);
    char *none = xmemdup0(NULL, 0);

    (void)state;
    assert_string_equal(text, "text");
    assert_memory_equal(bytes, "a\0b", 4);
    assert_string_equal(none, "");
    free(text);
    free(bytes);
    free(none);
}

static void an_array_that_grows_keeps_its_items(void **state)
{
    int *at = NULL;
    size_t cap = 0;

    (void)state;
    for (size_t n = 0; n < 1000; n++) {
        at = vec_grow(at, &cap, n + 1, sizeof *at);
        assert_true(cap > n);
        at[n] = (int)n;
    }
    for (int n = 0; n < 1000; n++)
        assert_int_equal(at[n], n);
    free(at);
}

static void an_array_grows_seldom(void **state)
{
    char *at = NULL;
    size_t cap = 0, n_times = 0;

    (void)state;
    for (size_t needed = 1; needed <= 4096; needed++) {
        size_t before = cap;

        at = vec_grow(at, &cap, needed, sizeof *at);
        n_times += cap != before;
    }
    assert_in_range(n_times, 1, 12);
    free(at);
}

static void an_array_grows_to_what_is_needed_at_once(void **state)
{
    size_t cap = 0;
    char *at = vec_grow(NULL, &cap, 1000, 1), *same;

    (void)state;
    assert_int_equal(cap, 1000);
    same = vec_grow(at, &cap, 1000, 1);
    assert_ptr_equal(same, at);
    assert_int_equal(cap, 1000);
    free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_zero_give_memory),
        cmocka_unit_test(calloc_gives_zeros),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test(an_array_that_grows_keeps_its_items),
        cmocka_unit_test(an_array_grows_seldom),
        cmocka_unit_test(an_array_grows_to_what_is_needed_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
