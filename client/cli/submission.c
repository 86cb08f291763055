/* SPDX-License-Identifier: MIT */
/* submission - what run, call and submit hand in. */
#include "client/cli/submission.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yon/co.h>

#include "client/cli/callargs.h"
#include "client/cli/command_files.h"
#include "client/cli/surroundings.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/bounds.h"
#include "proto/policy.h"
#include "proto/spec.h"

void submission_fini(struct submission *s)
{
    buf_fini(&s->spec);
    command_input_fini(&s->input);
    items_fini(&s->items);
    *s = (struct submission){ 0 };
}

/* ---- the policy ---- */

static bool read_ms(const char *text, uint32_t *out)
{
    int64_t ms;

    if (duration_parse(text, &ms) != ERR_NONE || ms > POLICY_DELAY_MAX_MS)
        return false;
    *out = (uint32_t)ms;
    return true;
}

/* MIN..MAX, or one duration that is both. A maximum of 0 would stand for the
 * default: 0 is a minimum of 0. */
static int read_backoff(const struct cli *c, const char *text,
                        struct policy *out)
{
    char *min = xstrdup(text);
    char *dots = strstr(min, "..");
    bool ok;

    if (dots != NULL)
        *dots = '\0';
    ok = read_ms(min, &out->backoff_min_ms) &&
         read_ms(dots != NULL ? dots + 2 : min, &out->backoff_max_ms);
    free(min);
    if (!ok)
        return cli_usage(c,
                         "--backoff %s: a time or two, at most 7 days, as "
                         "in 1s..60s",
                         text);
    if (out->backoff_min_ms > out->backoff_max_ms)
        return cli_usage(c, "--backoff %s: the first is the smaller one", text);
    if (out->backoff_max_ms == 0 && out->backoff_min_ms == 0)
        out->backoff_max_ms = 1;
    return EXITS_DONE;
}

static int read_max_fails(const struct cli *c, const char *text,
                          struct policy *out)
{
    char *end = NULL;
    unsigned long n = 0;

    if (*text >= '0' && *text <= '9')
        n = strtoul(text, &end, 10);
    if (end != NULL && n > 0 && n <= UINT32_MAX && *end == '\0')
        out->max_fails = (uint32_t)n;
    else if (end != NULL && n > 0 && n <= 100 && strcmp(end, "%") == 0)
        out->max_fails_percent = (uint32_t)n;
    else
        return cli_usage(c, "--max-fails %s: a number from 1, or 1%% to 100%%",
                         text);
    return EXITS_DONE;
}

static int read_policy(const struct cli *c, struct policy *out)
{
    const struct options *o = &c->options;
    const char *backoff = options_text(o, OPT_BACKOFF, NULL);
    const char *max_fails = options_text(o, OPT_MAX_FAILS, NULL);
    const char *retry_on = options_text(o, OPT_RETRY_ON, NULL);
    char errmsg[ERRMSG_LEN];
    int code = EXITS_DONE;

    *out = (struct policy){
        .retries = (uint32_t)options_number(o, OPT_RETRY, 0),
        .retry_on = view_str(retry_on),
#define READ_SWITCH(field, ID, ...) .field = options_has(o, OPT_##ID),
#define READ_LIMIT(field, ID, ...) \
    .field = (uint64_t)options_duration(o, OPT_##ID, 0),
        POLICY_SWITCH_LIST(READ_SWITCH) POLICY_LIMIT_LIST(READ_LIMIT)
#undef READ_SWITCH
#undef READ_LIMIT
    };
    if (retry_on != NULL && *retry_on == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--retry-on is empty: name what to retry on, as in "
                            "exit=N,signal=N,error=NAME,run-timeout, or leave "
                            "it out for any failure");
    if (out->retries == 0 && (backoff != NULL || retry_on != NULL))
        return cli_usage(c, "--backoff and --retry-on need --retry");
    if (backoff != NULL)
        code = read_backoff(c, backoff, out);
    if (code == EXITS_DONE && max_fails != NULL)
        code = read_max_fails(c, max_fails, out);
    if (code == EXITS_DONE && policy_check(out, errmsg) != ERR_NONE)
        code = cli_usage(c, "%s", errmsg);
    return code;
}

/* ---- what is to run ---- */

static int fail_limit(const struct cli *c, const char *what, unsigned max)
{
    return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                    "%s: at most %u bytes", what, max);
}

