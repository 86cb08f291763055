/* SPDX-License-Identifier: MIT */
/* job - two bits an element, and a list of requeued ones. */
#include "coordinator/core/model/job.h"

#include <stdlib.h>

#include "coordinator/core/model/follower.h"
#include "coordinator/core/model/record.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/counts.h"
#include "proto/frame.h"
#include "proto/spec.h"

/* One offset for this many items: a list of a million costs 62 KiB. */
#define ITEM_STRIDE 64

static bool bit_get(const uint8_t *bits, uint32_t elem)
{
    return bits[elem >> 3] >> (elem & 7) & 1;
}

static void bit_set(uint8_t *bits, uint32_t elem)
{
    bits[elem >> 3] = (uint8_t)(bits[elem >> 3] | 1u << (elem & 7));
}

static void index_items(struct job *j)
{
    struct view items = blob_view(j->items), rest = items;

    if (items.len == 0)
        return;
    j->item_at = xcalloc((j->counts.n + ITEM_STRIDE - 1) / ITEM_STRIDE,
                         sizeof(uint32_t));
    for (uint32_t k = 0; k < j->counts.n; k++) {
        if (k % ITEM_STRIDE == 0)
            j->item_at[k / ITEM_STRIDE] = (uint32_t)(rest.data - items.data);
        items_take(&rest);
    }
}

/* Once: the policy is asked for at each start and each end of an element. */
static void decode_policy(struct job *j, struct frame_reader *reader)
{
    enum err err;

    if (j->policy_bytes == NULL)
        return;
    j->policy = xcalloc(1, sizeof *j->policy);
    err = policy_decode(reader, blob_view(j->policy_bytes), j->policy);
    ASSERT(err == ERR_NONE);
}

const struct policy *job_policy(const struct job *j)
{
    static const struct policy none = { 0 };

    return j->policy == NULL ? &none : j->policy;
}

struct job *job_new(struct record *rec, struct frame_reader *reader)
{
    struct job *j = xcalloc(1, sizeof *j);

    ASSERT(rec->type == RECORD_JOB && rec->u.job.n >= 1);
    j->id = rec->u.job.id;
    j->key = rec->u.job.key;
    j->hash = rec->u.job.hash;
    j->name = rec->u.job.name;
    j->fn = rec->u.job.fn;
    j->spec = rec->u.job.spec;
    j->items = rec->u.job.items;
    rec->u.job.name = rec->u.job.fn = NULL; /* owned by j */
    rec->u.job.spec = rec->u.job.items = NULL;
    j->policy_bytes = rec->u.job.policy;
    rec->u.job.policy = NULL;
    j->first = rec->u.job.first;
    j->step = rec->u.job.step;
    j->submitted_ms = rec->u.job.at_ms;
    j->lived_ms = rec->u.job.lived_ms;
    j->kind = rec->u.job.kind;
    j->array = rec->u.job.array;
    j->counts.n = rec->u.job.n;
    j->taken = xcalloc(1, (j->counts.n >> 3) + 1);
    j->finished = xcalloc(1, (j->counts.n >> 3) + 1);
    j->next = 1;
    list_init(&j->by_id);
    list_init(&j->requeued);
    list_init(&j->held_back);
    list_init(&j->waiters);
    list_init(&j->tails);
    list_init(&j->followers);
    index_items(j);
    decode_policy(j, reader);
    return j;
}

/* Beside its struct, in the maps and in the allocations of its parts. As
 * measured, of 300 000 small calls (2026-12). */
#define COST_MORE 340

size_t job_cost(uint32_t n, size_t bytes)
{
    return sizeof(struct job) + COST_MORE + 2 * ((size_t)n >> 3) + bytes;
}

size_t job_bytes(const struct job *j)
{
    return job_cost(j->counts.n,
                    blob_view(j->spec).len + blob_view(j->items).len +
                        blob_view(j->fn).len + blob_view(j->name).len);
}

/* States that one move may reach, as BITs. */
static const unsigned next_states[] = {
    [REQUEUED_READY] = BIT(REQUEUED_READY) | BIT(REQUEUED_DELAYED) |
                       BIT(REQUEUED_EXCLUSIVE) | BIT(REQUEUED_RESTORED),
    [REQUEUED_DELAYED] = BIT(REQUEUED_READY),
    [REQUEUED_EXCLUSIVE] = BIT(REQUEUED_READY),
    [REQUEUED_AT_MOST_ONCE] = BIT(REQUEUED_READY),
    [REQUEUED_RESTORED] = BIT(REQUEUED_READY) | BIT(REQUEUED_DELAYED) |
                          BIT(REQUEUED_EXCLUSIVE) | BIT(REQUEUED_AT_MOST_ONCE) |
                          BIT(REQUEUED_RESTORED),
};
_Static_assert(ARRAY_LEN(next_states) == REQUEUED_STATE_COUNT,
               "one rule per state");

