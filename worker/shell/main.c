/* SPDX-License-Identifier: MIT */
/* yon-worker - runs the jobs that the coordinator gives it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/opened.h"
#include "libcommon/rt/co/unread.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/memory_room.h"
#include "libcommon/rt/os/stdfiles.h"
#include "worker/shell/call/call.h"
#include "worker/shell/call/call_output.h"
#include "worker/shell/call/modules.h"
#include "worker/shell/cpu/cpu.h"
#include "worker/shell/cpu/cpu_child.h"
#include "worker/shell/exec/cgroup.h"
#include "worker/shell/exec/forkserver.h"
#include "worker/shell/exec/sweep.h"
#include "worker/shell/life/crash_note.h"
#include "worker/shell/life/inherit.h"
#include "worker/shell/life/procs.h"
#include "worker/shell/serve.h"
#include "worker/shell/worker_config.h"

/* Descriptors of a program that runs: two pipes, and one to its shim. While
 * it starts there are two more. */
#define FILES_PER_SLOT 3
#define FILES_OURS 64

/* Slots need descriptors, so our limit is as high as it may be; programs get
 * what it was. Returns an exit code, or -1. */
static int raise_file_limit(uint32_t slots)
{
    struct rlimit limit;
    rlim_t before;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -1;
    before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before; /* as it was is better than nothing */
    if ((rlim_t)slots * FILES_PER_SLOT + FILES_OURS <= limit.rlim_cur)
        return -1;
    fprintf(stderr,
            "yon-worker: %u slots need %u open files, the limit is %llu: take "
            "fewer slots, or raise it (ulimit -Hn)\n",
            slots, slots * FILES_PER_SLOT + FILES_OURS,
            (unsigned long long)limit.rlim_cur);
    return 1;
}

/* Cgroups that were asked for must be there; else they are used where they are.
 * Returns an exit code, or -1. */
static int begin_forkserver(const struct config *config, struct forkserver *out)
{
    struct cgroup_root root;
    char errmsg[ERRMSG_LEN];

    cgroup_root_none(&root);
    if (!config->no_cgroup &&
        cgroup_root_open(config->cgroup, &root, errmsg) != ERR_NONE &&
        config->cgroup != NULL) {
        fprintf(stderr, "yon-worker: --cgroup: %s\n", errmsg);
        return 1;
    }
    if (forkserver_start(out, &root, config->argv))
        return -1;
    perror("yon-worker: cannot start a process");
    return 1;
}

/* The first process of a worker reads the files, the others get its copies.
 * Returns an exit code, or -1. */
static int get_files(const struct config *config, const struct inherit *inherit,
                     struct module_files *out)
{
    char errmsg[ERRMSG_LEN];

    if (inherit->kind != INHERIT_NOTHING) {
        ASSERT(inherit->n_modules == config->n_loads);
        for (size_t i = 0; i < config->n_loads; i++)
            module_files_adopt(out, config->loads[i], inherit->module_fds[i]);
        return -1;
    }
    for (size_t i = 0; i < config->n_loads; i++)
        if (module_files_read(out, config->loads[i], errmsg) != ERR_NONE) {
            fprintf(stderr, "yon-worker: %s\n", errmsg);
            return 1;
        }
    return -1;
}

/* Returns an exit code, or -1. short_code: that of a shortage. */
static int load(const struct module_files *files, struct modules *modules,
                int short_code)
{
    char errmsg[ERRMSG_LEN];
    enum err err;

    call_output_begin(call_heard);
    modules->files = files;
    for (size_t i = 0; i < files->n; i++)
        if ((err = modules_load(modules, &files->at[i], errmsg)) != ERR_NONE) {
            dprintf(STDERR_FILENO, "yon-worker: %s\n", errmsg);
            return err == ERR_BUSY ? short_code : 1;
        }
    return -1;
}

/* When all modules are loaded. */
static void watch_crashes(int note_fd)
{
    if (note_fd >= 0 && !crash_note_watch(note_fd))
        dprintf(STDERR_FILENO, "yon-worker: crashes will not be told\n");
}

/* An error that nobody reads, of what a call has started. */
static void log_unread(const struct unread *u)
{
    log_line(TRACE_WARN, "error-unread", "of=%s error=%s text=%s by=%s",
             u->what, err_text(u->err), u->text, u->job != NULL ? u->job : "");
}

/* What a call has opened and its process still has at the end. */
static void log_left(const struct opened_left *left)
{
    struct buf what = { 0 };

    buf_addf(&what, "%s%s", left->what, left->which);
    log_line(TRACE_WARN, "left-open", "what=%s by=%s remedy=%s effect=%s",
             buf_text(&what), left->by, left->remedy, "it is closed now");
    buf_fini(&what);
}

