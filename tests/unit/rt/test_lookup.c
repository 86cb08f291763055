/* SPDX-License-Identifier: MIT */
/* Names are looked up without files and name servers: getaddrinfo is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

#include "tests/support/io_rig.h"

struct record {
    int codes[5];
    size_t n[4];
    struct sockaddr_storage at[4];
    char text[256];
    struct cut cuts[3];
};

/* Called by libuv, on a thread of its pool; so it must see it. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
            struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);

    if (strcmp(host, "absent.test") == 0)
        return EAI_NONAME;
    if (strcmp(host, "silent.test") == 0)
        return EAI_AGAIN;
    if (strcmp(host, "there.test") == 0)
        host = "127.0.0.1";
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(host, service, hints, found);
}

static const struct sockaddr_in *ipv4(const struct sockaddr_storage *at)
{
    return (const struct sockaddr_in *)at;
}

static int look_up_numbers(void *arg)
{
    struct record *r = arg;

    r->codes[0] = yon_lookup("127.0.0.1", "80", r->at, 4, &r->n[0]);
    r->codes[1] = yon_lookup("::1", NULL, r->at + 1, 1, &r->n[1]);
    r->codes[2] = yon_lookup("there.test", "80", r->at + 2, 1, &r->n[2]);
    return 0;
}

static void addresses_come_with_their_port(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(look_up_numbers, &r);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r.codes[i], 0);
        assert_int_equal(r.n[i], 1);
    }
    assert_int_equal(r.at[0].ss_family, AF_INET);
    assert_int_equal(ntohl(ipv4(&r.at[0])->sin_addr.s_addr), INADDR_LOOPBACK);
    assert_int_equal(ntohs(ipv4(&r.at[0])->sin_port), 80);
    assert_int_equal(r.at[1].ss_family, AF_INET6);
    /* the port stands at the same place in both families */
    assert_int_equal(ntohs(ipv4(&r.at[2])->sin_port), 80);
    assert_int_equal(ntohl(ipv4(&r.at[2])->sin_addr.s_addr), INADDR_LOOPBACK);
}

static int look_up_what_is_not(void *arg)
{
    struct record *r = arg;

    r->codes[0] =
        yon_lookup("127.0.0.1", "no-such-service", r->at, 4, &r->n[0]);
    snprintf(r->text, sizeof r->text, "%s", yon_io_error());
    r->codes[1] = yon_lookup("absent.test", "80", r->at, 4, &r->n[1]);
    r->codes[2] = yon_lookup("silent.test", "80", r->at, 4, &r->n[2]);
    return 0;
}

static void what_is_not_there_is_absent(void **state)
{
    struct record r = { .n = { 7, 7, 7 } };

    (void)state;
    RUN_CLEAN(look_up_what_is_not, &r);
    assert_int_equal(r.codes[0], YON_EABSENT);
    assert_non_null(strstr(r.text, "127.0.0.1, no-such-service: "));
    assert_int_equal(r.codes[1], YON_EABSENT);
    assert_int_equal(r.codes[2], YON_EUNREACHABLE); /* nobody could say */
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r.n[i], 0);
}

static int call_lookup(void *arg)
{
    struct record *r = arg;

    return yon_lookup("127.0.0.1", "80", r->at, 4, &r->n[0]);
}

static int call_connect(void *arg)
{
    yon_stream *s;
    int code = yon_tcp_connect("127.0.0.1", "no-such-service", &s);

    (void)arg;
    if (code == 0)
        yon_stream_close(s);
    return code;
}

static int call_listen(void *arg)
{
    yon_listener *l;
    int code = yon_tcp_listen("127.0.0.1", 0, &l);

    (void)arg;
    if (code == 0)
        yon_listener_close(l);
    return code;
}

/* All that looks up. */
static yon_fn *const calls[] = { call_lookup, call_connect, call_listen };
static const int codes[] = { 0, YON_EABSENT, 0 };

static int cut_lookups(void *arg)
{
    struct record *r = arg;
    yon_future *held = pool_hold();

    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        r->cuts[i] = cut_short(calls[i], r);
    r->codes[0] = pool_let_go(held);
    r->codes[1] = cut_by_cancel(call_lookup, r); /* while a thread is at it */
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        r->codes[2 + i] = calls[i](r);
    return 0;
}

static void every_lookup_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_lookups, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], YON_ECANCELLED);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        ASSERT_CUT(r.cuts[i]);
        assert_int_equal(r.codes[2 + i], codes[i]);
    }
}

static void outside_of_coroutines_there_are_no_names(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(call_lookup(&r), YON_ESTATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_with_their_port),
        cmocka_unit_test(what_is_not_there_is_absent),
        cmocka_unit_test_setup_teardown(every_lookup_can_be_cut_short, make_dir,
                                        remove_dir),
        cmocka_unit_test(outside_of_coroutines_there_are_no_names),
    };

    pool_of_one();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
