/* SPDX-License-Identifier: MIT */
/* tables - the maps of jobs and sessions. */
#include "coordinator/core/model/tables.h"

#include <string.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "libcommon/map.h"
#include "libcommon/rng.h"

struct job *tables_job(const struct coord *c, uint64_t id)
{
    return map_get(&c->jobs, id);
}

struct session *tables_session(const struct coord *c, session_id id)
{
    return map_get(&c->sessions, id.n);
}

/* Keys of one client may differ in any of their bits. */
static uint64_t key_slot(job_key key)
{
    uint64_t half[2];

    memcpy(half, key.bytes, sizeof half);
    return hash_mix(half[0]) ^ half[1];
}

struct job *tables_key(const struct coord *c, job_key key)
{
    struct job *j = map_get(&c->keys, key_slot(key));

    return j != NULL && key_equal(j->key, key) ? j : NULL;
}

void tables_link(struct coord *c, struct job *j)
{
    map_put(&c->jobs, j->id.n, j);
    if (map_get(&c->keys, key_slot(j->key)) == NULL)
        map_put(&c->keys, key_slot(j->key), j);
    list_insert(&c->by_id, &j->by_id);
    j->queue = queue_get(c, blob_view(j->fn));
    c->n_bytes += job_bytes(j);
}

void tables_unlink_key(struct coord *c, struct job *j)
{
    if (map_get(&c->keys, key_slot(j->key)) == j)
        map_remove(&c->keys, key_slot(j->key));
}

void tables_unlink(struct coord *c, struct job *j)
{
    map_remove(&c->jobs, j->id.n);
    tables_unlink_key(c, j);
    c->n_bytes -= job_bytes(j);
}
