/* SPDX-License-Identifier: MIT */
/* sessions - HELLO, OFFER, BEAT, and the ways in which a session ends. */
#include "coordinator/core/rules/sessions.h"

#include <inttypes.h>
#include <string.h>

#include "coordinator/core/ask/follow.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/follower.h"
#include "coordinator/core/model/known_worker.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/blame.h"
#include "coordinator/core/rules/tell_worker.h"
#include "coordinator/core/rules/worker_lost.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/trace.h"

/* A hint for peers that are refused for want of room. */
#define CROWD_RETRY_MS 2000
#define CROWD_TEXT "too many clients and workers"

static bool is_banned(const struct coord *c, boot_id boot)
{
    for (size_t i = 0; i < c->n_banned && i < BANNED_MAX; i++)
        if (boot_equal(c->banned[i], boot))
            return true;
    return false;
}

static void refuse_conn(struct coord *c, conn_id to, enum err code,
                        const char *text)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = code, .message = view_str(text) } };

    actions_send_to(c, to, &op);
}

/* A worker of another key has this name, or is the process before it. */
static bool is_taken(const struct coord *c, const struct principal *by,
                     const struct op *op)
{
    LIST_EACH (it, save, &c->session_list) {
        const struct session *s = LIST_ENTRY(it, struct session, in_all);

        if (s->role == ROLE_WORKER && s->principal.number != by->number &&
            ((!s->gone &&
              view_equal(op->u.hello.peername, view_str(s->name))) ||
             (!boot_is_zero(op->u.hello.former) &&
              boot_equal(op->u.hello.former, s->boot)) ||
             boot_equal(op->u.hello.boot, s->boot)))
            return true;
    }
    return false;
}

/* What a principal may not; NULL: nothing. */
static const char *refusal(const struct coord *c, const struct principal *by,
                           const struct op *op)
{
    enum role role = (enum role)op->u.hello.role;

    if (!principal_may(by, role))
        return role == ROLE_WORKER
                   ? "this key is not for workers: `yon key new NAME --role "
                     "work` makes one that is"
                   : "this key is for workers only: `yon key new NAME --role "
                     "admin` makes one for commands";
    if (role == ROLE_WORKER && is_taken(c, by, op))
        return "a worker of another key has this name: give this one another "
               "--name";
    return NULL;
}

static const char *complaint(const struct coord *c, const struct principal *by,
                             const struct op *op, enum err *code)
{
    *code = ERR_FORMAT;
    if (op->u.hello.role != ROLE_CLIENT && op->u.hello.role != ROLE_WORKER)
        return "unknown role";
    *code = ERR_VERSION;
    if (op->u.hello.version_min > PROTO_VERSION ||
        op->u.hello.version_max < PROTO_VERSION_MIN)
        return "no common protocol version: use programs of one release";
    *code = ERR_REFUSED;
    if (op->u.hello.role == ROLE_WORKER && op->u.hello.peername.len == 0)
        return "a worker needs a name";
    if (op->u.hello.role == ROLE_WORKER && is_banned(c, op->u.hello.boot))
        return "another worker has taken this name: give each its own --name";
    return refusal(c, by, op);
}

static void ban(struct coord *c, boot_id boot)
{
    if (!is_banned(c, boot))
        c->banned[c->n_banned++ % BANNED_MAX] = boot;
}

/* Another worker session of this boot, which has the same name. */
static struct session *find_boot(const struct coord *c, boot_id boot,
                                 const struct session *s)
{
    LIST_EACH (it, save, &c->session_list) {
        struct session *other = LIST_ENTRY(it, struct session, in_all);
        if (other != s && other->role == ROLE_WORKER &&
            boot_equal(other->boot, boot) && strcmp(other->name, s->name) == 0)
            return other;
    }
    return NULL;
}

static void leave_queues(struct session *s)
{
    for (size_t i = 0; i < s->n_offers; i++)
        queue_leave(s->offers[i], s);
    s->n_offers = 0;
}

static const enum worker_loss loss_of[] = {
    [SESSION_REPLACED] = WORKER_MOVED,
    [SESSION_DEAD] = WORKER_MOVED,
    [SESSION_BYE] = WORKER_LEFT,
    [SESSION_LOST] = WORKER_SILENT,
};

