/* SPDX-License-Identifier: MIT */
/* yon retry: what failed is submitted once more, as a job of its own, since an
 * outcome never changes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cmd.h"
#include "client/cli/confirm.h"
#include "client/cli/items.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/progress.h"
#include "client/cli/text.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/counts.h"
#include "proto/policy.h"

/* How many are started again, and how many are not. */
struct retry_shares {
    uint32_t taken[STATE_COUNT], left[STATE_COUNT]; /* of which state */
    uint32_t pending; /* left as well: elements, and jobs as a whole */
};

/* The elements of a target that are to be started again. */
struct failed {
    const char *state; /* --state, or NULL: see is_wanted */
    uint32_t *at;
    size_t n, cap;
    uint32_t n_ended; /* those and others */
    struct retry_shares shares;
};

struct retrying {
    struct cli *c;
    const struct targets *targets;
    struct failed *failed; /* one for each of the targets */
    struct retry_shares all;
    uint64_t n;    /* elements that are taken */
    size_t n_jobs; /* targets they are of */
    size_t n_existed;
    uint64_t job; /* the newest receipt */
    bool existed;
    json_t *list;
};

/* ---- what failed ---- */

/* A cancelled element was cancelled on purpose, unless --max-fails ended it
 * before it ran. */
static bool is_wanted(const struct failed *f, const struct outcome *o)
{
    static const char why[] = POLICY_MAX_FAILS_WHY;

    if (f->state != NULL)
        return strcmp(f->state, state_name(o->state)) == 0;
    if (o->state == STATE_CANCELLED)
        return o->message.len >= sizeof why - 1 &&
               memcmp(o->message.data, why, sizeof why - 1) == 0;
    return exits_of_state(o->state) == EXITS_FAILED;
}

static void on_outcome(void *arg, const struct outcome *o)
{
    struct failed *f = arg;

    f->n_ended++;
    if (!state_is_terminal(o->state)) /* a state of a later version */
        return;
    if (!is_wanted(f, o)) {
        f->shares.left[o->state]++;
        return;
    }
    f->shares.taken[o->state]++;
    f->at = vec_grow(f->at, &f->cap, f->n + 1, sizeof *f->at);
    f->at[f->n++] = o->elem;
}

/* A whole array that has not ended is left out: the next retry would take what
 * fails later together with what is taken now. */
static int find_await(struct cli *c, const struct target *t, struct failed *f)
{
    const struct counts *n = &t->job->info.counts;
    struct outcomes_query query = { .target = t, .each = on_outcome, .arg = f };
    int code;

    if (t->is_whole && counts_ended(n) < n->n) {
        f->shares.pending = 1;
        return EXITS_DONE;
    }
    code = outcomes_await(c, &query);
    f->shares.pending = target_n(t) - f->n_ended;
    return code;
}

/* ---- the new job ---- */

/* The same elements of the same job are the same retry. */
static void make_key(const struct jobinfo *info, const struct failed *f,
                     job_key *key)
{
    struct buf bytes = { 0 };

    ASSERT(f->n > 0 && f->n <= f->n_ended);
    buf_addf(&bytes, "retry");
    buf_add(&bytes, info->key.bytes, sizeof info->key.bytes);
    buf_add(&bytes, f->at, f->n * sizeof *f->at);
    hash_bytes128(buf_view(&bytes), key->bytes);
    buf_fini(&bytes);
}

static int take_items(const struct cli *c, const struct jobinfo *info,
                      const struct failed *f, struct items *items)
{
    struct job_items all = job_items_of(info);
    char errmsg[ERRMSG_LEN], text[JOB_ITEM_LEN];

    for (size_t i = 0; info->array && i < f->n; i++)
        if (items_append_numbered(items, job_items_number(&all, f->at[i]),
                                  job_items_at(&all, f->at[i], text),
                                  errmsg) != ERR_NONE)
            return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                            "%s", errmsg);
    return EXITS_DONE;
}

static void on_receipt(void *arg, const struct op *op, bool last)
{
    struct retrying *r = arg;

    (void)last;
    if (op->type != OP_RECEIPT)
        return;
    r->job = op->u.receipt.job;
    r->existed = op->u.receipt.existed;
    r->n_existed += r->existed;
}

