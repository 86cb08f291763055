/* SPDX-License-Identifier: MIT */
/* cli - one run of the command `yon`: what every command uses.
 *
 * stdout carries data only; talk and errors go to stderr. A command runs as a
 * coroutine (<yon/co.h>); what waits ends in _await.
 */
#ifndef CLI_H
#define CLI_H

#include <yon/co.h>

#include "client/cli/command_line.h"
#include "client/cli/exits.h"
#include "client/cli/output.h"
#include "client/lib/request.h"

/* How long the first answer of a coordinator may take. */
#define CLI_FIRST_PATIENCE_MS 5000
/* How long it may be away afterwards. */
#define CLI_PATIENCE_MS 60000
/* Who waits longer may want to know why. */
#define CLI_NOTICE_MS 1000
/* A restart takes less: nobody needs to hear of it. */
#define CLI_LOST_MS 2000

struct cli {
    struct options options;
    const struct cli_command *command; /* NULL: none was named */
    const struct output_kind *output;
    bool quiet, verbose;
    bool utf8;                 /* what the terminal takes */
    bool color_out, color_err; /* whether colours are wanted there */
    char *server;              /* owned; NULL until cli_connect */
    yon_client *client;        /* until then NULL, too */
    bool reached;              /* a coordinator has answered */
    yon_future *deadline;      /* --timeout; NULL: none */
    yon_future *interrupt;     /* Ctrl-C; NULL: ends the process */
    bool interrupted;          /* it was told once */
    bool told_put_off;         /* that the coordinator has no room */
    bool told_lost;            /* that there is no contact with it */
    int exit;                  /* what main returns */
};

/* Fill in what follows from the options. */
void cli_init(struct cli *c);
/* Inside a coroutine, like all below that wait. */
void cli_fini(struct cli *c);

/* Columns of the terminal behind a stream; 0: it is none. */
size_t cli_width(int fd);

/* Of more than so many the number is told, not a line for each. */
#define CLI_LINES_MAX 10

/* Talk: a line on stderr; not with -q, and not when stdout is JSON. */
void cli_say(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with "yon: warning: ". */
void cli_warn(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Something went wrong. hint: what to do, or "". */
struct fault {
    int exit;      /* enum exits */
    enum err code; /* ERR_NONE: a usage error */
    char hint[256];
};
/* Tell it and return the exit code: for `run` that is EXITS_SELF. */
int cli_fail(const struct cli *c, struct fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A usage error; the hint points to the command's help. */
int cli_usage(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* For commands that take none: a usage error when there are arguments. */
int cli_no_args(const struct cli *c);

/* What was put so far is written, or it is a fault, told once. Returns an exit
 * code. */
int cli_put_end(const struct cli *c);

/* Find the server and connect to it. Returns 0 or an exit code. */
int cli_connect(struct cli *c);

/* From now on Ctrl-C does not end the process but the awaits below; a second
 * one ends it at once. */
void cli_catch_interrupt(struct cli *c);

/* Whether contact was lost, or is back, and nobody was told; tell it. For who
 * waits by other means than the awaits below, once in CLI_NOTICE_MS. */
bool cli_contact_changed(const struct cli *c);
void cli_tell_contact(struct cli *c);

enum waited { WAITED_OVER, WAITED_INTERRUPT, WAITED_TIMEOUT };
/* Wait for a future, Ctrl-C or the end of --timeout. Suspends. */
enum waited cli_await(struct cli *c, yon_future *f);

/* Ask and wait for all answers. Returns 0 or, after telling what was wrong, an
 * exit code: EXITS_INTERRUPT, which is told by the caller, among them.
 * Suspends.
 */
int cli_request_await(struct cli *c, struct op *op, request_answer_fn *answer,
                      void *arg);
/* Tell how a wait or a request has ended, if not well. Returns an exit code. */
int cli_fail_wait(struct cli *c, enum waited waited, yon_future *f);
/* For the second of two faults: err with its message. */
int cli_fail_err(struct cli *c, enum err err, const char *message);

#endif