static int check_spec(const struct cli *c, struct submission *s)
{
    if (s->spec.len <= SPEC_LEN_MAX)
        return read_policy(c, &s->policy);
    return fail_limit(c,
                      s->kind == KIND_CALL ? "the arguments are too large"
                                           : "the command is too long",
                      SPEC_LEN_MAX);
}

/* Environment and stdin are told apart: one of them may be all that is too
 * much.
 */
static int check_command(const struct cli *c, struct submission *s,
                         const struct command_around *around)
{
    size_t len = around->env_zstd.len, in_len = s->input.stored.len;

    for (size_t i = 0; i < around->env.n; i++)
        len += around->env.at[i].key.len + around->env.at[i].value.len;
    if (s->spec.len <= SPEC_LEN_MAX ||
        s->spec.len - len - in_len > SPEC_LEN_MAX)
        return check_spec(c, s);
    if (in_len > len)
        return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "stdin has %zu bytes: command, environment and stdin "
                        "may have %u; let the command read a file: sh -c "
                        "'command < FILE'",
                        in_len, SPEC_LEN_MAX);
    return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                    "the environment has %zu bytes: command, environment and "
                    "stdin may have %u; unset what is large, or name what is "
                    "needed: --clean-env --env NAME ...",
                    len, SPEC_LEN_MAX);
}

/* The name of a command that was given none; "" when it is too long. */
static const char *program_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    return strlen(name) <= NAME_LEN_MAX ? name : "";
}

int submission_command(const struct cli *c, char *const *argv, size_t argc,
                       struct submission *s)
{
    struct command_spec spec = { 0 };
    struct surroundings around = { 0 };
    char cwd[PATH_MAX];
    struct view *views;
    int code;

    if (argc == 0)
        return cli_usage(c, "which command? As in: yon %s -- make -j4",
                         c->command->name);
    if (*argv[0] == '\0') /* such as "$UNSET" */
        return cli_usage(c, "the command is empty");
    if (argc > ARGV_MAX)
        return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "the command has more than %d arguments", ARGV_MAX);
    if (getcwd(cwd, sizeof cwd) == NULL)
        return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "the working directory: %s", strerror(errno));
    code = command_files_read(c, &spec);
    if (code == EXITS_DONE)
        code = surroundings_read(c, &around, &spec);
    if (code == EXITS_DONE)
        code = surroundings_pack(c, &around, &spec);
    if (code == EXITS_DONE)
        code = command_input_begin(c, &s->input);
    if (code != EXITS_DONE)
        goto out;
    spec.input = buf_view(&s->input.stored);
    if (s->input.give != NULL)
        spec.ticket = view_of(&s->input.ticket, sizeof s->input.ticket);
    views = xcalloc(argc, sizeof *views);
    for (size_t i = 0; i < argc; i++)
        views[i] = view_str(argv[i]);
    spec.argv = (struct names){ views, argc };
    spec.cwd = view_str(cwd);
    s->kind = KIND_COMMAND;
    s->program = program_name(argv[0]);
    command_spec_encode(&s->spec, &spec);
    free(views);
    code = check_command(c, s, &spec.around);
out:
    surroundings_fini(&around);
    return code;
}

int submission_call(const struct cli *c, const char *fn, char *const *words,
                    size_t n_words, bool of_items, struct submission *s)
{
    const char *file = options_text(&c->options, OPT_ARGS, NULL);
    char errmsg[ERRMSG_LEN] = "";
    enum err err;

    s->kind = KIND_CALL;
    s->fn = fn;
    if (options_has(&c->options, OPT_ENV) ||
        options_has(&c->options, OPT_CLEAN_ENV) ||
        options_has(&c->options, OPT_STDIN))
        return cli_usage(c, "--env, --clean-env and --stdin are for commands: "
                            "a call runs in a worker's process, and gets "
                            "arguments");
    if (options_has(&c->options, OPT_STDOUT) ||
        options_has(&c->options, OPT_STDERR) ||
        options_has(&c->options, OPT_OUTPUT_LIMIT))
        return cli_usage(c, "--stdout, --stderr and --output-limit are for "
                            "commands: a call runs in a worker's process, and "
                            "has a result");
    if (*fn == '\0' || strlen(fn) > NAME_LEN_MAX)
        return cli_usage(c, "a function's name has 1 to %d bytes",
                         NAME_LEN_MAX);
    if (file != NULL && n_words > 0)
        return cli_usage(c, "arguments come from --args or from the command "
                            "line, not from both");
    err = file != NULL
              ? callargs_from_file(file, &s->spec, errmsg)
              : callargs_from_words(words, n_words, of_items, &s->spec, errmsg);
    if (err != ERR_NONE)
        return cli_usage(c, "%s", errmsg);
    return check_spec(c, s);
}

