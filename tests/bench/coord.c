/* SPDX-License-Identifier: MIT */
/* coord - what one job costs in the coordinator's core alone: a client that
 * submits calls and awaits them, a worker that answers, a disk that takes no
 * time.
 *
 *   bench_coord JOBS BATCH     prints coord_job_ns
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/coord.h"
#include "tests/bench/measure.h"

static struct coord *core;
static struct coord_actions actions;
static struct frame_reader *reader;
static uint64_t session[3], n_records, n_ended;
static struct buf results;

enum { CLIENT = 1, WORKER = 2 };

static void answer_assign(const struct op *op)
{
    struct op result = { .type = OP_RESULT,
                         .u.result.outcome = {
                             .id = op->u.assign.id,
                             .state = STATE_DONE,
                             .body = op->u.assign.spec,
                         } };

    if (results.len == 0)
        frame_begin(&results, (struct frame_head){
                                  PROTO_VERSION, 1, { session[WORKER] } });
    frame_add(&results, &result);
}

static void hear(const struct coord_send *send)
{
    struct frame_head head;
    struct op op;

    if (frame_read(reader, buf_view(&send->frame), &head) != ERR_NONE)
        abort();
    while (frame_next(reader, &op) == ERR_NONE) {
        if (op.type == OP_WELCOME)
            session[send->to.n] = head.session.n;
        else if (op.type == OP_ASSIGN)
            answer_assign(&op);
        else if (op.type == OP_ENDED)
            n_ended++;
    }
}

static void step(struct coord_event e)
{
    coord_step(core, &e, &actions);
    n_records += actions.persist.n;
    for (size_t i = 0; i < actions.n_sends; i++)
        hear(&actions.sends[i]);
    coord_actions_clear(&actions);
}

static void message(uint64_t from, const struct buf *frame)
{
    step((struct coord_event){
        .type = COORD_MESSAGE,
        .u.message = { .from = { from }, .frame = buf_view(frame) } });
}

static void durable(void)
{
    step((struct coord_event){ .type = COORD_DURABLE,
                               .u.durable.n_records = n_records });
}

static void open_session(uint64_t conn, enum role role)
{
    struct buf frame = { 0 };
    struct view fn = view_str("echo");
    struct op ops[] = {
        { .type = OP_HELLO,
          .u.hello = { .role = (uint8_t)role,
                       .version_min = 1,
                       .version_max = 1,
                       .peername = view_str("bench") } },
        { .type = OP_OFFER,
          .u.offer = { .slots = 1, .calls = 100000, .functions = { &fn, 1 } } },
        { .type = OP_HELD },
        { .type = OP_BEAT },
    };

    frame_begin(&frame, (struct frame_head){ .version = PROTO_VERSION });
    for (int i = 0; i < (role == ROLE_WORKER ? 3 : 1); i++)
        frame_add(&frame, &ops[i]);
    message(conn, &frame);
    buf_clear(&frame);
    frame_begin(&frame,
                (struct frame_head){ PROTO_VERSION, 1, { session[conn] } });
    frame_add(&frame, &ops[3]);
    message(conn, &frame);
    buf_fini(&frame);
}

static void submit(uint64_t first, uint64_t n)
{
    struct buf frame = { 0 };
    char payload[64] = "\xc4\x3e";

    frame_begin(&frame,
                (struct frame_head){ PROTO_VERSION, 1, { session[CLIENT] } });
    for (uint64_t req = first; req < first + n; req++) {
        struct op op = { .type = OP_SUBMIT,
                         .u.submit = { .req = req,
                                       .fresh = true,
                                       .await = true,
                                       .kind = KIND_CALL,
                                       .fn = view_str("echo"),
                                       .spec = view_of(payload, 64) } };
        memcpy(op.u.submit.key.bytes, &req, sizeof req);
        frame_add(&frame, &op);
    }
    message(CLIENT, &frame);
    buf_fini(&frame);
}

static void restore_epoch(void)
{
    struct record epoch = { .type = RECORD_EPOCH, .u.mark.upto = 1 };

    coord_restore(core, &epoch);
}

int main(int argc, char **argv)
{
    uint64_t n_jobs = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
    uint64_t batch = argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
    int64_t start;

    core = coord_new(&coord_config_default);
    reader = frame_reader_new();
    restore_epoch();
    step((struct coord_event){ .type = COORD_START });
    durable();
    open_session(CLIENT, ROLE_CLIENT);
    open_session(WORKER, ROLE_WORKER);
    start = now_ns();
    for (uint64_t done = 0; done < n_jobs; done += batch) {
        submit(done + 1, batch);
        while (results.len > 0) {
            struct buf frame = results;
            results = (struct buf){ 0 };
            message(WORKER, &frame);
            buf_fini(&frame);
        }
        durable();
    }
    print_cost("coord_job", n_jobs, now_ns() - start);
    coord_free(core);
    return n_ended == n_jobs ? 0 : 1;
}
