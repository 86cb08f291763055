/* SPDX-License-Identifier: MIT */
/* tails - which part of the kept output answers a query. */
#include "worker/core/tails.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "proto/body.h"

uint32_t tails_clamp(uint32_t max)
{
    if (max == 0)
        return 1;
    return max > TAIL_ANSWER_MAX ? TAIL_ANSWER_MAX : max;
}

bool tails_wait(struct list *tails, const struct tail_wait *query)
{
    struct tail_wait *copy;
    size_t n = 0;

    LIST_EACH (it, save, tails) {
        struct tail_wait *old = LIST_ENTRY(it, struct tail_wait, place);

        n++;
        if (old->tail == query->tail) {
            list_remove(&old->place);
            free(old);
            n--;
        }
    }
    if (n >= TAIL_WAITS_MAX)
        return false;
    copy = xcalloc(1, sizeof *copy);
    *copy = *query;
    list_init(&copy->place);
    list_insert(tails, &copy->place);
    return true;
}

void tails_forget(struct list *tails)
{
    LIST_EACH (it, save, tails) {
        list_remove(it);
        free(LIST_ENTRY(it, struct tail_wait, place));
    }
}

static struct op answer(uint64_t tail, uint64_t offset, struct view bytes,
                        bool ended)
{
    struct op op = { .type = OP_TAIL_DATA };

    op.u.tail_data.tail = tail;
    op.u.tail_data.offset = offset;
    op.u.tail_data.bytes = bytes;
    op.u.tail_data.ended = ended;
    return op;
}

struct op tails_answer_ended(uint64_t tail, uint64_t offset)
{
    return answer(tail, offset, (struct view){ 0 }, true);
}

struct op tails_answer(const struct outcome *o, const struct tail_wait *query)
{
    struct body body;
    struct kept kept;
    struct view bytes;
    uint64_t at;

    (void)body_decode(o->body, &body, NULL); /* empty, when it is none */
    kept = body_kept(&body, query->stream);
    bytes = kept_read(&kept, query->offset, tails_clamp(query->max), &at);
    return answer(query->tail, at, bytes, at + bytes.len >= kept.len);
}
