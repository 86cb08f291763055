/* SPDX-License-Identifier: MIT */
/* io_rig - for the tests of <yon/io.h>: runs that leave no descriptor open, and
 * calls that are cut short.
 */
#ifndef IO_RIG_H
#define IO_RIG_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yon/io.h>

#include "libcommon/check.h"

static inline size_t open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    ASSERT(dir != NULL);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static inline int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* The first loop of a process opens what libuv keeps. */
static inline size_t fds_before(void)
{
    ASSERT(yon_run(do_nothing, NULL) == 0);
    return open_fds();
}

/* Run fn(arg), which must return 0 and leave no descriptor open. */
#define RUN_CLEAN(fn, arg)                         \
    do {                                           \
        size_t n_fds = fds_before();               \
                                                   \
        assert_int_equal(yon_run((fn), (arg)), 0); \
        assert_int_equal(open_fds(), n_fds);       \
    } while (0)

/* A call that does not end by itself, and is ended in every way. */
struct cut {
    int cancelled; /* while it waits */
    int timed_out; /* while it waits */
    int not_begun; /* cancelled before it began */
};

static inline int cut_by_cancel(yon_fn *fn, void *arg)
{
    yon_future *f = yon_spawn(fn, arg);
    int code;

    yon_pause(); /* it waits now, in this turn of the loop */
    yon_cancel(f);
    yon_cancel(f); /* harmless twice */
    code = yon_await(f);
    yon_free(f);
    return code;
}

static inline int cut_by_limit(yon_fn *fn, void *arg)
{
    struct yon_limit limit;
    int code;

    yon_limit_begin(&limit, 1);
    code = fn(arg);
    yon_limit_end(&limit);
    return code;
}

static inline int cut_before(yon_fn *fn, void *arg)
{
    yon_future *f = yon_spawn(fn, arg);
    int code;

    yon_cancel(f);
    code = yon_await(f);
    yon_free(f);
    return code;
}

static inline struct cut cut_short(yon_fn *fn, void *arg)
{
    return (struct cut){ .cancelled = cut_by_cancel(fn, arg),
                         .timed_out = cut_by_limit(fn, arg),
                         .not_begun = cut_before(fn, arg) };
}

#define ASSERT_CUT(cut)                                    \
    do {                                                   \
        assert_int_equal((cut).cancelled, YON_ECANCELLED); \
        assert_int_equal((cut).timed_out, YON_ETIMEOUT);   \
        assert_int_equal((cut).not_begun, YON_ECANCELLED); \
    } while (0)

/* ---- a folder ---- */

static char rig_dir[64];

static inline int make_dir(void **state)
{
    (void)state;
    snprintf(rig_dir, sizeof rig_dir, "/tmp/yon-test-io-XXXXXX");
    return mkdtemp(rig_dir) == NULL;
}

static inline size_t n_in_dir(void)
{
    DIR *dir = opendir(rig_dir);
    size_t n = 0;

    ASSERT(dir != NULL);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static inline const char *in_dir(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", rig_dir, name);
    return out;
}

static inline int remove_dir(void **state)
{
    DIR *dir = opendir(rig_dir);
    struct dirent *entry;

    (void)state;
    ASSERT(dir != NULL);
    while ((entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return rmdir(rig_dir);
}

/* ---- libuv's pool, held up ----
 *
 * The pool has one thread here, which waits for a reader of a FIFO. */

static inline void pool_of_one(void)
{
    setenv("UV_THREADPOOL_SIZE", "1", 1);
}

static inline int open_fifo(void *arg)
{
    yon_file *f;
    char path[128];
    int code = yon_file_open(in_dir(path, "fifo"), O_WRONLY, 0, &f);

    (void)arg;
    if (code == 0)
        yon_file_close(f);
    return code;
}

static inline yon_future *pool_hold(void)
{
    yon_future *f;
    char path[128];

    ASSERT(mkfifo(in_dir(path, "fifo"), 0600) == 0);
    f = yon_spawn(open_fifo, NULL);
    yon_pause();
    return f;
}

static inline int pool_let_go(yon_future *f)
{
    char path[128];
    int fd = open(in_dir(path, "fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int code = yon_await(f);

    close(fd);
    unlink(path);
    yon_free(f);
    return code;
}

#endif
