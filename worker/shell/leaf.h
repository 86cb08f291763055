/* SPDX-License-Identifier: MIT */
/* leaf - cgroups (v2) for programs, where we may make some. What runs in one
 * cannot leave it without such a right, and the kernel kills all of it at once.
 *
 *      FOLDER/yon-keepers-PID    of a process of a worker, which has locked it
 *          N                     of its keeper N: where its programs run, one
 *                                at a time
 *
 * FOLDER is the cgroup of the worker, which systemd delegates with
 * Delegate=yes, or another that was named. What nobody has locked was left by
 * a worker that was killed.
 */
#ifndef LEAF_H
#define LEAF_H

#include "libcommon/err.h"

/* Of a process of a worker. */
struct leaves {
    int above, dir; /* -1: there are none */
    char name[32];  /* of `dir` in `above` */
};

/* where: the folder; NULL: our own cgroup. Kills and removes what dead workers
 * left there. On error there are no leaves: ERR_ABSENT: no cgroups of version
 * 2; ERR_SYSTEM: none can be made; errmsg says why. In a process of one thread.
 */
enum err leaves_open(const char *where, struct leaves *out, char *errmsg);
void leaves_none(struct leaves *out);
/* When all leaves are closed: removes the folder. */
void leaves_close(struct leaves *l);
/* Another process has them, and keeps the lock. */
void leaves_let_go(struct leaves *l);

struct leaf {
    int dir;   /* to start programs in; -1: there is none */
    int kill;  /* the kernel's file for that */
    int above; /* -1: there is none, and never will */
    char name[12];
};

/* When it cannot be made, there is none. */
void leaf_open(const struct leaves *l, unsigned number, struct leaf *out);
/* SIGKILL to all that is in it. Then it must not be used again: Linux (6.18 at
 * least) kills who is born into it later as well. */
void leaf_kill(const struct leaf *l);
/* Another one in its place, when it is empty. */
void leaf_renew(struct leaf *l);
/* Remove it; it is empty. */
void leaf_close(struct leaf *l);

#endif
