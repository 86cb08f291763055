/* SPDX-License-Identifier: MIT */
/* client - dispatches events; sends requests and beats, takes answers. */
#include "client/core/client.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/core/client_state.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"

/* ---- sending ---- */

void client_actions_clear(struct client_actions *a)
{
    enum trace_level level = a->trace.level;

    frames_fini(&a->sends);
    trace_fini(&a->trace);
    *a = (struct client_actions){ .wake_ms = a->wake_ms, .trace.level = level };
}

static void say(struct client *c, struct client_actions *out,
                const struct op *op)
{
    frames_add(&out->sends, peer_head(&c->peer), op);
}

/* ---- the session ---- */

static void note_put_off(struct client *c, const struct op *refused)
{
    struct view text = refused->u.refused.message;

    err_set(c->put_off, ERR_BUSY, "%.*s", (int)text.len,
            (const char *)text.data);
}

static void be_refused(const struct client *c, struct client_actions *out)
{
    out->refused_err = c->peer.err;
    err_set(out->refused, c->peer.err, "%s", c->peer.errmsg);
}

static void be_welcome(struct client *c, const struct op *op)
{
    c->put_off[0] = '\0';
    c->checked.seq = 0;
    c->differed = false;
    requests_open_windows(
        &c->requests,
        (size_t)num_clamp(op->u.welcome.submits_max, 1, UINT32_MAX));
}

/* ---- beats ---- */

static void say_beat(struct client *c, struct client_actions *out)
{
    struct op op = { .type = OP_BEAT };

    op.u.beat.seq = peer_beat(&c->peer, c->now_ms);
    op.u.beat.asked_hi = c->requests.sent_hi;
    if (c->checked.seq == 0)
        c->checked = (struct checked_beat){ op.u.beat.seq, c->requests.sent };
    say(c, out, &op);
}

/* The coordinator has answered it, and will not count it. */
static void checked_drop(struct client *c, const struct client_request *r)
{
    if (c->checked.seq == 0 || !r->sent || r->at_beat >= c->checked.seq)
        return;
    c->checked.expected.n--;
    c->checked.expected.digest ^= op_digest_request(r->req);
}

static void handle_beat_ack(struct client *c, const struct op *op)
{
    bool differs;

    if (c->checked.seq == 0 || op->u.beat_ack.seq < c->checked.seq)
        return;
    differs = op->u.beat_ack.seq == c->checked.seq &&
              (op->u.beat_ack.n != c->checked.expected.n ||
               op->u.beat_ack.digest != c->checked.expected.digest);
    c->checked.seq = 0;
    if (differs)
        trace_line(c->peer.trace, TRACE_DEBUG, "requests-differ",
                   "held=%" PRIu64 " expected=%" PRIu64, op->u.beat_ack.n,
                   c->checked.expected.n);
    /* If the coordinator lacks some, sending all again helps. If it has too
     * many, because a FORGET was lost, only a new session does. */
    if (differs && c->differed)
        peer_renew(&c->peer, "the coordinator holds other requests", c->now_ms);
    else if (differs)
        requests_unsend(&c->requests);
    c->differed = differs;
}

/* ---- messages ---- */

/* The callee may step with REQUEST and FORGET: nothing is used behind the call.
 */
static void handle_answer(struct client *c, const struct op *op)
{
    uint64_t req = req_of(op);
    struct client_request *r = requests_find(&c->requests, req);
    enum req_answer answer =
        r != NULL ? client_request_answer(r, op) : REQ_IGNORED;

    if (answer == REQ_IGNORED)
        return;
    trace_line(c->peer.trace, TRACE_DEBUG, "request-answered",
               "req=%" PRIu64 " op=%s", req, op_name(op->type));
    if (op->type == OP_REFUSED && op->u.refused.retry_ms > 0) {
        checked_drop(c, r);
        requests_hold_back(&c->requests, r,
                           c->now_ms +
                               peer_retry_ms(&c->peer, op->u.refused.retry_ms));
        note_put_off(c, op);
        return;
    }
    c->put_off[0] = '\0';
    if (answer == REQ_CLOSES) {
        checked_drop(c, r);
        requests_remove(&c->requests, r);
    } else if (op->type == OP_RECEIPT) {
        requests_got_receipt(&c->requests, r, op->u.receipt.job);
    }
    c->answer(c->arg, req, op, answer == REQ_CLOSES);
}

static void nonsense(const struct client *c, const char *what)
{
    trace_line(c->peer.trace, TRACE_DEBUG, "nonsense", "what=%s", what);
}

static void handle_op(struct client *c, const struct frame_head *head,
                      const struct op *op, struct client_actions *out)
{
    switch (peer_take(&c->peer, head, op, c->now_ms)) {
    case NEWS_OPENED:
        be_welcome(c, op);
        break;
    case NEWS_ACK:
        handle_beat_ack(c, op);
        break;
    case NEWS_PUT_OFF:
        note_put_off(c, op);
        break;
    case NEWS_REFUSED:
        be_refused(c, out);
        break;
    case NEWS_OP:
        handle_answer(c, op);
        break;
    case NEWS_NONSENSE:
        nonsense(c, op_name(op->type));
        break;
    case NEWS_NONE:
    case NEWS_LOST:
        break;
    }
}

