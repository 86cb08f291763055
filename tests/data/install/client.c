/* SPDX-License-Identifier: MIT */
/* A program of someone else, C and C++ alike: a coroutine here, and a call of a
 * function of a worker. */
#include <stdio.h>

#include <yon/co.h>

static int twice(void *arg)
{
    int *n = (int *)arg;
    int err = yon_sleep(1);

    return err != 0 ? err : yon_value("i", 2 * *n);
}

static int await_it(yon_future *f)
{
    int n = 0, err = yon_await(f);

    if (err == 0)
        err = yon_result(f, "i", &n);
    if (err != 0)
        fprintf(stderr, "client: %s\n", yon_error(f));
    printf("%d ", n);
    yon_free(f);
    return err;
}

static int here(void *arg)
{
    return await_it(yon_spawn(twice, arg));
}

int main(void)
{
#ifdef __cplusplus
    struct yon_policy policy = {};
#else
    struct yon_policy policy = YON_POLICY(.retries = 0);
#endif
    yon_client *client;
    int n = 21, err = yon_run(here, &n);

    if (err == 0)
        err = yon_connect(NULL, &client);
    if (err != 0)
        return 1;
    err = await_it(yon_call(client, "twice", "[i]", n));
    if (err == 0)
        err = await_it(yon_call_with(client, &policy, "thrice", "[i]", n));
    yon_close(client);
    printf("%s\n", yon_version());
    return err == 0 ? 0 : 1;
}
