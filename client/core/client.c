/* SPDX-License-Identifier: MIT */
#include "client/core/client.h"

#include <stdlib.h>

#include "client/core/asks.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"
#include "libcommon/rng.h"

/* How soon after a HELLO a WHO may cause another one: many frames may be
 * answered with WHO, and one HELLO settles them all. */
#define WHO_PAUSE_MS 50
/* What a coordinator may ask for is bent into these. */
#define BEAT_MIN_MS 10
#define BEAT_MAX_MS (60 * 60 * 1000)

/* The life of a client:
 *
 *   IDLE     not started
 *   SEEKING  says HELLO until it is welcome
 *   UP       has a session
 *   REFUSED  the coordinator will never take it
 *   CLOSED   said goodbye
 */
enum client_state { IDLE, SEEKING, UP, REFUSED, CLOSED, STATE_N };

/* States that one move may reach, as BITs. */
static const unsigned next_states[] = {
    [IDLE] = BIT(SEEKING) | BIT(CLOSED),
    [SEEKING] = BIT(UP) | BIT(REFUSED) | BIT(CLOSED),
    [UP] = BIT(UP) | BIT(SEEKING) | BIT(REFUSED) | BIT(CLOSED),
    [REFUSED] = BIT(CLOSED),
    [CLOSED] = 0,
};
_Static_assert(ARRAY_LEN(next_states) == STATE_N, "one rule per state");

/* One beat whose answer is compared, until it comes: what we hold counts at the
 * moment of the beat, less what was answered since. Answers and BEAT_ACK come
 * in one stream, so the coordinator closed those before it counted. */
struct pulse {
    uint64_t seq; /* 0: none under way */
    struct tally expected;
};

struct client {
    struct client_config config;
    client_answer_fn *answer;
    void *arg;
    struct rng rng;
    struct frame_reader *reader;
    enum client_state state;
    int64_t now_ms;

    uint64_t epoch; /* highest that welcomed us */
    session_id session;
    int64_t lost_ms;  /* when the last session was lost, or the start */
    int64_t heard_ms; /* when a frame came last; the start of the connection */

    int64_t hello_ms;     /* when to say HELLO next */
    int64_t hello_cap_ms; /* longest pause behind the next one */
    int64_t hello_said_ms;
    unsigned n_hellos;        /* said, whose WELCOME may still be on its way */
    uint64_t hello_seq;       /* of this process */
    char put_off[ERRMSG_LEN]; /* what was said last to have to wait for */
    bool is_settled; /* none is: what is sent in this session is heard */

    int64_t beat_ms, lease_ms; /* as WELCOME says */
    int64_t next_beat_ms, lease_end_ms;
    uint64_t beat_seq;
    struct pulse pulse;
    bool differed; /* the last BEAT_ACK that was compared */

    struct asks asks;
    struct frame_head open_head; /* of the last frame in the actions */
};

/* ---- sending ---- */

void client_actions_clear(struct client_actions *a)
{
    for (size_t i = 0; i < a->n_sends; i++)
        buf_fini(&a->sends[i]);
    free(a->sends);
    *a = (struct client_actions){ .wake_ms = a->wake_ms };
}

static bool head_equal(struct frame_head a, struct frame_head b)
{
    return a.version == b.version && a.epoch == b.epoch &&
           a.session.n == b.session.n;
}

/* The frame for more operations: the last one while it is small and of this
 * session, else a new one. */
static struct buf *open_frame(struct client *c, struct client_actions *out)
{
    struct frame_head head = { .version = PROTO_VERSION,
                               .epoch = c->epoch,
                               .session = c->session };
    struct buf *last = out->n_sends > 0 ? &out->sends[out->n_sends - 1] : NULL;

    if (last != NULL && last->len < FRAME_LEN_GOOD &&
        head_equal(head, c->open_head))
        return last;
    out->sends = vec_grow(out->sends, &out->cap_sends, out->n_sends + 1,
                          sizeof *out->sends);
    last = &out->sends[out->n_sends++];
    *last = (struct buf){ 0 };
    frame_begin(last, head);
    c->open_head = head;
    return last;
}

static void say(struct client *c, struct client_actions *out,
                const struct op *op)
{
    frame_add(open_frame(c, out), op);
}

/* ---- the session ---- */

static void move(struct client *c, enum client_state to)
{
    ASSERT(next_states[c->state] & BIT(to));
    c->state = to;
}

/* Move to a state without session. */
static void leave_session(struct client *c, enum client_state to)
{
    move(c, to);
    c->session = (session_id){ 0 };
    c->lost_ms = c->now_ms;
    c->pulse.seq = 0;
}