void sessions_close(struct coord *c, struct session *s, enum session_end why)
{
    struct known_worker *k =
        why == SESSION_REPLACED ? NULL : known_worker_find(c, s->boot);

    map_remove(&c->sessions, s->id.n);
    if (map_get(&c->conns, s->conn.n) == s)
        map_remove(&c->conns, s->conn.n);
    list_remove(&s->in_all);
    leave_queues(s);
    if (s->role == ROLE_WORKER)
        worker_lost_session(c, s, loss_of[why]);
    else
        trace_line(c->trace, TRACE_DEBUG, "client-gone",
                   "client=%s session=%" PRIu64, s->name, s->id.n);
    LIST_EACH (it, save, &s->request_list) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_session);
        if (why == SESSION_REPLACED && request->follower != NULL)
            follower_part(c, request->follower, c->now_ms + c->config.lease_ms);
        open_request_free(c, request);
    }
    if (k != NULL && s->role == ROLE_WORKER)
        known_worker_drop(c, k);
    session_free(s);
}

/* The process before that of s is dead, with all that it ran: s reports on its
 * attempts, or they are lost. Frames that it sent earlier may still come. */
static void succeed(struct coord *c, struct session *s, boot_id former)
{
    struct session *old = find_boot(c, former, s);
    struct known_worker *k = known_worker_find(c, former);

    if (boot_is_zero(former))
        return;
    ban(c, former);
    if (old != NULL) {
        attempt_orphan_all(old);
        attempt_move_all(old, s);
        sessions_close(c, old, SESSION_DEAD);
        s->succeeds = true;
    } else if (k != NULL && view_equal(blob_view(k->name), view_str(s->name))) {
        known_worker_drop(c, k);
    }
}

/* An earlier session of this process is over. */
static void replace_session(struct coord *c, struct session *s)
{
    struct session *old = find_boot(c, s->boot, s);

    s->resumes = old != NULL;
    if (old != NULL) {
        attempt_move_all(old, s);
        sessions_close(c, old, SESSION_REPLACED);
    }
    if (known_worker_find(c, s->boot) == NULL)
        known_worker_add(c, s->boot, s->name_blob);
    s->recorded = known_worker_find(c, s->boot)->lsn <= c->durable;
    if (!s->recorded)
        on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_WORKER,
                                             .session = s->id });
}

/* Ignore this peer from now on. It may still be alive, so its attempts are lost
 * only when its lease ends. */
static void drop(struct coord *c, struct session *s)
{
    s->gone = true;
    if (map_get(&c->conns, s->conn.n) == s)
        map_remove(&c->conns, s->conn.n);
    if (s->role == ROLE_CLIENT)
        sessions_close(c, s, SESSION_REPLACED); /* it will ask again */
}

/* The session welcomed last belongs to the newest process. Anything an older
 * one still sends may have been in flight since before it died. */
static bool is_rival(const struct session *other, const struct session *s)
{
    return other->role == ROLE_WORKER && !other->gone &&
           other->id.n < s->id.n && !boot_equal(other->boot, s->boot) &&
           strcmp(other->name, s->name) == 0;
}

static void trace_up(const struct coord *c, const struct session *s)
{
    if (s->role == ROLE_CLIENT)
        trace_line(c->trace, TRACE_DEBUG, "client-up",
                   "client=%s session=%" PRIu64, s->name, s->id.n);
    else if (s->resumes)
        trace_line(c->trace, TRACE_DEBUG, "worker-back",
                   "worker=%s session=%" PRIu64, s->name, s->id.n);
    else
        trace_line(c->trace, TRACE_INFO, "worker-up",
                   "worker=%s session=%" PRIu64
                   " slots=%u calls=%u functions=%zu",
                   s->name, s->id.n, s->slots, s->calls, s->functions.n);
}

void sessions_prove(struct coord *c, struct session *s)
{
    if (s->proven)
        return;
    s->proven = true;
    trace_up(c, s);
    if (s->role != ROLE_WORKER)
        return;
    LIST_EACH (it, save, &c->session_list) {
        struct session *other = LIST_ENTRY(it, struct session, in_all);
        if (!is_rival(other, s))
            continue;
        trace_line(c->trace, TRACE_INFO, "worker-replaced",
                   "worker=%s session=%" PRIu64 " by=%" PRIu64, s->name,
                   other->id.n, s->id.n);
        ban(c, other->boot);
        drop(c, other);
    }
    blame_acquit(c, s);
}

