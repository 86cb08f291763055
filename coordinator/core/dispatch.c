/* SPDX-License-Identifier: MIT */
/* dispatch - the session of a frame, and the rule of each operation. */
#include "coordinator/core/dispatch.h"

#include <inttypes.h>

#include "coordinator/core/ask/advance.h"
#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/attempt_list.h"
#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/fetch.h"
#include "coordinator/core/ask/job_list.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/ask/piece_list.h"
#include "coordinator/core/ask/status.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/cancel.h"
#include "coordinator/core/rules/keep_piece.h"
#include "coordinator/core/rules/reconcile.h"
#include "coordinator/core/rules/report.h"
#include "coordinator/core/rules/sessions.h"
#include "coordinator/core/rules/submit.h"
#include "libcommon/map.h"
#include "libcommon/trace.h"
#include "proto/frame.h"
#include "proto/req.h"

/* ---- the rules, by operation ---- */

/* Tables are made from the lists of op.h: an operation that is in one and has
 * no line here does not compile. */
/* clang-format off */
#define HELLO_RULE     .take = NULL /* opens a session: see dispatch_message */
#define BEAT_RULE      .take = sessions_beat
#define BYE_RULE       .take = sessions_bye

#define OFFER_RULE     .take = sessions_offer
#define HELD_RULE      .take = reconcile_take
#define RESULT_RULE    .take = report_take
#define DRAINING_RULE  .take = sessions_draining
#define TAIL_DATA_RULE .take = log_tail_data
#define ADVANCED_RULE  .take = advance_take
#define KEEP_PIECE_RULE .take = keep_piece_take

#define SUBMIT_RULE   .request = submit_take, .answer = await_answer
#define AWAIT_RULE    .request = await_take, .answer = await_answer
#define FETCH_RULE    .request = fetch_take, .answer = fetch_answer
#define CANCEL_RULE   .request = cancel_take, .answer = cancel_answer
#define LIST_RULE     .request = job_list_take, .answer = job_list_answer
#define STATUS_RULE   .request = status_take, .answer = status_answer
#define WORKERS_RULE  .request = status_take, .answer = status_answer_workers
#define TAIL_RULE     .request = log_tail_take, .answer = log_tail_answer
#define ATTEMPTS_RULE \
    .request = attempt_list_take, .answer = attempt_list_answer
#define PIECES_RULE   .request = piece_list_take, .answer = piece_list_answer
#define FORGET_RULE    .take = await_forget

#define FROM_PEER(NAME, ...) \
    [OP_##NAME] = { .from = BIT(ROLE_WORKER) | BIT(ROLE_CLIENT), NAME##_RULE },
#define FROM_WORKER(NAME, ...) \
    [OP_##NAME] = { .from = BIT(ROLE_WORKER), NAME##_RULE },
#define FROM_CLIENT(NAME, ...) \
    [OP_##NAME] = { .from = BIT(ROLE_CLIENT), NAME##_RULE },

static const struct request_rule rules[] = {
    OPS_FROM_PEERS(FROM_PEER)
    OPS_FROM_WORKERS(FROM_WORKER)
    OPS_FROM_CLIENTS(FROM_CLIENT)
};
/* clang-format on */

/* NULL: not from this peer. */
static const struct request_rule *rule_of(const struct session *s,
                                          enum op_type type)
{
    if (type >= ARRAY_LEN(rules) || !(rules[type].from & BIT(s->role)))
        return NULL;
    return &rules[type];
}

static void apply(struct coord *c, struct session *s, const struct op *op)
{
    const struct request_rule *rule = rule_of(s, op->type);
    struct open_request *request;

    if (rule == NULL) {
        answer_nonsense(c, s, "%s: not from a %s", op_name(op->type),
                        session_role_name(s));
    } else if (rule->take != NULL) {
        rule->take(c, s, op);
    } else {
        request = answer_open(c, s, req_of(op), op->type, rule);
        if (request != NULL)
            rule->request(c, request, op);
    }
}

/* ---- frames ---- */

static void say_who(struct coord *c, conn_id to)
{
    struct op op = { .type = OP_WHO };

    trace_line(c->trace, TRACE_DEBUG, "unknown-session", "conn=%" PRIu64, to.n);
    actions_send_to(c, to, &op);
}

static void refuse_frame(struct coord *c, conn_id to, enum err err,
                         const char *why)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = err, .message = view_str(why) } };

    actions_send_to(c, to, &op);
}

void dispatch_message(struct coord *c, conn_id from, const struct principal *by,
                      struct view frame)
{
    struct frame_head head;
    struct session *s = map_get(&c->conns, from.n);
    enum err err = frame_read(c->reader, frame, &head);
    bool known = err == ERR_NONE && s != NULL && head.epoch == c->epoch &&
                 head.session.n == s->id.n && s->principal.number == by->number;
    struct op op;

    if (known) {
        s->heard_ms = c->now_ms;
        sessions_prove(c, s);
    }
    while (err == ERR_NONE && (err = frame_next(c->reader, &op)) == ERR_NONE) {
        if (op.type == OP_HELLO) {
            s = sessions_open(c, from, by, &op);
            known = s != NULL;
            if (!known)
                return;
        } else if (!known) {
            say_who(c, from);
            return;
        } else {
            apply(c, s, &op);
            if (op.type == OP_BYE)
                return; /* and the session is gone */
        }
    }
    if (err != ERR_EXHAUSTED) {
        actions_nonsense(c, s, frame_reader_error(c->reader));
        refuse_frame(c, from, err, frame_reader_error(c->reader));
    }
}
