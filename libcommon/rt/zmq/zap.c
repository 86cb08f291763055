/* SPDX-License-Identifier: MIT */
/* zap - a REP socket on the loop. */
#include "libcommon/rt/zmq/zap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/context.h"

#define ENDPOINT "inproc://zeromq.zap.01"
#define FRAMES                                                     \
    7 /* of a CURVE request: version, id, domain, address, routing \
         id, mechanism, key */
#define ID_MAX 255

struct zap {
    void *zmq;
    zap_allow_fn *allow;
    void *arg;
    uv_poll_t poll;
};

/* What a request says; all that is not understood is refused. */
struct zap_request {
    uint8_t id[ID_MAX];
    size_t id_len;
    bool is_curve;
    struct curve_key key;
};

static bool frame_is(zmq_msg_t *frame, const char *text)
{
    return zmq_msg_size(frame) == strlen(text) &&
           memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

static void frame_take(struct zap_request *r, unsigned number, zmq_msg_t *frame,
                       bool *is_good)
{
    if (number == 0)
        *is_good &= frame_is(frame, "1.0");
    if (number == 1 && zmq_msg_size(frame) <= ID_MAX) {
        r->id_len = zmq_msg_size(frame);
        memcpy(r->id, zmq_msg_data(frame), r->id_len);
    }
    if (number == 2)
        *is_good &= frame_is(frame, ZAP_DOMAIN);
    if (number == 5)
        *is_good &= frame_is(frame, "CURVE");
    if (number == 6) {
        *is_good &= zmq_msg_size(frame) == KEY_LEN;
        if (*is_good)
            memcpy(r->key.bytes, zmq_msg_data(frame), KEY_LEN);
    }
}

/* False: there is none. */
static bool request_read(struct zap *z, struct zap_request *out)
{
    bool is_good = true, more = true;
    unsigned n = 0;

    *out = (struct zap_request){ 0 };
    for (; more; n++) {
        zmq_msg_t frame;

        zmq_msg_init(&frame);
        while (zmq_msg_recv(&frame, z->zmq, ZMQ_DONTWAIT) < 0) {
            if (errno == EAGAIN) {
                ASSERT(n == 0); /* messages come whole */
                zmq_msg_close(&frame);
                return false;
            }
            ASSERT(errno == EINTR);
        }
        frame_take(out, n, &frame, &is_good);
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    out->is_curve = is_good && n == FRAMES;
    return true;
}

static void frame_send(struct zap *z, const void *data, size_t len, bool more)
{
    while (zmq_send(z->zmq, data, len,
                    ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0)
        ASSERT(errno == EINTR); /* who asked waits for it */
}

static void reply(struct zap *z, const struct zap_request *r, uint32_t number)
{
    const char *status = number != 0 ? "200" : "400";
    char user[16] = "";
    int len = number == 0 ? 0 : snprintf(user, sizeof user, "%u", number);

    frame_send(z, "1.0", 3, true);
    frame_send(z, r->id, r->id_len, true);
    frame_send(z, status, 3, true);
    frame_send(z, "", 0, true);
    frame_send(z, user, (size_t)len, true);
    frame_send(z, "", 0, false);
}

/* ZMQ_FD tells by an edge, and each call may eat it: until nothing is left. */
static void readable(uv_poll_t *handle, int status, int events)
{
    struct zap *z = handle->data;
    struct zap_request r;

    (void)status, (void)events;
    while (request_read(z, &r))
        reply(z, &r, r.is_curve ? z->allow(z->arg, &r.key) : 0);
}

enum err zap_open(uv_loop_t *loop, zap_allow_fn *allow, void *arg,
                  struct zap **out, char *errmsg)
{
    struct zap *z = xcalloc(1, sizeof *z);
    size_t len = sizeof(int);
    int fd = -1, linger = 0;
    enum err err;

    z->allow = allow;
    z->arg = arg;
    z->zmq = context_socket(ZMQ_REP);
    if (z->zmq != NULL &&
        zmq_setsockopt(z->zmq, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
        zmq_bind(z->zmq, ENDPOINT) == 0 &&
        zmq_getsockopt(z->zmq, ZMQ_FD, &fd, &len) == 0 &&
        uv_poll_init(loop, &z->poll, fd) == 0) {
        z->poll.data = z;
        uv_poll_start(&z->poll, UV_READABLE, readable);
        readable(&z->poll, 0, 0); /* from here on there are edges */
        *out = z;
        return ERR_NONE;
    }
    err = errno == EADDRINUSE ? ERR_EXISTS
          : errno == EMFILE   ? ERR_LIMIT
                              : ERR_SYSTEM;
    err_set(errmsg, err, "cannot check keys: %s", zmq_strerror(errno));
    if (z->zmq != NULL)
        zmq_close(z->zmq);
    free(z);
    return err;
}

static void poll_is_closed(uv_handle_t *handle)
{
    struct zap *z = handle->data;

    zmq_close(z->zmq);
    free(z);
}

void zap_close(struct zap *z)
{
    if (z != NULL)
        uv_close((uv_handle_t *)&z->poll, poll_is_closed);
}
