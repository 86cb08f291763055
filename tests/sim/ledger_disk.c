/* SPDX-License-Identifier: MIT */
/* ledger_disk - the part of the ledger that is on the disk. */
#include "libcommon/check.h"
#include "tests/sim/ledger.h"
#include "tests/sim/pieces.h"
#include "tests/sim/world.h"

static const struct record_refusal *
refusal_of(const struct store_report *report, job_id id)
{
    for (size_t i = 0; i < report->n_refused; i++)
        if (report->refused[i].id.n == id.n)
            return &report->refused[i];
    return NULL;
}

static void committed_job(struct world *w, struct job_fact *j,
                          const struct record_refusal *refusal)
{
    struct ledger *l = &w->ledger;
    const struct job_fact *same;

    if (refusal != NULL) {
        j->refused = true;
        world_fact(w, "disk", "job %llu refused: %s",
                   (unsigned long long)j->id.n, err_text(refusal->why));
        return;
    }
    same = map_put(&l->keys, key_number(j->key), j);
    if (same != NULL && !same->removed)
        broken(w, KEY_ONCE, "job %llu", (unsigned long long)j->id.n);
    j->successor = same != NULL;
    j->durable = true;
    l->n_jobs++;
    l->n_open += j->n;
    w->report->cover.jobs++;
    world_fact(w, "disk", "job %llu", (unsigned long long)j->id.n);
}

static void end_task(struct world *w, struct job_fact *j, uint32_t elem,
                     uint8_t state)
{
    struct ledger *l = &w->ledger;
    struct task_fact *r = &j->tasks[elem - 1];

    ASSERT(r->state == 0); /* handed_outcome saw to it */
    r->state = state;
    r->order = ++l->n_outcomes;
    j->n_ended++;
    l->n_open--;
    w->report->cover.outcomes++;
    w->report->cover.states[state]++;
    world_fact(w, "disk", "%llu.%u %s", (unsigned long long)j->id.n, elem,
               state_name(state));
}

static void committed_outcome(struct world *w, struct job_fact *j,
                              const struct record *rec)
{
    uint32_t elem = rec->u.outcome.task.elem;

    end_task(w, j, elem, rec->u.outcome.state);
    j->tasks[elem - 1].body = blob_ref(rec->u.outcome.body);
    pieces_check_outcome(w, rec);
    j->tasks[elem - 1].gap = rec->u.outcome.gap;
}

static void committed_end(struct world *w, struct job_fact *j)
{
    for (uint32_t k = 1; k <= j->n; k++) {
        if (j->tasks[k - 1].state != 0)
            continue;
        if (!j->tasks[k - 1].cancelled)
            broken(w, END_TRUE, "%llu.%u has not ended",
                   (unsigned long long)j->id.n, k);
        end_task(w, j, k, STATE_CANCELLED);
    }
}

/* What a cancel had ended before stays so. */
static void committed_expiry(struct world *w, struct job_fact *j,
                             const struct record *rec)
{
    for (uint32_t k = rec->u.cancel.first; k <= rec->u.cancel.last; k++) {
        struct task_fact *r = &j->tasks[k - 1];

        if (r->state != 0)
            continue;
        r->expired_alone = !r->cancelled;
        end_task(w, j, k, r->cancelled ? STATE_CANCELLED : STATE_EXPIRED);
    }
}

static void committed_cancel(struct world *w, struct job_fact *j,
                             const struct record *rec)
{
    for (uint32_t k = rec->u.cancel.first; k <= rec->u.cancel.last; k++)
        if (k >= 1 && k <= j->n)
            j->tasks[k - 1].cancelled = true;
    world_fact(w, "disk", "%llu.%u-%u shall be cancelled",
               (unsigned long long)j->id.n, rec->u.cancel.first,
               rec->u.cancel.last);
}

static void committed(struct world *w, const struct record *rec,
                      const struct store_report *report)
{
    struct job_fact *j = map_get(&w->ledger.jobs, record_job(rec).n);

    if (rec->type == RECORD_IDS)
        w->ledger.ids_durable = rec->u.mark.upto;
    if (rec->type == RECORD_JOB)
        committed_job(w, j, refusal_of(report, j->id));
    else if (rec->type == RECORD_OUTCOME && !j->refused)
        committed_outcome(w, j, rec);
    else if (rec->type == RECORD_ATTEMPT && !j->refused)
        history_committed(w, rec);
    else if (rec->type == RECORD_CANCEL && !j->refused &&
             rec->u.cancel.state == STATE_EXPIRED)
        committed_expiry(w, j, rec);
    else if (rec->type == RECORD_CANCEL && !j->refused)
        committed_cancel(w, j, rec);
    else if (rec->type == RECORD_END && !j->refused)
        committed_end(w, j);
}

void ledger_committed(struct world *w, const struct records *batch,
                      const struct store_report *report)
{
    for (size_t i = 0; i < batch->n; i++)
        committed(w, &batch->at[i], report);
}

void ledger_reported(struct world *w, const struct store_report *report)
{
    for (size_t i = 0; i < report->n_refused; i++) {
        struct job_fact *j = map_get(&w->ledger.jobs, report->refused[i].id.n);

        j->dropped = true;
    }
}

void ledger_tidied(struct world *w)
{
    struct job_fact *j;

    for (size_t at = 0; (j = map_next(&w->ledger.jobs, &at)) != NULL;) {
        if (!j->durable || j->removed || vdisk_has(&w->disk, j->id))
            continue;
        if (j->n_ended < j->n)
            broken(w, KEPT_OPEN, "job %llu", (unsigned long long)j->id.n);
        invariants_check_removed(w, j);
        j->removed = true;
        w->ledger.n_jobs--;
        w->report->cover.removed++;
        world_fact(w, "disk", "job %llu is removed",
                   (unsigned long long)j->id.n);
    }
}
