/* SPDX-License-Identifier: MIT */
/* promise - futures that code of the user ends: <yon/co.h>. */
#include "libcommon/rt/co/promise.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/mailbox.h"
#include "libcommon/rt/co/why.h"

struct promised {
    yon_future base;
    struct expected expected; /* the end of the loop ends it, too */
    struct buf value;
    yon_promise *promise; /* NULL: kept */
};

struct yon_promise {
    struct message message;
    struct mailbox *mailbox; /* NULL: it was made outside of coroutines */
    struct promised *future; /* a reference; NULL: it has ended */
    struct buf value;
    int code;
    char *text;
};

static struct promised *promised_of(yon_future *f)
{
    return CONTAINER_OF(f, struct promised, base);
}

static struct view promised_value(const yon_future *f)
{
    return buf_view(&CONTAINER_OF(f, const struct promised, base)->value);
}

static void promised_destroy(yon_future *f)
{
    buf_fini(&promised_of(f)->value);
    free(promised_of(f));
}

/* The promise stays with its keeper, to no effect. */
static void promised_drop(struct promised *f)
{
    yon_promise *p = f->promise;

    f->promise = NULL;
    p->future = NULL;
    mailbox_release(p->mailbox, &f->expected);
    future_unref(&f->base);
}

/* Its end may be the end of the loop, which must not expect it any more. */
static void promised_end(struct promised *f, enum err err, const char *text)
{
    mailbox_release(f->promise->mailbox, &f->expected);
    future_end(&f->base, err, text);
    promised_drop(f);
}

static void promised_cancel(yon_future *f)
{
    promised_end(promised_of(f), ERR_CANCELLED, NULL);
}

static void promised_abandon(yon_future *f)
{
    promised_drop(promised_of(f));
}

static void promised_closed(struct expected *e)
{
    promised_end(CONTAINER_OF(e, struct promised, expected), ERR_CLOSED,
                 "the loop has ended");
}

static void promised_describe(const yon_future *f, struct buf *out)
{
    (void)f;
    buf_addf(out, "a promise");
}

static const struct future_kind promised_kind = {
    .name = "promise",
    .describe = promised_describe,
    .value = promised_value,
    .cancel = promised_cancel,
    .abandon = promised_abandon,
    .destroy = promised_destroy,
};

static void promise_free(yon_promise *p)
{
    if (p->mailbox != NULL)
        mailbox_unref(p->mailbox);
    buf_fini(&p->value);
    free(p->text);
    free(p);
}

static void message_lost(struct message *message)
{
    promise_free(CONTAINER_OF(message, yon_promise, message));
}

static void message_opened(struct message *message)
{
    yon_promise *p = CONTAINER_OF(message, yon_promise, message);
    struct promised *f = p->future;

    if (f != NULL) {
        f->value = p->value;
        p->value = (struct buf){ 0 }; /* owned by the future */
        promised_end(f, (enum err) - p->code, p->text);
    }
    promise_free(p);
}

yon_future *yon_promise_new(yon_promise **out)
{
    struct promised *f = xcalloc(1, sizeof *f);
    struct loop *loop = loop_current();
    yon_promise *p = *out = xcalloc(1, sizeof *p);

    future_init(&f->base, &promised_kind, loop);
    if (loop == NULL) {
        future_end_outside(&f->base);
        return &f->base;
    }
    future_ref(&f->base);
    f->expected.closed = promised_closed;
    f->promise = p;
    p->future = f;
    p->mailbox = mailbox_ref(mailbox_of(loop));
    p->message =
        (struct message){ .open = message_opened, .lost = message_lost };
    mailbox_expect(p->mailbox, &f->expected);
    return &f->base;
}

void promise_keep(yon_promise *p, struct buf value, int code, const char *text)
{
    p->value = value;
    p->code = code;
    p->text = text == NULL ? NULL : xstrdup(text);
    if (p->mailbox != NULL)
        mailbox_post(p->mailbox, &p->message);
    else
        promise_free(p);
}

void yon_break(yon_promise *p, int code, const char *text)
{
    promise_keep(p, (struct buf){ 0 }, code_of_failure(code),
                 text != NULL ? text : why_find(code));
}
