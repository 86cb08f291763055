/* SPDX-License-Identifier: MIT */
/* yon logs: what commands and calls wrote, during and after. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/cmd.h"
#include "client/cli/outcomes.h"
#include "client/cli/stored_output.h"
#include "client/cli/tail.h"
#include "client/cli/wait.h"
#include "libcommon/mem.h"
#include "proto/body.h"
#include "proto/counts.h"

/* Without -f: what a running command has written so far is what comes while
 * nothing is late by more than this. */
#define IDLE_MS 300

/* Elements that are followed at a time. Those behind them that run already are
 * not, and may lose what is more than is kept. */
#define WINDOW 1000

struct logging {
    struct cli *c;
    const struct targets *targets;
    enum stream wanted, stream; /* of a call all lines are one stream */
    bool follows;
    bool has_prefix;
    uint64_t missing; /* bytes that were written and not kept */
    int exit;
    /* The current target. */
    const struct target *target;
    struct job_items items;
    uint32_t n;     /* ended ones so far */
    uint8_t *ended; /* a bit for each of its places */
    struct tail_mix mix;
};

static uint32_t elem_of(const struct target *t, uint32_t place)
{
    return t->is_whole ? 1 + place : t->first + place * t->step;
}

static uint32_t place_of(const struct target *t, uint32_t elem)
{
    return t->is_whole ? elem - 1 : (elem - t->first) / t->step;
}

/* ---- what is kept ---- */

static void put_piece(const char *prefix, bool *in_line, struct view bytes)
{
    struct buf lines = { 0 };

    tail_add_lines(&lines, prefix, in_line, bytes);
    output_put(buf_view(&lines));
    buf_fini(&lines);
}

/* An output that is being printed. */
struct printed {
    struct logging *l;
    const char *id;     /* in messages; NULL: nobody needs it */
    const char *prefix; /* of lines; NULL: none */
    bool in_line;
    uint64_t at; /* offset of what comes next */
};

static void note_gap(struct printed *p, uint64_t at)
{
    if (at == p->at)
        return;
    tail_say_gap(p->l->c, p->id, p->l->stream, at - p->at);
    p->l->missing += at - p->at;
}

static bool put_stored(void *arg, uint64_t at, struct view bytes)
{
    struct printed *p = arg;

    note_gap(p, at);
    put_piece(p->prefix, &p->in_line, bytes);
    p->at = at + bytes.len;
    return true;
}

/* What is kept of a stream, and a word about what is not. */
static void put_kept_await(struct printed *p, struct attempt_key id,
                           const struct body *body)
{
    stored_output_read_await(p->l->c, id, body, p->l->stream, 0, put_stored, p);
    note_gap(p, body_kept(body, p->l->stream).len);
    if (p->in_line)
        output_put(view_str("\n"));
}

/* How the lines of an element begin; NULL: as they are. */
static const char *prefix_of(struct logging *l, uint32_t elem,
                             char prefix[TASK_TEXT_LEN + 2])
{
    char id[TASK_TEXT_LEN];

    if (!l->has_prefix)
        return NULL;
    snprintf(prefix, TASK_TEXT_LEN + 2,
             "%s: ", task_text_at(&l->items, elem, id));
    return prefix;
}

static void on_outcome(void *arg, const struct outcome *o)
{
    struct logging *l = arg;
    struct body body = outcome_body(o);
    uint32_t place = place_of(l->target, o->elem);
    char id[TASK_TEXT_LEN], prefix[TASK_TEXT_LEN + 2];
    struct printed p = { .l = l };

    l->n++;
    l->ended[place / 8] |= (uint8_t)(1u << place % 8);
    if (target_n(l->target) > 1)
        p.id = task_text_at(&l->items, o->elem, id);
    p.prefix = prefix_of(l, o->elem, prefix);
    put_kept_await(&p, o->id, &body);
}

static int put_outcomes_await(struct logging *l)
{
    struct outcomes_query query = {
        .target = l->target, .bodies = true, .each = on_outcome, .arg = l
    };

    return outcomes_await(l->c, &query);
}

/* ---- one that has not ended ---- */

static struct tail tail_of(const struct logging *l, uint32_t elem)
{
    const struct jobinfo *info = &l->target->job->info;

    return (struct tail){
        .c = l->c,
        .job = info->job,
        .elem = elem,
        .stream = l->stream,
        .to = stdout,
        .idle_ms = l->follows ? 0 : IDLE_MS,
        .follows = l->follows && !state_is_terminal(info->state),
    };
}

static int tail_one_await(struct logging *l)
{
    char prefix[TASK_TEXT_LEN + 2];
    struct tail tail = tail_of(l, elem_of(l->target, 0));
    int err;

    tail.prefix = prefix_of(l, tail.elem, prefix);
    err = tail_await(&tail);
    l->missing += tail.missing;
    return err == 0 ? EXITS_DONE : EXITS_FAILED;
}

