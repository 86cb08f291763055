/* SPDX-License-Identifier: MIT */
/* known_worker - the list of them, and its records. */
#include "coordinator/core/model/known_worker.h"

#include <stdlib.h>

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "libcommon/mem.h"

struct known_worker *known_worker_find(const struct coord *c, boot_id boot)
{
    LIST_EACH (it, save, &c->known) {
        struct known_worker *k = LIST_ENTRY(it, struct known_worker, in_all);
        if (boot_equal(k->boot, boot))
            return k;
    }
    return NULL;
}

static struct record known_record(const struct known_worker *k,
                                  const struct coord *c, enum record_type type)
{
    return (struct record){ .type = type,
                            .u.worker = { .boot = k->boot,
                                          .at_ms = c->wall_ms,
                                          .name = blob_ref(k->name) } };
}

void known_worker_add(struct coord *c, boot_id boot, struct blob *name)
{
    struct known_worker *k = xcalloc(1, sizeof *k);

    k->boot = boot;
    k->name = blob_ref(name);
    list_insert(&c->known, &k->in_all);
    k->expected = !c->started;
    if (c->started) {
        actions_persist(c, known_record(k, c, RECORD_WORKER_UP));
        k->lsn = c->n_records;
    }
}

void known_worker_drop(struct coord *c, struct known_worker *k)
{
    actions_persist(c, known_record(k, c, RECORD_WORKER_GONE));
    list_remove(&k->in_all);
    blob_unref(k->name);
    free(k);
}

void known_worker_heard(struct coord *c, boot_id boot)
{
    struct known_worker *k = known_worker_find(c, boot);

    if (k != NULL)
        k->expected = false;
}

void known_workers_free(struct coord *c)
{
    LIST_EACH (it, save, &c->known) {
        struct known_worker *k = LIST_ENTRY(it, struct known_worker, in_all);
        blob_unref(k->name);
        free(k);
    }
}
