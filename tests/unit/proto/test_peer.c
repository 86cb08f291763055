/* SPDX-License-Identifier: MIT */
/* The session of a peer: its states, and the clock of HELLO and BEAT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/peer.h"

#define MIN_MS 100
#define MAX_MS 1000
#define LEASE_MS 9000
#define BEAT_MS 3000
#define RETRY_MS 1000

struct rig {
    struct peer_session peer;
    int64_t now_ms;
    uint64_t epoch, session; /* what the coordinator's frames say */
};

static struct peer_config config_of(bool no_jitter)
{
    return (struct peer_config){ .role = ROLE_WORKER,
                                 .name = "w",
                                 .software = "test",
                                 .boot = { { 1 } },
                                 .former = { { 2 } },
                                 .seed = 7,
                                 .no_jitter = no_jitter,
                                 .pause_min_ms = MIN_MS,
                                 .pause_max_ms = MAX_MS };
}

static struct rig rig_new(void)
{
    struct rig r = { .now_ms = 1000, .epoch = 5, .session = 1 };
    struct peer_config config = config_of(true);

    peer_init(&r.peer, &config);
    peer_start(&r.peer, r.now_ms);
    return r;
}

static enum peer_news say(struct rig *r, struct op op)
{
    struct frame_head head = { PROTO_VERSION, r->epoch, { r->session } };

    peer_frame(&r->peer, ERR_NONE, r->now_ms);
    return peer_take(&r->peer, &head, &op, r->now_ms);
}

static enum peer_news say_type(struct rig *r, enum op_type type)
{
    return say(r, (struct op){ .type = type });
}

static enum peer_news who(struct rig *r, uint64_t epoch, uint64_t session)
{
    uint64_t old_epoch = r->epoch, old_session = r->session;
    enum peer_news news;

    r->epoch = epoch;
    r->session = session;
    news = say_type(r, OP_WHO);
    r->epoch = old_epoch;
    r->session = old_session;
    return news;
}

static enum peer_news welcome(struct rig *r, uint64_t session)
{
    struct op op = { .type = OP_WELCOME };

    op.u.welcome.version = PROTO_VERSION;
    op.u.welcome.lease_ms = LEASE_MS;
    op.u.welcome.beat_ms = BEAT_MS;
    r->session = session;
    return say(r, op);
}

static enum peer_news ack(struct rig *r, uint64_t seq)
{
    return say(r, (struct op){ .type = OP_BEAT_ACK, .u.beat_ack.seq = seq });
}

static enum peer_news refuse(struct rig *r, enum err code, uint32_t retry_ms)
{
    struct op op = { .type = OP_REFUSED };

    op.u.refused.code = code;
    op.u.refused.retry_ms = retry_ms;
    op.u.refused.message = view_str("no");
    return say(r, op);
}

/* Says HELLO, which is due. */
static uint64_t hello(struct rig *r)
{
    struct op op;

    assert_true(peer_tick(&r->peer, r->now_ms).hello);
    op = peer_hello(&r->peer, r->now_ms);
    assert_int_equal(op.type, OP_HELLO);
    return op.u.hello.seq;
}

static struct peer_due tick(struct rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    return peer_tick(&r->peer, now_ms);
}

static struct rig rig_up(void)
{
    struct rig r = rig_new();

    hello(&r);
    assert_int_equal(welcome(&r, 1), NEWS_OPENED);
    r.now_ms += 1000;
    return r;
}

/* ---- HELLO ---- */

