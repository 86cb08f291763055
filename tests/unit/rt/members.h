/* SPDX-License-Identifier: MIT */
/* members - what the members of the groups of tests do. */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <yon/co.h>

#include "tests/unit/rt/notes.h"

#define LONG_MS 100000000

struct record {
    struct buf notes;
    int n_ended;
    yon_group *group;
    yon_event *event;
    yon_channel *channel;
    yon_future *f;
};

static inline int pause_and_end(void *arg)
{
    struct record *r = arg;

    for (int i = 0; i < 5; i++)
        yon_pause();
    r->n_ended++;
    return 0;
}

static inline int wait_to_be_stopped(void *arg)
{
    struct record *r = arg;
    int code = yon_sleep(LONG_MS);

    r->n_ended++;
    return code;
}

/* A member that takes its time after it was cancelled. */
static inline int end_slowly(void *arg)
{
    int code = yon_sleep(LONG_MS);

    yon_shield_begin();
    pause_and_end(arg);
    yon_shield_end();
    return code;
}

static inline int fail_soon(void *arg)
{
    (void)arg;
    yon_pause();
    return YON_ELOST;
}

static inline int fail_later(void *arg)
{
    (void)arg;
    yon_pause();
    yon_pause();
    return YON_EFAILED;
}

#endif
