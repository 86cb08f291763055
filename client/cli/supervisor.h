/* SPDX-License-Identifier: MIT */
/* supervisor - keeps yond and a worker running. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "client/cli/rundir.h"

struct supervisor_plan {
    const struct rundir *rundir;
    const char *listen;    /* a tcp endpoint for keys; NULL: none */
    const char *keys;      /* their directory */
    int n_procs;           /* of the worker; 0: there is none */
    int n_slots;           /* of the worker; 0: its choice */
    char *const *loads;    /* modules, absolute paths, ended by NULL */
    const char *log_level; /* of all; NULL: $YON_LOG, or the default */
    bool to_logs;          /* stderr of all goes to files in rundir->log_dir */
    int64_t ready_within_ms; /* for all processes, once yond answers */
};

/* Start both, call ready(arg) when all processes of the worker are connected,
 * and keep them until SIGINT, SIGTERM or SIGHUP; then end worker and yond, in
 * that order.
 * ERR_FAILED, ERR_SYSTEM: one of them cannot be kept running; ERR_TIMEOUT:
 * not all processes of the worker have come; errmsg says why, and all have
 * ended. Suspends. */
enum err supervisor_await(const struct supervisor_plan *plan,
                          void (*ready)(void *arg), void *arg, char *errmsg);

#endif
