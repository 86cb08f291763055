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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_zero_give_memory),
        cmocka_unit_test(calloc_gives_zeros),
        cmocka_unit_test(copies_end_with_a_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