/* "taken: 2 failed, 7 lost" or "taken: nothing". */
static void add_states(struct buf *out, const char *head,
                       const uint32_t n[STATE_COUNT], uint32_t pending)
{
    struct buf parts = { 0 };

    for (unsigned state = STATE_DONE; state < STATE_COUNT; state++)
        text_add_part(&parts, "", n[state], state_name(state));
    text_add_part(&parts, "", pending, "not ended");
    buf_addf(out, "%s%s", head, parts.len > 0 ? buf_text(&parts) : "nothing");
    buf_fini(&parts);
}

static json_t *states_json(const uint32_t n[STATE_COUNT])
{
    json_t *doc = json_object();

    for (unsigned state = STATE_DONE; state < STATE_COUNT; state++)
        json_object_set_new(doc, state_name(state),
                            json_integer((json_int_t)n[state]));
    return doc;
}

static void say(const struct retrying *r, const struct jobinfo *info, size_t n)
{
    struct buf line = { 0 };

    buf_addf(&line, r->existed ? "already exists: " : "submitted ");
    buf_addf(&line, "%s%" PRIu64 ", ", info->array ? "array " : "", r->job);
    duration_add_number(&line, n);
    buf_addf(&line, n == 1 ? " job of " : " jobs of ");
    job_add_title(&line, info);
    if (r->existed)
        buf_addf(&line, ".   what failed in it: yon retry %" PRIu64, r->job);
    else
        buf_addf(&line, " again.   watch: yon wait %" PRIu64 " -p", r->job);
    cli_say(r->c, "%s", buf_text(&line));
    buf_fini(&line);
}

static void receipt_text(void *arg, const void *thing, struct buf *out)
{
    const struct retrying *r = arg;

    (void)thing;
    buf_addf(out, "%" PRIu64 "\n", r->job);
}

static int put(struct retrying *r, const struct jobinfo *info,
               const struct failed *f)
{
    /* For programs there is one document, at the end. */
    static const struct output_view view = { .text = receipt_text };
    int code;

    json_array_append_new(r->list,
                          json_pack("{s:o, s:o, s:I, s:b, s:o, s:o}", "id",
                                    json_sprintf("%" PRIu64, r->job), "of",
                                    json_sprintf("%" PRIu64, info->job), "n",
                                    (json_int_t)f->n, "existed", r->existed,
                                    "taken", states_json(f->shares.taken),
                                    "left", states_json(f->shares.left)));
    output_one(r->c->output, &view, r, NULL);
    code = cli_put_end(r->c);
    if (r->n_jobs <= CLI_LINES_MAX)
        say(r, info, f->n);
    return code;
}

static int submit_await(struct retrying *r, const struct jobinfo *info,
                        const struct failed *f)
{
    struct items items = { 0 };
    struct op op = { .type = OP_SUBMIT };
    int code = take_items(r->c, info, f, &items);

    make_key(info, f, &op.u.submit.key);
    op.u.submit.kind = info->kind;
    op.u.submit.jobname = info->jobname;
    op.u.submit.fn = info->fn;
    op.u.submit.spec = info->spec;
    op.u.submit.n = items.n;
    op.u.submit.first = items.first;
    op.u.submit.items = buf_view(&items.packed);
    op.u.submit.policy = info->policy;
    if (code == EXITS_DONE)
        code = cli_request_await(r->c, &op, on_receipt, r);
    if (code == EXITS_DONE)
        code = put(r, info, f);
    items_fini(&items);
    return code;
}

static int retry_await(struct retrying *r, const struct target *t,
                       const struct failed *f)
{
    struct jobs full = { 0 };
    bool found = false;
    int code = jobs_find_await(r->c, t->job->info.job, true, &full, &found);

    if (code == EXITS_DONE && found)
        code = submit_await(r, &full.at[0]->info, f);
    jobs_fini(&full);
    return code;
}

/* ---- all of it ---- */

/* Of all together, when there was more than one. */
static void say_shares(const struct retrying *r)
{
    struct buf line = { 0 };

    if (r->n_jobs > CLI_LINES_MAX)
        cli_say(r->c, "%zu jobs submitted again, %zu already existed",
                r->n_jobs - r->n_existed, r->n_existed);
    add_states(&line, "taken: ", r->all.taken, 0);
    add_states(&line, "   left: ", r->all.left, r->all.pending);
    if (r->targets->n > 1 || target_n(&r->targets->at[0]) > 1)
        cli_say(r->c, "%s", buf_text(&line));
    buf_fini(&line);
}