static void welcome(struct coord *c, struct session *s, uint32_t version_max)
{
    uint32_t version =
        version_max < PROTO_VERSION ? version_max : PROTO_VERSION;
    struct op op = { .type = OP_WELCOME,
                     .u.welcome = { .version = version,
                                    .lease_ms = (uint32_t)c->config.lease_ms,
                                    .beat_ms = (uint32_t)c->config.beat_ms,
                                    .submits_max = c->config.submits_max,
                                    .software =
                                        view_str(c->config.software) } };

    /* A peer with a key came by tcp: it may be on another machine, whatever
     * that one is named. */
    if (s->principal.number == 0) {
        op.u.welcome.machine = c->config.machine;
        op.u.welcome.mark_key = c->config.mark_key;
        op.u.welcome.mark = view_str(c->config.mark);
    }
    actions_send(c, s, &op);
}

/* A stale HELLO: the same process has since said a newer one on another
 * connection. */
static bool is_late(const struct coord *c, const struct op *op)
{
    LIST_EACH (it, save, &c->session_list) {
        const struct session *s = LIST_ENTRY(it, struct session, in_all);
        if (boot_equal(s->boot, op->u.hello.boot) &&
            s->role == op->u.hello.role && s->hello_seq >= op->u.hello.seq)
            return true;
    }
    return false;
}

/* A peer that comes back takes the place that it had. */
static bool has_room(const struct coord *c, const struct session *here,
                     const struct op *op)
{
    if (c->sessions.n < c->config.sessions_max || here != NULL)
        return true;
    LIST_EACH (it, save, &c->session_list) {
        const struct session *s = LIST_ENTRY(it, struct session, in_all);
        if (boot_equal(s->boot, op->u.hello.boot))
            return true;
    }
    return false;
}

static void refuse_crowd(struct coord *c, conn_id to)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = ERR_BUSY,
                                    .retry_ms = CROWD_RETRY_MS,
                                    .message = view_str(CROWD_TEXT) } };

    actions_send_to(c, to, &op);
}

static void trace_refused(struct coord *c, const struct op *op, const char *why)
{
    if (actions_is_rare(++c->n_hellos_refused))
        trace_line(c->trace, TRACE_WARN, "hello-refused",
                   "name=%.*s reason=%s n=%" PRIu64,
                   TRACE_VIEW(op->u.hello.peername), why, c->n_hellos_refused);
}

struct session *sessions_open(struct coord *c, conn_id from,
                              const struct principal *by, const struct op *op)
{
    enum err code;
    const char *why = complaint(c, by, op, &code);
    struct session *s = map_get(&c->conns, from.n);

    if (why != NULL) {
        if (s != NULL)
            drop(c, s);
        trace_refused(c, op, why);
        refuse_conn(c, from, code, why);
        return NULL;
    }
    if (op->u.hello.role == ROLE_WORKER && is_late(c, op)) {
        trace_line(c->trace, TRACE_DEBUG, "stale-hello", "worker=%.*s",
                   TRACE_VIEW(op->u.hello.peername));
        return NULL;
    }
    if (!has_room(c, s, op)) {
        trace_refused(c, op, CROWD_TEXT);
        refuse_crowd(c, from);
        return NULL;
    }
    s = session_new((session_id){ ++c->last_session }, from,
                    (enum role)op->u.hello.role, op->u.hello.peername);
    s->principal = *by;
    s->boot = op->u.hello.boot;
    s->hello_seq = op->u.hello.seq;
    s->heard_ms = c->now_ms;
    s->since_ms = c->wall_ms;
    if (s->role == ROLE_WORKER) {
        replace_session(c, s);
        succeed(c, s, op->u.hello.former);
    }
    if (map_get(&c->conns, from.n) != NULL)
        drop(c, map_get(&c->conns, from.n));
    map_put(&c->conns, from.n, s);
    map_put(&c->sessions, s->id.n, s);
    list_insert(&c->session_list, &s->in_all);
    welcome(c, s, op->u.hello.version_max);
    return s;
}

static void join(struct coord *c, struct session *s, struct view fn, bool slot)
{
    struct queue *q = queue_get(c, fn);

    s->offers[s->n_offers++] = q;
    queue_join(q, s, slot);
}

void sessions_offer(struct coord *c, struct session *s, const struct op *op)
{
    size_t n_calls = op->u.offer.functions.n;

    leave_queues(s);
    session_offer(s, &op->u.offer);
    s->offers = xrealloc(s->offers, (s->functions.n + 1) * sizeof *s->offers);
    join(c, s, (struct view){ 0 }, true);
    for (size_t i = 0; i < s->functions.n; i++)
        if (s->functions.at[i].len > 0)
            join(c, s, s->functions.at[i], i >= n_calls);
}