static uint32_t *count_of(struct job *j, enum requeued_state state)
{
    return state == REQUEUED_READY ? &j->n_requeued : &j->n_held_back;
}

static void requeued_free(struct requeued *g)
{
    ASSERT(list_is_empty(&g->in_exclusive) && g->delayed.place == 0);
    list_remove(&g->in_job);
    *count_of(g->job, g->state) -= 1;
    free(g);
}

static void free_all_requeued(struct list *head)
{
    LIST_EACH (it, save, head)
        requeued_free(LIST_ENTRY(it, struct requeued, in_job));
}

void job_free(struct job *j)
{
    if (j == NULL)
        return;
    ASSERT(list_is_empty(&j->waiters) && list_is_empty(&j->tails));
    ASSERT(j->queued.place == 0 && j->timing == NULL);
    followers_free(j);
    list_remove(&j->by_id);
    for (uint32_t i = 0; i < j->n_cancels; i++)
        blob_unref(j->cancels[i].reason);
    blob_unref(j->name);
    blob_unref(j->fn);
    blob_unref(j->spec);
    blob_unref(j->items);
    blob_unref(j->policy_bytes);
    blob_unref(j->failed_worker);
    free_all_requeued(&j->requeued);
    free_all_requeued(&j->held_back);
    free(j->policy);
    free(j->cancels);
    free(j->item_at);
    free(j->failed_why);
    free(j->taken);
    free(j->finished);
    free(j);
}

struct record job_record(const struct job *j)
{
    return (struct record){
        .type = RECORD_JOB,
        .u.job = { .id = j->id,
                   .key = j->key,
                   .hash = j->hash,
                   .at_ms = j->submitted_ms,
                   .lived_ms = j->lived_ms,
                   .kind = j->kind,
                   .array = j->array,
                   .n = j->counts.n,
                   .first = j->first,
                   .step = j->step,
                   .name = blob_ref(j->name),
                   .fn = blob_ref(j->fn),
                   .spec = blob_ref(j->spec),
                   .items = blob_ref(j->items),
                   .policy = blob_ref(j->policy_bytes) },
    };
}

uint32_t job_n_waiting(const struct job *j)
{
    return j->counts.n - j->counts.running - counts_ended(&j->counts);
}

uint32_t job_n_untaken(const struct job *j)
{
    return job_n_waiting(j) - j->n_requeued - j->n_held_back;
}

uint32_t job_n_ready(const struct job *j)
{
    return job_n_waiting(j) - j->n_held_back;
}

uint32_t job_n_unended(const struct job *j)
{
    return j->counts.n - counts_ended(&j->counts);
}

bool job_is_finished(const struct job *j, uint32_t elem)
{
    ASSERT(elem >= 1 && elem <= j->counts.n);
    return bit_get(j->finished, elem);
}

bool job_is_started(const struct job *j, uint32_t elem)
{
    return bit_get(j->taken, elem) && !bit_get(j->finished, elem);
}

bool job_has_ended(const struct job *j)
{
    return counts_ended(&j->counts) == j->counts.n;
}

struct counts job_counts(const struct job *j)
{
    struct counts n = j->counts;

    n.retrying = j->n_requeued + j->n_held_back;
    return n;
}

enum state job_state(const struct job *j)
{
    if (job_has_ended(j))
        return counts_worst(&j->counts);
    if (j->counts.running > 0 || counts_ended(&j->counts) > j->counts.cancelled)
        return STATE_RUNNING;
    return j->n_requeued + j->n_held_back > 0 ? STATE_RETRYING : STATE_WAITING;
}

bool job_take(struct job *j, uint32_t *elem, struct past *past)
{
    if (j->n_requeued > 0) {
        struct requeued *g =
            LIST_ENTRY(j->requeued.next, struct requeued, in_job);
        *elem = g->elem;
        *past = g->past;
        requeued_free(g);
    } else {
        while (j->next <= j->counts.n && bit_get(j->taken, j->next))
            j->next++;
        if (j->next > j->counts.n)
            return false;
        *elem = j->next++;
        *past = (struct past){ 0 };
        bit_set(j->taken, *elem);
    }
    past->tries++;
    j->counts.running++;
    j->n_changes++;
    return true;
}

