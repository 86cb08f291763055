/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/heap.h"
#include "libcommon/rng.h"

struct item {
    uint64_t key;
    struct heap_node node;
};

static const struct item *item_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct item, node);
}

static bool item_less(const struct heap_node *a, const struct heap_node *b)
{
    return item_of(a)->key < item_of(b)->key;
}

static void empty_heap_has_no_top(void **state)
{
    struct heap h;
    struct item lone = { 0 };

    (void)state;
    heap_init(&h, item_less);
    assert_null(heap_top(&h));
    heap_remove(&h, &lone.node); /* in none: nothing */
    heap_fini(&h);
    heap_fini(NULL);
}

static void elements_leave_in_order(void **state)
{
    struct item items[500] = { 0 };
    struct heap h;
    struct rng r;
    uint64_t last = 0;

    (void)state;
    rng_init(&r, 2);
    heap_init(&h, item_less);
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        items[i].key = rng_below(&r, 100); /* many are equal */
        heap_insert(&h, &items[i].node);
        heap_check(&h);
    }
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        struct heap_node *top = heap_top(&h);

        assert_true(item_of(top)->key >= last);
        last = item_of(top)->key;
        heap_remove(&h, top);
        assert_int_equal(top->place, 0);
        heap_check(&h);
    }
    assert_null(heap_top(&h));
    heap_fini(&h);
}

static void any_element_can_be_removed(void **state)
{
    struct item items[200] = { 0 };
    struct heap h;
    struct rng r;

    (void)state;
    rng_init(&r, 3);
    heap_init(&h, item_less);
    for (unsigned i = 0; i < 20000; i++) {
        struct item *item = &items[rng_below(&r, ARRAY_LEN(items))];
        size_t n = h.n;

        if (item->node.place == 0) {
            item->key = rng_next(&r);
            heap_insert(&h, &item->node);
            assert_int_equal(h.n, n + 1);
        } else {
            heap_remove(&h, &item->node);
            assert_int_equal(h.n, n - 1);
        }
        heap_check(&h);
    }
    heap_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_heap_has_no_top),
        cmocka_unit_test(elements_leave_in_order),
        cmocka_unit_test(any_element_can_be_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
