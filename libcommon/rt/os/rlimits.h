/* SPDX-License-Identifier: MIT */
/* rlimits - the limits of a process (getrlimit(2)), by name, to give to
 * another. */
#ifndef RLIMITS_H
#define RLIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "libcommon/buf.h"

/* Resources are numbers below that. */
#define RLIMITS_MAX 16

struct rlimits {
    uint32_t given; /* a bit for each resource that is limited here */
    struct rlimit at[RLIMITS_MAX];
};

/* "nofile", "cpu" ...; NULL: none that is known here. */
const char *rlimits_name(unsigned resource);
/* Add one; false: no resource is called so. UINT64_MAX stands for no limit. */
bool rlimits_add(struct rlimits *l, struct view name, uint64_t soft,
                 uint64_t hard);
/* All of this process. */
void rlimits_read(struct rlimits *out);
/* Make them those of this process, as far as it may: none rises above its hard
 * limit. Fit for a child that shares our memory. */
void rlimits_apply(const struct rlimits *l);

#endif
