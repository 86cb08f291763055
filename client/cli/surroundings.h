/* SPDX-License-Identifier: MIT */
/* surroundings - what a command finds around it: the environment, the umask,
 * the limits, and of yon run one file for both outputs; and --env and
 * --clean-env. */
#ifndef SURROUNDINGS_H
#define SURROUNDINGS_H

#include "client/cli/cli.h"
#include "libcommon/rt/os/rlimits.h"
#include "proto/spec.h"

/* Holds what the spec points to; zeroed memory is empty. */
struct surroundings {
    struct label *env;   /* what is there */
    struct label *given; /* --env */
    struct command_ulimit ulimits[RLIMITS_MAX];
    struct buf packed; /* the environment, compressed */
};

/* Whether the coordinator, and so its workers, are on this machine. */
bool surroundings_are_here(const struct cli *c);
/* Fill env and around of *spec. Texts are borrowed from the environment and the
 * command line. Returns 0 or, told, an exit code. */
int surroundings_read(const struct cli *c, struct surroundings *s,
                      struct command_spec *spec);
/* Compress the environment of *spec, when that makes it smaller. Returns 0 or,
 * told, an exit code: it is too large. */
int surroundings_pack(const struct cli *c, struct surroundings *s,
                      struct command_spec *spec);
void surroundings_fini(struct surroundings *s);

#endif
