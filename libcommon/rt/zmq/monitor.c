/* SPDX-License-Identifier: MIT */
/* monitor - a PAIR socket on the loop, which reads the events of another one.
 */
#include "libcommon/rt/zmq/monitor.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/context.h"

#define EVENTS                                                              \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |      \
     ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct monitor {
    void *watched; /* ZeroMQ sockets */
    void *pair;
    uv_poll_t poll;
    monitor_failed_fn *failed;
    void *arg;
    const char *trouble;
    bool lasts;
    bool handshakes; /* connected, and neither in nor refused yet */
};

static void trouble(struct monitor *m, const char *text, bool lasts)
{
    m->trouble = text;
    m->lasts = lasts;
}

/* `value`: of HANDSHAKE_FAILED_NO_DETAIL, an errno. */
static void note(struct monitor *m, unsigned event, unsigned value)
{
    bool handshakes = m->handshakes;

    m->handshakes = event == ZMQ_EVENT_CONNECTED;
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        return;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        trouble(m, NULL, false);
        return;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        trouble(m,
                "it does not know the key of this access file, or not any "
                "more",
                true);
        return;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        trouble(m, "it is no yond with keys", true);
        return;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        if (value == EPIPE)
            trouble(m,
                    "it is not the server that this access file was made for",
                    true);
        else
            trouble(m, "it accepts connections, and does not answer", false);
        return;
    case ZMQ_EVENT_DISCONNECTED:
        if (handshakes)
            trouble(m, "something else than yond listens there", false);
        return;
    default: /* no connection was made */
        if (!handshakes && !m->lasts)
            trouble(m, "nothing listens there, or it cannot be reached", false);
        return;
    }
}

/* False: there is no event. */
static bool event_read(struct monitor *m)
{
    uint8_t head[6];
    char address[1];
    uint16_t event;
    uint32_t value;

    if (zmq_recv(m->pair, head, sizeof head, ZMQ_DONTWAIT) != (int)sizeof head)
        return false;
    (void)zmq_recv(m->pair, address, sizeof address, ZMQ_DONTWAIT);
    memcpy(&event, head, sizeof event);
    memcpy(&value, head + sizeof event, sizeof value);
    note(m, event, value);
    return true;
}

/* ZMQ_FD tells by an edge: until nothing is left. */
static void readable(uv_poll_t *handle, int status, int events)
{
    struct monitor *m = handle->data;
    bool was_lasting = m->lasts;

    (void)status, (void)events;
    while (event_read(m))
        ;
    if (m->trouble != NULL && !m->handshakes && !was_lasting)
        m->failed(m->arg);
}

static bool pair_open(struct monitor *m, uv_loop_t *loop)
{
    static _Atomic unsigned n_monitors;
    char endpoint[40];
    int fd = -1, all = 0;
    size_t len = sizeof fd;

    snprintf(endpoint, sizeof endpoint, "inproc://yon-monitor-%u",
             atomic_fetch_add(&n_monitors, 1));
    if (m->pair == NULL ||
        zmq_setsockopt(m->pair, ZMQ_RCVHWM, &all, sizeof all) != 0 ||
        zmq_setsockopt(m->pair, ZMQ_LINGER, &all, sizeof all) != 0 ||
        zmq_socket_monitor(m->watched, endpoint, EVENTS) != 0 ||
        zmq_connect(m->pair, endpoint) != 0 ||
        zmq_getsockopt(m->pair, ZMQ_FD, &fd, &len) != 0)
        return false;
    return uv_poll_init(loop, &m->poll, fd) == 0;
}

struct monitor *monitor_open(uv_loop_t *loop, void *zmq,
                             monitor_failed_fn *failed, void *arg)
{
    struct monitor *m = xcalloc(1, sizeof *m);

    m->failed = failed;
    m->arg = arg;
    m->watched = zmq;
    m->pair = context_socket(ZMQ_PAIR);
    if (pair_open(m, loop)) {
        m->poll.data = m;
        uv_poll_start(&m->poll, UV_READABLE, readable);
        uv_unref((uv_handle_t *)&m->poll);
        readable(&m->poll, 0, 0); /* from here on there are edges */
        return m;
    }
    zmq_socket_monitor(zmq, NULL, 0);
    if (m->pair != NULL)
        zmq_close(m->pair);
    free(m);
    return NULL;
}

const char *monitor_trouble(const struct monitor *m, bool *lasts)
{
    *lasts = m->trouble != NULL && m->lasts;
    return m->trouble;
}

static void poll_is_closed(uv_handle_t *handle)
{
    struct monitor *m = handle->data;

    zmq_close(m->pair);
    free(m);
}

/* The I/O thread would wait for ever for a PAIR that goes first. */
void monitor_close(struct monitor *m)
{
    if (m == NULL)
        return;
    zmq_socket_monitor(m->watched, NULL, 0);
    uv_close((uv_handle_t *)&m->poll, poll_is_closed);
}
