/* SPDX-License-Identifier: MIT */
/* step_mark - when a process began its last step, read through /proc. */
#include "libcommon/rt/os/step_mark.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/entropy.h"

#define NO_STEP INT64_MAX

/* In shared memory. `began_ms` first: a read of all of it is never torn there.
 */
struct step_word {
    _Atomic int64_t began_ms; /* NO_STEP: one is under way, or none will come */
    uint64_t clock;           /* the time namespace that it is counted in */
    boot_id key;
};

struct step_mark {
    struct step_word *word;
    int fd;
    char name[64];
};

/* 0: this kernel has one for all. */
static uint64_t clock_here(void)
{
    struct stat st;

    return stat("/proc/self/ns/time", &st) == 0 ? (uint64_t)st.st_ino : 0;
}

struct step_mark *step_mark_open(void)
{
    int fd = memfd_create("yon-step-mark", MFD_CLOEXEC);
    struct step_word *word = MAP_FAILED;
    struct step_mark *m;

    if (fd >= 0 && ftruncate(fd, sizeof *word) == 0)
        word =
            mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (word == MAP_FAILED) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    m = xcalloc(1, sizeof *m);
    m->word = word;
    m->fd = fd;
    snprintf(m->name, sizeof m->name, "/proc/%ld/fd/%d", (long)getpid(), fd);
    atomic_init(&word->began_ms, NO_STEP);
    word->clock = clock_here();
    entropy_get(&word->key, sizeof word->key);
    return m;
}

void step_mark_close(struct step_mark *m)
{
    if (m == NULL)
        return;
    atomic_store(&m->word->began_ms, NO_STEP);
    munmap(m->word, sizeof *m->word);
    close(m->fd);
    free(m);
}

const char *step_mark_name(const struct step_mark *m)
{
    return m == NULL ? "" : m->name;
}

boot_id step_mark_key(const struct step_mark *m)
{
    return m == NULL ? (boot_id){ 0 } : m->word->key;
}

/* In one order for all: who does not see it has read a clock that is behind
 * that of the step. */
void step_mark_begin(struct step_mark *m)
{
    if (m != NULL)
        atomic_store(&m->word->began_ms, NO_STEP);
}

void step_mark_set(struct step_mark *m, int64_t now_ms)
{
    if (m != NULL)
        atomic_store(&m->word->began_ms, now_ms);
}

/* ---- elsewhere ---- */

static bool read_word(const char *name, struct step_word *out)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool whole =
        fd >= 0 && pread(fd, out, sizeof *out, 0) == (ssize_t)sizeof *out;

    if (fd >= 0)
        close(fd);
    return whole;
}

int64_t step_mark_read(const char *name, boot_id key)
{
    struct step_word word;

    /* Other files need not be harmless to open. */
    if (strncmp(name, "/proc/", 6) != 0 || strstr(name, "..") != NULL ||
        boot_is_zero(key) || !read_word(name, &word) ||
        !boot_equal(word.key, key) || word.clock != clock_here())
        return NO_STEP;
    return atomic_load(&word.began_ms);
}
