/* SPDX-License-Identifier: MIT */
/* The library while no coordinator exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/co.h>

#include "client/lib/request.h"
#include "tests/support/io_rig.h"

static char dir[64];
static char address[96];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/yon-alone-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(address, sizeof address, "ipc://%s/sock", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(dir);
}

static yon_client *client_new_patient(int64_t ms)
{
    yon_client *c = NULL;

    assert_int_equal(yon_connect(address, &c), 0);
    yon_set_patience(c, ms);
    return c;
}

static void a_call_ends_as_unreachable_and_says_what_to_do(void **state)
{
    yon_client *c = client_new_patient(20);
    yon_future *f = yon_call(c, "add", "[ii]", 1, 2);

    (void)state;
    assert_false(yon_is_done(f));
    assert_int_equal(yon_await(f), YON_EUNREACHABLE);
    assert_non_null(strstr(yon_error(f), address));
    assert_non_null(strstr(yon_error(f), "yon up"));
    assert_int_equal(yon_id(f), 0);
    yon_free(f);
    yon_close(c);
}

static void every_call_is_ended_so(void **state)
{
    yon_client *c = client_new_patient(20);
    yon_future *fs[10];

    (void)state;
    for (size_t i = 0; i < 10; i++)
        fs[i] = yon_call(c, "add", "");
    assert_int_equal(yon_all(fs, 10), YON_EUNREACHABLE);
    for (size_t i = 0; i < 10; i++) {
        assert_true(yon_is_done(fs[i]));
        yon_free(fs[i]);
    }
    yon_close(c);
}

static void the_id_is_awaited_no_longer(void **state)
{
    yon_client *c = client_new_patient(20);
    yon_future *f = yon_call(c, "add", "");
    uint64_t job = 7;

    (void)state;
    assert_int_equal(yon_await_id(f, &job), YON_EUNREACHABLE);
    assert_int_equal(job, 7);
    yon_free(f);
    yon_close(c);
}

static void an_await_may_end_earlier(void **state)
{
    yon_client *c = client_new_patient(0);
    yon_future *f = yon_call(c, "add", "");

    (void)state;
    assert_int_equal(yon_await_for(f, 10), YON_ETIMEOUT);
    assert_false(yon_is_done(f));
    assert_int_equal(yon_result(f, "i", NULL), YON_EPENDING);
    yon_free(f);
    yon_close(c);
}

static void closing_ends_what_is_pending(void **state)
{
    yon_client *c = client_new_patient(0);
    yon_future *f = yon_call(c, "add", "");
    yon_future *attached = yon_attach(c, 7, 0);

    (void)state;
    yon_close(c);
    assert_true(yon_is_done(f));
    assert_int_equal(yon_await(f), YON_ECLOSED);
    assert_int_equal(yon_await(attached), YON_ECLOSED);
    assert_int_equal(yon_id(attached), 7);
    yon_free(f);
    yon_free(attached);
}

static void what_is_pending_may_be_freed(void **state)
{
    yon_client *c = client_new_patient(0);

    (void)state;
    yon_free(yon_call(c, "add", ""));
    yon_free(yon_attach(c, 7, 0));
    yon_free(yon_call(c, "add", "?"));
    yon_close(c);
}

static void what_is_cancelled_stays_pending(void **state)
{
    yon_client *c = client_new_patient(0);
    yon_future *f = yon_call(c, "add", "");

    (void)state;
    assert_int_equal(yon_cancel(f), 0);
    assert_int_equal(yon_cancel(f), 0);
    assert_int_equal(yon_await_for(f, 1), YON_ETIMEOUT);
    yon_free(f);
    yon_close(c);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    yon_close(NULL);
    yon_free(NULL);
}

static void an_unused_client_closes(void **state)
{
    (void)state;
    yon_close(client_new_patient(0));
}

static void other_requests_are_unreachable_too(void **state)
{
    yon_client *c = client_new_patient(20);
    struct op op = { .type = OP_STATUS };
    yon_future *f = request_new(c, &op, NULL, NULL);

    (void)state;
    assert_int_equal(yon_await(f), YON_EUNREACHABLE);
    assert_int_equal(yon_id(f), 0);
    assert_int_equal(yon_exit_code(f), -1);
    yon_free(f);
    yon_close(c);
}

static void what_is_no_address_is_refused(void **state)
{
    static const struct {
        const char *address;
        int code;
    } bad[] = {
        { "nonsense", YON_EFORMAT },
        { "tcp://host", YON_EFORMAT },
        { "udp://host:1", YON_EFORMAT },
    };
    yon_client *c = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(yon_connect(bad[i].address, &c), bad[i].code);
}

/* ---- in coroutines: what happened is recorded, and checked outside ---- */

