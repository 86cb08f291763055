/* SPDX-License-Identifier: MIT */
/* doctor - looks at this machine, and says what is wrong and what helps. */
#include "client/cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/child.h"
#include "client/cli/runners.h"
#include "client/cli/text.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/network_fs.h"

#define ANSWER_MS 2000 /* so late a coordinator does not answer */
#define DISK_LOW (1u << 30)
#define DISK_OUT (64u << 20)
/* What each needs: descriptors of worker/shell/main.c, and a program beside its
 * shim. */
#define FILES_PER_SLOT 3
#define FILES_OURS 64
#define PROCESSES_PER_SLOT 2
#define PROCESSES_OURS 64
#define CLOCK_SLACK_MS 60000
#define FIRST_YEAR_MS INT64_C(1735689600000) /* 2025: before yon */

struct doctor {
    struct cli *c;
    char dir[PATH_MAX]; /* of the socket; "": the coordinator is elsewhere */
    struct runners runners;
    struct op_status_reply status; /* as far as it borrows nothing */
    struct buf software;           /* of the coordinator that answers */
    bool answers;
};

static void say(struct diagnosis *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void complain(struct diagnosis *f, enum health health, const char *mend)
    __attribute__((nonnull));

static void say(struct diagnosis *f, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_addf(&f->what, "%s%s", f->what.len > 0 ? "; " : "", text);
}

/* Something is wrong, and this helps. */
static void complain(struct diagnosis *f, enum health health, const char *mend)
{
    if (health > f->health)
        f->health = health;
    buf_addf(&f->mend, "%s%s", f->mend.len > 0 ? "; " : "", mend);
}

static bool is_here(const struct doctor *d)
{
    return d->dir[0] != '\0';
}

/* ---- programs ---- */

/* The first line that `program --version` prints, without its newline. */
static bool read_version(const char *program, char *out, size_t size)
{
    struct buf line = { 0 };
    FILE *pipe;
    bool found;

    text_add_shellword(&line, view_str(program));
    buf_addf(&line, " --version 2>/dev/null");
    pipe = popen(buf_text(&line), "re");
    found = pipe != NULL && fgets(out, (int)size, pipe) != NULL;
    if (pipe != NULL && pclose(pipe) != 0)
        found = false;
    if (found)
        out[strcspn(out, "\n")] = '\0';
    buf_fini(&line);
    return found;
}

static void check_version_of(const char *name, struct diagnosis *f)
{
    char *program = child_program(name), text[128], want[128];

    snprintf(want, sizeof want, "%s %s", name, yon_version());
    if (!read_version(program, text, sizeof text)) {
        say(f, "%s does not start", program);
        complain(f, HEALTH_FAIL,
                 "yond and yon-worker belong beside yon, or in PATH; run it "
                 "with --version to see why it does not start");
    } else if (strcmp(text, want) != 0) {
        say(f, "%s", text);
        complain(f, HEALTH_FAIL, "use programs of one release");
    } else {
        say(f, "%s", text);
    }
    free(program);
}

static void check_versions(struct doctor *d, struct diagnosis *f)
{
    char want[64];

    say(f, "yon %s", yon_version());
    check_version_of("yond", f);
    check_version_of("yon-worker", f);
    snprintf(want, sizeof want, "yond %s", yon_version());
    if (d->answers && strcmp(buf_text(&d->software), want) != 0) {
        say(f, "the coordinator that runs is %s", buf_text(&d->software));
        complain(f, HEALTH_WARN, "restart it: yon down, yon up -d");
    }
}

/* ---- the coordinator ---- */

#define NOT_OURS \
    "it is another user's: choose a directory of your own, --dir or YON_DIR"

static void check_directory(struct doctor *d, struct diagnosis *f)
{
    struct stat st;

    if (!is_here(d)) {
        say(f, "none: the coordinator is %s", d->c->server);
    } else if (stat(d->dir, &st) != 0) {
        say(f, "%s: %s", d->dir, strerror(errno));
        complain(f, errno == ENOENT ? HEALTH_WARN : HEALTH_FAIL,
                 errno == ENOENT ? "yon up -d makes it" : NOT_OURS);
    } else {
        say(f, "%s, mode %03o", d->dir, st.st_mode & 0777u);
        if (st.st_mode & (S_IWGRP | S_IWOTH))
            complain(f, HEALTH_FAIL,
                     "others may write there, and plant a socket or a "
                     "database: chmod 700");
        else if (st.st_uid != geteuid())
            complain(f, HEALTH_WARN, NOT_OURS);
    }
}

static void check_socket(struct doctor *d, struct diagnosis *f)
{
    const char *path = d->c->server + strlen("ipc://");
    struct stat st;

    if (!is_here(d)) {
        say(f, "none");
        return;
    }
    if (stat(path, &st) != 0) {
        say(f, "%s: %s", path, strerror(errno));
        complain(f, errno == ENOENT ? HEALTH_WARN : HEALTH_FAIL,
                 errno == ENOENT ? "nothing runs there: yon up -d" : NOT_OURS);
        return;
    }
    say(f, "%s, mode %03o", path, st.st_mode & 0777u);
    if (!S_ISSOCK(st.st_mode))
        complain(f, HEALTH_FAIL, "that is no socket: move it away");
    else if (st.st_mode & (S_IWGRP | S_IWOTH))
        complain(f, HEALTH_WARN,
                 "others may connect, and run commands as this user: chmod "
                 "600");
    else if (access(path, W_OK) != 0)
        complain(f, HEALTH_FAIL, NOT_OURS);
}

static void check_coordinator(struct doctor *d, struct diagnosis *f)
{
    if (!d->answers) {
        say(f, "no coordinator answers at %s", d->c->server);
        complain(f, HEALTH_FAIL,
                 !is_here(d)
                     ? "see that it runs there, and that this machine reaches "
                       "its port: yon status says why not"
                 : d->runners.yond != 0
                     ? "its process is there but does not answer: look at "
                       "log/yond.log; yon down ends it"
                     : "yon up -d");
        return;
    }
    say(f, "%s answers, epoch %" PRIu64, buf_text(&d->software),
        d->status.epoch);
    if (d->status.full) {
        say(f, "its disk is full");
        complain(f, HEALTH_FAIL, "make room: submits are refused until then");
    }
    if (d->status.recovering) {
        say(f, "it waits for workers of before");
        complain(f, HEALTH_WARN,
                 "what ran there starts again when a lease is over");
    }
}

static void check_workers(struct doctor *d, struct diagnosis *f)
{
    if (!d->answers) {
        say(f, "unknown without a coordinator");
        return;
    }
    say(f, "%" PRIu32 " connected, %" PRIu32 " slots", d->status.n_workers,
        d->status.slots);
    if (d->status.n_workers == 0)
        complain(f, HEALTH_FAIL,
                 "jobs wait: start yon-worker, or yon up; log/worker.log says "
                 "why one has ended");
}

/* ---- limits ---- */

static uint64_t slots(const struct doctor *d)
{
    cpu_set_t set;

    if (d->answers && d->status.slots > 0)
        return d->status.slots;
    return sched_getaffinity(0, sizeof set, &set) == 0
               ? (uint64_t)CPU_COUNT(&set)
               : 1;
}

static void check_limit(const struct doctor *d, struct diagnosis *f, int which,
                        uint64_t per_slot, uint64_t ours)
{
    uint64_t need = slots(d) * per_slot + ours;
    struct rlimit limit = { 0 };

    if (getrlimit((__rlimit_resource_t)which, &limit) != 0)
        limit.rlim_max = RLIM_INFINITY;
    if (limit.rlim_max == RLIM_INFINITY)
        say(f, "no limit");
    else
        say(f, "at most %" PRIu64, (uint64_t)limit.rlim_max);
    say(f, "%" PRIu64 " slots take %" PRIu64, slots(d), need);
    if (limit.rlim_max < need)
        complain(f, HEALTH_WARN,
                 which == RLIMIT_NOFILE
                     ? "fewer run at once: take fewer slots (--slots), or "
                       "raise it (ulimit -Hn, LimitNOFILE= of systemd)"
                     : "fewer run at once: take fewer slots (--slots), or "
                       "raise it (ulimit -u, TasksMax= of systemd)");
}

static void check_files(struct doctor *d, struct diagnosis *f)
{
    check_limit(d, f, RLIMIT_NOFILE, FILES_PER_SLOT, FILES_OURS);
}

static void check_processes(struct doctor *d, struct diagnosis *f)
{
    check_limit(d, f, RLIMIT_NPROC, PROCESSES_PER_SLOT, PROCESSES_OURS);
    if (geteuid() == 0)
        say(f, "root is not limited");
}

/* ---- cgroups ---- */

/* Where a process is in the hierarchy of version 2. */
static bool read_place(pid_t pid, char *out, size_t size)
{
    char path[64], line[PATH_MAX + 8];
    bool found = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, "0::/", 4) == 0;
    if (file != NULL)
        fclose(file);
    if (found)
        snprintf(out, size, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    return found;
}

/* The folder of that place: a line of mountinfo says where the hierarchy is. */
static bool cgroup_of(pid_t pid, char *out, size_t size)
{
    char line[3 * PATH_MAX], place[PATH_MAX], point[PATH_MAX];
    FILE *file = NULL;
    bool found = false;

    if (read_place(pid, place, sizeof place))
        file = fopen("/proc/self/mountinfo", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, " - cgroup2 ") != NULL &&
                sscanf(line, "%*s %*s %*s / %4095s", point) == 1;
    if (file != NULL)
        fclose(file);
    return found && snprintf(out, size, "%s%s", point, place) < (int)size;
}

/* The kernel can kill one as a whole. The root of the hierarchy has no such
 * file, but those below it. */
static bool can_kill(const char *dir)
{
    char path[PATH_MAX + 32];
    struct utsname name;
    int major = 0, minor = 0;

    snprintf(path, sizeof path, "%s/cgroup.kill", dir);
    if (access(path, F_OK) == 0)
        return true;
    if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2)
        return false;
    return major > 5 || (major == 5 && minor >= 14);
}

