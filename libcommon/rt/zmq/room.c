/* SPDX-License-Identifier: MIT */
/* room - whether this process can have what the first ZeroMQ socket takes. */
#include "libcommon/rt/zmq/room.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Of libzmq 4.3: one that reaps, one for input and output. */
#define N_THREADS 2
/* Two for each thread, two of the context and the socket, and some to spare. */
#define N_FILES 10

static void *wait_for_the_others(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

/* Returns an errno. All live at one time. */
static int try_threads(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[N_THREADS];
    int n = 0, error = 0;

    pthread_mutex_lock(&lock);
    while (n < N_THREADS &&
           (error = pthread_create(&threads[n], NULL, wait_for_the_others,
                                   &lock)) == 0)
        n++;
    pthread_mutex_unlock(&lock);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    return error;
}

static int try_files(void)
{
    int fds[N_FILES], n = 0, error = 0;

    while (n < N_FILES && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    if (n < N_FILES)
        error = errno;
    while (n > 0)
        close(fds[--n]);
    return error;
}

bool room_for_context(void)
{
    int error = try_files();

    if (error == 0)
        error = try_threads();
    errno = error;
    return error == 0;
}
