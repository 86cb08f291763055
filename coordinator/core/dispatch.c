/* SPDX-License-Identifier: MIT */
/* dispatch - whose a frame is, and which rule each operation meets. */
#include "coordinator/core/dispatch.h"

#include "coordinator/core/ask/advance.h"
#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/attempt_list.h"
#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/fetch.h"
#include "coordinator/core/ask/job_list.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/ask/status.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/cancel.h"
#include "coordinator/core/rules/reconcile.h"
#include "coordinator/core/rules/report.h"
#include "coordinator/core/rules/sessions.h"
#include "coordinator/core/rules/submit.h"
#include "libcommon/map.h"
#include "proto/frame.h"

/* What peers may send within a session, besides BEAT and BYE. */
static const struct request_rule rules[] = {
    [OP_OFFER] = { ROLE_WORKER, .take = sessions_offer },
    [OP_HELD] = { ROLE_WORKER, .take = reconcile_take },
    [OP_RESULT] = { ROLE_WORKER, .take = report_take },
    [OP_DRAINING] = { ROLE_WORKER, .take = sessions_draining },
    [OP_TAIL_DATA] = { ROLE_WORKER, .take = log_tail_data },
    [OP_ADVANCED] = { ROLE_WORKER, .take = advance_take },
    [OP_FORGET] = { ROLE_CLIENT, .take = await_forget },
    [OP_SUBMIT] = { ROLE_CLIENT, .ask = submit_take, .answer = await_answer },
    [OP_AWAIT] = { ROLE_CLIENT, .ask = await_take, .answer = await_answer },
    [OP_FETCH] = { ROLE_CLIENT, .ask = fetch_take, .answer = fetch_answer },
    [OP_CANCEL] = { ROLE_CLIENT, .ask = cancel_take, .answer = cancel_answer },
    [OP_LIST] = { ROLE_CLIENT, .ask = job_list_take,
                  .answer = job_list_answer },
    [OP_STATUS] = { ROLE_CLIENT, .ask = status_take, .answer = status_answer },
    [OP_WORKERS] = { ROLE_CLIENT, .ask = status_take,
                     .answer = status_answer_workers },
    [OP_TAIL] = { ROLE_CLIENT, .ask = log_tail_take,
                  .answer = log_tail_answer },
    [OP_ATTEMPTS] = { ROLE_CLIENT, .ask = attempt_list_take,
                      .answer = attempt_list_answer },
};

static const struct request_rule *rule_of(const struct session *s,
                                          const struct op *op)
{
    const struct request_rule *rule =
        op->type < ARRAY_LEN(rules) ? &rules[op->type] : NULL;

    return rule != NULL && rule->from == s->role ? rule : NULL;
}

static void apply(struct coord *c, struct session *s, const struct op *op)
{
    const struct request_rule *rule = rule_of(s, op);
    struct open_request *request;

    if (rule == NULL) {
        answer_refuse_op(c, s, 0, ERR_FORMAT, 0, "%s: not from a %s",
                         op_name(op->type),
                         s->role == ROLE_WORKER ? "worker" : "client");
    } else if (rule->take != NULL) {
        rule->take(c, s, op);
    } else {
        /* Each request begins with its number. */
        request = answer_open(c, s, op->u.status.req, op->type, rule);
        if (request != NULL)
            rule->ask(c, request, op);
    }
}

/* Returns false when the session ended with it. */
static bool take_op(struct coord *c, struct session *s, const struct op *op)
{
    if (op->type == OP_BYE) {
        sessions_close(c, s, SESSION_BYE);
        return false;
    }
    if (op->type == OP_BEAT)
        sessions_beat(c, s, op);
    else
        apply(c, s, op);
    return true;
}

static void say_who(struct coord *c, conn_id to)
{
    struct op op = { .type = OP_WHO };

    actions_send_to(c, to, &op);
}

static void refuse_frame(struct coord *c, conn_id to, enum err err,
                         const char *why)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = err, .message = view_str(why) } };

    actions_send_to(c, to, &op);
}

void dispatch_message(struct coord *c, conn_id from, struct view frame)
{
    struct frame_head head;
    struct session *s = map_get(&c->conns, from.n);
    enum err err = frame_read(c->reader, frame, &head);
    bool known = err == ERR_NONE && s != NULL && head.epoch == c->epoch &&
                 head.session.n == s->id.n;
    struct op op;

    if (known) {
        s->heard_ms = c->now_ms;
        sessions_prove(c, s);
    }
    while (err == ERR_NONE && (err = frame_next(c->reader, &op)) == ERR_NONE) {
        if (op.type == OP_HELLO) {
            s = sessions_open(c, from, &op);
            known = s != NULL;
            if (!known)
                return;
        } else if (!known) {
            say_who(c, from);
            return;
        } else if (!take_op(c, s, &op)) {
            return;
        }
    }
    if (err != ERR_EXHAUSTED)
        refuse_frame(c, from, err, frame_reader_error(c->reader));
}
