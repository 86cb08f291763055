/* SPDX-License-Identifier: MIT */
/* What belongs to a loop ends with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/rt/co/coro.h"

struct part {
    struct loop_part part;
    const char *name;
    struct buf *said;
    struct loop *loop; /* for `late` */
    struct part *late; /* added while this one is closed; NULL: none */
};

static void part_say(struct loop_part *p, const char *what)
{
    struct part *part = CONTAINER_OF(p, struct part, part);

    buf_addf(part->said, "%s %s\n", part->name, what);
}

static void part_stir(struct loop_part *p)
{
    part_say(p, "stirred");
}

static void part_close(struct loop_part *p)
{
    struct part *part = CONTAINER_OF(p, struct part, part);

    part_say(p, "closed");
    if (part->late != NULL)
        loop_part_add(part->loop, &part->late->part);
}

static void another_close(struct loop_part *p)
{
    part_close(p);
}

static struct part part_of(const char *name, struct buf *said)
{
    return (
        struct part){ .part.close = part_close, .name = name, .said = said };
}

static void parts_are_closed_in_reverse(void **state)
{
    struct buf said = { 0 };
    struct part a = part_of("a", &said), b = part_of("b", &said),
                c = part_of("c", &said);
    struct loop *l = loop_new();

    (void)state;
    loop_part_add(l, &a.part);
    loop_part_add(l, &b.part);
    loop_part_add(l, &c.part);
    loop_free(l);
    assert_string_equal(buf_text(&said), "c closed\nb closed\na closed\n");
    buf_fini(&said);
}

static void a_part_that_was_removed_is_left_alone(void **state)
{
    struct buf said = { 0 };
    struct part a = part_of("a", &said), b = part_of("b", &said);
    struct loop *l = loop_new();

    (void)state;
    loop_part_add(l, &a.part);
    loop_part_add(l, &b.part);
    loop_part_remove(&b.part);
    loop_free(l);
    assert_string_equal(buf_text(&said), "a closed\n");
    buf_fini(&said);
}

static void a_part_that_comes_at_the_end_is_closed_too(void **state)
{
    struct buf said = { 0 };
    struct part a = part_of("a", &said), late = part_of("late", &said);
    struct loop *l = loop_new();

    (void)state;
    a.loop = l;
    a.late = &late;
    loop_part_add(l, &a.part);
    loop_free(l);
    assert_string_equal(buf_text(&said), "a closed\nlate closed\n");
    buf_fini(&said);
}

static void a_part_is_found_by_what_closes_it(void **state)
{
    struct buf said = { 0 };
    struct part a = part_of("a", &said), b = part_of("b", &said);
    struct loop *l = loop_new();

    (void)state;
    b.part.close = another_close;
    assert_null(loop_part_find(l, part_close));
    loop_part_add(l, &a.part);
    assert_null(loop_part_find(l, another_close));
    loop_part_add(l, &b.part);
    assert_ptr_equal(loop_part_find(l, part_close), &a.part);
    assert_ptr_equal(loop_part_find(l, another_close), &b.part);
    loop_free(l);
    buf_fini(&said);
}

static void called(struct loop_call *call)
{
    (void)call;
}

/* Those that want to know are told of what is started outside of a turn. */
static void a_call_stirs_the_parts(void **state)
{
    struct buf said = { 0 };
    struct part a = part_of("a", &said), b = part_of("b", &said);
    struct loop *l = loop_new();
    struct loop_call call;

    (void)state;
    a.part.stir = part_stir;
    loop_part_add(l, &a.part);
    loop_part_add(l, &b.part);
    list_init(&call.link);
    loop_call(l, &call, called);
    assert_string_equal(buf_text(&said), "a stirred\n");
    loop_free(l);
    buf_fini(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_closed_in_reverse),
        cmocka_unit_test(a_part_that_was_removed_is_left_alone),
        cmocka_unit_test(a_part_that_comes_at_the_end_is_closed_too),
        cmocka_unit_test(a_part_is_found_by_what_closes_it),
        cmocka_unit_test(a_call_stirs_the_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
