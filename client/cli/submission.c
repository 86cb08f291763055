/* SPDX-License-Identifier: MIT */
#include "client/cli/submission.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/cli/callargs.h"
#include "client/cli/policy_options.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/bounds.h"
#include "proto/spec.h"

void submission_fini(struct submission *s)
{
    buf_fini(&s->spec);
    items_fini(&s->items);
    *s = (struct submission){ 0 };
}

static int fail_limit(const struct cli *c, const char *what, unsigned max)
{
    return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                    "%s: at most %u bytes", what, max);
}

static int check_spec(const struct cli *c, struct submission *s)
{
    if (s->spec.len <= SPEC_LEN_MAX)
        return policy_options_read(c, &s->policy);
    return fail_limit(c,
                      s->kind == KIND_CALL ? "the arguments are too large"
                                           : "the command is too long",
                      SPEC_LEN_MAX);
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
    char cwd[PATH_MAX];
    struct view *views;

    if (argc == 0)
        return cli_usage(c, "which command?");
    if (*argv[0] == '\0') /* such as "$UNSET" */
        return cli_usage(c, "the command is empty");
    if (argc > ARGV_MAX)
        return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "the command has more than %d arguments", ARGV_MAX);
    if (getcwd(cwd, sizeof cwd) == NULL)
        return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "the working directory: %s", strerror(errno));
    views = xcalloc(argc, sizeof *views);
    for (size_t i = 0; i < argc; i++)
        views[i] = view_str(argv[i]);
    spec.argv = (struct names){ views, argc };
    spec.cwd = view_str(cwd);
    s->kind = KIND_COMMAND;
    s->program = program_name(argv[0]);
    command_spec_encode(&s->spec, &spec);
    free(views);
    return check_spec(c, s);
}

int submission_call(const struct cli *c, const char *fn, char *const *words,
                    size_t n_words, struct submission *s)
{
    const char *file = options_text(&c->options, OPT_ARGS, NULL);
    char errmsg[ERRMSG_LEN] = "";
    enum err err;

    s->kind = KIND_CALL;
    s->fn = fn;
    if (*fn == '\0' || strlen(fn) > NAME_LEN_MAX)
        return cli_usage(c, "a function's name has 1 to %d bytes",
                         NAME_LEN_MAX);
    if (file != NULL && n_words > 0)
        return cli_usage(c, "arguments come from --args or from the command "
                            "line, not from both");
    err = file != NULL ? callargs_from_file(file, &s->spec, errmsg)
                       : callargs_from_words(words, n_words, &s->spec, errmsg);
    if (err != ERR_NONE)
        return cli_usage(c, "%s", errmsg);
    return check_spec(c, s);
}

/* Random, or what people call it, which must not meet a random one. */
static int make_key(const struct cli *c, const char *text, op_id16 *key)
{
    if (text != NULL) {
        hash_bytes128(view_str(text), key->bytes);
        return EXITS_DONE;
    }
    if (getrandom(key->bytes, sizeof key->bytes, 0) !=
        (ssize_t)sizeof key->bytes)
        return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "random bytes: %s", strerror(errno));
    return EXITS_DONE;
}

static int make_op(const struct cli *c, struct submission *s, struct op *op)
{
    const char *key = options_text(&c->options, OPT_KEY, NULL);
    const char *name = options_text(&c->options, OPT_NAME, "");

    if (strlen(name) > NAME_LEN_MAX)
        return fail_limit(c, "the name is too long", NAME_LEN_MAX);
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
        return cli_usage(c, "--max-fails is for arrays");
    if (key != NULL && *key == '\0') /* such as --key "$UNSET" */
        return cli_usage(c, "--key is empty: then nothing would tell whether "
                            "it is the same job again");
    return make_key(c, key, &op->u.submit.key);
}

static void on_receipt(void *arg, const struct op *op, bool last)
{
    struct submission *s = arg;

    (void)last;
    if (op->type != OP_RECEIPT)
        return;
    s->job = op->u.receipt.job;
    s->existed = op->u.receipt.existed;
}

int submission_send_await(struct cli *c, struct submission *s)
{
    enum waited waited;
    yon_future *f;
    struct op op;
    int code = make_op(c, s, &op);

    if (code != EXITS_DONE)
        return code;
    f = request_new(c->client, &op, on_receipt, s);
    waited = cli_await(c, f);
    if (waited == WAITED_INTERRUPT)
        waited = cli_await(c, f);
    code = cli_fail_wait(c, waited, f);
    yon_free(f);
    return code;
}