static void hello_says_who_it_is_and_counts(void **state)
{
    struct rig r = rig_new();
    struct op op = peer_hello(&r.peer, r.now_ms);

    (void)state;
    assert_int_equal(op.u.hello.role, ROLE_WORKER);
    assert_true(view_equal(op.u.hello.peername, view_str("w")));
    assert_true(view_equal(op.u.hello.software, view_str("test")));
    assert_int_equal(op.u.hello.boot.bytes[0], 1);
    assert_int_equal(op.u.hello.former.bytes[0], 2);
    assert_int_equal(op.u.hello.version_min, PROTO_VERSION_MIN);
    assert_int_equal(op.u.hello.version_max, PROTO_VERSION);
    assert_int_equal(op.u.hello.seq, 1);
    r.now_ms = peer_wake_ms(&r.peer);
    assert_int_equal(hello(&r), 2);
    assert_int_equal(peer_head(&r.peer).session.n, 0);
}

static void nothing_is_due_before_the_start(void **state)
{
    struct peer_config config = config_of(true);
    struct peer_session p;

    (void)state;
    peer_init(&p, &config);
    assert_false(peer_tick(&p, 100000).hello);
    assert_true(peer_wake_ms(&p) == INT64_MAX);
    assert_false(peer_is_listening(&p));
}

static void the_pauses_double(void **state)
{
    static const int64_t pauses_ms[] = { 100, 200, 400, 800, 1000, 1000 };
    struct rig r = rig_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pauses_ms); i++) {
        hello(&r);
        assert_int_equal(peer_wake_ms(&r.peer) - r.now_ms, pauses_ms[i]);
        assert_false(peer_tick(&r.peer, peer_wake_ms(&r.peer) - 1).hello);
        r.now_ms = peer_wake_ms(&r.peer);
    }
}

static void with_jitter_a_pause_is_a_part_of_that(void **state)
{
    struct peer_config config = config_of(false);
    struct peer_session p, twin;
    int64_t now_ms = 0, limit_ms = MIN_MS, shortest_ms = MAX_MS, longest_ms = 0;

    (void)state;
    peer_init(&p, &config);
    peer_init(&twin, &config);
    peer_start(&p, 0);
    peer_start(&twin, 0);
    for (int i = 0; i < 200; i++) {
        int64_t pause_ms;

        peer_hello(&p, now_ms);
        peer_hello(&twin, now_ms);
        assert_int_equal(peer_wake_ms(&p), peer_wake_ms(&twin));
        pause_ms = peer_wake_ms(&p) - now_ms;
        assert_in_range(pause_ms, PEER_HELLO_GAP_MS, limit_ms);
        if (pause_ms < shortest_ms)
            shortest_ms = pause_ms;
        if (pause_ms > longest_ms)
            longest_ms = pause_ms;
        limit_ms = limit_ms * 2 < MAX_MS ? limit_ms * 2 : MAX_MS;
        now_ms += pause_ms;
    }
    assert_int_equal(shortest_ms, PEER_HELLO_GAP_MS);
    assert_true(longest_ms > MAX_MS * 9 / 10);
}

static void the_longest_pause_can_be_lowered(void **state)
{
    struct rig r = rig_new();

    (void)state;
    peer_set_pause_max(&r.peer, 150);
    for (int i = 0; i < 5; i++) {
        hello(&r);
        assert_in_range(peer_wake_ms(&r.peer) - r.now_ms, MIN_MS, 150);
        r.now_ms = peer_wake_ms(&r.peer);
    }
    peer_set_pause_max(&r.peer, MAX_MS);
    hello(&r);
    assert_int_equal(peer_wake_ms(&r.peer) - r.now_ms, MAX_MS);
}

static void a_silent_connection_is_given_up_once(void **state)
{
    struct rig r = rig_new();
    int64_t start_ms = r.now_ms;

    (void)state;
    assert_false(tick(&r, start_ms + SILENCE_MAX_MS - 1).reconnect);
    assert_true(tick(&r, start_ms + SILENCE_MAX_MS).reconnect);
    assert_false(tick(&r, r.now_ms).reconnect); /* the new one has its time */
    assert_true(tick(&r, r.now_ms + SILENCE_MAX_MS).reconnect);
}

