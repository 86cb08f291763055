/* SPDX-License-Identifier: MIT */
/* mailbox - a list of messages under a mutex, and a uv_async_t that wakes the
 * loop. */
#include "libcommon/rt/co/mailbox.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/forks.h"

struct mailbox {
    struct loop_part part;
    atomic_int n_refs;
    pthread_mutex_t mutex;
    struct list messages;
    unsigned born;        /* forks_n at that time */
    uv_async_t *async;    /* NULL: the loop is gone */
    struct list expected; /* loop's thread */
};

/* The mutex is held, and is not afterwards. */
static void open_messages_and_unlock(struct mailbox *m)
{
    struct list batch;

    list_insert(&m->messages, &batch);
    list_remove(&m->messages);
    pthread_mutex_unlock(&m->mutex);
    while (!list_is_empty(&batch)) {
        struct message *message = LIST_ENTRY(batch.next, struct message, link);

        list_remove(&message->link);
        message->open(message);
    }
}

void mailbox_open(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    open_messages_and_unlock(m);
}

static void messages_came(uv_async_t *async)
{
    mailbox_open(async->data);
}

struct mailbox *mailbox_ref(struct mailbox *m)
{
    atomic_fetch_add(&m->n_refs, 1);
    return m;
}

void mailbox_unref(struct mailbox *m)
{
    if (atomic_fetch_sub(&m->n_refs, 1) > 1)
        return;
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

/* Opens what has come, closes what is still expected. */
static void mailbox_close(struct loop_part *part)
{
    struct mailbox *m = CONTAINER_OF(part, struct mailbox, part);
    uv_async_t *async;

    pthread_mutex_lock(&m->mutex);
    async = m->async;
    m->async = NULL;
    open_messages_and_unlock(m);
    while (!list_is_empty(&m->expected)) {
        struct expected *e =
            LIST_ENTRY(m->expected.next, struct expected, link);

        e->closed(e);
    }
    uv_close((uv_handle_t *)async, free_handle);
    mailbox_unref(m);
}

struct mailbox *mailbox_of(struct loop *l)
{
    struct loop_part *part = loop_part_find(l, mailbox_close);
    struct mailbox *m;

    if (part != NULL)
        return CONTAINER_OF(part, struct mailbox, part);
    m = xcalloc(1, sizeof *m);
    m->n_refs = 1;
    m->born = forks_n();
    m->part.close = mailbox_close;
    loop_part_add(l, &m->part);
    pthread_mutex_init(&m->mutex, NULL);
    list_init(&m->messages);
    list_init(&m->expected);
    m->async = xcalloc(1, sizeof *m->async);
    m->async->data = m;
    uv_async_init(loop_uv(l), m->async, messages_came);
    uv_unref((uv_handle_t *)m->async);
    return m;
}

void mailbox_expect(struct mailbox *m, struct expected *e)
{
    list_insert(&m->expected, &e->link);
    uv_ref((uv_handle_t *)m->async); /* harmless twice */
}

void mailbox_release(struct mailbox *m, struct expected *e)
{
    list_remove(&e->link);
    if (list_is_empty(&m->expected) && m->async != NULL)
        uv_unref((uv_handle_t *)m->async);
}

void mailbox_post(struct mailbox *m, struct message *message)
{
    bool lost = m->born != forks_n(); /* the loop is the parent's */

    if (lost) {
        message->lost(message);
        return;
    }
    pthread_mutex_lock(&m->mutex);
    lost = m->async == NULL;
    if (!lost) {
        list_insert(&m->messages, &message->link);
        uv_async_send(m->async);
    }
    pthread_mutex_unlock(&m->mutex);
    if (lost)
        message->lost(message);
}
