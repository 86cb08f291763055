/* SPDX-License-Identifier: MIT */
/* supervisor - keeps yond and a worker running. */
#include "client/cli/supervisor.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/cli/child.h"
#include "client/cli/interrupt.h"
#include "client/cli/legacy.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"

#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 5000
#define QUICK_MS 1000 /* who ends sooner may never work */
#define QUICK_MAX 5
#define FULL_LEN (64u << 10) /* so little room on a disk is none */
#define STOP_MS 30000        /* for what runs to end by itself, */
#define KILL_MS 5000         /* and for workers to end what runs */
#define LOOK_MS 20 /* between two looks whether all workers are there */

struct supervisor;

/* A program that is started again whenever it ends. */
struct service {
    struct supervisor *s;
    char name[32];
    char **argv;         /* owned */
    char *log;           /* path; NULL: our stderr */
    yon_future *process; /* NULL: does not run */
    yon_future *co;
    bool has_legacy; /* it is the worker */
    int n_quick;     /* ends within QUICK_MS, one after the other */
    int64_t back_off_ms;
};

struct supervisor {
    const struct supervisor_plan *plan;
    struct service *services; /* yond first */
    size_t n;
    struct legacy legacy;
    bool is_stopping;
    int n_urged; /* how often it was said that it takes too long */
    yon_future *ready;
    bool is_ready;
    uint32_t n_workers; /* connected, at the last look */
    char *errmsg;       /* why it ended */
};

/* ---- command lines ---- */

struct words {
    char **at;
    size_t n;
};

static void words_take(struct words *w, char *word)
{
    w->at = xrealloc(w->at, (w->n + 2) * sizeof *w->at);
    w->at[w->n++] = word;
    w->at[w->n] = NULL;
}

static void words_add(struct words *w, const char *option, const char *value)
{
    words_take(w, xstrdup(option));
    words_take(w, xstrdup(value));
}

static void add_log_level(struct words *w, const struct supervisor_plan *plan)
{
    if (plan->log_level != NULL)
        words_add(w, "--log-level", plan->log_level);
}

static char **yond_argv(const struct supervisor_plan *plan)
{
    struct words w = { 0 };

    words_take(&w, child_program("yond"));
    words_add(&w, "--listen", plan->rundir->server);
    words_add(&w, "--db", plan->rundir->db);
    if (plan->listen != NULL) {
        words_add(&w, "--listen", plan->listen);
        words_add(&w, "--keys", plan->keys);
    }
    add_log_level(&w, plan);
    return w.at;
}

/* The name that people see: the host's. */
static void worker_name(char *out, size_t size)
{
    char host[128] = "";

    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "worker");
    host[strcspn(host, ".")] = '\0';
    snprintf(out, size, "%s", host);
}

static char **worker_argv(const struct supervisor *s)
{
    const struct supervisor_plan *plan = s->plan;
    struct words w = { 0 };
    char text[160];

    words_take(&w, child_program("yon-worker"));
    words_add(&w, "--server", plan->rundir->server);
    worker_name(text, sizeof text);
    words_add(&w, "--name", text);
    snprintf(text, sizeof text, "%d", plan->n_procs);
    words_add(&w, "--procs", text);
    if (plan->n_slots > 0) {
        snprintf(text, sizeof text, "%d", plan->n_slots);
        words_add(&w, "--slots", text);
    }
    for (char *const *load = plan->loads; *load != NULL; load++)
        words_add(&w, "--load", *load);
    if (s->legacy.fd >= 0) {
        snprintf(text, sizeof text, "%d", CHILD_FD);
        words_add(&w, "--before", text);
    }
    add_log_level(&w, plan);
    return w.at;
}

/* ---- services ---- */

static void service_init(struct service *v, struct supervisor *s,
                         const char *name, char **argv)
{
    struct buf log = { 0 };

    *v = (struct service){ .s = s, .argv = argv };
    v->back_off_ms = BACK_OFF_MIN_MS;
    snprintf(v->name, sizeof v->name, "%s", name);
    if (s->plan->to_logs) {
        buf_addf(&log, "%s/%s.log", s->plan->rundir->log_dir, name);
        v->log = xstrdup(buf_text(&log));
    }
    buf_fini(&log);
}

static void service_fini(struct service *v)
{
    for (char **word = v->argv; word != NULL && *word != NULL; word++)
        free(*word);
    free(v->argv);
    free(v->log);
    yon_free(v->co);
}

/* Then a log has no line that says so. */
static bool disk_is_full(const struct rundir *r)
{
    struct statvfs st;

    return statvfs(r->dir, &st) == 0 &&
           (uint64_t)st.f_bavail * st.f_frsize < FULL_LEN;
}

/* What helps, when a program itself said nothing. how: its end. */
static const char *advice(const char *how)
{
    if (strcmp(how, "exit code 127") == 0)
        return ": a library that it needs is not there, or another one: ldd "
               "shows";
    if (strncmp(how, "signal", strlen("signal")) == 0)
        return ": yon doctor looks for a cause; a module? then without --load";
    return ": yon doctor looks for a cause";
}

