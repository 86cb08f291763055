/* SPDX-License-Identifier: MIT */
/* family - see family.h. */
#include "family.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

#define PATH_LEN 64
/* Whoever nests deeper hides; its process group is killed all the same. */
#define DEPTH_MAX 64

struct walk {
    family_spare_fn *spare;
    const void *arg;
    int depth;
    size_t n; /* found at this depth */
};

static void kill_tree(pid_t pid, int depth);

/* One thread has started these. */
static void kill_started_by(const char *path, struct walk *w)
{
    FILE *f = fopen(path, "re");
    int pid;

    while (f != NULL && fscanf(f, "%d", &pid) == 1) {
        if (w->spare != NULL && w->spare(w->arg, pid))
            continue;
        kill_tree(pid, w->depth + 1);
        w->n++;
    }
    if (f != NULL)
        fclose(f);
}

static void kill_children(pid_t pid, struct walk *w)
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
        kill_started_by(path, w);
    }
    if (tasks != NULL)
        closedir(tasks);
}

/* Our programs lead groups of their own; of others there is none by this
 * number. */
static void kill_tree(pid_t pid, int depth)
{
    struct walk w = { .depth = depth };

    ASSERT(pid > 1); /* 0, 1 and -1 would be many */
    kill(pid, SIGSTOP);
    if (depth < DEPTH_MAX)
        kill_children(pid, &w);
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
}

void family_kill(pid_t pid)
{
    kill_tree(pid, 0);
}

size_t family_kill_children(pid_t pid, family_spare_fn *spare, const void *arg)
{
    struct walk w = { .spare = spare, .arg = arg };

    kill_children(pid, &w);
    return w.n;
}
