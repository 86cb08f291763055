/* SPDX-License-Identifier: MIT */
/* tails - asking for the output of an attempt, before, while and after it runs.
 */
#include "worker/core/tails.h"

#include <stdlib.h>

#include "libcommon/mem.h"

/* What was kept of one stream: the head stands at offset 0, the rest ends at
 * len. */
struct kept {
    struct view bytes;
    uint64_t len;
    uint64_t head;
};

uint32_t tails_clamp(uint32_t max)
{
    if (max == 0)
        return 1;
    return max > TAIL_ANSWER_MAX ? TAIL_ANSWER_MAX : max;
}

bool tails_wait(struct list *tails, const struct tail_wait *ask)
{
    struct tail_wait *copy;
    size_t n = 0;

    LIST_EACH (it, save, tails) {
        struct tail_wait *old = LIST_ENTRY(it, struct tail_wait, place);

        n++;
        if (old->tail == ask->tail) {
            list_remove(&old->place);
            free(old);
            n--;
        }
    }
    if (n >= TAIL_WAITS_MAX)
        return false;
    copy = xcalloc(1, sizeof *copy);
    *copy = *ask;
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

static struct kept kept_of(const struct outcome *o, uint8_t stream)
{
    if (stream == STREAM_OUT)
        return (struct kept){ o->out, o->out_len, o->out_head };
    if (stream == STREAM_ERR)
        return (struct kept){ o->err, o->err_len, o->err_head };
    return (struct kept){ 0 };
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

struct op tails_answer(const struct outcome *o, const struct tail_wait *ask)
{
    struct kept kept = kept_of(o, ask->stream);
    uint64_t rest_at = kept.len - (kept.bytes.len - kept.head);
    uint64_t offset = ask->offset;
    uint64_t skip, end; /* in kept.bytes */
    struct view bytes;

    if (offset >= kept.len)
        return tails_answer_ended(ask->tail, offset);
    if (offset < kept.head) {
        skip = offset;
        end = kept.head;
    } else {
        if (offset < rest_at)
            offset = rest_at;
        skip = kept.head + (offset - rest_at);
        end = kept.bytes.len;
    }
    bytes = view_of(kept.bytes.data + skip, (size_t)(end - skip));
    if (bytes.len > tails_clamp(ask->max))
        bytes.len = tails_clamp(ask->max);
    return answer(ask->tail, offset, bytes, offset + bytes.len >= kept.len);
}
