/* SPDX-License-Identifier: MIT */
/* countdown - a generator that waits between its values, is told to begin
 * again, and is closed before its end. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int count_down(yon_gen *g, void *from)
{
    int n, err = YON_ERANGE;

    while (err == YON_ERANGE) /* thrown in: begin again */
        for (n = *(int *)from, err = 0; n > 0 && err == 0; n--) {
            yon_sleep(seconds(1) / 10);
            err = yon_yield(g, &n, NULL);
        }
    printf("the countdown is over\n");
    return err;
}

static int launch(void *arg)
{
    int from = 3;
    yon_gen *counts = yon_gen_new(count_down, &from);
    void *n;

    (void)arg;
    while (yon_next(counts, &n) == 0)
        printf("%d\n", *(int *)n);
    yon_gen_close(counts);

    counts = yon_gen_new(count_down, &from);
    yon_next(counts, &n);
    yon_next(counts, &n);
    printf("at %d: begin again\n", *(int *)n);
    yon_throw(counts, YON_ERANGE, &n);
    printf("at %d: enough\n", *(int *)n);
    return yon_gen_close(counts);
}

int main(void)
{
    return yon_run(launch, NULL) == 0 ? 0 : 1;
}
