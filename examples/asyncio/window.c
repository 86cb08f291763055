/* SPDX-License-Identifier: MIT */
/* window - many items, of which only some are under way at once. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static yon_future *start(void *times, size_t i)
{
    return yon_timer(seconds(((int *)times)[i])); /* or a call, a thread ... */
}

static int take(void *arg, size_t i, yon_future *letter)
{
    (void)arg;
    (void)letter;
    printf("letter %zu is there\n", i);
    return 0;
}

static int receive(void *arg)
{
    int times[] = { 4, 1, 2, 2 };

    (void)arg;
    return yon_each_of(4, 2, start, take, times);
}

int main(void)
{
    return yon_run(receive, NULL) == 0 ? 0 : 1;
}