/* ---- handing it in ---- */

static int make_op(const struct cli *c, struct submission *s, struct op *op)
{
    const char *key = options_text(&c->options, OPT_KEY, NULL);
    const char *name = options_text(&c->options, OPT_NAME, "");

    if (strlen(name) > NAME_LEN_MAX)
        return fail_limit(c, "the name is too long", NAME_LEN_MAX);
    ASSERT(s->spec.len > 0 && s->spec.len <= SPEC_LEN_MAX);
    ASSERT_IF(s->items.packed.len > 0, s->items.n > 0);
    *op = (struct op){ .type = OP_SUBMIT };
    op->u.submit.fresh = key == NULL;
    op->u.submit.kind = (uint8_t)s->kind;
    op->u.submit.jobname = view_str(*name != '\0' ? name : s->program);
    op->u.submit.fn = view_str(s->fn);
    op->u.submit.spec = buf_view(&s->spec);
    op->u.submit.n = s->items.n;
    op->u.submit.first = s->items.first;
    op->u.submit.step = s->items.step;
    op->u.submit.items = buf_view(&s->items.packed);
    op->u.submit.policy = s->policy;
    if (s->items.n == 0 && options_has(&c->options, OPT_MAX_FAILS))
        return cli_usage(c, "--max-fails is for arrays: --array, --each-line "
                            "or :::");
    if (key != NULL && *key == '\0') /* such as --key "$UNSET" */
        return cli_usage(c, "--key is empty: then nothing would tell whether "
                            "it is the same job again");
    if (key != NULL) /* without, the client makes one */
        hash_bytes128(view_str(key), op->u.submit.key.bytes);
    return EXITS_DONE;
}

static void on_answer(void *arg, const struct op *op, bool last)
{
    struct submission *s = arg;

    if (op->type == OP_RECEIPT) {
        s->job = op->u.receipt.job;
        s->existed = op->u.receipt.existed;
        yon_keep(s->told, "");
        s->told = NULL;
    } else if (s->answer != NULL) {
        s->answer(s->arg, op, last);
    }
}

struct receipt {
    yon_future *told, *request;
};

static int receipt_co(void *arg)
{
    const struct receipt *r = arg;
    yon_future *fs[] = { r->told, r->request };
    size_t which;

    return yon_any(fs, ARRAY_LEN(fs), &which);
}

/* Until there is a receipt, or there will be none. */
static enum waited receipt_await(struct cli *c, struct receipt *r)
{
    yon_future *f = yon_spawn(receipt_co, r);
    enum waited waited = cli_await(c, f);

    if (waited == WAITED_INTERRUPT)
        waited = cli_await(c, f);
    (void)yon_cancel(f);
    (void)yon_await(f);
    yon_free(f);
    return waited;
}

int submission_begin_await(struct cli *c, struct submission *s,
                           yon_future **out)
{
    struct receipt r;
    enum waited waited;
    struct op op;
    int code = make_op(c, s, &op);

    if (code != EXITS_DONE)
        return code;
    op.u.submit.await = s->answer != NULL;
    op.u.submit.follow = s->follow;
    r.told = yon_promise_new(&s->told);
    r.request = request_new(c->client, &op, on_answer, s);
    waited = receipt_await(c, &r);
    if (s->told != NULL) { /* it has ended, or goes on without us */
        yon_break(s->told, YON_EFAILED, NULL);
        s->told = NULL;
        code = cli_fail_wait(c, waited, r.request);
    } else {
        cli_note_reached(c);
    }
    yon_free(r.told);
    *out = code == EXITS_DONE ? r.request : NULL;
    if (code != EXITS_DONE)
        yon_free(r.request);
    return code;
}

int submission_send_await(struct cli *c, struct submission *s)
{
    yon_future *f;
    int code = submission_begin_await(c, s, &f);

    if (code != EXITS_DONE)
        return code;
    (void)yon_await(f); /* its receipt was the end */
    yon_free(f);
    return code;
}