/* Look for a session, with the first HELLO not before hello_ms. */
static void seek(struct client *c, int64_t hello_ms)
{
    if (c->state == SEEKING) {
        if (hello_ms > c->hello_ms)
            c->hello_ms = hello_ms;
        return;
    }
    leave_session(c, SEEKING);
    c->hello_ms = hello_ms;
    c->hello_cap_ms = CLIENT_HELLO_MIN_MS;
}

/* A connection can be dead without anybody being told. */
static void give_up_silent(struct client *c, struct client_actions *out)
{
    if (c->now_ms - c->heard_ms < SILENCE_MAX_MS)
        return;
    c->heard_ms = c->now_ms;
    out->reconnect = true;
}

/* Full jitter, so that the clients of a coordinator that comes back do not come
 * all at once. */
static int64_t pause_ms(struct client *c, int64_t longest_ms)
{
    if (c->config.no_jitter)
        return longest_ms;
    return 1 + (int64_t)rng_below(&c->rng, (uint64_t)longest_ms);
}

static void say_hello(struct client *c, struct client_actions *out)
{
    struct op op = { .type = OP_HELLO,
                     .u.hello = {
                         .role = ROLE_CLIENT,
                         .version_min = PROTO_VERSION_MIN,
                         .version_max = PROTO_VERSION,
                         .peername = view_str(c->config.name),
                         .software = view_str(c->config.software),
                         .seq = ++c->hello_seq,
                     } };

    memcpy(op.u.hello.boot.bytes, c->config.boot.bytes,
           sizeof op.u.hello.boot.bytes);
    say(c, out, &op);
    c->n_hellos++;
    c->hello_said_ms = c->now_ms;
    c->hello_ms = c->now_ms + pause_ms(c, c->hello_cap_ms);
    c->hello_cap_ms *= 2;
    if (c->hello_cap_ms > CLIENT_HELLO_MAX_MS)
        c->hello_cap_ms = CLIENT_HELLO_MAX_MS;
}

static void be_refused(struct client *c, struct client_actions *out,
                       enum err err, struct view text)
{
    int len = text.len < ERRMSG_LEN ? (int)text.len : ERRMSG_LEN - 1;

    leave_session(c, REFUSED);
    out->refused_err = err;
    if (len > 0)
        err_set(out->refused, err, "%.*s", len, (const char *)text.data);
    else
        err_set(out->refused, err, "%s", err_text(err));
}

static void note_put_off(struct client *c, const struct op *refused)
{
    struct view text = refused->u.refused.message;

    err_set(c->put_off, ERR_BUSY, "%.*s", (int)text.len,
            (const char *)text.data);
}

static void be_welcome(struct client *c, struct client_actions *out,
                       struct frame_head head, const struct op *op)
{
    uint32_t version = op->u.welcome.version;

    if (head.session.n == 0 || (c->state == UP && head.epoch == c->epoch &&
                                head.session.n == c->session.n))
        return;
    if (version < PROTO_VERSION_MIN || version > PROTO_VERSION) {
        be_refused(c, out, ERR_VERSION, view_of(NULL, 0));
        return;
    }
    move(c, UP);
    c->put_off[0] = '\0';
    c->epoch = head.epoch;
    c->session = head.session;
    c->beat_ms = num_clamp(op->u.welcome.beat_ms, BEAT_MIN_MS, BEAT_MAX_MS);
    c->lease_ms = num_max(op->u.welcome.lease_ms, 2 * c->beat_ms);
    c->lease_end_ms = c->now_ms + c->lease_ms;
    /* Each HELLO makes a session and ends the one before. When a slow
     * coordinator was told several, a beat finds out which one stays: its
     * answer comes behind all their welcomes. */
    c->is_settled = c->n_hellos <= 1;
    if (c->is_settled)
        c->n_hellos = 0;
    c->next_beat_ms = c->now_ms + (c->is_settled ? c->beat_ms : 0);
    c->pulse.seq = 0;
    c->differed = false;
    asks_open_lanes(
        &c->asks, (size_t)num_clamp(op->u.welcome.submits_max, 1, UINT32_MAX));
}

/* ---- beats ---- */

static void say_beat(struct client *c, struct client_actions *out)
{
    struct op op = { .type = OP_BEAT };

    c->beat_seq++;
    c->next_beat_ms = c->now_ms + c->beat_ms;
    if (c->pulse.seq == 0)
        c->pulse = (struct pulse){ c->beat_seq, c->asks.sent };
    op.u.beat.seq = c->beat_seq;
    op.u.beat.asked_hi = c->asks.sent_hi;
    say(c, out, &op);
}