static void handle_message(struct client *c, struct view frame,
                           struct client_actions *out)
{
    struct frame_head head;
    struct op op;
    enum err err = frame_read(c->reader, frame, &head);

    if (peer_frame(&c->peer, err, c->now_ms) == NEWS_REFUSED)
        be_refused(c, out);
    if (err != ERR_NONE) {
        nonsense(c, "a frame without a proper head");
        return;
    }
    while (peer_is_listening(&c->peer) &&
           (err = frame_next(c->reader, &op)) == ERR_NONE)
        handle_op(c, &head, &op, out);
    if (err != ERR_NONE && err != ERR_EXHAUSTED)
        nonsense(c, frame_reader_error(c->reader));
}

/* ---- requests ---- */

static void forget(struct client *c, uint64_t req, struct client_actions *out)
{
    struct op op = { .type = OP_FORGET, .u.forget.req = req };
    struct client_request *r = requests_find(&c->requests, req);

    if (r == NULL)
        return;
    if (r->sent && peer_is_up(&c->peer))
        say(c, out, &op);
    trace_line(c->peer.trace, TRACE_DEBUG, "request-forgotten", "req=%" PRIu64,
               req);
    requests_remove(&c->requests, r);
}

static void send_requests(struct client *c, struct client_actions *out)
{
    struct client_request *r;

    if (!client_is_ready(c))
        return;
    while ((r = requests_next(&c->requests, c->now_ms)) != NULL) {
        struct op op = client_request_op(r);

        say(c, out, &op);
        trace_line(c->peer.trace, TRACE_DEBUG, "request-sent",
                   "req=%" PRIu64 " op=%s", r->req, op_name(op.type));
        requests_mark_sent(&c->requests, r, c->peer.beat_seq);
    }
}

/* ---- the step ---- */

static void say_bye(struct client *c, struct client_actions *out)
{
    struct op op = { .type = OP_BYE };

    if (peer_is_up(&c->peer))
        say(c, out, &op);
    peer_close(&c->peer, c->now_ms);
}

/* What is due by the clock. */
static void keep_time(struct client *c, struct client_actions *out)
{
    struct peer_due due = peer_tick(&c->peer, c->now_ms);

    out->reconnect = out->reconnect || due.reconnect;
    if (due.hello) {
        struct op hello = peer_hello(&c->peer, c->now_ms);

        say(c, out, &hello);
    }
    if (due.beat)
        say_beat(c, out);
}

static int64_t wake_ms(const struct client *c)
{
    int64_t peer_ms = peer_wake_ms(&c->peer);

    return client_is_ready(c) ? num_min(peer_ms, requests_wake_ms(&c->requests))
                              : peer_ms;
}

void client_step(struct client *c, const struct client_event *e,
                 struct client_actions *out)
{
    /* Many requests may be asked between two looks at the clock: then one
     * HELLO or BEAT is enough. */
    bool keeps_time = true;
    struct trace *outer = c->peer.trace; /* of the step that called us */

    ASSERT(e->now_ms >= c->now_ms);
    c->now_ms = e->now_ms;
    c->peer.trace = &out->trace;
    switch (e->type) {
    case CLIENT_START:
        peer_start(&c->peer, c->now_ms);
        break;
    case CLIENT_MESSAGE:
        handle_message(c, e->u.message.frame, out);
        break;
    case CLIENT_TICK:
        break;
    case CLIENT_REQUEST:
        ASSERT(c->peer.state != PEER_CLOSED);
        requests_add(&c->requests, e->u.request.op);
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
    send_requests(c, out);
    out->wake_ms = wake_ms(c);
    c->peer.trace = outer;
}

struct client *client_new(const struct client_config *config,
                          client_answer_fn *answer, void *arg)
{
    struct client *c = xcalloc(1, sizeof *c);

    c->answer = answer;
    c->arg = arg;
    c->now_ms = INT64_MIN;
    c->reader = frame_reader_new();
    peer_init(&c->peer,
              &(struct peer_config){ .role = ROLE_CLIENT,
                                     .name = config->name,
                                     .software = config->software,
                                     .boot = config->boot,
                                     .seed = config->seed,
                                     .no_jitter = config->no_jitter,
                                     .pause_min_ms = CLIENT_HELLO_MIN_MS,
                                     .pause_max_ms = CLIENT_HELLO_MAX_MS });
    requests_init(&c->requests);
    return c;
}

void client_free(struct client *c)
{
    if (c == NULL)
        return;
    requests_fini(&c->requests);
    frame_reader_free(c->reader);
    free(c);
}

bool client_is_connected(const struct client *c, int64_t *since_ms)
{
    if (since_ms != NULL)
        *since_ms = c->peer.lost_ms;
    return peer_is_up(&c->peer);
}

const char *client_put_off(const struct client *c)
{
    return c->put_off;
}