static json_t *retry_doc(void *arg, const void *thing)
{
    const struct retrying *r = arg;

    (void)thing;
    return json_pack("{s:s, s:O, s:I}", "schema", "yon.retry/1", "jobs",
                     r->list, "not_ended", (json_int_t)r->all.pending);
}

static int retry_all_await(struct retrying *r)
{
    static const struct output_view view = { .doc = retry_doc };
    int code = EXITS_DONE;

    for (size_t i = 0; i < r->targets->n && code == EXITS_DONE; i++)
        if (r->failed[i].n > 0)
            code = retry_await(r, &r->targets->at[i], &r->failed[i]);
    if (code != EXITS_DONE)
        return code;
    say_shares(r);
    output_one(r->c->output, &view, r, NULL);
    return EXITS_DONE;
}

/* All that was named goes on. */
static int fail_pending(const struct retrying *r)
{
    const struct target *t = &r->targets->at[0];
    struct fault fault = { EXITS_CONFLICT, ERR_STATE, "see: yon ls" };
    char id[TASK_TEXT_LEN];

    if (r->all.pending > 1)
        return cli_fail(r->c, fault, "none of them has ended");
    task_text(&t->job->info, t->is_whole ? 0 : t->first, id);
    snprintf(fault.hint, sizeof fault.hint,
             t->is_whole && t->job->info.array
                 ? "wait for it, or name the elements: %s.7"
                 : "wait for it: yon wait %s",
             id);
    return cli_fail(r->c, fault, "%s has not ended", id);
}

static int fail_nothing(const struct retrying *r)
{
    struct fault fault = { EXITS_NOTHING, ERR_ABSENT, "" };

    if (r->all.left[STATE_CANCELLED] > 0)
        snprintf(fault.hint, sizeof fault.hint,
                 "%" PRIu32 " cancelled: retry those with --state cancelled",
                 r->all.left[STATE_CANCELLED]);
    else if (r->all.pending > 0)
        snprintf(fault.hint, sizeof fault.hint, "%" PRIu32 " not ended",
                 r->all.pending);
    return cli_fail(r->c, fault, "nothing to retry: none of them failed");
}

static void shares_add(struct retry_shares *sum, const struct retry_shares *s)
{
    for (unsigned state = 0; state < STATE_COUNT; state++) {
        sum->taken[state] += s->taken[state];
        sum->left[state] += s->left[state];
    }
    sum->pending += s->pending;
}

static int find_all_await(struct retrying *r)
{
    bool has_ended = false;

    for (size_t i = 0; i < r->targets->n; i++) {
        struct failed *f = &r->failed[i];
        int code;

        f->state = options_text(&r->c->options, OPT_STATE, NULL);
        code = find_await(r->c, &r->targets->at[i], f);
        if (code != EXITS_DONE)
            return code;
        shares_add(&r->all, &f->shares);
        r->n += f->n;
        r->n_jobs += f->n > 0;
        has_ended |= f->n_ended > 0;
    }
    if (!has_ended)
        return fail_pending(r);
    return r->n > 0 ? EXITS_DONE : fail_nothing(r);
}

static void retrying_fini(struct retrying *r)
{
    for (size_t i = 0; r->failed != NULL && i < r->targets->n; i++)
        free(r->failed[i].at);
    free(r->failed);
    json_decref(r->list);
}

int cmd_retry(struct cli *c)
{
    struct targets targets;
    struct retrying r = { .c = c, .targets = &targets, .list = json_array() };
    bool go = false;
    int code = targets_find_await(c, &targets);

    if (code == EXITS_DONE) {
        r.failed = xcalloc(targets.n + 1, sizeof *r.failed);
        code = find_all_await(&r);
    }
    if (code == EXITS_DONE)
        code = confirm(c, "retry", r.n, &go);
    if (code == EXITS_DONE && go)
        code = retry_all_await(&r);
    retrying_fini(&r);
    targets_fini(&targets);
    return code;
}
