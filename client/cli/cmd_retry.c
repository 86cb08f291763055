/* SPDX-License-Identifier: MIT */
/* yon retry: what failed is submitted once more, as a job of its own, since an
 * outcome never changes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "confirm.h"
#include "duration.h"
#include "items.h"
#include "json.h"
#include "mem.h"
#include "outcomes.h"
#include "policy.h"
#include "progress.h"
#include "rng.h"

/* The elements of a target that are to be started again. */
struct failed {
    const char *state; /* --state, or NULL: see is_wanted */
    uint32_t *at;
    size_t n, cap;
    uint32_t taken[STATE_COUNT], left[STATE_COUNT]; /* how many of which */
};

struct retrying {
    struct cli *c;
    uint64_t job;
    bool existed;
    json_t *list;
};

/* ---- what failed ---- */

/* Somebody has cancelled what is cancelled, but for what max-fails ended: that
 * never had its chance. */
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

    if (!state_is_terminal(o->state)) /* a state of a later version */
        return;
    if (!is_wanted(f, o)) {
        f->left[o->state]++;
        return;
    }
    f->taken[o->state]++;
    if (f->n == f->cap) {
        f->cap = f->cap == 0 ? 64 : 2 * f->cap;
        f->at = xrealloc(f->at, f->cap * sizeof *f->at);
    }
    f->at[f->n++] = o->elem;
}

/* Not of all of an array that goes on: what fails next would be retried by the
 * next command together with what was. */
static int find_await(struct cli *c, const struct target *t, struct failed *f)
{
    const struct counts *n = &t->job->info.counts;
    struct outcomes_ask ask = { .target = t, .each = on_outcome, .arg = f };
    struct fault fault = { EXITS_CONFLICT, ERR_STATE, "" };

    if (t->is_whole && progress_n_ended(n) < n->n) {
        snprintf(fault.hint, sizeof fault.hint,
                 t->job->info.array
                     ? "wait for it, or name the elements: %" PRIu64 ".7"
                     : "wait for it: yon wait %" PRIu64,
                 t->job->info.job);
        return cli_fail(c, fault, "%" PRIu64 " has not ended",
                        t->job->info.job);
    }
    return outcomes_await(c, &ask);
}

/* ---- the new job ---- */

/* The same elements of the same job are the same retry. */
static void make_key(const struct jobinfo *info, const struct failed *f,
                     op_id16 *key)
{
    struct buf bytes = { 0 };

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
    char errmsg[ERRMSG_LEN], text[24];

    for (size_t i = 0; info->array && i < f->n; i++)
        if (items_append(items, job_items_at(&all, f->at[i], text), errmsg) !=
            ERR_NONE)
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
}

/* "2 failed, 7 lost", or "nothing". */
static void add_states(struct buf *out, const uint32_t n[STATE_COUNT])
{
    const char *between = "";

    for (unsigned state = STATE_DONE; state < STATE_COUNT; state++) {
        if (n[state] == 0)
            continue;
        buf_addf(out, "%s", between);
        duration_add_number(out, n[state]);
        buf_addf(out, " %s", state_name(state));
        between = ", ";
    }
    if (*between == '\0')
        buf_addf(out, "nothing");
}

static json_t *states_json(const uint32_t n[STATE_COUNT])
{
    json_t *doc = json_object();

    for (unsigned state = STATE_DONE; state < STATE_COUNT; state++)
        json_object_set_new(doc, state_name(state),
                            json_integer((json_int_t)n[state]));
    return doc;
}

static void say_states(const struct cli *c, const struct failed *f)
{
    struct buf line = { 0 };

    buf_addf(&line, "taken: ");
    add_states(&line, f->taken);
    buf_addf(&line, "   left: ");
    add_states(&line, f->left);
    cli_say(c, "%s", buf_text(&line));
    buf_fini(&line);
}

static void say(const struct retrying *r, const struct jobinfo *info, size_t n)
{
    struct buf line = { 0 };

    buf_addf(&line, r->existed ? "existed already: " : "submitted ");
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

static int put(struct retrying *r, const struct jobinfo *info,
               const struct failed *f)
{
    struct buf line = { 0 };
    int code;

    json_array_append_new(r->list,
                          json_pack("{s:o, s:o, s:I, s:b, s:o, s:o}", "id",
                                    json_sprintf("%" PRIu64, r->job), "of",
                                    json_sprintf("%" PRIu64, info->job), "n",
                                    (json_int_t)f->n, "existed", r->existed,
                                    "taken", states_json(f->taken), "left",
                                    states_json(f->left)));
    if (!cli_is_json(r->c)) {
        buf_addf(&line, "%" PRIu64 "\n", r->job);
        cli_put(r->c, buf_view(&line));
    }
    code = cli_put_end(r->c);
    buf_fini(&line);
    say(r, info, f->n);
    if (info->array)
        say_states(r->c, f);
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
    op.u.submit.items = buf_view(&items.packed);
    op.u.submit.policy = info->policy;
    if (code == EXITS_DONE)
        code = cli_ask_await(r->c, &op, on_receipt, r);
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

static int retry_all_await(struct retrying *r, const struct targets *targets,
                           const struct failed *failed)
{
    int code = EXITS_DONE;

    for (size_t i = 0; i < targets->n && code == EXITS_DONE; i++)
        if (failed[i].n > 0)
            code = retry_await(r, &targets->at[i], &failed[i]);
    if (code == EXITS_DONE && cli_is_json(r->c))
        cli_put_json(r->c, json_pack("{s:s, s:O}", "schema", "yon.retry/1",
                                     "jobs", r->list));
    return code;
}

static int fail_nothing(const struct cli *c, uint64_t n_cancelled)
{
    struct fault fault = { EXITS_NOTHING, ERR_ABSENT, "" };

    if (n_cancelled > 0)
        snprintf(fault.hint, sizeof fault.hint,
                 "%" PRIu64 " cancelled: to start those say "
                 "--state cancelled",
                 n_cancelled);
    return cli_fail(c, fault, "nothing to retry: none of them failed");
}

static int find_all_await(struct cli *c, const struct targets *targets,
                          struct failed *failed, uint64_t *n)
{
    uint64_t n_cancelled = 0;
    int code = EXITS_DONE;

    for (size_t i = 0; i < targets->n && code == EXITS_DONE; i++) {
        failed[i].state = options_text(&c->options, OPT_STATE, NULL);
        code = find_await(c, &targets->at[i], &failed[i]);
        *n += failed[i].n;
        n_cancelled += failed[i].left[STATE_CANCELLED];
    }
    if (code == EXITS_DONE && *n == 0)
        code = fail_nothing(c, n_cancelled);
    return code;
}

int cmd_retry(struct cli *c)
{
    struct retrying r = { .c = c, .list = json_array() };
    struct failed *failed = NULL;
    struct targets targets;
    uint64_t n = 0;
    bool go = false;
    int code = targets_find_await(c, &targets);

    if (code == EXITS_DONE) {
        failed = xcalloc(targets.n + 1, sizeof *failed);
        code = find_all_await(c, &targets, failed, &n);
    }
    if (code == EXITS_DONE)
        code = confirm(c, "retry", n, &go);
    if (code == EXITS_DONE && go)
        code = retry_all_await(&r, &targets, failed);
    for (size_t i = 0; failed != NULL && i < targets.n; i++)
        free(failed[i].at);
    free(failed);
    json_decref(r.list);
    targets_fini(&targets);
    return code;
}
