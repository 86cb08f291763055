/* SPDX-License-Identifier: MIT */
/* till - a generator that takes values and returns one at its end. */
#include <stdio.h>
#include <yon/co.h>

static int till(yon_gen *g, void *sum)
{
    void *price;
    int err;

    while ((err = yon_yield(g, NULL, &price)) == 0 && price != NULL)
        *(int *)sum += *(int *)price;
    yon_gen_return(g, sum);
    return err;
}

static int check_out(void *arg)
{
    int basket[] = { 3, 4, 5 }, sum = 0;
    yon_gen *prices = yon_gen_new(till, &sum);
    void *nothing;
    int err = yon_next(prices, &nothing); /* to its first yield */

    (void)arg;
    for (int i = 0; i < 3 && err == 0; i++)
        err = yon_send(prices, &basket[i], &nothing);
    if (err == 0)
        err = yon_send(prices, NULL, &nothing);
    if (err == YON_EEXHAUSTED)
        printf("%d together\n", *(int *)yon_gen_result(prices));
    return yon_gen_close(prices);
}

int main(void)
{
    return yon_run(check_out, NULL) == 0 ? 0 : 1;
}
