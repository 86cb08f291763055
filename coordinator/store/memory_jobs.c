/* SPDX-License-Identifier: MIT */
/* memory_jobs - the jobs of a store in memory, with all that belongs to each.
 */
#include "coordinator/store/memory_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/mem.h"
#include "libcommon/rng.h"

/* ---- finding ---- */

size_t memory_jobs_place(const struct memory_jobs *js, uint64_t id)
{
    size_t low = 0, high = js->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (js->at[middle]->job.u.job.id.n < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct memory_job *memory_jobs_find(const struct memory_jobs *js, job_id id)
{
    size_t place = memory_jobs_place(js, id.n);

    if (place < js->n && js->at[place]->job.u.job.id.n == id.n)
        return js->at[place];
    return NULL;
}

static uint64_t key_hash(job_key key)
{
    return hash_bytes(view_of(key.bytes, sizeof key.bytes), 0);
}

struct memory_job *memory_jobs_of_key(const struct memory_jobs *js, job_key key)
{
    struct memory_job *j = map_get(&js->keys, key_hash(key));

    while (j != NULL && !key_equal(j->job.u.job.key, key))
        j = j->same;
    return j;
}

bool memory_job_has_ended(const struct memory_job *j)
{
    return j->job.u.job.array ? j->end.n > 0 : j->outcomes.n > 0;
}

size_t memory_job_outcome(const struct memory_job *j, uint32_t elem)
{
    size_t low = 0, high = j->outcomes.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (j->outcomes.at[middle].u.outcome.task.elem < elem)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t memory_job_attempt(const struct memory_job *j, uint32_t elem,
                          uint32_t tries)
{
    const struct records *r = &j->attempts;
    size_t place = r->n;

    while (place > 0 && (r->at[place - 1].u.attempt.task.elem > elem ||
                         (r->at[place - 1].u.attempt.task.elem == elem &&
                          r->at[place - 1].u.attempt.tries >= tries)))
        place--;
    return place;
}

static bool piece_is_before(const struct record *rec, uint32_t elem,
                            uint8_t stream, uint64_t offset)
{
    if (rec->u.piece.task.elem != elem)
        return rec->u.piece.task.elem < elem;
    if (rec->u.piece.stream != stream)
        return rec->u.piece.stream < stream;
    return rec->u.piece.offset < offset;
}

size_t memory_job_piece(const struct memory_job *j, uint32_t elem,
                        uint8_t stream, uint64_t offset)
{
    size_t place = j->pieces.n;

    while (place > 0 &&
           !piece_is_before(&j->pieces.at[place - 1], elem, stream, offset))
        place--;
    return place;
}

/* ---- adding and removing ---- */

void memory_jobs_add(struct memory_jobs *js, const struct record *rec)
{
    struct memory_job *j = xcalloc(1, sizeof *j);
    size_t place = memory_jobs_place(js, rec->u.job.id.n);

    j->job = record_copy(rec);
    j->same = map_put(&js->keys, key_hash(rec->u.job.key), j);
    js->at = vec_grow(js->at, &js->cap, js->n + 1, sizeof(struct memory_job *));
    memmove(&js->at[place + 1], &js->at[place],
            (js->n - place) * sizeof *js->at);
    js->at[place] = j;
    js->n++;
}

static void job_free(struct memory_job *j)
{
    record_fini(&j->job);
    records_fini(&j->outcomes);
    records_fini(&j->attempts);
    records_fini(&j->pieces);
    records_fini(&j->cancels);
    records_fini(&j->end);
    free(j);
}

static void forget_key(struct memory_jobs *js, struct memory_job *j)
{
    uint64_t hash = key_hash(j->job.u.job.key);
    struct memory_job *first = map_remove(&js->keys, hash), *at = first;

    if (first == j) {
        first = j->same;
    } else {
        while (at->same != j)
            at = at->same;
        at->same = j->same;
    }
    if (first != NULL)
        map_put(&js->keys, hash, first);
}

void memory_jobs_remove(struct memory_jobs *js, size_t place)
{
    forget_key(js, js->at[place]);
    job_free(js->at[place]);
    js->n--;
    memmove(&js->at[place], &js->at[place + 1],
            (js->n - place) * sizeof *js->at);
}

void memory_jobs_fini(struct memory_jobs *js)
{
    for (size_t i = 0; i < js->n; i++)
        job_free(js->at[i]);
    free(js->at);
    map_fini(&js->keys);
    *js = (struct memory_jobs){ 0 };
}