/* A program that was killed has said only that it had started. */
static bool tells_fault(const char *line)
{
    return line[0] != '\0' && strstr(line, "Z info ") == NULL &&
           strstr(line, "Z debug ") == NULL;
}

/* It cannot be kept running; its last line of log says why. */
static enum err service_fail(struct service *v, const char *how)
{
    const struct rundir *r = v->s->plan->rundir;
    char line[ERRMSG_LEN] = "";

    if (disk_is_full(r))
        return err_set(v->s->errmsg, ERR_FULL,
                       "the disk of %.120s is full: make room there, or choose "
                       "another directory with --dir",
                       r->dir);
    if (v->log != NULL)
        child_last_line(v->log, line, sizeof line);
    if (tells_fault(line))
        return err_set(v->s->errmsg, ERR_FAILED, "%s", line);
    return err_set(v->s->errmsg, ERR_FAILED, "%s ended %d times %s: %s%s",
                   v->name, QUICK_MAX,
                   v->s->is_ready ? "within its first second"
                                  : "before all were ready",
                   how, advice(how));
}

/* The process has ended by itself. Until all were ready once it does not matter
 * how long it took to fail. */
static enum err service_ended(struct service *v, int64_t lived_ms,
                              const char *how)
{
    bool is_quick = lived_ms < QUICK_MS || !v->s->is_ready;

    v->n_quick = is_quick ? v->n_quick + 1 : 0;
    if (v->n_quick == QUICK_MAX)
        return service_fail(v, how);
    if (v->n_quick == 0)
        v->back_off_ms = BACK_OFF_MIN_MS;
    log_line(TRACE_WARN, "program-ended",
             "program=%s cause=%s again_in_ms=%" PRId64, v->name, how,
             v->back_off_ms);
    return ERR_NONE;
}

static bool is_service(void *arg, pid_t pid)
{
    const struct supervisor *s = arg;

    for (size_t i = 0; i < s->n; i++)
        if (s->services[i].process != NULL &&
            child_pid(s->services[i].process) == pid)
            return true;
    return false;
}

static enum err service_start(struct service *v)
{
    if (v->has_legacy)
        legacy_give(&v->s->legacy);
    return child_start(v->argv, v->log, v->has_legacy ? v->s->legacy.fd : -1,
                       &v->process, v->s->errmsg);
}

static enum err run_once_await(struct service *v)
{
    int64_t started_ms = clock_boot_ms();
    enum err err = service_start(v);
    const char *how;

    if (err != ERR_NONE)
        return err;
    how = yon_await(v->process) == 0 ? "exit code 0" : yon_error(v->process);
    ASSERT(yon_is_done(v->process)); /* nobody cancels while it runs */
    if (!v->s->is_stopping)
        err = service_ended(v, clock_boot_ms() - started_ms, how);
    yon_free(v->process);
    v->process = NULL;
    if (v->has_legacy)
        legacy_settle_await(&v->s->legacy, is_service, v->s);
    return err;
}

static int service_co(void *arg)
{
    struct service *v = arg;

    while (!v->s->is_stopping) {
        enum err err = run_once_await(v);

        if (err != ERR_NONE)
            return -(int)err;
        if (v->s->is_stopping || yon_sleep(v->back_off_ms) != 0)
            break;
        v->back_off_ms *= 2;
        if (v->back_off_ms > BACK_OFF_MAX_MS)
            v->back_off_ms = BACK_OFF_MAX_MS;
    }
    return 0;
}

/* ---- readiness ---- */

static void on_status(void *arg, const struct op *op, bool last)
{
    struct supervisor *s = arg;

    (void)last;
    if (op->type == OP_STATUS_REPLY)
        s->n_workers = op->u.status_reply.n_workers;
}

/* Workers that never come: why, if one has said it. */
static enum err workers_fail(const struct supervisor *s)
{
    char line[ERRMSG_LEN] = "";

    if (s->n > 1 && s->services[1].log != NULL)
        child_last_line(s->services[1].log, line, sizeof line);
    return err_set(
        s->errmsg, ERR_TIMEOUT,
        "%u of %d worker processes have connected within %" PRId64 " s%s%.160s",
        s->n_workers, s->plan->n_procs, (s->plan->ready_within_ms + 999) / 1000,
        line[0] != '\0' ? "; the last line of their log: " : "", line);
}

static int ready_co(void *arg)
{
    struct supervisor *s = arg;
    int64_t since_ms = 0; /* the first answer */
    yon_client *client;
    int err = yon_connect(s->plan->rundir->server, &client);

    if (err != 0) {
        (void)err_set(s->errmsg, (enum err) - err, "%.255s", yon_why(err));
        return err;
    }
    yon_set_patience(client, 0);
    while (err == 0) {
        struct op op = { .type = OP_STATUS };
        yon_future *f = request_new(client, &op, on_status, s);

        err = yon_await(f);
        yon_free(f);
        if (err == 0 && s->n_workers >= (uint32_t)s->plan->n_procs)
            break;
        if (err == 0 && since_ms == 0)
            since_ms = clock_boot_ms();
        if (err == 0 && clock_boot_ms() - since_ms >= s->plan->ready_within_ms)
            err = -(int)workers_fail(s);
        if (err == 0)
            err = yon_sleep(LOOK_MS);
    }
    yon_close(client);
    return err;
}

