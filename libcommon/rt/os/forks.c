/* SPDX-License-Identifier: MIT */
/* forks - a number that pthread_atfork raises in each child. */
#include "libcommon/rt/os/forks.h"

#include <pthread.h>

#include "libcommon/check.h"

static unsigned n_forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void be_child(void)
{
    n_forks++;
}

static void watch(void)
{
    int failed = pthread_atfork(NULL, NULL, be_child);

    ASSERT(failed == 0); /* it allocates a few bytes */
}

unsigned forks_n(void)
{
    return n_forks;
}

void forks_watch(void (*child)(void))
{
    int failed = 0;

    pthread_once(&once, watch);
    if (child != NULL)
        failed = pthread_atfork(NULL, NULL, child);
    ASSERT(failed == 0);
}
