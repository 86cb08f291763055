/* SPDX-License-Identifier: MIT */
/* peer - the states of a session, and the clock of HELLO and BEAT. */
#include "proto/peer.h"

#include <inttypes.h>

#include "libcommon/check.h"
#include "libcommon/num.h"

/* States that one move may reach, as BITs. */
static const unsigned next_states[] = {
    [PEER_IDLE] = BIT(PEER_SEEKING) | BIT(PEER_CLOSED),
    [PEER_SEEKING] =
        BIT(PEER_UP) | BIT(PEER_PAUSED) | BIT(PEER_REFUSED) | BIT(PEER_CLOSED),
    [PEER_UP] = BIT(PEER_UP) | BIT(PEER_SEEKING) | BIT(PEER_PAUSED) |
                BIT(PEER_REFUSED) | BIT(PEER_CLOSED),
    [PEER_PAUSED] = BIT(PEER_SEEKING) | BIT(PEER_REFUSED) | BIT(PEER_CLOSED),
    [PEER_REFUSED] = BIT(PEER_CLOSED),
    [PEER_CLOSED] = 0,
};
_Static_assert(ARRAY_LEN(next_states) == PEER_STATE_COUNT,
               "one rule per state");

static const char *const other_version =
    "the coordinator speaks another version of the protocol: use the same "
    "version of yon";

void peer_init(struct peer_session *p, const struct peer_config *config)
{
    ASSERT(config->pause_min_ms > 0);
    ASSERT(config->pause_min_ms <= config->pause_max_ms);
    *p = (struct peer_session){ .config = *config,
                                .said_ms = INT64_MIN / 2, /* never */
                                .pause_max_ms = config->pause_max_ms };
    rng_init(&p->rng, config->seed);
}

/* ---- states ---- */

/* A session that is lost is for somebody to look at; that it is back, too. */
static void trace_move(const struct peer_session *p, enum peer_state to,
                       const char *why)
{
    const char *name = p->config.name;

    if (to == PEER_REFUSED)
        trace_line(p->trace, TRACE_ERROR, "refused", "name=%s reason=%s", name,
                   why);
    else if (to == PEER_UP)
        trace_line(p->trace, p->state == PEER_UP ? TRACE_DEBUG : TRACE_INFO,
                   "connected", "name=%s epoch=%" PRIu64 " session=%" PRIu64,
                   name, p->epoch, p->session.n);
    else if (p->state == PEER_UP)
        trace_line(p->trace, to == PEER_CLOSED ? TRACE_DEBUG : TRACE_WARN,
                   "disconnected", "name=%s reason=%s", name, why);
}

static void move(struct peer_session *p, enum peer_state to, const char *why,
                 int64_t now_ms)
{
    ASSERT(next_states[p->state] & BIT(to));
    trace_move(p, to, why);
    if (p->state == PEER_IDLE || (p->state == PEER_UP && to != PEER_UP))
        p->lost_ms = now_ms;
    p->state = to;
    if (to != PEER_UP)
        p->session = (session_id){ 0 };
    peer_check(p);
}

/* The next HELLO leaves then, but not too soon after the last. */
static void set_hello(struct peer_session *p, int64_t hello_ms)
{
    p->hello_ms = num_max(hello_ms, p->said_ms + PEER_HELLO_GAP_MS);
}

static void seek(struct peer_session *p, const char *why, int64_t now_ms)
{
    move(p, PEER_SEEKING, why, now_ms);
    p->pause_ms = p->config.pause_min_ms;
    set_hello(p, now_ms);
}

static enum peer_news refuse(struct peer_session *p, enum err err,
                             struct view text, int64_t now_ms)
{
    if (text.len == 0)
        text = view_str(err_text(err));
    p->err = err;
    err_set(p->errmsg, err, "%.*s", (int)text.len, (const char *)text.data);
    move(p, PEER_REFUSED, p->errmsg, now_ms);
    return NEWS_REFUSED;
}

void peer_start(struct peer_session *p, int64_t now_ms)
{
    p->heard_ms = now_ms;
    seek(p, "start", now_ms);
}

void peer_renew(struct peer_session *p, const char *why, int64_t now_ms)
{
    ASSERT(p->state == PEER_UP);
    seek(p, why, now_ms);
}

void peer_pause(struct peer_session *p, const char *why, int64_t now_ms)
{
    move(p, PEER_PAUSED, why, now_ms);
    p->pause_ms = p->config.pause_min_ms;
    set_hello(p, now_ms);
}

void peer_resume(struct peer_session *p)
{
    ASSERT(p->state == PEER_PAUSED);
    move(p, PEER_SEEKING, "resumed", p->lost_ms);
}

