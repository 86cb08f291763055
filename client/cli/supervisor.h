/* SPDX-License-Identifier: MIT */
/* supervisor - keeps yond and its workers running. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "home.h"

#define SUPERVISOR_KEEPERS_MAX 1025

struct supervisor_plan {
    const struct home *home;
    int n_workers;
    int n_slots;        /* of each; 0: the worker's choice */
    char *const *loads; /* modules, absolute paths, ended by NULL */
    bool to_logs;       /* stderr of all goes to files in home->log_dir */
};

/* Start all, call ready(arg) when all workers are connected, and keep them
 * until SIGINT, SIGTERM or SIGHUP; then end workers and yond, in that order.
 * ERR_FAILED, ERR_SYSTEM: one of them cannot be kept running; errmsg says why,
 * and all have ended. Suspends. */
enum err supervisor_await(const struct supervisor_plan *plan,
                          void (*ready)(void *arg), void *arg, char *errmsg);

#endif
