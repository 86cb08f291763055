/* SPDX-License-Identifier: MIT */
/* yon logs: what commands wrote, during and after. */
#include <inttypes.h>
#include <stdio.h>

#include "client/cli/cmd.h"
#include "client/cli/outcomes.h"
#include "client/cli/tail.h"
#include "client/cli/wait.h"
#include "proto/body.h"

/* Without -f: what a running command has written so far is what comes while
 * nothing is late by more than this. */
#define IDLE_MS 300

struct logging {
    struct cli *c;
    const struct targets *targets;
    enum stream wanted, stream; /* of a call all lines are one stream */
    bool follows;
    uint64_t missing; /* bytes that were written and not kept */
    uint32_t n;       /* ended ones of the current target */
    int exit;
};

/* The kept beginning and end of a stream, and a word about what is between. */
static void put_kept(struct logging *l, struct kept kept)
{
    output_put(kept.head);
    if (kept_gap(&kept) == 0)
        return;
    tail_say_gap(l->c, l->stream, kept_gap(&kept));
    l->missing += kept_gap(&kept);
    output_put(kept.end);
}

static void on_outcome(void *arg, const struct outcome *o)
{
    struct logging *l = arg;
    struct body body = outcome_body(o);

    l->n++;
    put_kept(l, body_kept(&body, l->stream));
}

static int tail_one_await(struct logging *l, const struct target *t,
                          uint32_t elem)
{
    struct tail tail = {
        .c = l->c,
        .job = t->job->info.job,
        .elem = elem,
        .stream = l->stream,
        .to = stdout,
        .idle_ms = l->follows ? 0 : IDLE_MS,
        .follows = l->follows && t->job->info.state == STATE_WAITING,
    };
    int err = tail_await(&tail);

    l->missing += tail.missing;
    return err == 0 ? EXITS_DONE : EXITS_FAILED;
}

/* Print the kept output of ended elements. A single one that has not ended is
 * tailed; several are only counted. */
static int put_ended_await(struct logging *l, const struct target *t)
{
    struct outcomes_query query = {
        .target = t, .bodies = true, .each = on_outcome, .arg = l
    };
    uint32_t n = target_n(t);
    int code;

    l->n = 0;
    code = outcomes_await(l->c, &query);
    if (code != EXITS_DONE || l->n == n)
        return code;
    if (n == 1)
        return tail_one_await(l, t, t->is_whole ? 1 : t->first);
    cli_say(l->c,
            "%" PRIu32 " of %" PRIu32 " have not ended: yon logs -f %" PRIu64
            " waits for them",
            n - l->n, n, t->job->info.job);
    return EXITS_DONE;
}

static int follow_await(struct logging *l, const struct target *t)
{
    uint32_t first = t->is_whole ? 1 : t->first;
    uint32_t step = t->is_whole ? 1 : t->step;
    int code = EXITS_DONE;

    for (uint32_t i = 0; i < target_n(t) && code == EXITS_DONE; i++)
        code = tail_one_await(l, t, first + i * step);
    return code;
}

/* A coroutine, so that Ctrl-C can end it. */
static int all_co(void *arg)
{
    struct logging *l = arg;

    l->exit = EXITS_DONE;
    for (size_t i = 0; i < l->targets->n && l->exit == EXITS_DONE; i++) {
        const struct target *t = &l->targets->at[i];

        l->stream = t->job->info.kind == KIND_CALL ? STREAM_OUT : l->wanted;
        l->exit = l->follows ? follow_await(l, t) : put_ended_await(l, t);
    }
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
    };
    int code;

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
