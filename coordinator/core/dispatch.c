/* SPDX-License-Identifier: MIT */
/* dispatch - a frame from a peer: whose it is, and which rule each operation
 * meets. */
#include "coordinator/core/state.h"

static void from_worker(struct coord *c, struct session *s, const struct op *op)
{
    switch (op->type) {
    case OP_OFFER:
        greet_offer(c, s, op);
        break;
    case OP_HELD:
        settle_held(c, s, op);
        break;
    case OP_RESULT:
        result_take(c, s, op);
        break;
    case OP_DRAINING:
        s->draining = true;
        break;
    case OP_TAIL_DATA:
        tail_data(c, s, op);
        break;
    case OP_ADVANCED:
        advance_take(c, s, op);
        break;
    default:
        answer_refuse_req(c, s, 0, ERR_FORMAT, 0, "%s: not from a worker",
                          op_name(op->type));
    }
}

static void from_client(struct coord *c, struct session *s, const struct op *op)
{
    switch (op->type) {
    case OP_SUBMIT:
        submit_take(c, s, op);
        break;
    case OP_AWAIT:
        await_take(c, s, op);
        break;
    case OP_FORGET:
        await_forget(c, s, op);
        break;
    case OP_FETCH:
        lists_fetch(c, s, op);
        break;
    case OP_CANCEL:
        cancel_take(c, s, op);
        break;
    case OP_LIST:
        lists_list(c, s, op);
        break;
    case OP_STATUS:
        lists_status(c, s, op);
        break;
    case OP_WORKERS:
        lists_workers(c, s, op);
        break;
    case OP_TAIL:
        tail_take(c, s, op);
        break;
    case OP_ATTEMPTS:
        history_take(c, s, op);
        break;
    default:
        answer_refuse_req(c, s, 0, ERR_FORMAT, 0, "%s: not from a client",
                          op_name(op->type));
    }
}

/* Returns false when the session ended with it. */
static bool take_op(struct coord *c, struct session *s, const struct op *op)
{
    if (op->type == OP_BYE) {
        greet_end(c, s, END_BYE);
        return false;
    }
    if (op->type == OP_BEAT)
        greet_beat(c, s, op);
    else if (s->role == ROLE_WORKER)
        from_worker(c, s, op);
    else
        from_client(c, s, op);
    return true;
}

static void say_who(struct coord *c, conn_id to)
{
    struct op op = { .type = OP_WHO };

    coord_send_to(c, to, &op);
}

static void refuse_frame(struct coord *c, conn_id to, enum err err,
                         const char *why)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = err, .message = view_str(why) } };

    coord_send_to(c, to, &op);
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
        greet_prove(c, s);
    }
    while (err == ERR_NONE && (err = frame_next(c->reader, &op)) == ERR_NONE) {
        if (op.type == OP_HELLO) {
            s = greet_hello(c, from, &op);
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