/* ---- the end ---- */

static void kill_from(struct supervisor *s, size_t first, size_t end,
                      int signal)
{
    ASSERT(first <= end && end <= s->n);
    s->is_stopping = true;
    for (size_t i = first; i < end; i++) {
        if (s->services[i].process != NULL)
            child_kill(s->services[i].process, signal);
        else
            (void)yon_cancel(s->services[i].co); /* it waits to start again */
    }
}

/* The stop takes too long, or a second signal came. At their second SIGTERM
 * workers kill what runs; after that all are killed. */
static void urge(void *arg)
{
    struct supervisor *s = arg;

    if (s->n_urged++ == 0) {
        log_line(TRACE_WARN, "stopping", "effect=%s",
                 "what still runs is killed");
        kill_from(s, 1, s->n, SIGTERM);
    } else {
        log_line(TRACE_WARN, "stopping", "effect=%s",
                 "yond and workers are killed");
        kill_from(s, 0, s->n, SIGKILL);
    }
}

/* Wait for services first .. end - 1, and urge them in time. */
static void end_await(struct supervisor *s, size_t first, size_t end)
{
    yon_future *deadline = yon_timer(STOP_MS);

    for (size_t i = first; i < end;) {
        yon_future *fs[] = { s->services[i].co, deadline };
        size_t which = 0;

        (void)yon_any(fs, 2, &which);
        if (which == 0) {
            i++;
            continue;
        }
        urge(s);
        yon_free(deadline);
        deadline = yon_timer(KILL_MS);
    }
    yon_free(deadline);
}

/* Workers first, so that they can hand in what they hold. */
static void stop_await(struct supervisor *s)
{
    kill_from(s, 1, s->n, SIGTERM);
    end_await(s, 1, s->n);
    legacy_leave(&s->legacy);
    kill_from(s, 0, 1, SIGTERM);
    end_await(s, 0, 1);
}

/* ---- together ---- */

static void start(struct supervisor *s)
{
    legacy_begin(&s->legacy, s->plan->rundir->legacy);
    service_init(&s->services[0], s, "yond", yond_argv(s->plan));
    if (s->n > 1) {
        service_init(&s->services[1], s, "worker", worker_argv(s));
        s->services[1].has_legacy = true;
    }
    for (size_t i = 0; i < s->n; i++)
        s->services[i].co = yon_spawn(service_co, &s->services[i]);
    s->ready = yon_spawn(ready_co, s);
}

enum { WAKE_INTERRUPT, WAKE_READY, WAKE_SERVICES };

/* Until a signal comes or a service gives up. */
static enum err watch_await(struct supervisor *s, yon_future *interrupt,
                            void (*ready)(void *arg), void *arg)
{
    yon_future **fs = xcalloc(WAKE_SERVICES + s->n, sizeof *fs);
    size_t which;
    enum err err = ERR_NONE;

    fs[WAKE_INTERRUPT] = interrupt;
    fs[WAKE_READY] = s->ready;
    for (size_t i = 0; i < s->n; i++)
        fs[WAKE_SERVICES + i] = s->services[i].co;
    do {
        (void)yon_any(fs, WAKE_SERVICES + s->n, &which);
        if (which >= WAKE_SERVICES)
            err = (enum err) - yon_await(fs[which]);
        if (which == WAKE_READY)
            err = (enum err) - yon_await(s->ready);
        s->is_ready |= which == WAKE_READY && err == ERR_NONE;
        if (which == WAKE_READY && err == ERR_NONE)
            ready(arg);
        fs[WAKE_READY] = NULL;
    } while (which == WAKE_READY && err == ERR_NONE);
    free(fs);
    return err;
}

enum err supervisor_await(const struct supervisor_plan *plan,
                          void (*ready)(void *arg), void *arg, char *errmsg)
{
    struct supervisor s = { .plan = plan, .errmsg = errmsg };
    struct interrupt_how how = { .with_term = true, .again = urge, .arg = &s };
    yon_future *interrupt;
    enum err err;

    s.n = plan->n_procs > 0 ? 2 : 1;
    s.services = xcalloc(s.n, sizeof *s.services);
    interrupt = interrupt_new(how);
    start(&s);
    err = watch_await(&s, interrupt, ready, arg);
    (void)yon_cancel(s.ready);
    (void)yon_await(s.ready);
    stop_await(&s);
    yon_free(s.ready);
    yon_free(interrupt);
    for (size_t i = 0; i < s.n; i++)
        service_fini(&s.services[i]);
    legacy_fini(&s.legacy);
    free(s.services);
    return err;
}