void peer_close(struct peer_session *p, int64_t now_ms)
{
    move(p, PEER_CLOSED, "closed", now_ms);
}

/* ---- pauses ---- */

static int64_t random_pause(struct peer_session *p, int64_t longest_ms)
{
    longest_ms = num_clamp(longest_ms, 1, p->pause_max_ms);
    if (!p->config.no_jitter)
        longest_ms = 1 + (int64_t)rng_below(&p->rng, (uint64_t)longest_ms);
    return num_max(longest_ms, PEER_HELLO_GAP_MS);
}

int64_t peer_retry_ms(struct peer_session *p, uint32_t ms)
{
    if (p->config.no_jitter)
        return ms;
    return (int64_t)ms + (int64_t)rng_below(&p->rng, ms / 2 + 1);
}

void peer_set_pause_max(struct peer_session *p, int64_t pause_max_ms)
{
    p->pause_max_ms = num_max(pause_max_ms, 1);
}

/* ---- what the coordinator says ---- */

enum peer_news peer_frame(struct peer_session *p, enum err err, int64_t now_ms)
{
    p->heard_ms = now_ms;
    if (err == ERR_VERSION && p->state == PEER_SEEKING)
        return refuse(p, err, view_str(other_version), now_ms);
    return err == ERR_NONE ? NEWS_NONE : NEWS_NONSENSE;
}

static bool is_ours(const struct peer_session *p, const struct frame_head *head)
{
    return p->state == PEER_UP && head->epoch == p->epoch &&
           head->session.n == p->session.n;
}

static int64_t silence_ms(const struct peer_session *p)
{
    return num_max(p->lease_ms, 2 * p->beat_ms);
}

static enum peer_news take_welcome(struct peer_session *p,
                                   const struct frame_head *head,
                                   const struct op_welcome *op, int64_t now_ms)
{
    if (p->state == PEER_PAUSED || head->session.n == 0 || is_ours(p, head))
        return NEWS_NONE;
    if (op->version < PROTO_VERSION_MIN || op->version > PROTO_VERSION)
        return refuse(p, ERR_VERSION, view_str(other_version), now_ms);
    if (op->lease_ms == 0 || op->beat_ms == 0)
        return NEWS_NONSENSE;
    p->epoch = head->epoch;
    p->session = head->session;
    p->lease_ms = op->lease_ms;
    p->beat_ms = num_clamp(op->beat_ms, PEER_BEAT_MIN_MS, PEER_BEAT_MAX_MS);
    p->beat_seq = 0;
    /* When a slow coordinator was told several HELLOs, a beat finds out which
     * session stays: its answer comes behind all their WELCOMEs. */
    p->is_settled = p->n_unanswered <= 1;
    if (p->is_settled)
        p->n_unanswered = 0;
    p->next_beat_ms = now_ms;
    if (p->is_settled && !p->config.beats_at_once)
        p->next_beat_ms += p->beat_ms;
    p->silent_ms = now_ms + silence_ms(p);
    p->is_put_off = false;
    move(p, PEER_UP, "WELCOME", now_ms);
    return NEWS_OPENED;
}

/* Until the session is settled it may be about one of those before. */
static enum peer_news take_who(struct peer_session *p,
                               const struct frame_head *head, int64_t now_ms)
{
    bool is_meant = is_ours(p, head) || head->epoch > p->epoch ||
                    (head->session.n == 0 && p->is_settled);

    if (p->state != PEER_UP || !is_meant)
        return NEWS_NONE;
    seek(p, "the coordinator does not know this session", now_ms);
    return NEWS_LOST;
}

/* It goes down: what comes after it will need some time. */
static enum peer_news take_bye(struct peer_session *p, int64_t now_ms)
{
    seek(p, "the coordinator said goodbye", now_ms);
    set_hello(p, now_ms + random_pause(p, p->pause_ms));
    return NEWS_LOST;
}

static enum peer_news take_refused(struct peer_session *p,
                                   const struct op_refused *op, int64_t now_ms)
{
    uint32_t retry_ms;

    if (op->code == ERR_VERSION || op->code == ERR_REFUSED)
        return refuse(p, (enum err)op->code, op->message, now_ms);
    if (p->state != PEER_SEEKING || op->retry_ms == 0)
        return NEWS_NONE;
    retry_ms =
        op->retry_ms < PEER_RETRY_MAX_MS ? op->retry_ms : PEER_RETRY_MAX_MS;
    set_hello(p, now_ms + peer_retry_ms(p, retry_ms));
    trace_line(p->trace, p->is_put_off ? TRACE_DEBUG : TRACE_INFO, "put-off",
               "name=%s retry_ms=%u reason=%.*s", p->config.name, retry_ms,
               TRACE_VIEW(op->message));
    p->is_put_off = true;
    return NEWS_PUT_OFF;
}

