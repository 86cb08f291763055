/* SPDX-License-Identifier: MIT */
/* yon run: a command on the cluster as if it ran here. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cmd.h"
#include "client/cli/command_files.h"
#include "client/cli/foreground.h"
#include "client/cli/outcomes.h"
#include "client/cli/shell_line.h"
#include "client/cli/submission.h"
#include "client/cli/tail.h"
#include "client/lib/outcome.h"
#include "libcommon/check.h"

/* Exit codes of a shell for a program that it cannot start: one that may not be
 * run, one that is not there. */
#define CODE_CANNOT 126
#define CODE_ABSENT 127

struct foreground_run {
    struct cli *c;
    char **words; /* of --sh; NULL: those that were typed */
    size_t n_words;
    struct submission job;
    struct tail tails[2];
    yon_future *followers[2];
    yon_future *request; /* ends with the job */
    unsigned state;      /* 0: not ended */
    int64_t code, signal;
    bool by_exit, by_signal, by_start;
    uint64_t dropped;
    struct buf why;
};

/* On this machine its write would have failed, or raised SIGPIPE. */
static int follow_co(void *arg)
{
    struct tail *t = arg;
    int err = tail_await(t);

    if (t->error != 0)
        foreground_cancel_await(t->c, t->job, "nobody takes its output");
    return err;
}

static void follow_begin(struct foreground_run *r)
{
    for (size_t i = 0; i < 2; i++) {
        r->tails[i] = (struct tail){
            .c = r->c,
            .job = r->job.job,
            .elem = 1,
            .stream = i == 0 ? STREAM_OUT : STREAM_ERR,
            .to = i == 0 ? stdout : stderr,
        };
        r->followers[i] = yon_spawn(follow_co, &r->tails[i]);
    }
}

/* Wait until all output is there, or give it up. A write that nobody reads
 * would hold us for ever then. */
static void follow_end_await(struct foreground_run *r, bool give_up, int code)
{
    if (give_up &&
        (r->tails[0].unwritten.len > 0 || r->tails[1].unwritten.len > 0))
        _exit(code);
    for (size_t i = 0; i < 2; i++) {
        if (give_up)
            (void)yon_cancel(r->followers[i]);
        (void)yon_await(r->followers[i]);
        yon_free(r->followers[i]);
    }
}

static void on_ended(void *arg, const struct op *op, bool last)
{
    struct foreground_run *r = arg;
    const struct outcome *o = &op->u.ended.outcome;

    (void)last;
    if (op->type != OP_ENDED)
        return;
    r->state = o->state;
    r->code = o->code;
    r->signal = o->signal;
    r->dropped = o->dropped;
    r->by_exit = view_equal(o->reason, view_str("exit"));
    r->by_signal = view_equal(o->reason, view_str("signal"));
    r->by_start = view_equal(o->reason, view_str("start"));
    buf_clear(&r->why);
    outcome_add_why(&r->why, o);
}

/* A whole command line in one word, as in yon run 'echo hi'. */
static bool is_line(const struct foreground_run *r)
{
    const struct options *o = &r->c->options;

    return r->by_start && r->code == CODE_ABSENT && o->n_args == 1 &&
           strpbrk(o->args[0], " \t\n") != NULL;
}

/* What a shell would have made of the first word. */
static const char *hint_of_word(const struct foreground_run *r)
{
    static const char *const builtins[] = {
        "cd",   "export", "alias", "source", ".",     "set",  "unset",
        "eval", "exec",   "exit",  "ulimit", "umask", "read", "type",
        "for",  "while",  "if",    "time",   "trap",  "wait",
    };
    const struct options *o = &r->c->options;
    const char *word = o->n_args > 0 ? o->args[0] : "";
    size_t name_len = strcspn(word, "=/");

    if (!r->by_start || r->code != CODE_ABSENT)
        return "";
    if (is_line(r))
        return "for a line of the shell: yon run --sh '...'    ";
    if (name_len > 0 && word[name_len] == '=')
        return "for a variable: yon run --env NAME=VALUE -- ...    ";
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
        if (strcmp(word, builtins[i]) == 0)
            return "that is a word of the shell: yon run --sh '...'    ";
    return "";
}

