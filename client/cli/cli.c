/* SPDX-License-Identifier: MIT */
/* cli - one run of the command `yon`: what every command uses. */
#include "client/cli/cli.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/runners.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/address.h"
#include "libcommon/utf8.h"

/* ---- the terminal ---- */

static bool wants_color(const struct options *o, int fd)
{
    const char *when = options_text(o, OPT_COLOR, "auto");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    return isatty(fd) && (no_color == NULL || *no_color == '\0') &&
           term != NULL && strcmp(term, "dumb") != 0;
}

size_t cli_width(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col > 0 ? size.ws_col : 80;
}

/* Of --json and -o the last counts. */
static const struct output_kind *output_of(const struct options *o)
{
    const struct output_kind *kind = output_kind(OUTPUT_TABLE);

    for (size_t i = 0; i < o->n_given; i++) {
        if (o->given[i].option->id == OPT_JSON)
            kind = output_kind(OUTPUT_JSON);
        else if (o->given[i].option->id == OPT_OUTPUT)
            kind = output_kind_find(o->given[i].text);
    }
    ASSERT(kind != NULL); /* the parser knows the choices */
    return kind;
}

void cli_init(struct cli *c)
{
    const struct options *o = &c->options;

    c->output = output_of(o);
    c->quiet = options_has(o, OPT_QUIET);
    c->verbose = options_has(o, OPT_VERBOSE);
    c->is_mute = c->command != NULL && c->command->is_run && !c->verbose &&
                 !isatty(STDERR_FILENO);
    c->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    c->color_out = wants_color(o, STDOUT_FILENO);
    c->color_err = wants_color(o, STDERR_FILENO);
}

void cli_fini(struct cli *c)
{
    yon_free(c->deadline);
    yon_free(c->interrupt);
    yon_close(c->client);
    free(c->server);
    c->deadline = NULL;
    c->interrupt = NULL;
    c->client = NULL;
    c->server = NULL;
}

/* ---- talk and faults ---- */

static void say(const char *prefix, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void say(const char *prefix, const char *format, va_list args)
{
    struct buf safe = { 0 };
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        return;
    utf8_add_safe(&safe, view_str(text));
    fprintf(stderr, "%s%s\n", prefix, buf_text(&safe));
    buf_fini(&safe);
    free(text);
}

void cli_say(const struct cli *c, const char *format, ...)
{
    va_list args;

    if (c->quiet || c->is_mute || c->output->is_json)
        return;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void cli_warn(const struct cli *c, const char *format, ...)
{
    va_list args;

    if (c->quiet || c->output->is_json)
        return;
    va_start(args, format);
    say(c->color_err ? "yon: \x1b[33mwarning:\x1b[0m " : "yon: warning: ",
        format, args);
    va_end(args);
}

static const char *code_name(enum err code)
{
    static const char *const names[] = { [ERR_NONE] = "USAGE",
#define CODE_NAME(name, number, text) [ERR_##name] = #name,
                                         YON_ERR_LIST(CODE_NAME)
#undef CODE_NAME
    };

    return names[code];
}

static void fault_json(const struct fault *f, const char *message)
{
    struct buf text = { 0 };

    json_add(&text, json_pack("{s:s, s:s, s:o, s:o}", "schema", "yon.error/1",
                              "code", code_name(f->code), "message",
                              json_text(view_str(message)), "hint",
                              json_text_or_null(view_str(f->hint))));
    fprintf(stderr, "%s\n", buf_text(&text));
    buf_fini(&text);
}

static void fault_text(const struct cli *c, const struct fault *f,
                       const char *message)
{
    struct buf safe = { 0 };

    utf8_add_safe(&safe, view_str(message));
    fprintf(stderr, "%s%s\n",
            c->color_err ? "\x1b[31myon:\x1b[0m " : "yon: ", buf_text(&safe));
    buf_fini(&safe);
    if (f->hint[0] != '\0')
        fprintf(stderr, "     %s\n", f->hint);
}

static int fail(const struct cli *c, const struct fault *f, const char *format,
                va_list args) __attribute__((format(printf, 3, 0)));
static int fail(const struct cli *c, const struct fault *f, const char *format,
                va_list args)
{
    char *message = NULL;

    ASSERT(f->exit != EXITS_DONE); /* a failure must not pass for success */
    fflush(stdout);
    if (vasprintf(&message, format, args) < 0)
        return f->exit;
    if (c->output->is_json)
        fault_json(f, message);
    else
        fault_text(c, f, message);
    free(message);
    if (c->command != NULL && c->command->is_run && f->exit < EXITS_TIMEOUT)
        return EXITS_SELF;
    return f->exit;
}

int cli_fail(const struct cli *c, struct fault fault, const char *format, ...)
{
    va_list args;
    int code;

    va_start(args, format);
    code = fail(c, &fault, format, args);
    va_end(args);
    return code;
}

int cli_usage(const struct cli *c, const char *format, ...)
{
    const struct cli_command *command = c->command;
    struct fault fault = { .exit = EXITS_USAGE };
    va_list args;
    int code;

    snprintf(fault.hint, sizeof fault.hint, "see: yon%s%s --help",
             command != NULL ? " " : "", command != NULL ? command->name : "");
    va_start(args, format);
    code = fail(c, &fault, format, args);
    va_end(args);
    return code;
}

int cli_no_args(const struct cli *c)
{
    if (c->options.n_args == 0)
        return EXITS_DONE;
    return cli_usage(c, "unexpected argument: \"%s\"", c->options.args[0]);
}

/* ---- stdout ---- */

int cli_put_end(const struct cli *c)
{
    int bad;

    if (output_flush(&bad))
        return EXITS_DONE;
    if (bad == EPIPE) /* as by SIGPIPE, which somebody has had ignored */
        return EXITS_SIGNAL + SIGPIPE;
    return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_IO, "" }, "stdout: %s",
                    bad != 0 ? strerror(bad)
                             : "not everything could be written");
}