static void any_frame_keeps_the_connection(void **state)
{
    struct rig r = rig_new();

    (void)state;
    r.now_ms += SILENCE_MAX_MS - 1;
    peer_frame(&r.peer, ERR_FORMAT, r.now_ms);
    assert_false(tick(&r, r.now_ms + SILENCE_MAX_MS - 1).reconnect);
}

/* ---- WELCOME ---- */

static void a_welcome_opens_a_session(void **state)
{
    struct rig r = rig_new();
    struct frame_head head;

    (void)state;
    hello(&r);
    r.now_ms += 10;
    assert_int_equal(welcome(&r, 3), NEWS_OPENED);
    assert_true(peer_is_up(&r.peer));
    head = peer_head(&r.peer);
    assert_int_equal(head.version, PROTO_VERSION);
    assert_int_equal(head.epoch, 5);
    assert_int_equal(head.session.n, 3);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + BEAT_MS);
    assert_int_equal(say_type(&r, OP_ASSIGN), NEWS_OP);
}

static void a_welcome_is_taken_once(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(welcome(&r, 1), NEWS_NONE);
    assert_int_equal(welcome(&r, 2), NEWS_OPENED); /* another HELLO's */
    assert_int_equal(welcome(&r, 0), NEWS_NONE);
    assert_int_equal(peer_head(&r.peer).session.n, 2);
}

static void a_welcome_of_an_older_epoch_is_dropped(void **state)
{
    struct rig r = rig_up();

    (void)state;
    r.epoch = 4;
    assert_int_equal(welcome(&r, 2), NEWS_NONE);
    r.epoch = 6;
    assert_int_equal(welcome(&r, 2), NEWS_OPENED);
}

static void a_welcome_without_lease_or_beat_is_nonsense(void **state)
{
    struct rig r = rig_new();
    struct op op = { .type = OP_WELCOME };

    (void)state;
    op.u.welcome.version = PROTO_VERSION;
    op.u.welcome.lease_ms = LEASE_MS;
    assert_int_equal(say(&r, op), NEWS_NONSENSE);
    op.u.welcome.lease_ms = 0;
    op.u.welcome.beat_ms = BEAT_MS;
    assert_int_equal(say(&r, op), NEWS_NONSENSE);
    assert_false(peer_is_up(&r.peer));
}

static void a_welcome_in_another_version_is_final(void **state)
{
    struct rig r = rig_new();
    struct op op = { .type = OP_WELCOME };

    (void)state;
    op.u.welcome.version = PROTO_VERSION + 1;
    assert_int_equal(say(&r, op), NEWS_REFUSED);
    assert_int_equal(r.peer.err, ERR_VERSION);
    assert_non_null(strstr(r.peer.errmsg, "another version"));
    assert_int_equal(welcome(&r, 1), NEWS_NONE);
}

static void a_frame_in_another_version_is_final_without_a_session(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(peer_frame(&r.peer, ERR_VERSION, r.now_ms), NEWS_NONSENSE);
    assert_true(peer_is_up(&r.peer));
    who(&r, 5, 1);
    assert_int_equal(peer_frame(&r.peer, ERR_VERSION, r.now_ms), NEWS_REFUSED);
    assert_true(peer_wake_ms(&r.peer) == INT64_MAX);
}

/* ---- operations ---- */

static void only_this_session_may_speak(void **state)
{
    struct rig r = rig_up();

    (void)state;
    r.session = 2;
    assert_int_equal(say_type(&r, OP_ASSIGN), NEWS_NONE);
    assert_int_equal(say_type(&r, OP_BYE), NEWS_NONE);
    assert_int_equal(ack(&r, 0), NEWS_NONE);
    r.session = 1;
    r.epoch = 4;
    assert_int_equal(say_type(&r, OP_ASSIGN), NEWS_NONE);
    r.epoch = 6;
    assert_int_equal(say_type(&r, OP_ASSIGN), NEWS_NONE);
    r.epoch = 5;
    assert_int_equal(say_type(&r, OP_ASSIGN), NEWS_OP);
}

