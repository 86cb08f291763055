/* SPDX-License-Identifier: MIT */
/* recover - after a start: who might still be working on what was accepted
 * before.
 *
 * Workers that were known are waited for, one lease at most, before any element
 * of a former life is started again. New jobs do not wait. */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

struct known *known_find(struct coord *c, boot_id boot)
{
    LIST_EACH (it, save, &c->known) {
        struct known *k = LIST_ENTRY(it, struct known, in_all);
        if (boot_equal(k->boot, boot))
            return k;
    }
    return NULL;
}

static struct record known_record(const struct known *k, const struct coord *c,
                                  enum record_type type)
{
    return (struct record){ .type = type,
                            .u.worker = { .boot = k->boot,
                                          .at_ms = c->wall_ms,
                                          .name = blob_ref(k->name) } };
}

void known_add(struct coord *c, boot_id boot, struct blob *name)
{
    struct known *k = xcalloc(1, sizeof *k);

    k->boot = boot;
    k->name = blob_ref(name);
    list_insert(&c->known, &k->in_all);
    k->expected = !c->started;
    if (c->started) {
        coord_persist(c, known_record(k, c, RECORD_WORKER_UP));
        k->lsn = c->n_records;
    }
}

void known_drop(struct coord *c, struct known *k)
{
    coord_persist(c, known_record(k, c, RECORD_WORKER_GONE));
    list_remove(&k->in_all);
    blob_unref(k->name);
    free(k);
}

static bool is_expecting(struct coord *c)
{
    LIST_EACH (it, save, &c->known)
        if (LIST_ENTRY(it, struct known, in_all)->expected)
            return true;
    return false;
}

static void finish(struct coord *c)
{
    c->recovering = false;
    LIST_EACH (it, save, &c->known) {
        struct known *k = LIST_ENTRY(it, struct known, in_all);
        if (k->expected)
            known_drop(c, k);
    }
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        if (!j->restored)
            continue;
        j->restored = false;
        cancel_apply(c, j);
        retry_unclaimed(c, j);
        expire_begin(c, j);
        submit_queue(c, j);
    }
}

void recover_begin(struct coord *c)
{
    c->recovering = true;
    c->recover_until_ms = c->now_ms + c->config.lease_ms;
}

void recover_check(struct coord *c)
{
    int64_t soon_ms = c->now_ms + c->config.lease_ms / 8 + 1;

    if (!c->recovering)
        return;
    if (c->now_ms >= c->recover_until_ms || !is_expecting(c)) {
        finish(c);
        return;
    }
    /* Also in between, so that a sleep of our own is noticed. */
    coord_wake(c,
               soon_ms < c->recover_until_ms ? soon_ms : c->recover_until_ms);
}

void recover_heard(struct coord *c, boot_id boot)
{
    struct known *k = known_find(c, boot);

    if (k != NULL)
        k->expected = false;
}