/* ---- the coordinator ---- */

static int fail_unreachable(const struct cli *c)
{
    struct fault fault = { EXITS_UNREACHABLE, ERR_UNREACHABLE, "" };

    snprintf(fault.hint, sizeof fault.hint, "%s",
             c->reached
                 ? "jobs go on without you; ask again when it is back"
                 : "start one here: yon up -d    or name another: yon -s "
                   "ADDRESS, or YON_SERVER=ADDRESS");
    return cli_fail(c, fault, "%s %s",
                    c->reached ? "lost the coordinator at"
                               : "no coordinator answers at",
                    c->server);
}

/* Elsewhere the library says more than that there is none. */
static bool is_local(const struct cli *c)
{
    return c->server == NULL || strncmp(c->server, "tcp:", 4) != 0;
}

int cli_fail_err(struct cli *c, enum err err, const char *message)
{
    struct fault fault = { exits_of_err(err), err, "" };

    if (err == ERR_NONE)
        return EXITS_DONE;
    if (err == ERR_UNREACHABLE && (c->reached || is_local(c)))
        return fail_unreachable(c);
    return cli_fail(c, fault, "%s",
                    message != NULL && *message != '\0' ? message
                                                        : err_text(err));
}

void cli_note_reached(struct cli *c)
{
    if (!c->reached)
        yon_set_patience(c->client, CLI_PATIENCE_MS);
    c->reached = true;
}

int cli_fail_wait(struct cli *c, enum waited waited, yon_future *f)
{
    int err;

    if (waited == WAITED_INTERRUPT)
        return EXITS_INTERRUPT;
    if (waited == WAITED_TIMEOUT && !c->reached)
        return fail_unreachable(c);
    if (waited == WAITED_TIMEOUT)
        return cli_fail(c, (struct fault){ EXITS_TIMEOUT, ERR_TIMEOUT, "" },
                        "timed out: --timeout %s",
                        options_text(&c->options, OPT_TIMEOUT, ""));
    err = yon_await(f); /* it is over: no waiting */
    if (err != YON_EUNREACHABLE)
        cli_note_reached(c);
    return cli_fail_err(c, (enum err) - err, yon_error(f));
}

/* A socket that is not there will not come by waiting, for nothing was started;
 * but for the moment in which `yon up` starts yond again. One that we may not
 * write to stays so. */
static int check_socket(const struct cli *c)
{
    static const char ipc[] = "ipc://";
    const char *path = c->server + sizeof ipc - 1;

    if (strncmp(c->server, ipc, sizeof ipc - 1) != 0 ||
        strlen(path) > ADDRESS_PATH_MAX || access(path, W_OK) == 0)
        return EXITS_DONE;
    if (errno == EACCES)
        return cli_fail(
            c,
            (struct fault){ EXITS_REFUSED, ERR_REFUSED,
                            "it belongs to another user; start your "
                            "own: yon up -d --dir DIR" },
            "%s: %s", c->server, strerror(errno));
    if (errno != ENOENT || runners_hold_lock(path))
        return EXITS_DONE;
    return fail_unreachable(c);
}