/* A request that the coordinator answered does not count any more. */
static void pulse_drop(struct client *c, const struct ask *a)
{
    if (c->pulse.seq == 0 || !a->sent || a->at_beat >= c->pulse.seq)
        return;
    c->pulse.expected.n--;
    c->pulse.expected.digest ^= op_digest_request(a->req);
}

static void handle_beat_ack(struct client *c, const struct op *op)
{
    bool differs;

    c->lease_end_ms = c->now_ms + c->lease_ms;
    c->is_settled = true;
    c->n_hellos = 0;
    if (c->pulse.seq == 0 || op->u.beat_ack.seq < c->pulse.seq)
        return;
    differs = op->u.beat_ack.seq == c->pulse.seq &&
              (op->u.beat_ack.n != c->pulse.expected.n ||
               op->u.beat_ack.digest != c->pulse.expected.digest);
    c->pulse.seq = 0;
    /* Sending again heals what it lacks. What it has too much, a FORGET that
     * was lost, only a new session settles. */
    if (differs && c->differed)
        seek(c, c->now_ms);
    else if (differs)
        asks_unsend(&c->asks);
    c->differed = differs;
}

/* ---- messages ---- */

static int64_t with_jitter(struct client *c, uint32_t ms)
{
    if (c->config.no_jitter)
        return ms;
    return (int64_t)ms + (int64_t)rng_below(&c->rng, ms / 2 + 1);
}

static void handle_session_refused(struct client *c, const struct op *op,
                                   struct client_actions *out)
{
    enum err err = (enum err)op->u.refused.code;

    if (err == ERR_VERSION || err == ERR_REFUSED)
        be_refused(c, out, err, op->u.refused.message);
    else if (c->state == SEEKING && op->u.refused.retry_ms > 0) {
        note_put_off(c, op);
        seek(c, c->now_ms + with_jitter(c, op->u.refused.retry_ms));
    }
}

/* Until the session is settled it may be about one of those before. */
static void handle_who(struct client *c, struct frame_head head)
{
    bool is_current = head.session.n == c->session.n ||
                      (head.session.n == 0 && c->is_settled);

    if (c->state == UP && (is_current || head.epoch > c->epoch))
        seek(c, num_max(c->now_ms, c->hello_said_ms + WHO_PAUSE_MS));
}

/* The callee may step with ASK and FORGET: nothing is used behind the call. */
static void handle_answer(struct client *c, const struct op *op)
{
    uint64_t req = req_of(op);
    struct ask *a = asks_find(&c->asks, req);
    enum req_answer answer = a != NULL ? ask_answer(a, op) : REQ_IGNORED;

    if (answer == REQ_IGNORED)
        return;
    if (op->type == OP_REFUSED && op->u.refused.retry_ms > 0) {
        pulse_drop(c, a);
        asks_hold_back(&c->asks, a,
                       c->now_ms + with_jitter(c, op->u.refused.retry_ms));
        note_put_off(c, op);
        return;
    }
    c->put_off[0] = '\0';
    if (answer == REQ_CLOSES) {
        pulse_drop(c, a);
        asks_remove(&c->asks, a);
    } else if (op->type == OP_RECEIPT) {
        asks_got_receipt(&c->asks, a, op->u.receipt.job);
    }
    c->answer(c->arg, req, op, answer == REQ_CLOSES);
}

static void handle_op(struct client *c, struct frame_head head,
                      const struct op *op, struct client_actions *out)
{
    bool ours = c->state == UP && head.epoch == c->epoch &&
                head.session.n == c->session.n;

    if (op->type == OP_WELCOME)
        be_welcome(c, out, head, op);
    else if (op->type == OP_REFUSED && op->u.refused.req == 0) {
        if (ours || head.session.n == 0)
            handle_session_refused(c, op, out);
    } else if (op->type == OP_WHO)
        handle_who(c, head);
    else if (ours && op->type == OP_BYE)
        seek(c, c->now_ms + pause_ms(c, CLIENT_HELLO_MIN_MS));
    else if (ours && op->type == OP_BEAT_ACK)
        handle_beat_ack(c, op);
    else if (ours)
        handle_answer(c, op);
}

static bool is_listening(const struct client *c)
{
    return c->state == SEEKING || c->state == UP;
}

static void handle_message(struct client *c, struct view frame,
                           struct client_actions *out)
{
    struct frame_head head;
    struct op op;
    enum err err = frame_read(c->reader, frame, &head);

