/* SPDX-License-Identifier: MIT */
/* cgroup - cgroups (v2) for programs, where this process may make some. A
 * process cannot leave its cgroup without such a right, and the kernel kills
 * all in a cgroup at once.
 *
 *      FOLDER/yon-shims-PID    the root of one process of a worker, locked
 *          N                     for shim N: its programs run here, one at a
 *                                time
 *
 * FOLDER is the cgroup of the worker, which systemd delegates with
 * Delegate=yes, or another that was named. A root without a lock was left by a
 * worker that was killed.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "libcommon/err.h"

/* The folder for the cgroups of one process of a worker. */
struct cgroup_root {
    int above;     /* FOLDER; -1: no cgroups */
    int dir;       /* the root; -1: no cgroups */
    char name[32]; /* of `dir` in `above` */
};

/* Make the root, and kill and remove what dead workers left beside it. where:
 * FOLDER; NULL: our own cgroup. For a process of one thread. On error *out is
 * as after cgroup_root_none, and errmsg says why:
 *
 * ERR_ABSENT  this machine has no cgroups of version 2;
 * ERR_SYSTEM  none can be made. */
enum err cgroup_root_open(const char *where, struct cgroup_root *out,
                          char *errmsg);
void cgroup_root_none(struct cgroup_root *out);
/* Remove the root, when all its cgroups are closed. */
void cgroup_root_close(struct cgroup_root *l);
/* Close it here; another process has it as well and keeps the lock. */
void cgroup_root_let_go(struct cgroup_root *l);

/* The cgroup of one shim. */
struct cgroup {
    int dir;       /* programs start in it; -1: there is none */
    int kill;      /* cgroup.kill in `dir` */
    int above;     /* the root; -1: there will never be a cgroup */
    char name[12]; /* of `dir` in `above` */
};

/* Make one. When that fails, the shim does without. */
void cgroup_open(const struct cgroup_root *l, unsigned number,
                 struct cgroup *out);
/* SIGKILL to all processes in it. Then call cgroup_renew: Linux 6.18 also kills
 * processes that are created in a killed cgroup later. */
void cgroup_kill(const struct cgroup *l);
/* Replace an empty one by a new one. */
void cgroup_renew(struct cgroup *l);
/* Remove an empty one. */
void cgroup_close(struct cgroup *l);

#endif
