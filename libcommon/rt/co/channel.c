/* SPDX-License-Identifier: MIT */
/* channel - values from coroutine to coroutine, a bounded number on the way:
 * <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/waitq.h"

struct yon_channel {
    void **at; /* ring */
    size_t capacity, first, n;
    bool closed;
    struct waitq putters, getters; /* never both at once */
};

yon_channel *yon_channel_new(size_t capacity)
{
    yon_channel *ch = xcalloc(1, sizeof *ch);

    ch->capacity = capacity;
    ch->at = xcalloc(capacity + 1, sizeof *ch->at);
    waitq_init(&ch->putters);
    waitq_init(&ch->getters);
    return ch;
}

void yon_channel_free(yon_channel *ch)
{
    if (ch == NULL)
        return;
    MISUSE_IF(waitq_is_elsewhere(&ch->putters),
              "the channel belongs to another thread");
    MISUSE_IF(waitq_first(&ch->putters) != NULL ||
                  waitq_first(&ch->getters) != NULL,
              "a coroutine waits at the channel");
    free(ch->at);
    free(ch);
}

static void push(yon_channel *ch, void *value)
{
    ch->at[(ch->first + ch->n++) % ch->capacity] = value;
}

static void *shift(yon_channel *ch)
{
    void *value = ch->at[ch->first];

    ch->first = (ch->first + 1) % ch->capacity;
    ch->n--;
    return value;
}

int yon_try_put(yon_channel *ch, void *value)
{
    struct waiter *getter;

    if (waitq_is_elsewhere(&ch->putters))
        return YON_ESTATE;
    getter = waitq_first(&ch->getters);
    if (ch->closed)
        return YON_ECLOSED;
    if (getter != NULL) {
        getter->item = value;
        waitq_grant(getter, ERR_NONE);
        return 0;
    }
    if (ch->n == ch->capacity)
        return YON_EBUSY;
    push(ch, value);
    return 0;
}

int yon_try_get(yon_channel *ch, void **value)
{
    struct waiter *putter;

    if (waitq_is_elsewhere(&ch->putters))
        return YON_ESTATE;
    putter = waitq_first(&ch->putters);
    if (ch->n > 0) {
        *value = shift(ch);
        if (putter != NULL)
            push(ch, putter->item);
    } else if (putter != NULL) {
        *value = putter->item;
    } else {
        return ch->closed ? YON_ECLOSED : YON_EBUSY;
    }
    if (putter != NULL)
        waitq_grant(putter, ERR_NONE);
    return 0;
}

int yon_put(yon_channel *ch, void *value)
{
    struct waiter w = { .item = value };
    enum err err;
    int code;

    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    code = yon_try_put(ch, value);
    if (code != YON_EBUSY)
        return code;
    if (coro_current() == NULL)
        return YON_ESTATE;
    return -(int)waitq_await(&ch->putters, &w);
}

int yon_get(yon_channel *ch, void **value)
{
    struct waiter w = { 0 };
    enum err err;
    int code;

    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    code = yon_try_get(ch, value);
    if (code != YON_EBUSY)
        return code;
    if (coro_current() == NULL)
        return YON_ESTATE;
    code = -(int)waitq_await(&ch->getters, &w);
    if (code == 0)
        *value = w.item;
    return code;
}

void yon_channel_close(yon_channel *ch)
{
    struct waiter *w;

    MISUSE_IF(waitq_is_elsewhere(&ch->putters),
              "the channel belongs to another thread");
    ch->closed = true;
    while ((w = waitq_first(&ch->putters)) != NULL ||
           (w = waitq_first(&ch->getters)) != NULL)
        waitq_grant(w, ERR_CLOSED);
}
