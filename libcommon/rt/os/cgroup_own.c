/* SPDX-License-Identifier: MIT */
/* cgroup_own - by /proc/self/cgroup and /proc/self/mountinfo. */
#include "libcommon/rt/os/cgroup_own.h"

#include <stdio.h>
#include <string.h>

/* Where we are in the hierarchy. False: there is none of version 2. */
static bool read_place(char *out, size_t size)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[CGROUP_OWN_LEN];
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, "0::/", 4) == 0;
    if (file != NULL)
        fclose(file);
    if (found)
        snprintf(out, size, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    return found;
}

/* A line of mountinfo: where is `place`, if that is a mount of the hierarchy
 * that shows it? */
static bool locate(const char *line, const char *place,
                   char out[CGROUP_OWN_LEN], size_t *mount_len)
{
    char root[PATH_MAX], point[PATH_MAX];
    size_t len;

    if (strstr(line, " - cgroup2 ") == NULL ||
        sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
        return false;
    len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(place, root, len) != 0 ||
        (place[len] != '/' && place[len] != '\0'))
        return false;
    *mount_len = strlen(point);
    return snprintf(out, CGROUP_OWN_LEN, "%s%s", point, place + len) <
           CGROUP_OWN_LEN;
}

bool cgroup_own(char out[CGROUP_OWN_LEN], size_t *mount_len)
{
    char line[CGROUP_OWN_LEN], place[PATH_MAX];
    FILE *file = NULL;
    bool found = false;

    if (read_place(place, sizeof place))
        file = fopen("/proc/self/mountinfo", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = locate(line, place, out, mount_len);
    if (file != NULL)
        fclose(file);
    return found;
}
