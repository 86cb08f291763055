/* SPDX-License-Identifier: MIT */
/* yon up: coordinator and workers on this machine. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "client/cli/cmd.h"
#include "client/cli/listening.h"
#include "client/cli/supervisor.h"
#include "client/cli/text.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/run.h"
#include "libcommon/rt/os/log.h"

/* For workers to connect once yond answers, unless --timeout says else. */
#define READY_WITHIN_MS 60000

struct up {
    struct cli *c;
    struct rundir rundir;
    struct listening listening;
    struct supervisor_plan plan;
    char **loads;
    int report_fd; /* to the `yon up -d` that waits; -1: none */
    char errmsg[ERRMSG_LEN];
    int exit;
};

/* ---- the plan ---- */

/* Absolute paths: a worker may have another working directory. */
static int find_modules(struct up *up)
{
    const struct options *o = &up->c->options;
    size_t n = 0;

    up->loads = xcalloc(o->n_given + 1, sizeof *up->loads);
    for (size_t i = 0; i < o->n_given; i++) {
        char path[PATH_MAX];

        if (o->given[i].option->id != OPT_LOAD)
            continue;
        if (realpath(o->given[i].text, path) == NULL)
            return cli_usage(up->c, "--load %s: %s", o->given[i].text,
                             strerror(errno));
        up->loads[n++] = xstrdup(path);
    }
    return EXITS_DONE;
}

/* The cores that we may use, as the worker counts them. */
static int n_cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static int make_plan(struct up *up)
{
    const struct cli *c = up->c;
    int code = cli_no_args(c);

    if (code != EXITS_DONE)
        return code;
    if (log_configure(options_text(&c->options, OPT_LOG_LEVEL, NULL),
                      up->errmsg) != ERR_NONE)
        return cli_usage(c, "%s", up->errmsg);
    code = listening_read(c, &up->listening);
    if (code == EXITS_DONE)
        code = find_modules(up);
    up->plan = (struct supervisor_plan){
        .rundir = &up->rundir,
        .n_procs = options_number(&c->options, OPT_PROCS, n_cores()),
        .n_slots = options_number(&c->options, OPT_SLOTS, 0),
        .loads = up->loads,
        .log_level = options_text(&c->options, OPT_LOG_LEVEL, NULL),
        .ready_within_ms =
            options_duration(&c->options, OPT_TIMEOUT, READY_WITHIN_MS),
        .to_logs = options_has(&c->options, OPT_DETACH),
    };
    return code;
}

/* ---- telling ---- */

static void say_ready(const struct up *up)
{
    const struct cli *c = up->c;
    bool detached = options_has(&c->options, OPT_DETACH);
    struct buf dir = { 0 };
    int n = up->plan.n_procs;

    cli_say(c, "the coordinator and %d worker process%s are up in %s", n,
            n == 1 ? "" : "es", up->rundir.dir);
    text_add_shellword(&dir, view_str(up->rundir.dir));
    if (!rundir_is_default(&up->rundir))
        cli_say(c, "     so that others find it: export YON_DIR=%s",
                buf_text(&dir));
    buf_fini(&dir);
    cli_say(c,
            "     try: yon run -- echo hello    look: yon status    stop: %s",
            detached ? "yon down" : "Ctrl-C");
    listening_say(c, &up->rundir, &up->listening);
}

static void on_ready(void *arg)
{
    struct up *up = arg;

    if (up->report_fd < 0) {
        say_ready(up);
        return;
    }
    dprintf(up->report_fd, "R");
    close(up->report_fd);
    up->report_fd = -1;
}

/* Report to the waiting `yon up -d` why it is not ready. */
static void tell_failure(struct up *up)
{
    if (up->report_fd < 0)
        return;
    dprintf(up->report_fd, "F%s", up->errmsg);
    close(up->report_fd);
    up->report_fd = -1;
}

/* ---- running ---- */

static int up_co(void *arg)
{
    struct up *up = arg;

    if (supervisor_await(&up->plan, on_ready, up, up->errmsg) != ERR_NONE)
        up->exit = EXITS_FAILED;
    return 0;
}

