/* SPDX-License-Identifier: MIT */
/* proto - what it costs to write and to read the operations of one call.
 *
 *   bench_proto FRAMES     prints NAME_write_ns and NAME_read_ns of each
 */
#include <ctype.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/frame.h"
#include "tests/bench/measure.h"

enum { OPS_PER_FRAME = 500 };

static const uint8_t payload[PAYLOAD_LEN];

static struct op submit_op(void)
{
    return (
        struct op){ .type = OP_SUBMIT,
                    .u.submit = { .req = 123456,
                                  .fresh = true,
                                  .await = true,
                                  .kind = KIND_CALL,
                                  .fn = view_str("resize"),
                                  .spec = view_of(payload, sizeof payload) } };
}

static struct op assign_op(void)
{
    return (
        struct op){ .type = OP_ASSIGN,
                    .u.assign = { .job = 123456,
                                  .elem = 1,
                                  .epoch = 3,
                                  .attempt = 9999999,
                                  .tries = 1,
                                  .kind = KIND_CALL,
                                  .fn = view_str("resize"),
                                  .spec = view_of(payload, sizeof payload) } };
}

static struct outcome done(void)
{
    return (struct outcome){ .job = 123456,
                             .elem = 1,
                             .epoch = 3,
                             .attempt = 9999999,
                             .state = STATE_DONE,
                             .worker = view_str("n07"),
                             .started_ms = INT64_C(1767607331204),
                             .ended_ms = INT64_C(1767607331205),
                             .body = view_of(payload, sizeof payload) };
}

static struct op ended_op(void)
{
    return (struct op){ .type = OP_ENDED,
                        .u.ended = { .req = 123456,
                                     .job = 123456,
                                     .counts = { .n = 1, .done = 1 },
                                     .outcome = done() } };
}

static void print_named_cost(const char *name, const char *what, size_t n,
                             int64_t took_ns)
{
    char line[64];

    snprintf(line, sizeof line, "%s_%s", name, what);
    for (char *c = line; *c != 0; c++)
        *c = (char)tolower((unsigned char)*c);
    print_cost(line, n, took_ns);
}

static void measure(const struct op *op, size_t n_frames)
{
    struct frame_head head = { PROTO_VERSION, 3, { 4 } };
    struct frame_reader *reader = frame_reader_new();
    int64_t write_ns = 0, read_ns = 0;
    size_t n = n_frames * OPS_PER_FRAME, n_read = 0;
    struct buf frame = { 0 };
    struct op read;

    for (size_t i = 0; i < n_frames; i++) {
        int64_t start = now_ns(), written;

        buf_clear(&frame);
        frame_begin(&frame, head);
        for (size_t k = 0; k < OPS_PER_FRAME; k++)
            frame_add(&frame, op);
        written = now_ns();
        write_ns += written - start;
        frame_read(reader, buf_view(&frame), &head);
        while (frame_next(reader, &read) == ERR_NONE)
            n_read++;
        read_ns += now_ns() - written;
    }
    ASSERT(n_read == n);
    print_named_cost(op_name(op->type), "write", n, write_ns);
    print_named_cost(op_name(op->type), "read", n, read_ns);
    buf_fini(&frame);
    frame_reader_free(reader);
}

int main(int argc, char **argv)
{
    size_t n_frames = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    struct attempt_key held = { 123456, 1, 3, 9999999 };
    const struct op ops[] = {
        submit_op(),
        { .type = OP_RECEIPT, .u.receipt = { .req = 123456, .job = 123456 } },
        assign_op(),
        { .type = OP_RESULT, .u.result.outcome = done() },
        { .type = OP_ACK, .u.ack.attempts = { &held, 1 } },
        ended_op(),
    };

    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        measure(&ops[i], n_frames);
    return 0;
}
