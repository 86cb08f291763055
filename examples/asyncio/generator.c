/* SPDX-License-Identifier: MIT */
/* generator - a running average, driven by send. */
#include <stdio.h>
#include <yon/co.h>

static int running_average(yon_gen *g, void *arg)
{
    double sum = 0, average = 0;
    void *number;
    int n = 0, err;

    (void)arg;
    while ((err = yon_yield(g, &average, &number)) == 0) {
        sum += *(double *)number;
        average = sum / ++n;
    }
    return err;
}

static int measure(void *arg)
{
    double numbers[] = { 10, 20, 60 };
    yon_gen *averages = yon_gen_new(running_average, NULL);
    void *average;
    int err = yon_next(averages, &average); /* to its first yield */

    (void)arg;
    for (int i = 0; i < 3 && err == 0; i++) {
        err = yon_send(averages, &numbers[i], &average);
        if (err == 0)
            printf("%g makes the average %g\n", numbers[i], *(double *)average);
    }
    yon_gen_close(averages);
    return err;
}

int main(void)
{
    return yon_run(measure, NULL) == 0 ? 0 : 1;
}
