/* SPDX-License-Identifier: MIT */
/* cli - one run of the command `yon`: what every command uses.
 *
 * stdout carries data only; messages and errors go to stderr. A command runs as
 * a coroutine (<yon/co.h>).
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
/* How long the coordinator may be away afterwards. */
#define CLI_PATIENCE_MS 60000
/* A longer wait is explained. */
#define CLI_NOTICE_MS 1000
/* A restart takes less, and is not worth a message. */
#define CLI_LOST_MS 2000

struct cli {
    struct options options;
    const struct cli_command *command; /* NULL: none was named */
    const struct output_kind *output;
    bool quiet, verbose;
    bool is_mute;              /* cli_say says nothing */
    bool utf8;                 /* what the terminal takes */
    bool color_out, color_err; /* whether colours are wanted there */
    char *server;              /* owned; NULL until cli_connect */
    yon_client *client;        /* until then NULL, too */
    bool reached;              /* a coordinator has answered */
    yon_future *deadline;      /* --timeout; NULL: none */
    yon_future *interrupt;     /* Ctrl-C; NULL: ends the process */
    bool interrupted;          /* Ctrl-C has come */
    bool told_put_off;         /* said: the coordinator has no room */
    bool told_lost;            /* said: contact with it is lost */
    int exit;                  /* what main returns */
};

/* Fill in what follows from the options. */
void cli_init(struct cli *c);
/* Inside a coroutine, as all functions below that wait. */
void cli_fini(struct cli *c);

/* Columns of the terminal behind a stream; 0: the stream is no terminal. */
size_t cli_width(int fd);

/* Longer lists are summed up instead of a line for each. */
#define CLI_LINES_MAX 10

/* A message: a line on stderr; none with -q, none when stdout is JSON, and
 * without -v none of `run` when stderr is no terminal: who reads it there wants
 * what the command has written. */
void cli_say(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "yon: warning: " and a message, also of `run`. */
void cli_warn(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An error of a command. */
struct fault {
    int exit;       /* enum exits */
    enum err code;  /* ERR_NONE: a usage error */
    char hint[256]; /* what to do about it, or "" */
};
/* Print the error and return its exit code: for `run` that is EXITS_SELF. */
int cli_fail(const struct cli *c, struct fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A usage error; the hint points to the command's help. */
int cli_usage(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A usage error when there are arguments, for commands that take none. */
int cli_no_args(const struct cli *c);

/* Flush stdout; an error of writing is printed, once. Returns an exit code. */
int cli_put_end(const struct cli *c);

/* Find the server: c->server. Returns 0 or an exit code. */
int cli_find_server(struct cli *c);
/* Find the server and connect to it. Returns 0 or an exit code. */
int cli_connect(struct cli *c);

/* From now on Ctrl-C ends the awaits below instead of the process; a second one
 * ends the process at once. */
void cli_catch_interrupt(struct cli *c);
/* The same for SIGTERM and SIGHUP, of a command that does not leave its job
 * behind. Before the other, or it is too late. */
void cli_catch_ends(struct cli *c);
/* The exit code after what was caught: 128 and the signal. */
int cli_interrupted_exit(const struct cli *c);

/* Whether contact with the coordinator was lost, or is back, since the last
 * message about it; print that message. A wait by other means than the awaits
 * below calls both, once in CLI_NOTICE_MS. */
bool cli_contact_changed(const struct cli *c);
void cli_tell_contact(struct cli *c);

enum waited { WAITED_OVER, WAITED_INTERRUPT, WAITED_TIMEOUT };
/* Wait for a future, Ctrl-C or the end of --timeout. Suspends. */
enum waited cli_await(struct cli *c, yon_future *f);

/* Send a request and wait for all answers. Returns 0 or an exit code; its error
 * was printed, but for EXITS_INTERRUPT, which is the caller's. Suspends. */
int cli_request_await(struct cli *c, struct op *op, request_answer_fn *answer,
                      void *arg);
/* The coordinator has answered: from now on an absence is a restart. */
void cli_note_reached(struct cli *c);
/* Print how a wait or a request has failed, if it has. Returns an exit code. */
int cli_fail_wait(struct cli *c, enum waited waited, yon_future *f);
/* Report `err` with its message; ERR_NONE reports nothing. */
int cli_fail_err(struct cli *c, enum err err, const char *message);

#endif