/* Print the kept output of ended elements. A single one that has not ended is
 * tailed; several are only counted. */
static int put_ended_await(struct logging *l)
{
    uint32_t n = target_n(l->target);
    int code = put_outcomes_await(l);

    if (code != EXITS_DONE || l->n == n)
        return code;
    if (n == 1)
        return tail_one_await(l);
    cli_say(l->c,
            "%" PRIu32 " of %" PRIu32 " have not ended: yon logs -f %" PRIu64
            " waits for them",
            n - l->n, n, l->target->job->info.job);
    return EXITS_DONE;
}

/* ---- several at once ---- */

struct followed_element {
    struct logging *logging;
    struct tail tail;
    char id[TASK_TEXT_LEN], prefix[TASK_TEXT_LEN + 2];
};

static int element_co(void *arg)
{
    struct followed_element *e = arg;
    int err = tail_await(&e->tail);

    e->logging->missing += e->tail.missing;
    free(e);
    return err;
}

static yon_future *start_element(void *arg, size_t i)
{
    struct logging *l = arg;
    struct followed_element *e;
    uint32_t elem = elem_of(l->target, (uint32_t)i);

    if (l->ended[i / 8] >> i % 8 & 1)
        return NULL;
    e = xcalloc(1, sizeof *e);
    e->logging = l;
    e->tail = tail_of(l, elem);
    e->tail.mix = &l->mix;
    e->tail.id = task_text_at(&l->items, elem, e->id);
    e->tail.prefix = prefix_of(l, elem, e->prefix);
    return yon_spawn(element_co, e);
}

static int element_over(void *arg, size_t i, yon_future *f)
{
    (void)arg;
    (void)i;
    return yon_await(f); /* it has ended; what went wrong was told */
}

/* What has ended comes first, in order. */
static int follow_await(struct logging *l)
{
    uint32_t n = target_n(l->target);
    int code = EXITS_DONE;

    if (n == 1)
        return tail_one_await(l);
    if (counts_ended(&l->target->job->info.counts) > 0)
        code = put_outcomes_await(l);
    if (code == EXITS_DONE)
        code = cli_put_end(l->c);
    if (code != EXITS_DONE)
        return code;
    l->mix.mutex = yon_mutex_new();
    if (yon_each_of(n, WINDOW, start_element, element_over, l) != 0)
        code = EXITS_FAILED;
    yon_mutex_free(l->mix.mutex);
    return code;
}

/* ---- all of them ---- */

static int target_await(struct logging *l, const struct target *t)
{
    int code = EXITS_DONE;

    if (t->job->info.array)
        code = job_load_items_await(l->c, t->job);
    if (code != EXITS_DONE)
        return code;
    l->target = t;
    l->items = job_items_of(&t->job->info);
    l->stream = t->job->info.kind == KIND_CALL ? STREAM_OUT : l->wanted;
    l->n = 0;
    l->ended = xcalloc(1, target_n(t) / 8 + 1);
    code = l->follows ? follow_await(l) : put_ended_await(l);
    free(l->ended);
    return code;
}

/* A coroutine, so that Ctrl-C can end it. */
static int all_co(void *arg)
{
    struct logging *l = arg;

    l->exit = EXITS_DONE;
    for (size_t i = 0; i < l->targets->n && l->exit == EXITS_DONE; i++)
        l->exit = target_await(l, &l->targets->at[i]);
    return 0;
}

static int run_await(struct logging *l)
{
    yon_future *f = yon_spawn(all_co, l);
    enum waited waited = cli_await(l->c, f);
    int code;

    if (waited != WAITED_OVER)
        (void)yon_cancel(f);
    if (waited == WAITED_INTERRUPT)
        cli_say(l->c, "stopped following; jobs continue");
    code = cli_fail_wait(l->c, waited, f);
    (void)yon_await(f);
    yon_free(f);
    return code != EXITS_DONE ? code : l->exit;
}

int cmd_logs(struct cli *c)
{
    struct targets targets;
    struct logging l = {
        .c = c,
        .targets = &targets,
        .wanted =
            options_has(&c->options, OPT_STDERR) ? STREAM_ERR : STREAM_OUT,
        .follows = options_has(&c->options, OPT_FOLLOW),
        .has_prefix = options_has(&c->options, OPT_PREFIX),
    };
    int code;

    if (!l.follows && options_has(&c->options, OPT_EXIT_ZERO))
        return cli_usage(c, "--exit-zero is for -f: without it yon logs does "
                            "not tell how jobs ended");
    if (l.follows)
        cli_catch_interrupt(c);
    code = targets_find_await(c, &targets);
    if (code == EXITS_DONE)
        code = run_await(&l);
    if (code == EXITS_DONE && l.follows)
        code = wait_jobs_await(c, &targets, (struct wait_options){ 0 });
    targets_fini(&targets);
    code = wait_exit(c, code);
    return code == EXITS_DONE && l.missing > 0 ? EXITS_FAILED : code;
}
