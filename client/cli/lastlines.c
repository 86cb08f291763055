/* SPDX-License-Identifier: MIT */
/* lastlines - what a running program has written last. */
#include "client/cli/lastlines.h"

#include <string.h>

#define LINES 5
#define PART_LEN (128u << 10) /* asked for at a time */
#define KEPT_LEN 4096         /* bytes in which the lines are looked for */
#define IDLE_MS 200           /* so late: there is no more yet */

struct lastlines {
    uint64_t offset;
    bool has_ended;
    struct buf bytes;
};

static void on_tailed(void *arg, const struct op *op, bool last)
{
    const struct op_tail_reply *reply = &op->u.tail_reply;
    struct lastlines *l = arg;
    struct view all;

    (void)last;
    if (op->type != OP_TAIL_REPLY)
        return;
    l->offset = reply->offset + reply->bytes.len;
    l->has_ended = reply->ended;
    buf_add_view(&l->bytes, reply->bytes);
    all = buf_view(&l->bytes);
    if (all.len > KEPT_LEN) {
        struct buf kept = { 0 };

        buf_add(&kept, all.data + all.len - KEPT_LEN, KEPT_LEN);
        buf_fini(&l->bytes);
        l->bytes = kept;
    }
}

static int part_await(struct cli *c, struct lastlines_of of,
                      struct lastlines *l)
{
    struct op op = { .type = OP_TAIL };
    yon_future *f;
    int err;

    op.u.tail.job = of.job;
    op.u.tail.elem = of.elem;
    op.u.tail.stream = (uint8_t)of.stream;
    op.u.tail.offset = l->offset;
    op.u.tail.max = PART_LEN;
    f = request_new(c->client, &op, on_tailed, l);
    err = yon_await_for(f, IDLE_MS);
    yon_free(f);
    return err;
}

static struct view last_lines(struct view text)
{
    size_t n = 0, at = text.len;

    while (at > 0 &&
           !(text.data[at - 1] == '\n' && at < text.len && ++n == LINES))
        at--;
    return (struct view){ text.data + at, text.len - at };
}

void lastlines_await(struct cli *c, struct lastlines_of of, struct buf *out)
{
    struct lastlines l = { 0 };

    while (!l.has_ended && part_await(c, of, &l) == 0) {
    }
    buf_add_view(out, last_lines(buf_view(&l.bytes)));
    buf_fini(&l.bytes);
}
