/* SPDX-License-Identifier: MIT */
/* The golden vectors are never written anew: a frame of a released version must
 * be read for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/frame.h"
#include "tests/support/op_print.h"
#include "tests/support/op_sample.h"
#include "tests/support/vectors.h"

static const char *name_of_err(enum err err)
{
    switch (err) {
#define ERR_NAME(name, number, text) \
    case ERR_##name:                 \
        return #name;
        YON_ERR_LIST(ERR_NAME)
#undef ERR_NAME
    case ERR_NONE:
        break;
    }
    return "";
}

/* Operations seen in any vector. */
static bool seen[256];

static void vector_check(struct vector *v, void *arg)
{
    struct buf text = { 0 }, again = { 0 };
    struct frame_reader *r = arg;
    struct frame_head head;
    struct op op;
    enum err err = frame_read(r, buf_view(&v->bytes), &head);

    if (err == ERR_NONE) {
        buf_addf(&text, "head: version=%u epoch=%llu session=%llu\n",
                 head.version, (unsigned long long)head.epoch,
                 (unsigned long long)head.session.n);
        frame_begin(&again, head);
    }
    while (err == ERR_NONE) {
        err = frame_next(r, &op);
        if (err != ERR_NONE)
            break;
        seen[op.type] = true;
        buf_addf(&text, "op: ");
        op_print(&text, &op);
        buf_addf(&text, "\n");
        frame_add(&again, &op);
    }
    assert_string_equal(buf_text(&text), buf_text(&v->text));
    assert_string_equal(name_of_err(err == ERR_EXHAUSTED ? ERR_NONE : err),
                        buf_text(&v->error));
    if (err == ERR_EXHAUSTED)
        assert_int_equal(view_equal(buf_view(&again), buf_view(&v->bytes)),
                         v->canonical);
    buf_fini(&text);
    buf_fini(&again);
}

static void check_file(const char *path)
{
    struct frame_reader *r = frame_reader_new();

    vectors_each(path, vector_check, r);
    frame_reader_free(r);
}

static void sessions_are_as_they_were(void **state)
{
    (void)state;
    check_file(VECTORS("session"));
}

static void workers_are_as_they_were(void **state)
{
    (void)state;
    check_file(VECTORS("worker"));
}

static void clients_are_as_they_were(void **state)
{
    (void)state;
    check_file(VECTORS("client"));
}

static void other_writings_are_taken(void **state)
{
    (void)state;
    check_file(VECTORS("lenient"));
}

static void improper_frames_are_refused(void **state)
{
    (void)state;
    check_file(VECTORS("refused"));
}

/* Runs last. */
static void no_operation_is_without_a_vector(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        if (!seen[all_ops[i]])
            fail_msg("no vector has %s", op_name(all_ops[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_as_they_were),
        cmocka_unit_test(workers_are_as_they_were),
        cmocka_unit_test(clients_are_as_they_were),
        cmocka_unit_test(other_writings_are_taken),
        cmocka_unit_test(improper_frames_are_refused),
        cmocka_unit_test(no_operation_is_without_a_vector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
