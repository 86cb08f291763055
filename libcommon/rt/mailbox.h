/* SPDX-License-Identifier: MIT */
/* mailbox - how other threads reach a loop: letters, opened on the loop's
 * thread.
 *
 * A letter that comes after the loop has ended is opened nowhere: its `lost` is
 * called by who posted it.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "coro.h"

struct mailbox; /* opaque */

struct letter {
    struct list link;
    void (*open)(struct letter *letter); /* on the loop */
    void (*lost)(struct letter *letter); /* the loop is gone */
};

/* The mailbox of a loop; made at the first call. On the loop's thread. */
struct mailbox *mailbox_of(struct loop *l);
/* Someone may post: the loop does not count as idle. On the loop's thread. One
 * mailbox_release for each, in `open`, or when nobody will post. */
void mailbox_expect(struct mailbox *m);
void mailbox_release(struct mailbox *m);
/* From any thread; the letter stays until it was opened or lost. Who posts has
 * a reference to the mailbox. */
void mailbox_post(struct mailbox *m, struct letter *letter);
struct mailbox *mailbox_ref(struct mailbox *m);
void mailbox_unref(struct mailbox *m);
/* The loop ends. NULL is fine. */
void mailbox_close(struct mailbox *m);

#endif
