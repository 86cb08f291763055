/* SPDX-License-Identifier: MIT */
/* cluster - a yond and a yon-worker in a directory of their own, for tests. */
#include "tests/support/cluster.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yon/yon.h>

#include "libcommon/check.h"

#define READY_WITHIN_MS 60000
#define JOBS BUILD_BIN "/../lib/example_jobs.so"

/* In the child, after fork. Its output goes to a file in the directory. */
static void become(const struct cluster *c, const char *const argv[])
{
    char path[128];
    int fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/log", c->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    execv(argv[0], (char *const *)argv);
    dprintf(STDERR_FILENO, "cannot start %s\n", argv[0]);
    _exit(127);
}

static pid_t start(const struct cluster *c, const char *const argv[])
{
    pid_t pid = fork();

    ASSERT(pid >= 0);
    if (pid == 0)
        become(c, argv);
    return pid;
}

/* Fine when the process does not run. */
static void kill_and_reap(pid_t *pid)
{
    if (*pid == 0)
        return;
    kill(*pid, SIGKILL);
    while (waitpid(*pid, NULL, 0) < 0)
        ;
    *pid = 0;
}

void cluster_start_yond(struct cluster *c)
{
    char db[128];
    const char *const argv[] = {
        BUILD_BIN "/yond", "--listen", c->address, "--db", db, NULL
    };

    snprintf(db, sizeof db, "%s/yon.db", c->dir);
    c->yond = start(c, argv);
}

void cluster_start_worker(struct cluster *c)
{
    const char *const argv[] = { BUILD_BIN "/yon-worker",
                                 "--server",
                                 c->address,
                                 "--name",
                                 "w",
                                 "--procs",
                                 "0",
                                 "--load",
                                 JOBS,
                                 NULL };

    c->worker = start(c, argv);
}

void cluster_kill_yond(struct cluster *c)
{
    kill_and_reap(&c->yond);
}

void cluster_kill_worker(struct cluster *c)
{
    kill_and_reap(&c->worker);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void cluster_stop(struct cluster *c)
{
    kill_and_reap(&c->worker);
    kill_and_reap(&c->yond);
    nftw(c->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* End the test, with the output of the processes. */
static void give_up(struct cluster *c, const char *why)
{
    char path[128], line[512];
    FILE *log;

    fprintf(stderr, "cluster: not ready: %s\n", why);
    snprintf(path, sizeof path, "%s/log", c->dir);
    log = fopen(path, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL)
        fputs(line, stderr);
    cluster_stop(c);
    abort();
}

/* A call that succeeds proves that everything is there. */
static void wait_until_ready(struct cluster *c)
{
    yon_client *client = NULL;
    yon_future *f;

    if (yon_connect(c->address, &client) != 0)
        give_up(c, "connect");
    f = yon_call(client, "echo", "");
    if (yon_await_for(f, READY_WITHIN_MS) != 0)
        give_up(c, yon_error(f));
    yon_free(f);
    yon_close(client);
}

void cluster_start(struct cluster *c)
{
    *c = (struct cluster){ 0 };
    strcpy(c->dir, "/tmp/yon-cluster-XXXXXX");
    if (mkdtemp(c->dir) == NULL)
        give_up(c, "no directory in /tmp");
    snprintf(c->address, sizeof c->address, "ipc://%s/sock", c->dir);
    cluster_start_yond(c);
    cluster_start_worker(c);
    wait_until_ready(c);
}