#define WITHOUT_CGROUPS                                                      \
    "without them a worker that is killed as a whole, but not by yon up, "   \
    "leaves programs that cleaned their environment. To have them: "         \
    "systemd-run --user --scope -p Delegate=yes yon up, or Delegate=yes in " \
    "the unit"

static void check_cgroups(struct doctor *d, struct diagnosis *f)
{
    pid_t pid = d->runners.n_workers > 0 ? d->runners.workers[0] : getpid();
    char dir[PATH_MAX];

    if (!cgroup_of(pid, dir, sizeof dir) || access(dir, F_OK) != 0) {
        say(f, "this machine shows none of version 2");
        complain(f, HEALTH_WARN, WITHOUT_CGROUPS);
        return;
    }
    if (access(dir, W_OK) == 0 && can_kill(dir)) {
        say(f, "%s may make some in %s",
            d->runners.n_workers > 0 ? "the worker" : "a worker", dir);
        return;
    }
    say(f, "%s is not delegated", dir);
    complain(f, HEALTH_WARN, WITHOUT_CGROUPS);
}

/* ---- the clock ---- */

static int64_t wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void database_path(const struct doctor *d, char *out, size_t size)
{
    snprintf(out, size, "%s/yon.db", d->dir);
}

/* A clock that was set back shows in what was written before. */
static void check_clock(struct doctor *d, struct diagnosis *f)
{
    int64_t now_ms = wall_ms(), written_ms = 0;
    char path[PATH_MAX + 16];
    struct buf text = { 0 };
    struct stat st;

    duration_add_rfc3339(&text, now_ms);
    say(f, "%s", buf_text(&text));
    buf_fini(&text);
    database_path(d, path, sizeof path);
    if (is_here(d) && stat(path, &st) == 0)
        written_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    if (d->answers && d->status.since_ms > written_ms)
        written_ms = d->status.since_ms;
    if (now_ms < FIRST_YEAR_MS) {
        say(f, "that is before yon was made");
        complain(f, HEALTH_FAIL, "set the clock (timedatectl set-ntp true)");
    } else if (written_ms > now_ms + CLOCK_SLACK_MS) {
        say(f, "the coordinator has written in the future");
        complain(f, HEALTH_WARN,
                 "the clock was set back: times of jobs are wrong until then");
    }
}

