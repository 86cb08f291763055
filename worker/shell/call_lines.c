/* SPDX-License-Identifier: MIT */
/* call_lines - what a running call has printed, kept and tailed. */
#include "worker/shell/call_lines.h"

#include <stdlib.h>

void call_lines_init(struct call_lines *l, struct alarm_set *alarms,
                     call_lines_tail_fn *tail, void *arg)
{
    *l = (struct call_lines){ .alarms = alarms, .tail = tail, .arg = arg };
    list_init(&l->tails);
}

void call_lines_fini(struct call_lines *l)
{
    alarm_clear(l->alarms, &l->news);
    tails_forget(&l->tails);
    capture_fini(&l->kept);
}

/* Answer one reader, if any can be answered. */
static bool answer_one(struct call_lines *l)
{
    LIST_EACH (it, save, &l->tails) {
        struct tail_wait *t = LIST_ENTRY(it, struct tail_wait, place);
        uint64_t id = t->tail, at;
        struct view bytes =
            capture_read(&l->kept, t->offset, tails_clamp(t->max), &at);

        if (bytes.len == 0)
            continue;
        list_remove(&t->place);
        free(t);
        l->tail(l->arg, id, at, bytes, false);
        return true; /* tail() may have changed the list */
    }
    return false;
}

static void news(struct alarm *a)
{
    struct call_lines *l = CONTAINER_OF(a, struct call_lines, news);

    while (answer_one(l)) {
    }
}

void call_lines_add(struct call_lines *l, struct view text)
{
    capture_add(&l->kept, text);
    if (list_is_empty(&l->tails))
        return;
    alarm_clear(l->alarms, &l->news);
    alarm_start(l->alarms, &l->news, 0, news);
}

void call_lines_tail(struct call_lines *l, const struct tail_wait *query)
{
    if (tails_wait(&l->tails, query))
        news(&l->news);
    else
        l->tail(l->arg, query->tail, query->offset, (struct view){ 0 }, true);
}

void call_lines_untail(struct call_lines *l)
{
    tails_forget(&l->tails);
}

void call_lines_fill(const struct call_lines *l, struct body *body,
                     struct buf *room)
{
    body->out_head = capture_kept(&l->kept, room);
    body->out_len = l->kept.len;
    body->out = buf_view(room);
}
