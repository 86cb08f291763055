/* SPDX-License-Identifier: MIT */
/* Peers that come with a key may do what its roles say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static const struct principal farm = { 1, KEY_ROLE_WORK, "farm" };
static const struct principal mill = { 2, KEY_ROLE_WORK, "mill" };
static const struct principal alice = { 3, KEY_ROLE_ADMIN, "alice" };

static void a_key_opens_the_sessions_of_its_roles(void **state)
{
    struct rig *r = *state;

    r->by[WORKER] = farm;
    r->by[2] = alice;
    rig_worker(r);
    rig_hello_client(r, 2);
    rig_submit(r, 2, 1, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n"
                                     "2 RECEIPT 1 job 1\n");
}

static void a_key_opens_no_other_session(void **state)
{
    struct rig *r = *state;

    r->by[OTHER] = alice;
    r->by[2] = farm;
    rig_hello_late(r, OTHER, "w", 1);
    rig_hello_client(r, 2);
    assert_string_equal(rig_said(r), "8 REFUSED 0 refused\n"
                                     "2 REFUSED 0 refused\n");
}

/* A frame that names the session of another. */
static void a_session_is_not_for_another_key(void **state)
{
    struct rig *r = *state;

    r->by[WORKER] = farm;
    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    r->by[WORKER] = mill;
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    assert_string_equal(rig_said(r), "7 WHO\n");
}

static void a_worker_of_another_key_cannot_take_a_name(void **state)
{
    struct rig *r = *state;

    r->by[WORKER] = farm;
    r->by[OTHER] = mill;
    rig_worker(r);
    rig_hello_late(r, OTHER, "w", 2);
    assert_string_equal(rig_said(r), "8 REFUSED 0 refused\n");
    rig_hello_late(r, OTHER, "other", 1); /* nor its boot */
    assert_string_equal(rig_said(r), "8 REFUSED 0 refused\n");
    r->former = 1; /* nor its work */
    rig_hello_late(r, OTHER, "other", 2);
    assert_string_equal(rig_said(r), "8 REFUSED 0 refused\n");
    r->former = 0;
    r->by[OTHER] = farm;
    rig_hello_late(r, OTHER, "w", 2);
    assert_null(strstr(rig_said(r), "REFUSED"));
}

/* A HELLO that names no process before it does not mean one without a boot. */
static void a_worker_without_boot_keeps_nobody_out(void **state)
{
    struct rig *r = *state;

    r->by[OTHER] = mill;
    rig_hello_late(r, OTHER, "none", 0);
    rig_said(r);
    r->by[WORKER] = farm;
    rig_hello_late(r, WORKER, "w", 1);
    assert_null(strstr(rig_said(r), "REFUSED"));
}

static void
what_a_revoked_key_ran_starts_elsewhere_and_is_not_blamed(void **state)
{
    struct rig *r = *state;

    r->by[WORKER] = farm;
    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_hello_worker(r, OTHER, "other", 2, 2, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_revoke(r, farm.number);
    assert_string_equal(rig_said(r), "7 REFUSED 0 refused\n");
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 2.1 fence 1.3 item ''\n"
                                     "1 RECEIPT 2 job 2\n");
    for (int i = 0; i < 10; i++) {
        rig_op(r, OTHER, (struct op){ .type = OP_BEAT });
        rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
        rig_pass(r, coord_config_default.lease_ms / 8);
    }
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "8 ASSIGN 1.1 fence 1.4 item ''\n"));
}

static void the_others_go_on_after_a_revocation(void **state)
{
    struct rig *r = *state;

    r->by[WORKER] = farm;
    r->by[OTHER] = mill;
    rig_worker(r);
    rig_hello_worker(r, OTHER, "other", 2, 2, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_revoke(r, farm.number);
    rig_revoke(r, alice.number);
    assert_string_equal(rig_said(r), "7 REFUSED 0 refused\n");
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "8 ASSIGN 1.1"));
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_key_opens_the_sessions_of_its_roles),
        RULE(a_key_opens_no_other_session),
        RULE(a_session_is_not_for_another_key),
        RULE(a_worker_of_another_key_cannot_take_a_name),
        RULE(a_worker_without_boot_keeps_nobody_out),
        RULE(what_a_revoked_key_ran_starts_elsewhere_and_is_not_blamed),
        RULE(the_others_go_on_after_a_revocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
