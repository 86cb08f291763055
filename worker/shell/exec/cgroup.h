/* SPDX-License-Identifier: MIT */
/* cgroup - cgroups (v2) for programs, where we may make some. What runs in one
 * cannot leave it without such a right, and the kernel kills all of it at once.
 *
 *      FOLDER/yon-shims-PID    of a process of a worker, which has locked it
 *          N                     of its shim N: where its programs run, one
 *                                at a time
 *
 * FOLDER is the cgroup of the worker, which systemd delegates with
 * Delegate=yes, or another that was named. What nobody has locked was left by
 * a worker that was killed.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "libcommon/err.h"

/* Of a process of a worker. */
struct cgroup_root {
    int above, dir; /* -1: there are none */
    char name[32];  /* of `dir` in `above` */
};

/* where: the folder; NULL: our own cgroup. Kills and removes what dead workers
 * left there. On error there are no leaves: ERR_ABSENT: no cgroups of version
 * 2; ERR_SYSTEM: none can be made; errmsg says why. In a process of one thread.
 */
enum err cgroup_root_open(const char *where, struct cgroup_root *out,
                          char *errmsg);
void cgroup_root_none(struct cgroup_root *out);
/* When all leaves are closed: removes the folder. */
void cgroup_root_close(struct cgroup_root *l);
/* Another process has them, and keeps the lock. */
void cgroup_root_let_go(struct cgroup_root *l);

struct cgroup {
    int dir;   /* to start programs in; -1: there is none */
    int kill;  /* the kernel's file for that */
    int above; /* -1: there is none, and never will */
    char name[12];
};

/* When it cannot be made, there is none. */
void cgroup_open(const struct cgroup_root *l, unsigned number,
                 struct cgroup *out);
/* SIGKILL to all that is in it. Then it must not be used again: Linux (6.18 at
 * least) kills who is born into it later as well. */
void cgroup_kill(const struct cgroup *l);
/* Another one in its place, when it is empty. */
void cgroup_renew(struct cgroup *l);
/* Remove it; it is empty. */
void cgroup_close(struct cgroup *l);

#endif