/* ---- several HELLOs under way ---- */

static void of_several_welcomes_a_beat_finds_the_one_that_stays(void **state)
{
    struct rig r = rig_new();

    (void)state;
    hello(&r);
    r.now_ms = peer_wake_ms(&r.peer);
    hello(&r);
    welcome(&r, 1);
    assert_false(r.peer.is_settled);
    assert_true(peer_tick(&r.peer, r.now_ms).beat); /* at once */
    assert_int_equal(who(&r, 5, 0), NEWS_NONE); /* of the beat in session 1 */
    assert_int_equal(welcome(&r, 2), NEWS_OPENED);
    assert_int_equal(peer_beat(&r.peer, r.now_ms), 1);
    assert_int_equal(who(&r, 5, 0), NEWS_NONE);
    assert_int_equal(ack(&r, 1), NEWS_ACK);
    assert_true(r.peer.is_settled);
    assert_int_equal(who(&r, 5, 0), NEWS_LOST); /* now it is meant */
}

static void who_of_a_later_coordinator_is_always_meant(void **state)
{
    struct rig r = rig_new();

    (void)state;
    hello(&r);
    r.now_ms = peer_wake_ms(&r.peer);
    hello(&r);
    welcome(&r, 1);
    assert_int_equal(who(&r, 6, 0), NEWS_LOST);
}

/* ---- WHO, BYE ---- */

static void who_is_answered_at_once(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(who(&r, 5, 7), NEWS_NONE); /* another's */
    assert_int_equal(who(&r, 5, 1), NEWS_LOST);
    assert_int_equal(r.peer.lost_ms, r.now_ms);
    hello(&r);
}

static void many_whos_cause_one_hello(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(who(&r, 5, 0), NEWS_LOST);
    hello(&r);
    assert_int_equal(who(&r, 5, 0), NEWS_NONE);
    r.now_ms += PEER_HELLO_GAP_MS; /* it is still on its way */
    assert_int_equal(who(&r, 5, 0), NEWS_NONE);
    assert_false(peer_tick(&r.peer, r.now_ms).hello);
}

static void two_hellos_are_never_close(void **state)
{
    struct rig r = rig_up();
    int64_t said_ms = r.now_ms;

    (void)state;
    who(&r, 5, 0);
    hello(&r);
    welcome(&r, 2);
    r.now_ms += 1;
    assert_int_equal(who(&r, 5, 0), NEWS_LOST);
    assert_int_equal(peer_wake_ms(&r.peer), said_ms + PEER_HELLO_GAP_MS);
    r.session = 0;
    assert_int_equal(refuse(&r, ERR_BUSY, 1), NEWS_PUT_OFF);
    assert_int_equal(peer_wake_ms(&r.peer), said_ms + PEER_HELLO_GAP_MS);
}

static void bye_ends_the_session_and_hello_waits_a_little(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(say_type(&r, OP_BYE), NEWS_LOST);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + MIN_MS);
}

/* ---- REFUSED ---- */

static void a_refusal_may_be_final(void **state)
{
    static const enum err codes[] = { ERR_VERSION, ERR_REFUSED };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct rig r = rig_new();

        r.session = 0;
        assert_int_equal(refuse(&r, codes[i], 100), NEWS_REFUSED);
        assert_int_equal(r.peer.err, codes[i]);
        assert_string_equal(r.peer.errmsg, "no");
        assert_false(peer_is_listening(&r.peer));
        assert_false(tick(&r, 1000000).hello);
        assert_int_equal(welcome(&r, 1), NEWS_NONE);
    }
}

static void a_refusal_without_words_has_some(void **state)
{
    struct rig r = rig_new();

    (void)state;
    r.session = 0;
    say(&r, (struct op){ .type = OP_REFUSED, .u.refused.code = ERR_REFUSED });
    assert_string_equal(r.peer.errmsg, err_text(ERR_REFUSED));
}

