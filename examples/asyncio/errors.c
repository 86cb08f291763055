/* SPDX-License-Identifier: MIT */
/* errors - gather: the first error, or all outcomes. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int divide_60_by(void *divisor)
{
    int n = *(int *)divisor;

    yon_sleep(seconds(1));
    return n == 0 ? YON_ERANGE : yon_value("i", 60 / n);
}

static void start(yon_future *quotients[3])
{
    static int divisors[] = { 4, 0, 5 };

    for (int i = 0; i < 3; i++)
        quotients[i] = yon_spawn(divide_60_by, &divisors[i]);
}

static void first_error(void)
{
    yon_future *quotients[3];

    start(quotients);
    if (yon_all_ok(quotients, 3, NULL) == YON_ERANGE)
        printf("division by zero\n");
    for (int i = 0; i < 3; i++)
        yon_free(quotients[i]);
}

static void collected(void)
{
    yon_future *quotients[3];
    int n;

    start(quotients);
    yon_all(quotients, 3);
    for (int i = 0; i < 3; i++) {
        if (yon_result(quotients[i], "i", &n) == 0)
            printf("%d\n", n);
        else
            printf("no result\n");
        yon_free(quotients[i]);
    }
}

static int both(void *arg)
{
    (void)arg;
    first_error();
    collected();
    return 0;
}

int main(void)
{
    return yon_run(both, NULL) == 0 ? 0 : 1;
}
