/* SPDX-License-Identifier: MIT */
/* cgroup_own - where this process is among the cgroups of version 2. */
#ifndef CGROUP_OWN_H
#define CGROUP_OWN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define CGROUP_OWN_LEN (3 * PATH_MAX)

/* Its folder; the first *mount_len bytes are the mount of the hierarchy. False:
 * there is none, or it does not show the place. */
bool cgroup_own(char out[CGROUP_OWN_LEN], size_t *mount_len);

#endif