/* ---- disks ---- */

static void check_database(struct doctor *d, struct diagnosis *f)
{
    char path[PATH_MAX + 16];
    struct statfs fs;
    struct stat st;

    database_path(d, path, sizeof path);
    if (!is_here(d)) {
        say(f, "on another machine");
        return;
    }
    if (statfs(d->dir, &fs) == 0 &&
        network_fs_name((unsigned long)fs.f_type) != NULL) {
        say(f, "%s lies on a network file system (%s)", path,
            network_fs_name((unsigned long)fs.f_type));
        complain(f, HEALTH_FAIL,
                 "locks and shared memory cannot be relied on there: choose a "
                 "local disk with --dir or YON_DIR");
        return;
    }
    if (stat(path, &st) != 0) {
        say(f, "%s: %s", path, errno == ENOENT ? "none yet" : strerror(errno));
        return;
    }
    say(f, "%s, mode %03o, on a local disk", path, st.st_mode & 0777u);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        complain(f, HEALTH_WARN,
                 "others may read arguments, environments and results: chmod "
                 "600");
}

/* The directory, or the nearest one above it that exists. */
static void find_existing(const struct doctor *d, char *out, size_t size)
{
    snprintf(out, size, "%s", is_here(d) ? d->dir : ".");
    while (access(out, F_OK) != 0 && strrchr(out, '/') > out)
        *strrchr(out, '/') = '\0';
}