/* No digest reveals a lost STOP: it is sent again with each beat. */
static void repeat_stops(struct coord *c, struct session *s)
{
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (a->stop_sent)
            tell_worker_stop(c, a);
    }
}

/* A digest that is not that of the worker: it answers with all it holds. */
static void ask(struct coord *c, struct session *s)
{
    struct op ack = { .type = OP_BEAT_ACK,
                      .u.beat_ack = { .n = s->n_open + 1,
                                      .digest = ~s->digest,
                                      .upto = s->asked } };

    s->asked_ms = c->now_ms;
    actions_send(c, s, &ack);
}

void sessions_ask(struct coord *c)
{
    uint64_t asked = ++c->last_attempt; /* a number that nothing else names */

    LIST_EACH (it, save, &c->session_list) {
        struct session *s = LIST_ENTRY(it, struct session, in_all);
        if (s->role != ROLE_WORKER || s->gone || !s->reconciled)
            continue;
        s->asked = asked;
        ask(c, s);
    }
}

void sessions_beat(struct coord *c, struct session *s, const struct op *op)
{
    struct op ack = { .type = OP_BEAT_ACK,
                      .u.beat_ack = { .seq = op->u.beat.seq,
                                      .n = s->n_open,
                                      .digest = s->digest,
                                      .upto = c->last_attempt } };

    session_beat(s, &op->u.beat);
    /* The question may have been lost. Beats that were under way when it was
     * asked do not repeat it: answers in a row would contradict each other. */
    if (s->asked != 0 && c->now_ms - s->asked_ms >= c->config.beat_ms) {
        s->asked_ms = c->now_ms;
        ack.u.beat_ack.n = s->n_open + 1;
        ack.u.beat_ack.digest = ~s->digest;
        ack.u.beat_ack.upto = s->asked;
    }
    repeat_stops(c, s);
    follow_beat(c, s);
    actions_send(c, s, &ack);
}

void sessions_bye(struct coord *c, struct session *s, const struct op *op)
{
    (void)op;
    sessions_close(c, s, SESSION_BYE);
}

void sessions_draining(struct coord *c, struct session *s, const struct op *op)
{
    (void)c;
    (void)op;
    s->draining = true;
}

void sessions_recorded(struct coord *c, session_id id)
{
    struct session *s = tables_session(c, id);

    if (s != NULL)
        s->recorded = true;
}

void sessions_revoke(struct coord *c, uint32_t principal)
{
    LIST_EACH (it, save, &c->session_list) {
        struct session *s = LIST_ENTRY(it, struct session, in_all);

        if (s->principal.number != principal)
            continue;
        trace_line(c->trace, TRACE_WARN, "key-revoked",
                   "key=%s role=%s name=%s session=%" PRIu64, s->principal.name,
                   session_role_name(s), s->name, s->id.n);
        refuse_conn(c, s->conn, ERR_REFUSED,
                    "its key may not connect here any more");
        s->draining = true; /* what it runs is not blamed */
        drop(c, s);
    }
}

void sessions_gone(struct coord *c, conn_id conn)
{
    struct session *s = map_get(&c->conns, conn.n);

    if (s != NULL)
        drop(c, s);
}

static int64_t lost_ms(const struct coord *c, const struct session *s)
{
    return (s->heard_ms > c->awake_ms ? s->heard_ms : c->awake_ms) +
           c->config.lease_ms;
}

void sessions_scan(struct coord *c)
{
    if (list_is_empty(&c->session_list))
        return;
    if (c->now_ms >= c->next_scan_ms) {
        LIST_EACH (it, save, &c->session_list) {
            struct session *s = LIST_ENTRY(it, struct session, in_all);
            if (c->now_ms >= lost_ms(c, s))
                sessions_close(c, s, SESSION_LOST);
        }
        c->next_scan_ms = c->now_ms + c->config.lease_ms / 8 + 1;
    }
    actions_wake(c, c->next_scan_ms);
}

void sessions_free(struct coord *c)
{
    LIST_EACH (it, save, &c->session_list) {
        struct session *s = LIST_ENTRY(it, struct session, in_all);
        LIST_EACH (at, next, &s->attempts)
            attempt_unhold(LIST_ENTRY(at, struct attempt, in_session));
        LIST_EACH (at, next, &s->request_list)
            open_request_free(c,
                              LIST_ENTRY(at, struct open_request, in_session));
        leave_queues(s);
        session_free(s);
    }
}