static struct requeued *find_in(const struct list *head, uint32_t elem)
{
    for (struct list *it = head->prev; it != head; it = it->prev)
        if (LIST_ENTRY(it, struct requeued, in_job)->elem == elem)
            return LIST_ENTRY(it, struct requeued, in_job);
    return NULL;
}

struct requeued *job_find_requeued(const struct job *j, uint32_t elem)
{
    struct requeued *g = find_in(&j->requeued, elem);

    return g != NULL ? g : find_in(&j->held_back, elem);
}

bool job_adopt(struct job *j, uint32_t elem, struct past *past)
{
    *past = (struct past){ 0 };
    if (elem < 1 || elem > j->counts.n || bit_get(j->finished, elem))
        return false;
    if (bit_get(j->taken, elem)) {
        struct requeued *g = find_in(&j->requeued, elem);
        if (g == NULL)
            return false;
        *past = g->past;
        requeued_free(g);
    }
    past->tries++;
    bit_set(j->taken, elem);
    j->counts.running++;
    j->n_changes++;
    return true;
}

static struct requeued *add_requeued(struct job *j, uint32_t elem)
{
    struct requeued *g = xcalloc(1, sizeof *g);

    g->job = j;
    g->elem = elem;
    list_init(&g->in_exclusive);
    list_init(&g->in_job);
    list_insert(&j->requeued, &g->in_job);
    j->n_requeued++;
    j->n_changes++;
    return g;
}

struct requeued *job_give_back(struct job *j, uint32_t elem,
                               const struct past *past)
{
    struct requeued *g = add_requeued(j, elem);

    ASSERT(bit_get(j->taken, elem) && !bit_get(j->finished, elem));
    g->past = *past;
    j->counts.running--;
    return g;
}

struct requeued *job_requeue_restored(struct job *j, uint32_t elem)
{
    ASSERT(!bit_get(j->taken, elem));
    bit_set(j->taken, elem);
    return add_requeued(j, elem);
}

void job_move_requeued(struct requeued *g, enum requeued_state to)
{
    struct job *j = g->job;
    bool was_ready = g->state == REQUEUED_READY;

    ASSERT(next_states[g->state] & BIT(to));
    *count_of(j, g->state) -= 1;
    *count_of(j, to) += 1;
    g->state = to;
    if (was_ready == (to == REQUEUED_READY))
        return;
    list_remove(&g->in_job);
    list_insert(was_ready ? &j->held_back : &j->requeued, &g->in_job);
}

static void finish(struct job *j, uint32_t elem, enum state state)
{
    ASSERT(!bit_get(j->finished, elem));
    bit_set(j->taken, elem);
    bit_set(j->finished, elem);
    counts_end(&j->counts, state);
    j->n_changes++;
}

void job_finish(struct job *j, uint32_t elem, enum state state)
{
    ASSERT(bit_get(j->taken, elem) && j->counts.running > 0);
    j->counts.running--;
    finish(j, elem, state);
}

void job_restore(struct job *j, uint32_t elem, enum state state)
{
    finish(j, elem, state);
}

void job_add_cancel(struct job *j, struct job_range range)
{
    blob_ref(range.reason);
    j->cancels = xrealloc(j->cancels, (j->n_cancels + 1) * sizeof *j->cancels);
    j->cancels[j->n_cancels++] = range;
}

const struct job_range *job_cancel_of(const struct job *j, uint32_t elem)
{
    for (uint32_t i = 0; i < j->n_cancels; i++)
        if (elem >= j->cancels[i].first && elem <= j->cancels[i].last)
            return &j->cancels[i];
    return NULL;
}

bool job_is_cancelled(const struct job *j)
{
    for (uint32_t i = 0; i < j->n_cancels; i++)
        if (j->cancels[i].first == 1 && j->cancels[i].last == j->counts.n)
            return true;
    return false;
}

bool job_end_untaken(struct job *j, uint32_t elem, enum state state)
{
    if (bit_get(j->taken, elem))
        return false;
    finish(j, elem, state);
    return true;
}

uint32_t job_end_requeued(struct job *j, const struct job_range *range)
{
    uint32_t n = 0;

    LIST_EACH (it, save, &j->requeued) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        if (g->elem < range->first || g->elem > range->last)
            continue;
        finish(j, g->elem, (enum state)range->state);
        requeued_free(g);
        n++;
    }
    return n;
}

