/* SPDX-License-Identifier: MIT */
/* A client's core against a coordinator that sends anything.
 *
 * The input is a script of steps: a byte that chooses one, two bytes of length
 * (little endian), and so many bytes. Always the invariants hold and the client
 * sends well-formed frames.
 */
#include <stdlib.h>

#include "client/core/client.h"
#include "client/core/client_check.h"
#include "libcommon/check.h"
#include "proto/req.h"

enum step {
    STEP_FRAME,   /* the bytes are a frame */
    STEP_OPS,     /* the bytes are operations, for a head that fits */
    STEP_WELCOME, /* a welcome to the next session */
    STEP_TICK,    /* ms pass */
    STEP_ASK,     /* the first byte chooses the request */
    STEP_FORGET,  /* the first byte chooses the request */
    STEP_COUNT
};

struct game {
    struct client *client;
    struct client_actions out;
    struct frame_reader *reader;
    int64_t now_ms;
    session_id session;
    uint64_t last_req;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void answered(void *arg, uint64_t req, const struct op *op, bool last)
{
    struct game *g = arg;

    (void)last;
    ASSERT(req > 0 && req <= g->last_req);
    ASSERT(op->type != OP_WELCOME && op->type != OP_BEAT_ACK);
}

/* The client sends frames that hold whole operations only. */
static void check_sends(struct game *g)
{
    struct frame_head head;
    struct op op;
    enum err err;

    for (size_t i = 0; i < g->out.sends.n; i++) {
        err = frame_read(g->reader, buf_view(&g->out.sends.at[i]), &head);
        ASSERT(err == ERR_NONE);
        while ((err = frame_next(g->reader, &op)) == ERR_NONE)
            ;
        ASSERT(err == ERR_EXHAUSTED);
    }
    client_actions_clear(&g->out);
}

static void step(struct game *g, struct client_event e)
{
    e.now_ms = g->now_ms;
    client_step(g->client, &e, &g->out);
    client_check(g->client);
    check_sends(g);
}

static void hear(struct game *g, struct view frame)
{
    step(g, (struct client_event){ .type = CLIENT_MESSAGE,
                                   .u.message.frame = frame });
}

static void hear_ops(struct game *g, struct view ops)
{
    struct frame_head head = { PROTO_VERSION, 1, g->session };
    struct buf frame = { 0 };

    frame_begin(&frame, head);
    buf_add_view(&frame, ops);
    hear(g, buf_view(&frame));
    buf_fini(&frame);
}

static void hear_welcome(struct game *g)
{
    struct op op = { .type = OP_WELCOME,
                     .u.welcome = { .version = PROTO_VERSION,
                                    .lease_ms = 3000,
                                    .beat_ms = 1000,
                                    .submits_max = 2 } };
    struct frame_head head = { PROTO_VERSION, 1, { ++g->session.n } };
    struct buf frame = { 0 };

    frame_begin(&frame, head);
    frame_add(&frame, &op);
    hear(g, buf_view(&frame));
    buf_fini(&frame);
}

static void ask(struct game *g, uint8_t choice)
{
#define TYPE(NAME, ...) OP_##NAME,
    static const enum op_type types[] = { REQUEST_LIST(TYPE) };
#undef TYPE
    struct op op = { .type = types[choice % ARRAY_LEN(types)] };

    req_set(&op, ++g->last_req);
    if (op.type == OP_SUBMIT) {
        op.u.submit.await = choice & 0x80;
        op.u.submit.fn = view_str("add");
    }
    step(g,
         (struct client_event){ .type = CLIENT_REQUEST, .u.request.op = &op });
}

static void play(struct game *g, enum step choice, struct view bytes)
{
    uint8_t first = bytes.len > 0 ? bytes.data[0] : 0;

    switch (choice) {
    case STEP_FRAME:
        hear(g, bytes);
        break;
    case STEP_OPS:
        hear_ops(g, bytes);
        break;
    case STEP_WELCOME:
        hear_welcome(g);
        break;
    case STEP_TICK:
        g->now_ms += (int64_t)first * 16;
        step(g, (struct client_event){ .type = CLIENT_TICK });
        break;
    case STEP_ASK:
        ask(g, first);
        break;
    case STEP_FORGET:
        step(g, (struct client_event){ .type = CLIENT_FORGET,
                                       .u.forget.req = first });
        break;
    case STEP_COUNT:
        UNREACHABLE("not a step");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct client_config config = { .name = "fuzz", .seed = 1, .software = "" };
    struct game g = { .reader = frame_reader_new() };
    struct view in = view_of(data, len);
    struct view head, bytes;

    g.client = client_new(&config, answered, &g);
    step(&g, (struct client_event){ .type = CLIENT_START });
    while (view_take(&in, 3, &head) == ERR_NONE) {
        size_t n = head.data[1] | (size_t)head.data[2] << 8;

        if (view_take(&in, n < in.len ? n : in.len, &bytes) != ERR_NONE)
            break;
        play(&g, head.data[0] % STEP_COUNT, bytes);
    }
    step(&g, (struct client_event){ .type = CLIENT_CLOSE });
    client_free(g.client);
    frame_reader_free(g.reader);
    return 0;
}
