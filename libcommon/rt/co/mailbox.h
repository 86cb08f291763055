/* SPDX-License-Identifier: MIT */
/* mailbox - how other threads reach a loop: messages, opened on the loop's
 * thread.
 *
 * Messages that have come are opened even when the loop ends just then. One
 * that comes later is opened nowhere: its `lost` is called by who posted it.
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

/* What a message will tell of. */
struct expected {
    struct list link;
    void (*closed)(struct expected *e); /* the loop ends before it came */
};

/* The mailbox of a loop; made at the first call. On the loop's thread. */
struct mailbox *mailbox_of(struct loop *l);
/* The loop does not count as idle until `e` is released: in `open`, in
 * `closed`, or when nobody cares any more. On the loop's thread. */
void mailbox_expect(struct mailbox *m, struct expected *e);
void mailbox_release(struct mailbox *m, struct expected *e);
/* From any thread; the message stays until it was opened or lost. Who posts has
 * a reference to the mailbox. */
void mailbox_post(struct mailbox *m, struct message *message);
/* Open what has come so far, now. On the loop's thread. */
void mailbox_open(struct mailbox *m);
struct mailbox *mailbox_ref(struct mailbox *m);
void mailbox_unref(struct mailbox *m);

#endif
