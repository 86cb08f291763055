/* SPDX-License-Identifier: MIT */
/* worker_config - what yon-worker was told on its command line. */
#ifndef WORKER_CONFIG_H
#define WORKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bounds.h"
#include "proto/op.h"
#include "worker/shell/call/module_files.h"

#define CONFIG_STACK_KB_MIN 16
#define CONFIG_STACK_KB_MAX 16384
#define CONFIG_NUMBER_MAX 65536 /* of slots, calls, ms */
#define CONFIG_LOADS_MAX MODULE_FILES_MAX

struct config {
    char *server; /* endpoint */
    char *name;
    uint32_t slots;      /* commands at once */
    uint32_t calls;      /* calls at once */
    uint32_t grace_ms;   /* 0: WORKER_GRACE_MS */
    uint32_t slow_ms;    /* for the stall monitor; 0: none */
    uint32_t stack_kb;   /* of each call; 0: the default */
    uint32_t procs;      /* to start and supervise; 0: jobs run in this one */
    uint32_t inherit_fd; /* of inherit_give; 0: a user has started it */
    uint32_t before_fd;  /* of the worker before this one; 0: none */
    char **argv;         /* all of the command line; borrowed */
    const char *cgroup;  /* folder for cgroups; NULL: our own; in argv */
    bool no_cgroup;      /* none is made */
    uint64_t output_max; /* bytes kept of each output of a command */
    const char *spool;   /* folder for large ones; NULL: as spool_add */
    const char *loads[CONFIG_LOADS_MAX]; /* modules; in argv */
    size_t n_loads;
    struct label labels[LABELS_MAX]; /* in argv */
    size_t n_labels;
};

/* Read the command line. Returns -1 to go on, or the exit code with which to
 * end: 0 after --help and --version, 2 after a message about a wrong option.
 * config_fini in any case. */
int config_read(int argc, char **argv, struct config *out);
void config_fini(struct config *c);

#endif
