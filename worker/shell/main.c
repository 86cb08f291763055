/* SPDX-License-Identifier: MIT */
/* yon-worker - runs the jobs that the coordinator gives it. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "libcommon/rt/os/stdfiles.h"
#include "worker/shell/call/modules.h"
#include "worker/shell/cpu/cpu_child.h"
#include "worker/shell/exec/cgroup.h"
#include "worker/shell/exec/forkserver.h"
#include "worker/shell/exec/sweep.h"
#include "worker/shell/life/crash_note.h"
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
static int begin_forkserver(const struct config *config, char **argv,
                            struct forkserver *out)
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
    if (forkserver_start(out, &root, argv))
        return -1;
    perror("yon-worker: cannot start a process");
    return 1;
}

static int load_and_serve(const struct config *config,
                          struct forkserver *forkserver)
{
    struct modules modules = { 0 };
    char errmsg[ERRMSG_LEN];
    int code = raise_file_limit(config->slots);

    for (size_t i = 0; i < config->n_loads && code == -1; i++) {
        if (modules_load(&modules, config->loads[i], errmsg) != ERR_NONE) {
            fprintf(stderr, "yon-worker: %s\n", errmsg);
            code = 1;
        }
    }
    if (code == -1 && config->note_fd >= 0 &&
        !crash_note_watch(config->note_fd))
        fprintf(stderr, "yon-worker: crashes will not be told\n");
    if (code == -1 && config->cpu_fd >= 0)
        code = cpu_child_serve(config, &modules);
    if (code == -1)
        code = serve(config, &modules, forkserver);
    crash_note_leave();
    modules_fini(&modules);
    return code;
}

int main(int argc, char **argv)
{
    struct forkserver forkserver = { .sock = -1 };
    struct config config;
    int code;

    stdfiles_open();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, the ends of programs would be lost */
    code = config_read(argc, argv, &config);
    if (code == -1 && config.cpu_fd >= 0)
        cpu_child_begin(&config);
    else if (code == -1 && config.child > 0)
        procs_begin(&config);
    else if (code == -1)
        sweep_begin();
    if (code == -1 && config.cpu_fd < 0 && config.child == 0 &&
        config.procs > 0)
        code = procs_supervise(&config, argv);
    if (code == -1 && config.cpu_fd < 0)
        code = begin_forkserver(&config, argv, &forkserver);
    if (code == -1)
        code = load_and_serve(&config, &forkserver);
    forkserver_stop(&forkserver);
    config_fini(&config);
    return code;
}
