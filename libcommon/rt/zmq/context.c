/* SPDX-License-Identifier: MIT */
/* context - the one ZeroMQ context of this process. */
#include "libcommon/rt/zmq/context.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include <zmq.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/forks.h"
#include "libcommon/rt/zmq/room.h"

/* ZeroMQ's threads and sockets are the process's: a child of fork has none of
 * them, and makes its own. */
static struct {
    pthread_mutex_t lock;
    void *zmq; /* NULL: none yet */
    bool runs; /* its threads do: there was a socket */
} context = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void be_child(void)
{
    pthread_mutex_init(&context.lock, NULL);
    context.zmq =
        NULL; /* it stays, unused: without its threads it cannot end */
    context.runs = false;
}

static void watch_forks(void)
{
    forks_watch(be_child);
}

/* The first socket of a context starts its threads, which must not take the
 * signals of the process. */
void *context_socket(int type)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t all, before;
    void *zmq = NULL;

    pthread_once(&once, watch_forks);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&context.lock);
    if (context.runs || room_for_context()) {
        if (context.zmq == NULL)
            context.zmq = zmq_ctx_new();
        if (context.zmq != NULL)
            zmq = zmq_socket(context.zmq, type);
        context.runs |= zmq != NULL;
    }
    pthread_mutex_unlock(&context.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return zmq;
}

void context_end(void)
{
    pthread_mutex_lock(&context.lock);
    if (context.zmq != NULL) {
        while (zmq_ctx_term(context.zmq) != 0)
            ASSERT(errno == EINTR);
        context.zmq = NULL;
        context.runs = false;
    }
    pthread_mutex_unlock(&context.lock);
}