    if (err == ERR_VERSION && c->state == SEEKING)
        be_refused(c, out, err,
                   view_str("the coordinator speaks another version of the "
                            "protocol: use the same version of yon"));
    if (err != ERR_NONE || head.epoch < c->epoch)
        return;
    while (is_listening(c) && frame_next(c->reader, &op) == ERR_NONE)
        handle_op(c, head, &op, out);
}

/* ---- requests ---- */

static void forget(struct client *c, uint64_t req, struct client_actions *out)
{
    struct op op = { .type = OP_FORGET, .u.forget.req = req };
    struct ask *a = asks_find(&c->asks, req);

    if (a == NULL)
        return;
    if (a->sent && c->state == UP)
        say(c, out, &op);
    asks_remove(&c->asks, a);
}

static void send_asks(struct client *c, struct client_actions *out)
{
    struct ask *a;

    if (c->state != UP || !c->is_settled)
        return;
    while ((a = asks_next(&c->asks, c->now_ms)) != NULL) {
        struct op op = ask_op(a);

        say(c, out, &op);
        asks_mark_sent(&c->asks, a, c->beat_seq);
    }
}

/* ---- the step ---- */

static void say_bye(struct client *c, struct client_actions *out)
{
    struct op op = { .type = OP_BYE };

    if (c->state == UP)
        say(c, out, &op);
    leave_session(c, CLOSED);
}

/* What is due by the clock. */
static void keep_time(struct client *c, struct client_actions *out)
{
    if (c->state == UP && c->now_ms >= c->lease_end_ms)
        seek(c, c->now_ms);
    if (c->state == SEEKING && c->now_ms >= c->hello_ms) {
        give_up_silent(c, out);
        say_hello(c, out);
    }
    if (c->state == UP && c->now_ms >= c->next_beat_ms)
        say_beat(c, out);
}

static int64_t wake_ms(const struct client *c)
{
    switch (c->state) {
    case SEEKING:
        return c->hello_ms;
    case UP:
        return num_min(num_min(c->next_beat_ms, c->lease_end_ms),
                       c->is_settled ? asks_wake_ms(&c->asks) : INT64_MAX);
    default:
        return INT64_MAX;
    }
}

void client_step(struct client *c, const struct client_event *e,
                 struct client_actions *out)
{
    /* Many requests may be asked between two looks at the clock: then one
     * HELLO or BEAT is enough. */
    bool keeps_time = true;

    ASSERT(e->now_ms >= c->now_ms);
    c->now_ms = e->now_ms;
    switch (e->type) {
    case CLIENT_START:
        c->heard_ms = e->now_ms;
        seek(c, e->now_ms);
        break;
    case CLIENT_MESSAGE:
        c->heard_ms = e->now_ms;
        if (is_listening(c))
            handle_message(c, e->u.message.frame, out);
        break;
    case CLIENT_TICK:
        break;
    case CLIENT_ASK:
        ASSERT(c->state != CLOSED);
        asks_add(&c->asks, e->u.ask.op);
        keeps_time = false;
        break;
    case CLIENT_FORGET:
        forget(c, e->u.forget.req, out);
        keeps_time = false;
        break;
    case CLIENT_CLOSE:
        say_bye(c, out);
        break;
    }
    if (keeps_time)
        keep_time(c, out);
    send_asks(c, out);
    out->wake_ms = wake_ms(c);
}

struct client *client_new(const struct client_config *config,
                          client_answer_fn *answer, void *arg)
{
    struct client *c = xcalloc(1, sizeof *c);

    c->config = *config;
    c->answer = answer;
    c->arg = arg;
    c->now_ms = INT64_MIN;
    c->reader = frame_reader_new();
    rng_init(&c->rng, config->seed);
    asks_init(&c->asks);
    return c;
}

void client_free(struct client *c)
{
    if (c == NULL)
        return;
    asks_fini(&c->asks);
    frame_reader_free(c->reader);
    free(c);
}

void client_check(const struct client *c)
{
    asks_check(&c->asks);
    ASSERT((c->state == UP) == (c->session.n != 0));
    ASSERT_IF(c->pulse.seq != 0, c->state == UP);
    ASSERT(c->pulse.seq <= c->beat_seq);
    ASSERT_IF(c->state == UP && c->is_settled,
              asks_next(&c->asks, c->now_ms) == NULL);
    ASSERT_IF(c->state == UP && !c->is_settled, c->asks.sent.n == 0);
}

bool client_is_connected(const struct client *c, int64_t *since_ms)
{
    if (since_ms != NULL)
        *since_ms = c->lost_ms;
    return c->state == UP;
}

size_t client_n_open(const struct client *c)
{
    return c->asks.by_req.n;
}

const char *client_put_off(const struct client *c)
{
    return c->put_off;
}
