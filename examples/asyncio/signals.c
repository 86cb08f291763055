/* SPDX-License-Identifier: MIT */
/* signals - a coroutine that waits for one. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <yon/io.h>

#include "seconds.h"

static int send_later(void *arg)
{
    (void)arg;
    yon_sleep(seconds(1));
    return kill(getpid(), SIGUSR1);
}

static int wait_for_signal(void *arg)
{
    int wanted = SIGUSR1, got, err;

    (void)arg;
    printf("waiting ...\n");
    yon_free(yon_spawn(send_later, NULL));
    err = yon_signal_wait(&wanted, 1, &got);
    if (err == 0 && got == SIGUSR1)
        printf("that was SIGUSR1\n");
    return err;
}

int main(void)
{
    return yon_run(wait_for_signal, NULL) == 0 ? 0 : 1;
}
