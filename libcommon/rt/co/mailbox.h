/* SPDX-License-Identifier: MIT */
/* mailbox - how other threads reach a loop: messages, opened on the loop's
 * thread.
 *
 * Messages that have come are opened even when the loop ends just then. A later
 * one is not opened: `lost` is called instead, on the thread that posts it.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "libcommon/rt/co/coro.h"

struct mailbox; /* opaque */

struct message {
    struct list link;
    void (*open)(struct message *message); /* on the loop */
    void (*lost)(struct message *message); /* the loop is gone */
};

/* A message that has still to come. */
struct expected {
    struct list link;
    void (*closed)(struct expected *e); /* the loop ends before it came */
};

/* The mailbox of a loop; made at the first call. On the loop's thread. */
struct mailbox *mailbox_of(struct loop *l);
/* Keep the loop from being idle until `e` is released: in `open`, in `closed`,
 * or when the message does not matter any more. On the loop's thread. */
void mailbox_expect(struct mailbox *m, struct expected *e);
void mailbox_release(struct mailbox *m, struct expected *e);
/* From any thread that has a reference to the mailbox. The message must stay
 * until it was opened or lost. */
void mailbox_post(struct mailbox *m, struct message *message);
/* Open what has come so far, now. On the loop's thread. */
void mailbox_open(struct mailbox *m);
struct mailbox *mailbox_ref(struct mailbox *m);
void mailbox_unref(struct mailbox *m);

#endif