static int connect_to(struct cli *c)
{
    int64_t timeout_ms = options_duration(&c->options, OPT_TIMEOUT, 0);
    int err = yon_connect(c->server, &c->client);

    if (err == YON_ERANGE)
        return cli_usage(c,
                         "%s: the path of a socket may have at most %d bytes",
                         c->server, ADDRESS_PATH_MAX);
    if (err == YON_EFORMAT)
        return cli_usage(
            c, "%s%s",
            address_is_of_environment(options_text(&c->options, OPT_SERVER, ""))
                ? "YON_SERVER: "
                : "",
            yon_why(err));
    if (err != 0)
        return cli_fail_err(c, (enum err) - err, yon_why(err));
    yon_set_patience(c->client, CLI_FIRST_PATIENCE_MS);
    if (options_has(&c->options, OPT_TIMEOUT))
        c->deadline = yon_timer(timeout_ms);
    return EXITS_DONE;
}

int cli_find_server(struct cli *c)
{
    const char *named = options_text(&c->options, OPT_SERVER, NULL);
    char errmsg[ERRMSG_LEN] = "";

    if (address_resolve(named, &c->server, errmsg) != ERR_NONE)
        return cli_usage(c, "%s", errmsg);
    if (c->verbose)
        cli_say(c, "yon: the coordinator is %s", c->server);
    return EXITS_DONE;
}

int cli_connect(struct cli *c)
{
    int code;

    if (c->client != NULL)
        return EXITS_DONE;
    code = cli_find_server(c);
    if (code == EXITS_DONE)
        code = check_socket(c);
    return code != EXITS_DONE ? code : connect_to(c);
}

void cli_catch_interrupt(struct cli *c)
{
    if (c->interrupt == NULL)
        c->interrupt = interrupt_new((struct interrupt_how){ 0 });
}

void cli_catch_ends(struct cli *c)
{
    ASSERT(c->interrupt == NULL);
    c->interrupt = interrupt_new((struct interrupt_how){ .with_term = true });
}

int cli_interrupted_exit(const struct cli *c)
{
    ASSERT(c->interrupted);
    return EXITS_SIGNAL + interrupt_signal(c->interrupt);
}

/* Once: what the coordinator says that has no room now. */
static void tell_put_off(struct cli *c)
{
    const char *why =
        c->client == NULL ? "" : c->client->kind->status(c->client).put_off;

    if (*why == '\0' || c->told_put_off)
        return;
    c->told_put_off = true;
    cli_note_reached(c);
    cli_say(c, "yon: waiting: %s", why);
}

bool cli_contact_changed(const struct cli *c)
{
    int64_t lost_ms =
        c->client == NULL ? 0 : c->client->kind->status(c->client).lost_ms;

    return c->told_lost ? lost_ms == 0 : c->reached && lost_ms >= CLI_LOST_MS;
}

void cli_tell_contact(struct cli *c)
{
    if (!cli_contact_changed(c))
        return;
    c->told_lost = !c->told_lost;
    if (c->told_lost)
        cli_say(c, "yon: lost contact with %s, trying again for %d s",
                c->server, CLI_PATIENCE_MS / 1000);
    else
        cli_say(c, "yon: reconnected to %s", c->server);
}

enum waited cli_await(struct cli *c, yon_future *f)
{
    enum { NOTICE = 3, N };
    yon_future *fs[N] = { f, c->interrupted ? NULL : c->interrupt,
                          c->deadline };
    size_t which = NOTICE;

    while (which == NOTICE) {
        fs[NOTICE] = yon_timer(CLI_NOTICE_MS);
        (void)yon_any(fs, N, &which);
        yon_free(fs[NOTICE]);
        cli_tell_contact(c);
        if (which == NOTICE)
            tell_put_off(c);
    }
    if (which == 1)
        c->interrupted = true;
    return (enum waited)which;
}

int cli_request_await(struct cli *c, struct op *op, request_answer_fn *answer,
                      void *arg)
{
    yon_future *f;
    int code;

    ASSERT(c->client != NULL);
    f = request_new(c->client, op, answer, arg);
    code = cli_fail_wait(c, cli_await(c, f), f);
    yon_free(f);
    return code;
}
