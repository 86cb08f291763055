/* SPDX-License-Identifier: MIT */
/* yon cancel. */
#include <inttypes.h>
#include <string.h>

#include "client/cli/cmd.h"
#include "client/cli/confirm.h"
#include "client/cli/progress.h"
#include "client/cli/text.h"
#include "libcommon/duration.h"
#include "proto/bounds.h"
#include "proto/counts.h"

struct cancel_shares {
    uint64_t ended, asked, before;
};

struct cancelling {
    struct cli *c;
    const struct targets *targets;
    struct cancel_shares one; /* of the target that is cancelled now */
    struct cancel_shares all;
    json_t *list;
};

static void on_cancelled(void *arg, const struct op *op, bool last)
{
    struct cancelling *k = arg;

    (void)last;
    if (op->type != OP_CANCEL_REPLY)
        return;
    k->one.ended += op->u.cancel_reply.ended;
    k->one.asked += op->u.cancel_reply.asked;
    k->one.before += op->u.cancel_reply.before;
}

static int request_await(struct cancelling *k, const struct target *t,
                         uint32_t first, uint32_t last)
{
    struct op op = { .type = OP_CANCEL };

    op.u.cancel.job = t->job->info.job;
    op.u.cancel.first = first;
    op.u.cancel.last = last;
    op.u.cancel.reason =
        view_str(options_text(&k->c->options, OPT_REASON, "yon cancel"));
    return cli_request_await(k->c, &op, on_cancelled, k);
}

static void say_shares(const struct cli *c, const char *whose,
                       const struct cancel_shares *s)
{
    struct buf parts = { 0 };

    text_add_part(&parts, "cancelled ", s->ended, "waiting");
    text_add_part(&parts, "asked ", s->asked, "running to stop");
    text_add_part(&parts, "", s->before, "had ended");
    cli_say(c, "%s: %s", whose, buf_text(&parts));
    buf_fini(&parts);
}

static void say_target(const struct cancelling *k, const struct target *t)
{
    struct buf title = { 0 };

    job_add_title(&title, &t->job->info);
    say_shares(k->c, buf_text(&title), &k->one);
    buf_fini(&title);
}

static void say_all(const struct cancelling *k)
{
    struct buf title = { 0 };

    duration_add_number(&title, k->targets->n);
    buf_addf(&title, " jobs");
    say_shares(k->c, buf_text(&title), &k->all);
    buf_fini(&title);
}

static json_t *target_json(const struct cancelling *k, const struct target *t)
{
    return json_pack("{s:o, s:I, s:I, s:I}", "id",
                     json_sprintf("%" PRIu64, t->job->info.job), "cancelled",
                     (json_int_t)k->one.ended, "asked",
                     (json_int_t)k->one.asked, "ended_before",
                     (json_int_t)k->one.before);
}

static int cancel_await(struct cancelling *k, const struct target *t)
{
    int code = EXITS_DONE;

    k->one = (struct cancel_shares){ 0 };
    if (t->is_whole)
        code = request_await(k, t, 1, target_n(t));
    else if (t->step == 1)
        code = request_await(k, t, t->first, t->last);
    else
        for (uint32_t i = 0; i < target_n(t) && code == EXITS_DONE; i++)
            code = request_await(k, t, t->first + i * t->step,
                                 t->first + i * t->step);
    if (code != EXITS_DONE)
        return code;
    k->all.ended += k->one.ended;
    k->all.asked += k->one.asked;
    k->all.before += k->one.before;
    json_array_append_new(k->list, target_json(k, t));
    if (k->targets->n <= CLI_LINES_MAX)
        say_target(k, t);
    return EXITS_DONE;
}

/* Elements that may not have ended. */
static uint64_t n_left(const struct targets *targets)
{
    uint64_t n = 0;

    for (size_t i = 0; i < targets->n; i++) {
        const struct target *t = &targets->at[i];
        const struct counts *all = &t->job->info.counts;
        uint32_t left = all->n - counts_ended(all);

        n += target_n(t) < left ? target_n(t) : left;
    }
    return n;
}

/* --state alone means all that are in it. */
static int find_await(struct cli *c, struct targets *targets)
{
    static char all[] = "all";
    struct options *o = &c->options;
    int code;

    if (o->n_args == 0 && options_has(o, OPT_STATE))
        o->args[o->n_args++] = all;
    if (strlen(options_text(o, OPT_REASON, "")) > TEXT_LEN_MAX) {
        *targets = (struct targets){ 0 };
        return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "--reason: at most %d bytes", TEXT_LEN_MAX);
    }
    code = targets_find_await(c, targets);
    return code == EXITS_DONE ? confirm_filter(c, targets) : code;
}

static json_t *cancel_doc(void *arg, const void *thing)
{
    const struct cancelling *k = arg;

    (void)thing;
    return json_pack("{s:s, s:O}", "schema", "yon.cancel/1", "jobs", k->list);
}

static int cancel_all_await(struct cancelling *k)
{
    static const struct output_view view = { .doc = cancel_doc };
    int code = EXITS_DONE;

    for (size_t i = 0; i < k->targets->n && code == EXITS_DONE; i++)
        code = cancel_await(k, &k->targets->at[i]);
    if (k->targets->n > CLI_LINES_MAX)
        say_all(k);
    if (code == EXITS_DONE)
        output_one(k->c->output, &view, k, NULL);
    if (code == EXITS_DONE && k->all.ended + k->all.asked == 0)
        return cli_fail(k->c, (struct fault){ EXITS_CONFLICT, ERR_STATE, "" },
                        "nothing to cancel: all had ended");
    return code;
}

int cmd_cancel(struct cli *c)
{
    struct targets targets;
    struct cancelling k = { .c = c, .targets = &targets, .list = json_array() };
    bool go = false;
    int code = find_await(c, &targets);

    if (code == EXITS_DONE)
        code = confirm(c, "cancel", n_left(&targets), &go);
    if (code == EXITS_DONE && go)
        code = cancel_all_await(&k);
    json_decref(k.list);
    targets_fini(&targets);
    return code;
}