/* ---- a function a role ---- */

static int supervise(const struct config *config, const struct inherit *inherit)
{
    int before = config->before_fd > 0 ? (int)config->before_fd : -1;
    struct module_files files = { 0 };
    int code;

    if (before >= 0 && fcntl(before, F_SETFD, FD_CLOEXEC) != 0) {
        perror("yon-worker: --before");
        return 2;
    }
    code = get_files(config, inherit, &files);
    if (code == -1) {
        sweep_begin();
        code = procs_supervise(&(struct procs_plan){ .argv = config->argv,
                                                     .name = config->name,
                                                     .slots = config->slots,
                                                     .n = config->procs,
                                                     .before_fd = before,
                                                     .modules = &files });
    }
    module_files_fini(&files);
    return code;
}

/* The fork server comes first, while this process is small and its limits are
 * those that programs shall get. */
static int work(const struct config *config, const struct inherit *inherit)
{
    struct forkserver forkserver = { .sock = -1 };
    struct module_files files = { 0 };
    struct modules modules = { 0 };
    int code = begin_forkserver(config, &forkserver);

    if (code == -1)
        code = raise_file_limit(config->slots);
    if (code == -1)
        code = get_files(config, inherit, &files);
    if (code == -1 && !module_files_raise(&files, cpu_modules_low(files.n))) {
        perror("yon-worker: too few descriptors for the modules");
        code = 1;
    }
    if (code == -1)
        code = load(&files, &modules, 1);
    if (code == -1) {
        watch_crashes(inherit->note_fd);
        code = serve(config, inherit, &modules, &forkserver);
    }
    crash_note_leave();
    modules_fini(&modules);
    module_files_fini(&files);
    forkserver_stop(&forkserver);
    return code;
}

static int work_alone(const struct config *config,
                      const struct inherit *inherit)
{
    sweep_begin();
    return work(config, inherit);
}

static int work_for_supervisor(const struct config *config,
                               const struct inherit *inherit)
{
    procs_begin(inherit);
    return work(config, inherit);
}

static int compute(const struct config *config, const struct inherit *inherit)
{
    struct module_files files = { 0 };
    struct modules modules = { 0 };
    int code;

    cpu_child_begin(inherit);
    code = get_files(config, inherit, &files);
    if (code == -1)
        code = load(&files, &modules, CPU_CHILD_SHORT);
    if (code == -1) {
        watch_crashes(inherit->note_fd);
        code = cpu_child_serve(
            &(struct cpu_child_plan){ .modules = &modules,
                                      .server = config->server,
                                      .stack_kb = config->stack_kb,
                                      .fd = inherit->cpu_fd });
    }
    crash_note_leave();
    modules_fini(&modules);
    module_files_fini(&files);
    return code;
}

enum process_role {
    PROCESS_SUPERVISOR, /* starts processes that work, and starts them again */
    PROCESS_ALONE,      /* works; nobody starts it again */
    PROCESS_LOOP,       /* works for a supervisor */
    PROCESS_CPU         /* runs cpu calls for a process that works */
};

static enum process_role role_of(const struct config *config,
                                 const struct inherit *inherit)
{
    if (inherit->kind == INHERIT_CPU)
        return PROCESS_CPU;
    if (inherit->kind == INHERIT_LOOP)
        return PROCESS_LOOP;
    return config->procs > 0 ? PROCESS_SUPERVISOR : PROCESS_ALONE;
}

static int run(const struct config *config)
{
    struct inherit inherit = inherit_nothing();
    char errmsg[ERRMSG_LEN];

    if (config->inherit_fd > 0 &&
        inherit_take((int)config->inherit_fd, &inherit, errmsg) != ERR_NONE) {
        fprintf(stderr, "yon-worker: %s\n", errmsg);
        return 2;
    }
    switch (role_of(config, &inherit)) {
    case PROCESS_SUPERVISOR:
        return supervise(config, &inherit);
    case PROCESS_ALONE:
        return work_alone(config, &inherit);
    case PROCESS_LOOP:
        return work_for_supervisor(config, &inherit);
    case PROCESS_CPU:
        return compute(config, &inherit);
    }
    UNREACHABLE("no such role");
}

int main(int argc, char **argv)
{
    struct config config;
    int code;

    stdfiles_open();
    memory_room_spare();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, the ends of programs would be lost */
    unread_set(log_unread);
    opened_set(log_left);
    code = config_read(argc, argv, &config);
    if (code == -1)
        code = run(&config);
    config_fini(&config);
    return code;
}
