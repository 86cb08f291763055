/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/stack.h"

#define SIZE (64u << 10)

/* No advice, and maps for so many guards. */
static struct stack_guard guard_by_mprotect(size_t n_guards)
{
    return (struct stack_guard){ .maps_max = 2 * n_guards };
}

static void the_probe_sees_that_an_advice_is_unknown(void **state)
{
    struct stack_guard guard = stack_guard_probe(0x7fff);

    (void)state;
    assert_int_equal(guard.advice, 0);
    assert_true(guard.maps_max > 1000);
}

static void a_stack_is_writable_from_end_to_end(void **state)
{
    struct stack_pool p;
    uint8_t *a = NULL, *b = NULL;

    (void)state;
    stack_pool_init(&p, SIZE - 1, stack_guard_probe(STACK_GUARD_ADVICE));
    assert_int_equal(p.size, SIZE);
    assert_int_equal(stack_take(&p, &a), ERR_NONE);
    assert_int_equal(stack_take(&p, &b), ERR_NONE);
    memset(a, 'a', SIZE);
    memset(b, 'b', SIZE);
    assert_int_equal(a[0], 'a');
    assert_int_equal(a[SIZE - 1], 'a');
    assert_int_equal((uintptr_t)(a + SIZE) % 16, 0);
    stack_give(&p, a);
    stack_give(&p, b);
    stack_pool_fini(&p);
}

static void the_last_one_given_is_the_next_one_taken(void **state)
{
    struct stack_pool p;
    uint8_t *stacks[3], *again;

    (void)state;
    stack_pool_init(&p, SIZE, stack_guard_probe(STACK_GUARD_ADVICE));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
    for (size_t i = 0; i < 3; i++)
        stack_give(&p, stacks[i]);
    for (size_t i = 3; i-- > 0;) {
        assert_int_equal(stack_take(&p, &again), ERR_NONE);
        assert_ptr_equal(again, stacks[i]);
    }
    assert_int_equal(p.n_made, 3);
    for (size_t i = 0; i < 3; i++)
        stack_give(&p, stacks[i]);
    stack_pool_fini(&p);
}

/* Whether a write there ends a process by a signal. */
static bool is_guarded(uint8_t *at)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL); /* not the sanitizer's report */
        *(volatile uint8_t *)at = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void check_guards(struct stack_guard guard)
{
    struct stack_pool p;
    uint8_t *stacks[3];

    stack_pool_init(&p, SIZE, guard);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_guarded(stacks[i] - 1));
        assert_true(is_guarded(stacks[i] - p.guard_size));
        assert_false(is_guarded(stacks[i]));
        stack_give(&p, stacks[i]);
    }
    stack_pool_fini(&p);
}

static void below_a_stack_is_a_guard(void **state)
{
    (void)state;
    check_guards(stack_guard_probe(STACK_GUARD_ADVICE));
}

static void without_the_advice_there_is_a_guard_too(void **state)
{
    (void)state;
    check_guards(guard_by_mprotect(3));
}

static void beyond_the_budget_of_maps_there_is_no_stack(void **state)
{
    struct stack_pool p, q;
    uint8_t *stacks[4];

    (void)state;
    stack_pool_init(&p, SIZE, guard_by_mprotect(4));
    stack_pool_init(&q, SIZE, guard_by_mprotect(4));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
    /* The budget is one for the process. */
    assert_int_equal(stack_take(&q, &stacks[3]), ERR_NONE);
    assert_int_equal(stack_take(&q, &(uint8_t *){ NULL }), ERR_LIMIT);
    assert_int_equal(stack_take(&p, &(uint8_t *){ NULL }), ERR_LIMIT);

    /* A stack that comes back can be used again, and a pool that ends gives
     * its maps back. */
    stack_give(&p, stacks[0]);
    assert_int_equal(stack_take(&p, &stacks[0]), ERR_NONE);
    stack_give(&q, stacks[3]);
    stack_pool_fini(&q);
    assert_int_equal(stack_take(&p, &stacks[3]), ERR_NONE);
    for (size_t i = 0; i < 4; i++)
        stack_give(&p, stacks[i]);
    stack_pool_fini(&p);
}

