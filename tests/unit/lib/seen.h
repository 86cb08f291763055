/* SPDX-License-Identifier: MIT */
/* seen - callbacks that note what they have seen, and descriptors that are
 * counted: what the tests of callbacks share.
 */
#ifndef SEEN_H
#define SEEN_H

#include <unistd.h>

#include <yon/yon.h>

#include "tests/support/io_rig.h"

struct bench; /* of the test */

struct seen {
    int n_calls;
    int code; /* the future ended so */
    uint64_t id;
    struct bench *bench; /* for those who do more */
    yon_future *other;
    int codes[8];
};

static inline void note(void *arg, yon_future *f)
{
    struct seen *s = arg;

    s->n_calls++;
    s->code = yon_await(f);
    s->id = yon_id(f);
}

static inline void note_and_free(void *arg, yon_future *f)
{
    note(arg, f);
    yon_free(f);
}

#define ASSERT_SEEN(s, ended_with)                \
    do {                                          \
        assert_int_equal((s).n_calls, 1);         \
        assert_int_equal((s).code, (ended_with)); \
    } while (0)

/* The first client of a process opens what ZeroMQ keeps. */
static inline int open_what_stays(void **state)
{
    yon_client *c;

    (void)state;
    if (yon_connect("ipc:///tmp/yon-nobody", &c) != 0)
        return -1;
    yon_close(c);
    return 0;
}

/* ZeroMQ closes descriptors on a thread of its own; some may have been under
 * way when they were counted. */
static inline void assert_fds(size_t n)
{
    for (int i = 0; i < 5000 && open_fds() > n; i++)
        usleep(1000);
    assert_true(open_fds() <= n);
}

#endif
