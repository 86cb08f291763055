/* SPDX-License-Identifier: MIT */
/* interrupt - Ctrl-C as a future. */
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
    uv_signal_t handles[ARRAY_LEN(signals)];
    size_t n_handles;
    size_t n_open; /* handles that are not closed yet */
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct interrupt *i = handle->data;

    (void)number;
    if (!i->future.done) {
        future_end(&i->future, ERR_NONE, NULL);
    } else if (i->how.again != NULL) {
        i->how.again(i->how.arg);
    } else {
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
}

static const struct future_kind kind = {
    .name = "interrupt",
    .destroy = destroy,
};

yon_future *interrupt_new(struct interrupt_how how)
{
    struct interrupt *i = xcalloc(1, sizeof *i);
    uv_loop_t *uv = loop_uv(loop_current());

    future_init(&i->future, &kind, loop_current());
    i->how = how;
    i->n_handles = how.with_term ? ARRAY_LEN(signals) : 1;
    i->n_open = i->n_handles;
    for (size_t k = 0; k < i->n_handles; k++) {
        int bad = uv_signal_init(uv, &i->handles[k]);

        ASSERT(bad == 0);
        i->handles[k].data = i;
        bad = uv_signal_start(&i->handles[k], on_signal, signals[k]);
        ASSERT(bad == 0);
    }
    return &i->future;
}