struct scene {
    yon_client *client;
    yon_future *call;
    int codes[3];
    struct cut cuts[4];
    int cut_when_done[4];
};

static int await_call(void *arg)
{
    struct scene *s = arg;

    return yon_await(s->call);
}

static int two_await_and_one_closes(void *arg)
{
    struct scene *s = arg;
    yon_future *first, *second;

    s->codes[2] = yon_connect(address, &s->client);
    s->call = yon_call(s->client, "add", "");
    first = yon_spawn(await_call, s);
    second = yon_spawn(await_call, s);
    yon_sleep(1);
    yon_close(s->client);
    s->codes[0] = yon_await(first);
    s->codes[1] = yon_await(second);
    yon_free(first);
    yon_free(second);
    yon_free(s->call);
    return 0;
}

static void closing_wakes_all_who_wait(void **state)
{
    struct scene s = { 0 };

    (void)state;
    assert_int_equal(yon_run(two_await_and_one_closes, &s), 0);
    assert_int_equal(s.codes[2], 0);
    assert_int_equal(s.codes[0], YON_ECLOSED);
    assert_int_equal(s.codes[1], YON_ECLOSED);
}

static int one_is_impatient_and_one_works(void *arg)
{
    struct scene *s = arg;
    yon_future *waiter;

    yon_connect(address, &s->client);
    yon_set_patience(s->client, 20);
    s->call = yon_call(s->client, "add", "");
    waiter = yon_spawn(await_call, s);
    s->codes[0] = yon_sleep(1);
    s->codes[1] = yon_await(waiter);
    yon_free(waiter);
    yon_free(s->call);
    yon_close(s->client);
    return 0;
}

static void others_go_on_while_one_waits(void **state)
{
    struct scene s = { 0 };

    (void)state;
    assert_int_equal(yon_run(one_is_impatient_and_one_works, &s), 0);
    assert_int_equal(s.codes[0], 0);
    assert_int_equal(s.codes[1], YON_EUNREACHABLE);
}

static int await_id(void *arg)
{
    struct scene *s = arg;
    uint64_t id;

    return yon_await_id(s->call, &id);
}

static int await_receipt(void *arg)
{
    struct scene *s = arg;

    return yon_await(yon_receipt(s->call));
}

static int await_progress(void *arg)
{
    struct scene *s = arg;
    struct yon_advance a = YON_ADVANCE();

    return yon_await_progress(s->call, &a);
}

static yon_fn *const awaits[] = { await_call, await_id, await_receipt,
                                  await_progress };

static int cut_awaits(void *arg)
{
    struct scene *s = arg;

    yon_connect(address, &s->client);
    s->call = yon_call(s->client, "add", "");
    for (size_t i = 0; i < ARRAY_LEN(awaits); i++)
        s->cuts[i] = cut_short(awaits[i], s);
    s->codes[0] = yon_is_done(s->call);
    yon_close(s->client);
    for (size_t i = 0; i < ARRAY_LEN(awaits); i++)
        s->cut_when_done[i] = cut_before(awaits[i], s);
    yon_free(s->call);
    return 0;
}

static void awaits_can_be_cut_short_and_the_call_goes_on(void **state)
{
    struct scene s = { 0 };

    (void)state;
    assert_int_equal(yon_run(cut_awaits, &s), 0);
    for (size_t i = 0; i < ARRAY_LEN(awaits); i++) {
        ASSERT_CUT(s.cuts[i]);
        assert_int_equal(s.cut_when_done[i], YON_ECANCELLED);
    }
    assert_int_equal(s.codes[0], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_ends_as_unreachable_and_says_what_to_do),
        TEST(every_call_is_ended_so),
        TEST(the_id_is_awaited_no_longer),
        TEST(an_await_may_end_earlier),
        TEST(closing_ends_what_is_pending),
        TEST(what_is_pending_may_be_freed),
        TEST(what_is_cancelled_stays_pending),
        TEST(closing_nothing_is_fine),
        TEST(an_unused_client_closes),
        TEST(other_requests_are_unreachable_too),
        TEST(what_is_no_address_is_refused),
        TEST(closing_wakes_all_who_wait),
        TEST(others_go_on_while_one_waits),
        TEST(awaits_can_be_cut_short_and_the_call_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