static int exit_of(struct foreground_run *r)
{
    struct fault fault = { EXITS_SELF, outcome_err(r->state), "" };
    bool has_code = r->code == CODE_CANNOT || r->code == CODE_ABSENT;

    if (r->state == STATE_DONE)
        return EXITS_DONE;
    if (r->state == STATE_FAILED && r->by_exit)
        return (int)r->code;
    if (r->state == STATE_FAILED && r->by_signal)
        return EXITS_SIGNAL + (int)r->signal;
    if (r->state == STATE_FAILED && r->by_start && has_code)
        fault.exit = (int)r->code;
    snprintf(fault.hint, sizeof fault.hint,
             "%s"
             "see: yon show %" PRIu64,
             hint_of_word(r), r->job.job);
    return cli_fail(r->c, fault, "%" PRIu64 " %s: %s", r->job.job,
                    state_name(r->state), buf_text(&r->why));
}

/* The output could not be written, which was reported. When the reader has
 * gone, end as programs do then. */
static int exit_of_write(int error)
{
    if (error == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    return EXITS_SELF;
}

/* All of its output was written, up to the end. What is missing was told where
 * it is. */
static bool is_whole(const struct foreground_run *r)
{
    for (size_t i = 0; i < 2; i++)
        if (r->tails[i].missing > 0 || !r->tails[i].has_ended)
            return false;
    return true;
}

/* No exit code of the command hides a gap. */
static int exit_of_output(const struct foreground_run *r, int code)
{
    if (!is_whole(r))
        return EXITS_SELF;
    if (r->dropped == 0)
        return code;
    return cli_fail(r->c, (struct fault){ EXITS_SELF, ERR_LIMIT, "" },
                    "%" PRIu64 " bytes of the output of %" PRIu64
                    " were dropped",
                    r->dropped, r->job.job);
}

/* The job is known: follow it until it has ended. */
static int follow_await(struct foreground_run *r)
{
    int code;

    follow_begin(r);
    code = foreground_await(r->c, r->job.job, r->request);
    follow_end_await(r, r->state == 0, code);
    yon_free(r->request);
    for (size_t i = 0; i < 2; i++)
        if (r->tails[i].error != 0)
            return exit_of_write(r->tails[i].error);
    if (code != EXITS_DONE)
        return code;
    return exit_of_output(r, exit_of(r));
}

static int read_line(struct foreground_run *r, const char *line)
{
    const struct cli *c = r->c;

    if (c->options.n_args > 0)
        return cli_usage(c,
                         "--sh has the whole command: \"%s\" may not stand "
                         "beside it",
                         c->options.args[0]);
    if (*line == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--sh is empty");
    shell_line_plain(line, &r->words, &r->n_words);
    return submission_command(c, r->words, r->n_words, &r->job);
}

static int read_command(struct foreground_run *r)
{
    const struct options *o = &r->c->options;
    const char *line = options_text(o, OPT_SH, NULL);

    if (line != NULL)
        return read_line(r, line);
    return submission_command(r->c, o->args, o->n_args, &r->job);
}

/* Items are for arrays; parallel has such words of its own. */
static int check_words(const struct cli *c)
{
    const struct options *o = &c->options;
    const char *slash = o->n_args > 0 ? strrchr(o->args[0], '/') : NULL;

    if (o->n_args > 0 &&
        strcmp(slash != NULL ? slash + 1 : o->args[0], "parallel") == 0)
        return EXITS_DONE;
    for (size_t i = 0; i < o->n_args; i++)
        if (strncmp(o->args[i], ":::", 3) == 0)
            return cli_usage(c,
                             "run runs one command: for items behind %s use "
                             "yon submit -w -- COMMAND {} ::: ITEM...",
                             o->args[i]);
    return EXITS_DONE;
}

int cmd_run(struct cli *c)
{
    struct foreground_run r = { .c = c };
    int code = check_words(c);

    if (code == EXITS_DONE)
        code = read_command(&r);
    if (code == EXITS_DONE)
        code = command_files_check(c, &r.job.items);

    signal(SIGPIPE, SIG_IGN); /* a reader that has gone ends the job first */
    if (code == EXITS_DONE)
        code = cli_connect(c);
    if (code == EXITS_DONE) {
        cli_catch_ends(c);
        r.job.answer = on_ended;
        r.job.arg = &r;
        r.job.follow = STREAM_BITS;
        code = submission_begin_await(c, &r.job, &r.request);
    }
    if (code == EXITS_DONE && c->verbose)
        cli_say(c, "yon: job %" PRIu64, r.job.job);
    if (code == EXITS_DONE)
        code = follow_await(&r);
    buf_fini(&r.why);
    submission_fini(&r.job);
    shell_line_free(r.words, r.n_words);
    return code;
}