struct refused {
    int codes[2];
    char text[128];
    bool over;
};

static int wait_a_turn(void *arg)
{
    (void)arg;
    return yon_pause();
}

static int spawn_one_too_many(void *arg)
{
    struct refused *r = arg;
    yon_future *fs[] = { yon_spawn(wait_a_turn, NULL),
                         yon_spawn(wait_a_turn, NULL) };

    for (size_t i = 0; i < 2; i++)
        r->codes[i] = yon_await(fs[i]);
    snprintf(r->text, sizeof r->text, "%s", yon_error(fs[1]));
    yon_free(fs[0]);
    yon_free(fs[1]);
    return 0;
}

static void note_end(void *arg, int err)
{
    (void)err;
    ((struct refused *)arg)->over = true;
}

static bool is_over(void *arg)
{
    return ((struct refused *)arg)->over;
}

static void a_coroutine_without_a_stack_says_what_to_raise(void **state)
{
    struct refused r = { 0 };
    struct loop *l = loop_new();
    struct coro *co;

    (void)state;
    stack_pool_fini(&l->stacks);
    stack_pool_init(&l->stacks, STACK_SIZE_DEFAULT, guard_by_mprotect(2));
    assert_int_equal(
        loop_spawn(l, "first", spawn_one_too_many, note_end, &r, &co),
        ERR_NONE);
    loop_run_await(l, is_over, &r);
    loop_free(l);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], YON_ELIMIT);
    assert_non_null(strstr(r.text, "vm.max_map_count"));
}

static void pages_go_back_beyond_the_high_water(void **state)
{
    enum { N = STACK_IDLE_MAX + 3 };
    static uint8_t *stacks[N];
    struct stack_pool p;

    (void)state;
    stack_pool_init(&p, SIZE, stack_guard_probe(STACK_GUARD_ADVICE));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
        stacks[i][0] = 1;
    }
    for (size_t i = 0; i < N; i++)
        stack_give(&p, stacks[i]);
    assert_int_equal(p.n_cold, 3);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(stacks[i][0], i < 3 ? 0 : 1);

    for (size_t i = 0; i < N; i++)
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
    assert_int_equal(p.n_cold, 0);
    assert_int_equal(p.n_made, N);
    for (size_t i = 0; i < N; i++)
        stack_give(&p, stacks[i]);
    stack_pool_fini(&p);
}

static void there_is_more_than_one_slab(void **state)
{
    enum { N = 5 };
    const size_t size = 20u << 20; /* three in a slab */
    struct stack_pool p;
    uint8_t *stacks[N];

    (void)state;
    stack_pool_init(&p, size, stack_guard_probe(STACK_GUARD_ADVICE));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(stack_take(&p, &stacks[i]), ERR_NONE);
        stacks[i][0] = stacks[i][size - 1] = 1;
    }
    for (size_t i = 0; i < N; i++)
        stack_give(&p, stacks[i]);
    stack_pool_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probe_sees_that_an_advice_is_unknown),
        cmocka_unit_test(a_stack_is_writable_from_end_to_end),
        cmocka_unit_test(the_last_one_given_is_the_next_one_taken),
        cmocka_unit_test(below_a_stack_is_a_guard),
        cmocka_unit_test(without_the_advice_there_is_a_guard_too),
        cmocka_unit_test(beyond_the_budget_of_maps_there_is_no_stack),
        cmocka_unit_test(a_coroutine_without_a_stack_says_what_to_raise),
        cmocka_unit_test(pages_go_back_beyond_the_high_water),
        cmocka_unit_test(there_is_more_than_one_slab),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