static void a_busy_coordinator_says_when_to_come_again(void **state)
{
    struct rig r = rig_new();

    (void)state;
    r.session = 0;
    assert_int_equal(refuse(&r, ERR_BUSY, RETRY_MS), NEWS_PUT_OFF);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + RETRY_MS);
    assert_int_equal(refuse(&r, ERR_BUSY, UINT32_MAX), NEWS_PUT_OFF);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + PEER_RETRY_MAX_MS);
    assert_int_equal(refuse(&r, ERR_BUSY, 0), NEWS_NONE);
}

static void not_all_come_again_at_once(void **state)
{
    struct peer_config config = config_of(false);
    struct peer_session p;
    bool differ = false;

    (void)state;
    peer_init(&p, &config);
    for (int i = 0; i < 100; i++) {
        int64_t ms = peer_retry_ms(&p, RETRY_MS);

        assert_in_range(ms, RETRY_MS, RETRY_MS * 3 / 2);
        differ = differ || ms != RETRY_MS;
    }
    assert_true(differ);
}

static void a_refusal_of_a_request_is_for_the_owner(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(
        say(&r, (struct op){ .type = OP_REFUSED,
                             .u.refused = { .req = 3, .code = ERR_REFUSED } }),
        NEWS_OP);
    assert_int_equal(refuse(&r, ERR_BUSY, RETRY_MS), NEWS_NONE);
    assert_true(peer_is_up(&r.peer));
}

/* ---- BEAT ---- */

static void beats_leave_on_time_and_are_numbered(void **state)
{
    struct rig r = rig_new();

    (void)state;
    hello(&r);
    welcome(&r, 1);
    assert_false(tick(&r, 1000 + BEAT_MS - 1).beat);
    assert_true(tick(&r, 1000 + BEAT_MS).beat);
    assert_int_equal(peer_beat(&r.peer, r.now_ms), 1);
    assert_false(peer_tick(&r.peer, r.now_ms).beat);
    assert_true(tick(&r, 1000 + 2 * BEAT_MS).beat);
    assert_int_equal(peer_beat(&r.peer, r.now_ms), 2);
    welcome(&r, 2);
    assert_int_equal(peer_beat(&r.peer, r.now_ms), 1); /* of this session */
}

static void the_first_beat_may_leave_at_once(void **state)
{
    struct peer_config config = config_of(true);
    struct rig r = rig_new();

    (void)state;
    config.beats_at_once = true;
    peer_init(&r.peer, &config);
    peer_start(&r.peer, r.now_ms);
    hello(&r);
    welcome(&r, 1);
    assert_true(peer_tick(&r.peer, r.now_ms).beat);
}

static void silence_for_a_lease_ends_the_session(void **state)
{
    struct rig r = rig_new();

    (void)state;
    hello(&r);
    welcome(&r, 1);
    tick(&r, 1000 + BEAT_MS);
    peer_beat(&r.peer, r.now_ms);
    assert_int_equal(ack(&r, 1), NEWS_ACK);
    assert_false(tick(&r, 1000 + BEAT_MS + LEASE_MS - 1).lost);
    assert_true(tick(&r, 1000 + BEAT_MS + LEASE_MS).lost);
    assert_int_equal(r.peer.lost_ms, r.now_ms);
    hello(&r);
}

static void a_lease_has_room_for_two_beats(void **state)
{
    struct rig r = rig_new();
    struct op op = { .type = OP_WELCOME };

    (void)state;
    op.u.welcome.version = PROTO_VERSION;
    op.u.welcome.lease_ms = 1;
    op.u.welcome.beat_ms = 1;
    say(&r, op);
    assert_int_equal(r.peer.beat_ms, PEER_BEAT_MIN_MS);
    assert_int_equal(r.peer.lease_ms, 1); /* as it was said */
    assert_false(tick(&r, 1000 + 2 * PEER_BEAT_MIN_MS - 1).lost);
    assert_true(tick(&r, 1000 + 2 * PEER_BEAT_MIN_MS).lost);
}