static void check_disk(struct doctor *d, struct diagnosis *f)
{
    char dir[PATH_MAX];
    struct statvfs st;
    uint64_t room;

    find_existing(d, dir, sizeof dir);
    if (statvfs(dir, &st) != 0) {
        say(f, "%s: %s", dir, strerror(errno));
        return;
    }
    room = (uint64_t)st.f_bavail * st.f_frsize;
    say(f, "%" PRIu64 " MiB free for %s", room >> 20, dir);
    if (room < DISK_LOW)
        complain(f, room < DISK_OUT ? HEALTH_FAIL : HEALTH_WARN,
                 "make room: on a full disk submits are refused");
    if (st.f_flag & ST_RDONLY) {
        say(f, "read-only");
        complain(f, HEALTH_FAIL, "choose another directory: --dir, YON_DIR");
    }
}

static void check_temp(struct doctor *d, struct diagnosis *f)
{
    const char *dir = getenv("TMPDIR");
    struct statvfs st;

    (void)d;
    if (dir == NULL || *dir == '\0')
        dir = "/tmp";
    say(f, "%s", dir);
    if (statvfs(dir, &st) != 0 || access(dir, W_OK) != 0) {
        say(f, "%s", strerror(errno));
        complain(f, HEALTH_WARN,
                 "many programs need it: point TMPDIR to a directory that you "
                 "may write to");
    } else if (st.f_flag & ST_NOEXEC) {
        say(f, "nothing may be executed there (noexec)");
        complain(f, HEALTH_WARN,
                 "jobs that build a program there and run it fail: point "
                 "TMPDIR elsewhere");
    }
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    void (*look)(struct doctor *d, struct diagnosis *f);
} checks[] = {
    { "versions", check_versions },   { "directory", check_directory },
    { "socket", check_socket },       { "coordinator", check_coordinator },
    { "workers", check_workers },     { "open files", check_files },
    { "processes", check_processes }, { "cgroups", check_cgroups },
    { "clock", check_clock },         { "database", check_database },
    { "disk", check_disk },           { "temporary", check_temp },
};

const char *health_name(enum health health)
{
    static const char *const names[] = {
        [HEALTH_OK] = "ok", [HEALTH_WARN] = "warn", [HEALTH_FAIL] = "fail"
    };

    ASSERT(health < ARRAY_LEN(names));
    return names[health];
}

static void on_status(void *arg, const struct op *op, bool last)
{
    struct doctor *d = arg;

    (void)last;
    if (op->type != OP_STATUS_REPLY)
        return;
    d->answers = true;
    d->status = op->u.status_reply;
    buf_add_view(&d->software, d->status.software);
    d->status.software = (struct view){ 0 };
}

static void ask_await(struct doctor *d)
{
    struct op op = { .type = OP_STATUS };
    yon_client *client;
    yon_future *f;

    if (is_here(d) && access(d->c->server + strlen("ipc://"), F_OK) != 0)
        return;
    if (yon_connect(d->c->server, &client) != 0)
        return;
    yon_set_patience(client, ANSWER_MS);
    f = request_new(client, &op, on_status, d);
    (void)yon_await_for(f, ANSWER_MS);
    yon_free(f);
    yon_close(client);
}

static void find_directory(struct doctor *d)
{
    const char *server = d->c->server, *slash = strrchr(server, '/');
    size_t len;

    if (strncmp(server, "ipc://", strlen("ipc://")) != 0 || slash == NULL)
        return;
    server += strlen("ipc://");
    len = slash > server ? (size_t)(slash - server) : 1;
    snprintf(d->dir, sizeof d->dir, "%.*s", (int)len, server);
}

enum health doctor_await(struct cli *c,
                         void (*each)(void *arg, const struct diagnosis *f),
                         void *arg)
{
    struct doctor *d = xcalloc(1, sizeof *d);
    enum health worst = HEALTH_OK;

    d->c = c;
    find_directory(d);
    runners_find(c->server, &d->runners);
    ask_await(d);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        struct diagnosis f = { .check = checks[i].name };

        checks[i].look(d, &f);
        ASSERT(f.what.len > 0 && (f.health == HEALTH_OK) == (f.mend.len == 0));
        if (f.health > worst)
            worst = f.health;
        each(arg, &f);
        buf_fini(&f.what);
        buf_fini(&f.mend);
    }
    buf_fini(&d->software);
    free(d);
    return worst;
}
