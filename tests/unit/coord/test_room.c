/* SPDX-License-Identifier: MIT */
/* Submits and sessions without room are refused, and told whether to ask again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/core/model/job.h"
#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define OTHER 2
#define WORKER 7

/* A life with this configuration; its first job is 257. */
static struct rig *begin(struct rig *r, struct coord_config config)
{
    rig_init(r);
    r->config = config;
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_sync(r);
    rig_said(r);
    return r;
}

static void a_full_queue_takes_more_when_something_has_ended(void **state)
{
    struct coord_config config = coord_config_default;
    struct rig rig, *r;

    (void)state;
    config.queue_max = 3;
    r = begin(&rig, config);
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_submit(r, CLIENT, 2, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "1 REFUSED 2 limit exceeded for now\n");
    rig_op(r, CLIENT,
           (struct op){
               .type = OP_CANCEL,
               .u.cancel = { .req = 3, .job = 257, .first = 1, .last = 1 } });
    rig_sync(r);
    rig_said(r);
    rig_submit(r, CLIENT, 2, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 2 job 258\n");
    rig_fini(r);
}

static void what_never_fits_is_refused_for_ever(void **state)
{
    struct coord_config config = coord_config_default;
    struct rig rig, *r;

    (void)state;
    config.queue_max = 3;
    config.queue_bytes_max = job_cost(1, 4);
    r = begin(&rig, config);
    rig_submit(r, CLIENT, 1, 4, 0, "x", false);
    assert_string_equal(rig_said(r), "1 REFUSED 1 limit exceeded\n");
    rig_submit(r, CLIENT, 2, 0, 0, "12345", false);
    assert_string_equal(rig_said(r), "1 REFUSED 2 limit exceeded\n");
    rig_submit(r, CLIENT, 3, 0, 0, "1234", false);
    rig_sync(r);
    rig_said(r);
    rig_submit(r, CLIENT, 4, 0, 0, "1", false);
    assert_string_equal(rig_said(r), "1 REFUSED 4 limit exceeded for now\n");
    rig_fini(r);
}

static void a_crowd_waits_outside_and_who_comes_back_has_a_place(void **state)
{
    struct coord_config config = coord_config_default;
    struct rig rig, *r;

    (void)state;
    config.sessions_max = 1;
    r = begin(&rig, config);
    rig_hello_client(r, OTHER);
    assert_string_equal(rig_said(r), "2 REFUSED 0 busy, try again for now\n");
    rig_hello_client(r, CLIENT);
    assert_string_equal(rig_said(r), "");
    rig_op(r, CLIENT, (struct op){ .type = OP_BYE });
    rig_hello_client(r, OTHER);
    assert_string_equal(rig_said(r), "");
    rig_fini(r);
}

static void submits_that_wait_for_the_disk_are_bounded(void **state)
{
    struct coord_config config = coord_config_default;
    struct rig rig, *r;

    (void)state;
    config.submits_max = 1;
    r = begin(&rig, config);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_submit(r, CLIENT, 2, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "1 REFUSED 2 busy, try again for now\n");
    rig_sync(r);
    rig_submit(r, CLIENT, 2, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 257\n"
                                     "1 RECEIPT 2 job 258\n");
    rig_fini(r);
}

static void nothing_starts_while_nothing_can_be_recorded(void **state)
{
    struct rig rig, *r = begin(&rig, coord_config_default);

    (void)state;
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_full(r);
    rig_hello_worker(r, WORKER, "w", 1, 2, NULL, 0);
    rig_pass(r, 10);
    assert_null(strstr(rig_said(r), "ASSIGN"));
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "ASSIGN 257.1"));
    rig_fini(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_takes_more_when_something_has_ended),
        cmocka_unit_test(what_never_fits_is_refused_for_ever),
        cmocka_unit_test(a_crowd_waits_outside_and_who_comes_back_has_a_place),
        cmocka_unit_test(submits_that_wait_for_the_disk_are_bounded),
        cmocka_unit_test(nothing_starts_while_nothing_can_be_recorded),
    };
    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