static void an_ack_of_a_beat_that_was_not_sent_is_nonsense(void **state)
{
    struct rig r = rig_up();

    (void)state;
    assert_int_equal(ack(&r, 1), NEWS_NONSENSE);
    peer_beat(&r.peer, r.now_ms);
    assert_int_equal(ack(&r, 2), NEWS_NONSENSE);
    assert_int_equal(ack(&r, 1), NEWS_ACK);
}

/* ---- the owner ---- */

static void a_session_can_be_renewed(void **state)
{
    struct rig r = rig_up();

    (void)state;
    peer_renew(&r.peer, "why", r.now_ms);
    assert_false(peer_is_up(&r.peer));
    hello(&r);
    assert_int_equal(welcome(&r, 2), NEWS_OPENED);
}

static void while_it_pauses_it_neither_says_hello_nor_is_welcome(void **state)
{
    struct rig r = rig_up();

    (void)state;
    peer_pause(&r.peer, "why", r.now_ms);
    assert_int_equal(r.peer.lost_ms, r.now_ms);
    assert_true(peer_wake_ms(&r.peer) == INT64_MAX);
    assert_false(tick(&r, r.now_ms + 100000).hello);
    assert_int_equal(welcome(&r, 2), NEWS_NONE);
    assert_int_equal(who(&r, 6, 0), NEWS_NONE);
    peer_resume(&r.peer);
    hello(&r);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + MIN_MS);
}

static void a_pause_starts_the_back_off_anew(void **state)
{
    struct rig r = rig_new();

    (void)state;
    for (int i = 0; i < 5; i++) {
        hello(&r);
        r.now_ms = peer_wake_ms(&r.peer);
    }
    hello(&r);
    peer_pause(&r.peer, "why", r.now_ms);
    peer_resume(&r.peer);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + PEER_HELLO_GAP_MS);
    r.now_ms = peer_wake_ms(&r.peer);
    hello(&r);
    assert_int_equal(peer_wake_ms(&r.peer), r.now_ms + MIN_MS);
}

static void a_refusal_is_final_in_a_pause_too(void **state)
{
    struct rig r = rig_up();

    (void)state;
    peer_pause(&r.peer, "why", r.now_ms);
    r.session = 0;
    assert_int_equal(refuse(&r, ERR_REFUSED, 0), NEWS_REFUSED);
}

static void what_is_closed_stays_so(void **state)
{
    struct rig r = rig_up();

    (void)state;
    peer_close(&r.peer, r.now_ms);
    assert_int_equal(welcome(&r, 2), NEWS_NONE);
    assert_int_equal(refuse(&r, ERR_REFUSED, 0), NEWS_NONE);
    assert_false(tick(&r, 1000000).hello);
    assert_true(peer_wake_ms(&r.peer) == INT64_MAX);
}

/* ---- the trace ---- */

static void the_trace_tells_what_became_of_the_session(void **state)
{
    struct trace trace = { .level = TRACE_INFO };
    struct rig r = rig_new();

    (void)state;
    r.peer.trace = &trace;
    hello(&r);
    r.session = 0;
    refuse(&r, ERR_BUSY, RETRY_MS);
    refuse(&r, ERR_BUSY, RETRY_MS); /* is told once */
    welcome(&r, 1);
    welcome(&r, 2); /* it was and is connected */
    say_type(&r, OP_BYE);
    welcome(&r, 3);
    who(&r, 6, 0);
    welcome(&r, 4);
    tick(&r, r.now_ms + LEASE_MS);
    welcome(&r, 5);
    peer_pause(&r.peer, "why", r.now_ms);
    r.session = 0;
    refuse(&r, ERR_REFUSED, 0);
    assert_string_equal(
        buf_text(&trace.lines),
        "info put-off name=w retry_ms=1000 reason=no\n"
        "info connected name=w epoch=5 session=1\n"
        "warn disconnected name=w reason=\"the coordinator said goodbye\"\n"
        "info connected name=w epoch=5 session=3\n"
        "warn disconnected name=w "
        "reason=\"the coordinator does not know this session\"\n"
        "info connected name=w epoch=5 session=4\n"
        "warn disconnected name=w "
        "reason=\"no answer to a beat for a whole lease\"\n"
        "info connected name=w epoch=5 session=5\n"
        "warn disconnected name=w reason=why\n"
        "error refused name=w reason=no\n");
    trace_fini(&trace);
}

