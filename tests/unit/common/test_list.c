/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/ids.h"
#include "libcommon/list.h"

struct item {
    int n;
    struct list link;
};

static void elements_stand_in_the_order_of_insertion(void **state)
{
    struct list head;
    struct item items[5];
    int expected = 0;

    (void)state;
    list_init(&head);
    assert_true(list_is_empty(&head));
    for (int i = 0; i < 5; i++) {
        items[i].n = i;
        list_insert(&head, &items[i].link);
    }
    LIST_EACH (it, save, &head) {
        assert_int_equal(LIST_ENTRY(it, struct item, link)->n, expected);
        expected++;
    }
    assert_int_equal(expected, 5);
}

static void elements_may_leave_during_a_walk(void **state)
{
    struct list head;
    struct item items[5];

    (void)state;
    list_init(&head);
    for (int i = 0; i < 5; i++)
        list_insert(&head, &items[i].link);
    LIST_EACH (it, save, &head)
        list_remove(it);
    assert_true(list_is_empty(&head));
}

static void removing_twice_is_harmless(void **state)
{
    struct list head;
    struct item a, b;

    (void)state;
    list_init(&head);
    list_insert(&head, &a.link);
    list_insert(&head, &b.link);
    list_remove(&a.link);
    list_remove(&a.link);
    assert_ptr_equal(head.next, &b.link);
    assert_ptr_equal(head.prev, &b.link);
}

static void refs_pack_in_order_and_back(void **state)
{
    struct task_id last = { .job = { JOB_ID_MAX }, .elem = ELEM_MAX };
    struct task_id a = { .job = { 3 }, .elem = ELEM_MAX };
    struct task_id b = { .job = { 4 }, .elem = 1 };

    (void)state;
    assert_true(task_pack(a) < task_pack(b));
    assert_true(task_pack(last) <= INT64_MAX);
    assert_true(task_unpack(task_pack(last)).job.n == JOB_ID_MAX);
    assert_int_equal(task_unpack(task_pack(last)).elem, ELEM_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_stand_in_the_order_of_insertion),
        cmocka_unit_test(elements_may_leave_during_a_walk),
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(refs_pack_in_order_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
