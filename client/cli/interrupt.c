/* SPDX-License-Identifier: MIT */
/* interrupt - Ctrl-C, and other signals that ask for an end, as a future. */
#include "client/cli/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/cli/exits.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/future.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

struct interrupt {
    yon_future future; /* first */
    struct interrupt_how how;
    int signal; /* the first that came; 0: none yet */
    uv_signal_t handles[ARRAY_LEN(signals)];
    size_t n_handles;
    size_t n_open; /* handles that are not closed yet */
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct interrupt *i = handle->data;

    if (!i->future.done) {
        i->signal = number;
        future_end(&i->future, ERR_NONE, NULL);
    } else if (i->how.again != NULL) {
        i->how.again(i->how.arg);
    } else if (number == SIGINT) {
        dprintf(STDERR_FILENO, "yon: interrupted\n");
        _exit(EXITS_INTERRUPT);
    }
}

static void on_close(uv_handle_t *handle)
{
    struct interrupt *i = handle->data;

    if (--i->n_open == 0)
        free(i);
}

static void destroy(yon_future *f)
{
    struct interrupt *i = CONTAINER_OF(f, struct interrupt, future);

    for (size_t k = 0; k < i->n_handles; k++)
        uv_close((uv_handle_t *)&i->handles[k], on_close);
    if (i->n_handles == 0)
        free(i);
}

static const struct future_kind kind = {
    .name = "interrupt",
    .destroy = destroy,
};

static bool is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void add_handle(struct interrupt *i, uv_loop_t *uv, int number)
{
    uv_signal_t *handle = &i->handles[i->n_handles];
    int bad;

    /* As nohup leaves SIGHUP, and a script SIGINT for what it runs with &. */
    if (number != SIGTERM && is_ignored(number))
        return;
    bad = uv_signal_init(uv, handle);
    ASSERT(bad == 0);
    i->n_handles++;
    i->n_open++;
    handle->data = i;
    bad = uv_signal_start(handle, on_signal, number);
    ASSERT(bad == 0);
}

yon_future *interrupt_new(struct interrupt_how how)
{
    struct interrupt *i = xcalloc(1, sizeof *i);
    uv_loop_t *uv = loop_uv(loop_current());

    future_init(&i->future, &kind, loop_current());
    i->how = how;
    for (size_t k = 0; k < (how.with_term ? ARRAY_LEN(signals) : 1); k++)
        add_handle(i, uv, signals[k]);
    return &i->future;
}

int interrupt_signal(const yon_future *interrupt)
{
    ASSERT(interrupt->kind == &kind);
    return ((const struct interrupt *)interrupt)->signal;
}