static void run(struct up *up)
{
    int err = run_without_sigint(up_co, up);

    rundir_remove_socket(&up->rundir);
    if (err == 0)
        return;
    up->exit = EXITS_FAILED;
    (void)err_set(up->errmsg, (enum err) - err, "%s", yon_strerror(err));
}

static int run_here(struct up *up)
{
    rundir_sign(&up->rundir);
    run(up);
    if (up->exit == EXITS_DONE)
        return EXITS_DONE;
    return cli_fail(up->c, (struct fault){ up->exit, ERR_FAILED, "" }, "%s",
                    up->errmsg);
}

/* ---- in the background ---- */

/* Leave the terminal, and the directory one was called in. Returns an errno. */
static int leave_terminal(const struct rundir *h)
{
    char path[PATH_MAX];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), log;

    snprintf(path, sizeof path, "%s/up.log", h->log_dir);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
        setsid() < 0 || chdir("/") != 0)
        return errno;
    close(null);
    close(log);
    return 0;
}

static _Noreturn void run_detached(struct up *up, int report_fd)
{
    int bad = leave_terminal(&up->rundir);

    up->report_fd = report_fd;
    rundir_sign(&up->rundir);
    if (bad == 0) {
        run(up);
    } else {
        up->exit = EXITS_FAILED;
        (void)err_set(up->errmsg, ERR_SYSTEM, "%s: %s", up->rundir.log_dir,
                      strerror(bad));
    }
    tell_failure(up);
    if (up->errmsg[0] != '\0')
        fprintf(stderr, "yon up: %s\n", up->errmsg);
    exit(up->exit);
}

/* Read the report of the process in the background. */
static int hear_report(const struct up *up, int fd)
{
    struct fault fault = { EXITS_FAILED, ERR_FAILED, "" };
    char text[ERRMSG_LEN + 1] = "";
    size_t len = 0;
    ssize_t n;

    while (len < sizeof text - 1 &&
           ((n = read(fd, text + len, sizeof text - 1 - len)) > 0 ||
            (n < 0 && errno == EINTR)))
        len += n > 0 ? (size_t)n : 0;
    if (text[0] == 'R') {
        say_ready(up);
        return EXITS_DONE;
    }
    snprintf(fault.hint, sizeof fault.hint, "the logs are in %.200s",
             up->rundir.log_dir);
    return cli_fail(up->c, fault, "%s",
                    text[0] == 'F' ? text + 1 : "it ended before it was ready");
}

static int run_behind(struct up *up)
{
    int fds[2] = { -1, -1 }, code;
    pid_t pid = pipe2(fds, O_CLOEXEC) == 0 ? fork() : -1;

    if (pid < 0)
        return cli_fail(up->c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "%s", strerror(errno));
    if (pid == 0) {
        close(fds[0]);
        run_detached(up, fds[1]);
    }
    close(fds[1]);
    code = hear_report(up, fds[0]);
    close(fds[0]);
    if (code != EXITS_DONE) /* it holds the lock until it has ended */
        (void)waitpid(pid, NULL, 0);
    return code;
}

static int prepare_listening(struct up *up)
{
    int code = listening_prepare(up->c, &up->rundir, &up->listening);

    up->plan.listen = up->listening.endpoint;
    up->plan.keys = up->listening.keys;
    return code;
}

int cmd_up(struct cli *c)
{
    struct up up = { .c = c, .rundir.lock_fd = -1, .report_fd = -1 };
    int code = make_plan(&up);

    (void)zmq_strerror(0); /* loads it: later, without memory, its children
                              would be left (zmq_lazy.c) */
    if (code == EXITS_DONE)
        code = rundir_make(c, &up.rundir);
    if (code == EXITS_DONE)
        code = rundir_lock(c, &up.rundir);
    if (code == EXITS_DONE)
        code = prepare_listening(&up);
    if (code == EXITS_DONE)
        code = options_has(&c->options, OPT_DETACH) ? run_behind(&up)
                                                    : run_here(&up);
    for (char **load = up.loads; load != NULL && *load != NULL; load++)
        free(*load);
    free(up.loads);
    listening_fini(&up.listening);
    rundir_fini(&up.rundir);
    return code;
}
