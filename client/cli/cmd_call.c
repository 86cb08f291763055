/* SPDX-License-Identifier: MIT */
/* yon call: a worker's function, its result on stdout. */
#include <inttypes.h>
#include <stdio.h>

#include "client/cli/cmd.h"
#include "client/cli/foreground.h"
#include "client/cli/functions.h"
#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/submission.h"
#include "client/lib/outcome.h"

struct calling {
    struct cli *c;
    struct submission job;
    unsigned state; /* 0: not ended */
};

static json_t *value_doc(void *arg, const void *thing)
{
    const struct calling *call = arg;
    const struct outcome *o = thing;

    return json_pack("{s:s, s:o, s:s, s:o}", "schema", "yon.call/1", "id",
                     json_sprintf("%" PRIu64, call->job.job), "state",
                     state_name(o->state), "value", jobdoc_value(o));
}

static void value_text(void *arg, const void *thing, struct buf *out)
{
    const struct outcome *o = thing;

    (void)arg;
    if (o->state != STATE_DONE)
        return;
    json_add(out, jobdoc_value(o));
    buf_add(out, "\n", 1);
}

static const struct output_view value_view = { .doc = value_doc,
                                               .text = value_text };

static void put_value(struct calling *call, const struct outcome *o)
{
    if (options_has(&call->c->options, OPT_RAW))
        output_put(outcome_body(o).result);
    else
        output_one(call->c->output, &value_view, call, o);
}

static void tell_failure(const struct calling *call, const struct outcome *o)
{
    struct view why = o->message.len > 0 ? o->message : o->reason;
    struct fault fault = { EXITS_FAILED, outcome_err(o->state), "" };

    snprintf(fault.hint, sizeof fault.hint, "see: yon show %" PRIu64,
             call->job.job);
    (void)cli_fail(call->c, fault, "%s %s: %.*s", call->job.fn,
                   state_name(o->state), (int)why.len, (const char *)why.data);
}

static void on_ended(void *arg, const struct op *op, bool last)
{
    struct calling *call = arg;

    (void)last;
    if (op->type != OP_ENDED)
        return;
    call->state = op->u.ended.outcome.state;
    put_value(call, &op->u.ended.outcome);
    if (call->state != STATE_DONE)
        tell_failure(call, &op->u.ended.outcome);
}

static int call_await(struct calling *call)
{
    struct cli *c = call->c;
    yon_future *f;
    int code = functions_check_await(c, call->job.fn);

    if (code != EXITS_DONE)
        return code;
    cli_catch_ends(c);
    call->job.answer = on_ended;
    call->job.arg = call;
    code = submission_begin_await(c, &call->job, &f);
    if (code != EXITS_DONE)
        return code;
    code = foreground_await(c, call->job.job, f);
    yon_free(f);
    return code != EXITS_DONE ? code : exits_of_state(call->state);
}

int cmd_call(struct cli *c)
{
    struct calling call = { .c = c };
    struct options *o = &c->options;
    int code;

    if (o->n_args == 0)
        return cli_usage(c, "which function? See: yon functions");
    code = submission_call(c, o->args[0], o->args + 1, o->n_args - 1, false,
                           &call.job);
    if (code == EXITS_DONE)
        code = cli_connect(c);
    if (code == EXITS_DONE)
        code = call_await(&call);
    submission_fini(&call.job);
    return code;
}