uint32_t job_end_untaken_range(struct job *j, struct job_range *range)
{
    uint32_t n = 0;

    for (uint32_t elem = range->last + 1; elem <= j->counts.n; elem++) {
        if (n > 0 && bit_get(j->taken, elem) && !bit_get(j->finished, elem))
            break;
        if (bit_get(j->taken, elem))
            continue;
        if (n++ == 0)
            range->first = elem;
        range->last = elem;
        finish(j, elem, (enum state)range->state);
    }
    return n;
}

/* They have ended with the range. */
static void free_requeued_of(struct list *head, const struct job_range *range)
{
    LIST_EACH (it, save, head) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        if (g->elem >= range->first && g->elem <= range->last)
            requeued_free(g);
    }
}

uint32_t job_restore_range(struct job *j, const struct job_range *range)
{
    uint32_t n = 0;

    for (uint32_t elem = range->first; elem <= range->last; elem++) {
        const struct job_range *cancel = job_cancel_of(j, elem);
        if (bit_get(j->finished, elem))
            continue;
        finish(j, elem,
               (enum state)(cancel == NULL ? range->state : cancel->state));
        n++;
    }
    free_requeued_of(&j->held_back, range);
    return n;
}

/* The packed items from that of the element on. */
static struct view items_from(const struct job *j, uint32_t elem)
{
    struct view rest = blob_view(j->items);

    rest.data += j->item_at[(elem - 1) / ITEM_STRIDE];
    rest.len -= j->item_at[(elem - 1) / ITEM_STRIDE];
    for (uint32_t k = (elem - 1) % ITEM_STRIDE; k > 0; k--)
        items_take(&rest);
    return rest;
}

struct view job_item(const struct job *j, uint32_t elem, char *room)
{
    struct view rest;

    if (!j->array)
        return (struct view){ 0 };
    if (j->item_at == NULL) {
        size_t len = range_text(j->first, j->step, elem, room);
        return view_of(room, len);
    }
    rest = items_from(j, elem);
    return items_take(&rest);
}

struct view job_number(const struct job *j, uint32_t elem, char *room)
{
    int64_t number = elem;

    if (j->item_at != NULL) {
        struct view rest = items_from(j, elem);
        items_take_numbered(&rest, &number);
    } else if (j->array && j->step != 0) {
        number = range_number(j->first, j->step, elem);
    }
    if (!j->array || number == elem)
        return (struct view){ 0 };
    return view_of(room, range_text(number, 0, 1, room));
}

void job_note_failure(struct job *j, uint32_t elem, const char *why,
                      struct blob *worker)
{
    free(j->failed_why);
    blob_unref(j->failed_worker);
    j->elem_failed = elem;
    j->failed_why = xstrdup(why);
    j->failed_worker = blob_ref(worker);
}

static uint32_t check_requeued(const struct job *j, bool ready)
{
    const struct list *head = ready ? &j->requeued : &j->held_back;
    uint32_t n = 0;

    for (struct list *it = head->next; it != head; it = it->next, n++) {
        const struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        ASSERT(g->job == j && ready == (g->state == REQUEUED_READY));
        ASSERT(bit_get(j->taken, g->elem) && !bit_get(j->finished, g->elem));
        ASSERT((g->delayed.place != 0) == (g->state == REQUEUED_DELAYED));
        ASSERT(list_is_empty(&g->in_exclusive) ==
               (g->state != REQUEUED_EXCLUSIVE));
        ASSERT_IF(g->state == REQUEUED_EXCLUSIVE, g->past.suspect);
    }
    return n;
}

void job_check(const struct job *j)
{
    uint32_t finished = 0, taken = 0;

    if (j->refused)
        return;
    for (uint32_t elem = 1; elem <= j->counts.n; elem++) {
        ASSERT_IF(bit_get(j->finished, elem), bit_get(j->taken, elem));
        ASSERT_IF(elem < j->next, bit_get(j->taken, elem));
        finished += bit_get(j->finished, elem);
        taken += bit_get(j->taken, elem);
    }
    ASSERT(check_requeued(j, true) == j->n_requeued);
    ASSERT(check_requeued(j, false) == j->n_held_back);
    ASSERT(finished == counts_ended(&j->counts));
    ASSERT(taken ==
           finished + j->counts.running + j->n_requeued + j->n_held_back);
}