static void at_debug_the_trace_has_each_hello(void **state)
{
    struct trace trace = { .level = TRACE_DEBUG };
    struct rig r = rig_new();

    (void)state;
    r.peer.trace = &trace;
    hello(&r);
    tick(&r, r.now_ms + SILENCE_MAX_MS);
    hello(&r);
    assert_string_equal(buf_text(&trace.lines),
                        "debug hello name=w seq=1 pause_ms=100\n"
                        "debug reconnect name=w silent_ms=15000\n"
                        "debug hello name=w seq=2 pause_ms=200\n");
    trace_fini(&trace);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_says_who_it_is_and_counts),
        cmocka_unit_test(nothing_is_due_before_the_start),
        cmocka_unit_test(the_pauses_double),
        cmocka_unit_test(with_jitter_a_pause_is_a_part_of_that),
        cmocka_unit_test(the_longest_pause_can_be_lowered),
        cmocka_unit_test(a_silent_connection_is_given_up_once),
        cmocka_unit_test(any_frame_keeps_the_connection),
        cmocka_unit_test(a_welcome_opens_a_session),
        cmocka_unit_test(a_welcome_is_taken_once),
        cmocka_unit_test(a_welcome_of_an_older_epoch_is_dropped),
        cmocka_unit_test(a_welcome_without_lease_or_beat_is_nonsense),
        cmocka_unit_test(a_welcome_in_another_version_is_final),
        cmocka_unit_test(a_frame_in_another_version_is_final_without_a_session),
        cmocka_unit_test(only_this_session_may_speak),
        cmocka_unit_test(of_several_welcomes_a_beat_finds_the_one_that_stays),
        cmocka_unit_test(who_of_a_later_coordinator_is_always_meant),
        cmocka_unit_test(who_is_answered_at_once),
        cmocka_unit_test(many_whos_cause_one_hello),
        cmocka_unit_test(two_hellos_are_never_close),
        cmocka_unit_test(bye_ends_the_session_and_hello_waits_a_little),
        cmocka_unit_test(a_refusal_may_be_final),
        cmocka_unit_test(a_refusal_without_words_has_some),
        cmocka_unit_test(a_busy_coordinator_says_when_to_come_again),
        cmocka_unit_test(not_all_come_again_at_once),
        cmocka_unit_test(a_refusal_of_a_request_is_for_the_owner),
        cmocka_unit_test(beats_leave_on_time_and_are_numbered),
        cmocka_unit_test(the_first_beat_may_leave_at_once),
        cmocka_unit_test(silence_for_a_lease_ends_the_session),
        cmocka_unit_test(a_lease_has_room_for_two_beats),
        cmocka_unit_test(an_ack_of_a_beat_that_was_not_sent_is_nonsense),
        cmocka_unit_test(a_session_can_be_renewed),
        cmocka_unit_test(while_it_pauses_it_neither_says_hello_nor_is_welcome),
        cmocka_unit_test(a_pause_starts_the_back_off_anew),
        cmocka_unit_test(a_refusal_is_final_in_a_pause_too),
        cmocka_unit_test(what_is_closed_stays_so),
        cmocka_unit_test(the_trace_tells_what_became_of_the_session),
        cmocka_unit_test(at_debug_the_trace_has_each_hello),
    };

    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