static enum peer_news take_beat_ack(struct peer_session *p,
                                    const struct op_beat_ack *op,
                                    int64_t now_ms)
{
    if (op->seq > p->beat_seq)
        return NEWS_NONSENSE;
    p->silent_ms = now_ms + silence_ms(p);
    p->is_settled = true;
    p->n_unanswered = 0;
    return NEWS_ACK;
}

enum peer_news peer_take(struct peer_session *p, const struct frame_head *head,
                         const struct op *op, int64_t now_ms)
{
    bool ours = is_ours(p, head);

    if (!peer_is_listening(p) || head->epoch < p->epoch)
        return NEWS_NONE;
    if (op->type == OP_WELCOME)
        return take_welcome(p, head, &op->u.welcome, now_ms);
    if (op->type == OP_WHO)
        return take_who(p, head, now_ms);
    if (op->type == OP_REFUSED && op->u.refused.req == 0)
        return ours || head->session.n == 0
                   ? take_refused(p, &op->u.refused, now_ms)
                   : NEWS_NONE;
    if (!ours)
        return NEWS_NONE;
    if (op->type == OP_BYE)
        return take_bye(p, now_ms);
    if (op->type == OP_BEAT_ACK)
        return take_beat_ack(p, &op->u.beat_ack, now_ms);
    return NEWS_OP;
}

/* ---- what is due ---- */

struct peer_due peer_tick(struct peer_session *p, int64_t now_ms)
{
    struct peer_due due = { 0 };

    if (p->state == PEER_UP && now_ms >= p->silent_ms) {
        seek(p, "no answer to a beat for a whole lease", now_ms);
        due.lost = true;
    }
    due.beat = p->state == PEER_UP && now_ms >= p->next_beat_ms;
    due.hello = p->state == PEER_SEEKING && now_ms >= p->hello_ms;
    /* A connection can be dead without anybody being told. */
    due.reconnect = due.hello && now_ms - p->heard_ms >= SILENCE_MAX_MS;
    if (due.reconnect) {
        trace_line(p->trace, TRACE_DEBUG, "reconnect",
                   "name=%s silent_ms=%" PRId64, p->config.name,
                   now_ms - p->heard_ms);
        p->heard_ms = now_ms;
    }
    return due;
}

int64_t peer_wake_ms(const struct peer_session *p)
{
    if (p->state == PEER_SEEKING)
        return p->hello_ms;
    if (p->state == PEER_UP)
        return num_min(p->next_beat_ms, p->silent_ms);
    return INT64_MAX;
}

struct op peer_hello(struct peer_session *p, int64_t now_ms)
{
    const struct peer_config *c = &p->config;
    struct op op = { .type = OP_HELLO,
                     .u.hello = { .role = (uint8_t)c->role,
                                  .version_min = PROTO_VERSION_MIN,
                                  .version_max = PROTO_VERSION,
                                  .peername = view_str(c->name),
                                  .software = view_str(c->software),
                                  .boot = c->boot,
                                  .former = c->former,
                                  .seq = ++p->hello_seq } };

    ASSERT(p->state == PEER_SEEKING);
    p->n_unanswered++;
    p->said_ms = now_ms;
    set_hello(p, now_ms + random_pause(p, p->pause_ms));
    p->pause_ms = num_min(2 * p->pause_ms, p->config.pause_max_ms);
    trace_line(p->trace, TRACE_DEBUG, "hello",
               "name=%s seq=%" PRIu64 " pause_ms=%" PRId64, c->name,
               p->hello_seq, p->hello_ms - now_ms);
    return op;
}

uint64_t peer_beat(struct peer_session *p, int64_t now_ms)
{
    ASSERT(p->state == PEER_UP);
    p->next_beat_ms = now_ms + p->beat_ms;
    return ++p->beat_seq;
}

/* ---- the rest ---- */

bool peer_is_up(const struct peer_session *p)
{
    return p->state == PEER_UP;
}

bool peer_is_listening(const struct peer_session *p)
{
    return BIT(p->state) &
           (BIT(PEER_SEEKING) | BIT(PEER_UP) | BIT(PEER_PAUSED));
}

struct frame_head peer_head(const struct peer_session *p)
{
    return (struct frame_head){ .version = PROTO_VERSION,
                                .epoch = p->epoch,
                                .session = p->session };
}

void peer_check(const struct peer_session *p)
{
    ASSERT(p->state < PEER_STATE_COUNT);
    ASSERT((p->state == PEER_UP) == (p->session.n != 0));
    ASSERT_IF(p->state == PEER_REFUSED, p->err != ERR_NONE);
    ASSERT_IF(p->state == PEER_UP, p->lease_ms > 0 && p->beat_ms > 0);
}
