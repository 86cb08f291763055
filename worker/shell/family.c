/* SPDX-License-Identifier: MIT */
/* family - see family.h. */
#include "family.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_LEN 64
/* Whoever nests deeper hides; its process group is killed all the same. */
#define DEPTH_MAX 64

static void kill_tree(pid_t pid, int depth);

/* One thread has started these. */
static void kill_started_by(const char *path, int depth)
{
    FILE *f = fopen(path, "re");
    int pid;

    while (f != NULL && fscanf(f, "%d", &pid) == 1)
        kill_tree(pid, depth + 1);
    if (f != NULL)
        fclose(f);
}

static void kill_children(pid_t pid, int depth)
{
    char path[PATH_LEN];
    const struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", pid,
                 entry->d_name);
        kill_started_by(path, depth);
    }
    if (tasks != NULL)
        closedir(tasks);
}

/* Our programs lead groups of their own; of others there is none by this
 * number. */
static void kill_tree(pid_t pid, int depth)
{
    kill(pid, SIGSTOP);
    if (depth < DEPTH_MAX)
        kill_children(pid, depth);
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
}

void family_kill(pid_t pid)
{
    kill_tree(pid, 0);
}

void family_kill_children(pid_t pid)
{
    kill_children(pid, 0);
}
