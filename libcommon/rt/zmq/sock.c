/* SPDX-License-Identifier: MIT */
/* sock - a ZeroMQ socket, driven by libuv.
 *
 * ZMQ_FD says by an edge that something may have changed, and each call of a
 * socket may eat that edge. So the loop may only sleep after ZMQ_EVENTS was
 * seen without ZMQ_POLLIN: pump() ends so, or leaves the idle handle active;
 * a send looks too.
 *
 * No ZMTP heartbeats. libzmq 4.3.4 (4.3.5 too) ends the process, "Assertion
 * failed: !_io_error", when one is due on a connection that its peer has closed
 * while we were behind with reading it. The sessions above have beats of their
 * own, and ask for a new connection when there is only silence; the kernel
 * looks for peers that have vanished.
 */
#include "libcommon/rt/zmq/sock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/endpoint.h"
#include "libcommon/rt/os/forks.h"
#include "libcommon/rt/zmq/context.h"
#include "libcommon/rt/zmq/curve.h"
#include "libcommon/rt/zmq/monitor.h"
#include "libcommon/rt/zmq/zap.h"

/* Messages per peer, each way. They may be large, and a ROUTER has many peers,
 * some of which never read: its caller keeps the rest for them, and counts
 * bytes. */
#define SEND_HWM 1000
#define SEND_HWM_ROUTER 64
#define RECV_HWM 64

/* A TCP peer that acknowledges nothing for so long has vanished. */
#define VANISHED_MS 15000
#define KEEPALIVE_IDLE_S 5
#define KEEPALIVE_PAUSE_S 5
#define KEEPALIVE_PROBES 2
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 500
#define BACKLOG 1024

/* What one call of pump may take: then the loop turns, for timers and
 * coroutines. */
#define PUMP_MESSAGES 256
#define PUMP_NS 1000000

/* What libzmq makes for a peer that brings no id: 0 and a counter. */
#define ROUTING_ID_LEN 5
/* Bits above the counter: the number of the ROUTER, from 1 on, so that no
 * connection is {0}, and none is another ROUTER's. */
#define CONN_SHIFT 32

/* A handshake costs the server a millisecond: when many connect at once, all
 * shall have the time, or all begin anew for ever. */
#define HANDSHAKE_MS 30000
/* An address that nobody answers at. */
#define CONNECT_MS 3000
/* Between two endpoints that fail. */
#define TURN_NS 250000000

/* Libzmq honours it, but hides it. Without it a peer is let in while there is
 * no handler. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

struct sock {
    void *zmq;
    bool is_router;
    bool is_closed;
    bool is_keyed;
    uint32_t number;         /* of a ROUTER */
    uint32_t sender;         /* of the message that is handed over */
    struct monitor *monitor; /* NULL: none */
    unsigned born;           /* forks_n at that time */
    int n_handles;           /* of the two below, not closed yet */
    uv_poll_t poll;
    uv_idle_t busy; /* active while the loop must not sleep */
    pthread_t owner;
    sock_recv_fn *recv;
    void *arg;
    char endpoint[ENDPOINT_LEN];          /* the one in use */
    char *others[SOCK_ENDPOINTS_MAX - 1]; /* of a DEALER, in turn */
    size_t n_others;
    uint64_t turned_ns; /* when another was tried for a failure */
};

/* ---- receiving ---- */

/* A socket of the parent does nothing: libzmq ends every call with EINTR, for
 * ever. */
static bool is_inherited(const struct sock *s)
{
    return s->born != forks_n();
}

/* ZMQ_POLLIN, ZMQ_POLLOUT. */
static int events_of(struct sock *s)
{
    int events = 0;
    size_t len = sizeof events;

    while (zmq_getsockopt(s->zmq, ZMQ_EVENTS, &events, &len) != 0)
        ASSERT(errno == EINTR);
    return events;
}

/* False: nothing is there. */
static bool frame_recv(struct sock *s, zmq_msg_t *frame)
{
    while (zmq_msg_recv(frame, s->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return false;
        ASSERT(errno == EINTR);
    }
    return true;
}

/* {0} when it is not an id that libzmq has made. */
static conn_id conn_of(const struct sock *s, zmq_msg_t *routing_id)
{
    const uint8_t *id = zmq_msg_data(routing_id);

    if (zmq_msg_size(routing_id) != ROUTING_ID_LEN || id[0] != 0)
        return (conn_id){ 0 };
    return (conn_id){ (uint64_t)s->number << CONN_SHIFT |
                      (uint64_t)id[1] << 24 | (uint64_t)id[2] << 16 |
                      (uint64_t)id[3] << 8 | id[4] };
}

bool sock_owns(const struct sock *s, conn_id conn)
{
    return conn.n >> CONN_SHIFT == s->number;
}

/* Only a body has it; a peer may claim any on a socket without keys. 0: none.
 */
static uint32_t sender_of(const struct sock *s, zmq_msg_t *body)
{
    const char *text = s->is_keyed ? zmq_msg_gets(body, "User-Id") : NULL;

    return text == NULL ? 0 : (uint32_t)strtoul(text, NULL, 10);
}

uint32_t sock_sender(const struct sock *s)
{
    return s->sender;
}

/* Take the body that stands in `frame`, or drop all of its message when there
 * is more than that. */
static bool body_is_alone(struct sock *s, zmq_msg_t *frame)
{
    bool is_alone = !zmq_msg_more(frame);

    while (zmq_msg_more(frame) && frame_recv(s, frame))
        ;
    return is_alone;
}

/* Take one message and hand it over. False: nothing is there. */
static bool message_recv(struct sock *s)
{
    conn_id from = { 0 };
    bool is_good = true;
    zmq_msg_t frame;

    zmq_msg_init(&frame);
    if (!frame_recv(s, &frame)) {
        zmq_msg_close(&frame);
        return false;
    }
    if (s->is_router) {
        from = conn_of(s, &frame);
        is_good = from.n != 0 && zmq_msg_more(&frame);
        if (zmq_msg_more(&frame))
            frame_recv(s, &frame);
    }
    /* Not short-circuit: the rest of a bad message must go too. */
    is_good &= body_is_alone(s, &frame);
    s->sender = s->is_router ? sender_of(s, &frame) : 0;
    if (s->is_router && s->is_keyed)
        is_good &= s->sender != 0;
    if (is_good)
        s->recv(s->arg, from,
                view_of(zmq_msg_data(&frame), zmq_msg_size(&frame)));
    zmq_msg_close(&frame);
    return true;
}

static void pump(struct sock *s);

static void sock_is_busy(uv_idle_t *handle)
{
    pump(handle->data);
}

/* The fd is readable for any reason, so also without a message. */
static void sock_is_readable(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    pump(handle->data);
}

/* Hand over what is there, within the budget of a turn. */
static void pump(struct sock *s)
{
    uint64_t end_ns = uv_hrtime() + PUMP_NS;

    if (is_inherited(s)) {
        uv_idle_stop(&s->busy);
        return;
    }
    for (unsigned n = 0; n < PUMP_MESSAGES && uv_hrtime() < end_ns; n++) {
        if (!message_recv(s) && (events_of(s) & ZMQ_POLLIN) == 0) {
            uv_idle_stop(&s->busy);
            return;
        }
        if (s->is_closed)
            return;
    }
    uv_idle_start(&s->busy, sock_is_busy);
}

/* ---- sending ---- */

static enum err frame_send(struct sock *s, const void *data, size_t len,
                           int flags)
{
    while (zmq_send(s->zmq, data, len, flags | ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return ERR_BUSY;
        if (errno == EHOSTUNREACH)
            return ERR_UNREACHABLE;
        ASSERT(errno == EINTR);
    }
    return ERR_NONE;
}

static enum err address_send(struct sock *s, conn_id to)
{
    const uint8_t id[ROUTING_ID_LEN] = { 0, (uint8_t)(to.n >> 24),
                                         (uint8_t)(to.n >> 16),
                                         (uint8_t)(to.n >> 8), (uint8_t)to.n };

    return frame_send(s, id, sizeof id, ZMQ_SNDMORE);
}

static enum err message_send(struct sock *s, conn_id to, struct view bytes)
{
    enum err err = s->is_router ? address_send(s, to) : ERR_NONE;

    return err == ERR_NONE ? frame_send(s, bytes.data, bytes.len, 0) : err;
}

/* Reading ZMQ_EVENTS can itself make the socket writable and consume the edge,
 * so the send is tried again. (A ROUTER is always writable for some peer.) The
 * callback is not called from here: the caller may not expect it. */
enum err sock_send(struct sock *s, conn_id to, struct view bytes)
{
    enum err err;
    int events;

    ASSERT(pthread_equal(s->owner, pthread_self()));
    ASSERT(!s->is_closed);
    ASSERT(bytes.len <= SOCK_MSG_MAX);
    if (is_inherited(s))
        return ERR_BUSY;
    do {
        err = message_send(s, to, bytes);
        events = events_of(s);
    } while (err == ERR_BUSY && !s->is_router && (events & ZMQ_POLLOUT) != 0);
    if ((events & ZMQ_POLLIN) != 0)
        uv_idle_start(&s->busy, sock_is_busy);
    return err;
}

/* ---- life ---- */

static enum err int_set(struct sock *s, int option, int value)
{
    return zmq_setsockopt(s->zmq, option, &value, sizeof value) == 0
               ? ERR_NONE
               : ERR_SYSTEM;
}

static enum err key_set(struct sock *s, int option, const struct curve_key *key)
{
    return zmq_setsockopt(s->zmq, option, key->bytes, KEY_LEN) == 0
               ? ERR_NONE
               : ERR_SYSTEM;
}

static enum err keys_set_server(struct sock *s, const struct sock_keys *keys)
{
    if (int_set(s, ZMQ_CURVE_SERVER, 1) != ERR_NONE ||
        key_set(s, ZMQ_CURVE_SECRETKEY, &keys->own) != ERR_NONE ||
        zmq_setsockopt(s->zmq, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN,
                       strlen(ZAP_DOMAIN)) != 0)
        return ERR_SYSTEM;
    return int_set(s, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
}

static enum err keys_set_client(struct sock *s, const struct sock_keys *keys)
{
    struct curve_key own;
    enum err err;

    curve_public_of(&keys->own, &own);
    err = key_set(s, ZMQ_CURVE_SERVERKEY, &keys->server);
    if (err == ERR_NONE)
        err = key_set(s, ZMQ_CURVE_PUBLICKEY, &own);
    if (err == ERR_NONE)
        err = key_set(s, ZMQ_CURVE_SECRETKEY, &keys->own);
    return err;
}

static enum err keys_set(struct sock *s, const struct sock_keys *keys)
{
    enum err err = int_set(s, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);

    if (err == ERR_NONE)
        err = int_set(s, ZMQ_CONNECT_TIMEOUT, CONNECT_MS);
    s->is_keyed = true;
    if (err != ERR_NONE)
        return err;
    return s->is_router ? keys_set_server(s, keys) : keys_set_client(s, keys);
}

static enum err options_set(struct sock *s, const struct endpoint *endpoint,
                            const struct sock_keys *keys)
{
    const struct {
        int option, value;
    } options[] = {
        { ZMQ_LINGER, 0 }, /* until sock_close says otherwise */
        { ZMQ_IMMEDIATE, 1 },
        { ZMQ_SNDHWM, s->is_router ? SEND_HWM_ROUTER : SEND_HWM },
        { ZMQ_RCVHWM, RECV_HWM },
        { ZMQ_TCP_MAXRT, VANISHED_MS },
        { ZMQ_TCP_KEEPALIVE, 1 },
        { ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S },
        { ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_PAUSE_S },
        { ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES },
        { ZMQ_RECONNECT_IVL, RECONNECT_MS },
        { ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS },
        { ZMQ_BACKLOG, BACKLOG },
        { ZMQ_IPV6, endpoint->is_ipv6 },
    };
    const int64_t len_max = SOCK_MSG_MAX;
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < ARRAY_LEN(options); i++)
        err = int_set(s, options[i].option, options[i].value);
    if (err == ERR_NONE && s->is_router)
        err = int_set(s, ZMQ_ROUTER_MANDATORY, 1);
    if (zmq_setsockopt(s->zmq, ZMQ_MAXMSGSIZE, &len_max, sizeof len_max) != 0)
        err = ERR_SYSTEM;
    if (err == ERR_NONE && keys != NULL && endpoint->path == NULL)
        err = keys_set(s, keys);
    return err;
}

/* Hand the socket to the loop; then it must be closed by sock_close. */
static enum err loop_add(struct sock *s, uv_loop_t *loop)
{
    int fd = -1;
    size_t len = sizeof fd;

    if (zmq_getsockopt(s->zmq, ZMQ_FD, &fd, &len) != 0 ||
        uv_poll_init(loop, &s->poll, fd) != 0)
        return ERR_SYSTEM;
    uv_idle_init(loop, &s->busy);
    s->poll.data = s;
    s->busy.data = s;
    s->n_handles = 2;
    uv_poll_start(&s->poll, UV_READABLE, sock_is_readable);
    /* What came before has no edge to come. */
    uv_idle_start(&s->busy, sock_is_busy);
    return ERR_NONE;
}

static struct sock *sock_new(int type, sock_recv_fn *recv, void *arg)
{
    static _Atomic uint32_t n_routers;
    struct sock *s = xcalloc(1, sizeof *s);

    s->is_router = type == ZMQ_ROUTER;
    s->number = s->is_router ? atomic_fetch_add(&n_routers, 1) + 1 : 0;
    s->owner = pthread_self();
    s->born = forks_n();
    s->recv = recv;
    s->arg = arg;
    s->zmq = context_socket(type);
    return s;
}

static void sock_free(struct sock *s)
{
    monitor_close(s->monitor);
    for (size_t i = 0; i < s->n_others; i++)
        free(s->others[i]);
    if (s->zmq != NULL)
        zmq_close(s->zmq);
    free(s);
}

static enum err zmq_failed(const char *what, const char *endpoint, char *errmsg)
{
    enum err err = ERR_SYSTEM;

    if (errno == EADDRINUSE)
        err = ERR_EXISTS;
    else if (errno == EMFILE || errno == ENFILE)
        err = ERR_LIMIT;
    return err_set(errmsg, err, "cannot %s %.120s: %s", what, endpoint,
                   zmq_strerror(errno));
}

/* Whether a process listens there. ZeroMQ would take the path away from it. */
static bool path_is_served(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_served;

    if (fd < 0)
        return false;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    is_served = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_served;
}

/* Only the user may connect to a path, whatever the umask is. */
static int bind_private(struct sock *s, const struct endpoint *endpoint)
{
    mode_t before = umask(0077);
    int result = zmq_bind(s->zmq, endpoint->text);
    int saved_errno = errno;

    umask(before);
    errno = saved_errno;
    return result;
}

static enum err bind_now(struct sock *s, const struct endpoint *endpoint,
                         char *errmsg)
{
    size_t len = sizeof s->endpoint;

    if (endpoint->path != NULL && path_is_served(endpoint->path))
        return err_set(errmsg, ERR_EXISTS,
                       "%.200s is served by another process", endpoint->path);
    if (bind_private(s, endpoint) != 0 ||
        zmq_getsockopt(s->zmq, ZMQ_LAST_ENDPOINT, s->endpoint, &len) != 0)
        return zmq_failed("bind to", endpoint->text, errmsg);
    return ERR_NONE;
}

static enum err connect_now(struct sock *s, const struct endpoint *endpoint,
                            char *errmsg)
{
    memcpy(s->endpoint, endpoint->text, sizeof s->endpoint);
    if (zmq_connect(s->zmq, endpoint->text) != 0)
        return zmq_failed("connect to", endpoint->text, errmsg);
    return ERR_NONE;
}

/* Where one endpoint fails another may do. Not at once again: where none
 * answers that would go on without a pause. Meanwhile libzmq tries the same. */
static void try_elsewhere(void *arg)
{
    struct sock *s = arg;
    uint64_t now_ns = uv_hrtime();

    if (s->n_others == 0 || now_ns - s->turned_ns < TURN_NS)
        return;
    s->turned_ns = now_ns;
    sock_reconnect(s);
}

static enum err sock_open(struct sock *s, uv_loop_t *loop,
                          const struct endpoint *endpoint,
                          const struct sock_keys *keys, char *errmsg)
{
    enum err err;

    if (s->zmq == NULL || options_set(s, endpoint, keys) != ERR_NONE)
        return zmq_failed("make a socket for", endpoint->text, errmsg);
    if (s->is_keyed && !s->is_router)
        s->monitor = monitor_open(loop, s->zmq, try_elsewhere, s);
    err = s->is_router ? bind_now(s, endpoint, errmsg)
                       : connect_now(s, endpoint, errmsg);
    if (err == ERR_NONE && loop_add(s, loop) != ERR_NONE)
        err = zmq_failed("watch", endpoint->text, errmsg);
    return err;
}

enum err sock_bind(uv_loop_t *loop, const char *endpoint,
                   const struct sock_keys *keys, sock_recv_fn *recv, void *arg,
                   struct sock **out, char *errmsg)
{
    struct endpoint parsed;
    struct sock *s;
    enum err err = endpoint_for_bind(endpoint, &parsed, errmsg);

    if (err != ERR_NONE)
        return err;
    if (keys == NULL && parsed.path == NULL)
        return err_set(errmsg, ERR_REFUSED,
                       "%.100s: whoever may connect there could run commands "
                       "as this user; it takes keys",
                       endpoint);
    s = sock_new(ZMQ_ROUTER, recv, arg);
    err = sock_open(s, loop, &parsed, keys, errmsg);
    if (err == ERR_NONE)
        *out = s;
    else
        sock_free(s);
    return err;
}

enum err sock_connect(uv_loop_t *loop, const char *endpoint,
                      const struct sock_keys *keys, sock_recv_fn *recv,
                      void *arg, struct sock **out, char *errmsg)
{
    struct endpoint parsed;
    struct sock *s;
    enum err err = endpoint_for_connect(endpoint, &parsed, errmsg);

    if (err != ERR_NONE)
        return err;
    s = sock_new(ZMQ_DEALER, recv, arg);
    err = sock_open(s, loop, &parsed, keys, errmsg);
    if (err == ERR_NONE)
        *out = s;
    else
        sock_free(s);
    return err;
}

enum err sock_add_endpoint(struct sock *s, const char *endpoint, char *errmsg)
{
    struct endpoint parsed;
    enum err err = endpoint_for_connect(endpoint, &parsed, errmsg);

    if (err == ERR_NONE && s->n_others == ARRAY_LEN(s->others))
        err = err_set(errmsg, ERR_LIMIT, "more than %d addresses",
                      SOCK_ENDPOINTS_MAX);
    if (err == ERR_NONE)
        s->others[s->n_others++] = xstrdup(parsed.text);
    return err;
}

/* The next one is in use, and the one before stands last. */
static void endpoint_turn(struct sock *s)
{
    char *next = s->others[0];

    if (s->n_others == 0)
        return;
    memmove(s->others, s->others + 1, (s->n_others - 1) * sizeof *s->others);
    s->others[s->n_others - 1] = xstrdup(s->endpoint);
    snprintf(s->endpoint, sizeof s->endpoint, "%s", next);
    free(next);
}

/* What fails here fails like a connection: in silence, after which comes the
 * next try. */
void sock_reconnect(struct sock *s)
{
    ASSERT(pthread_equal(s->owner, pthread_self()));
    ASSERT(!s->is_router && !s->is_closed);
    (void)zmq_disconnect(s->zmq, s->endpoint);
    endpoint_turn(s);
    (void)zmq_connect(s->zmq, s->endpoint);
    uv_idle_start(&s->busy, sock_is_busy); /* these may have eaten an edge */
}

const char *sock_trouble(const struct sock *s, bool *lasts)
{
    const char *trouble =
        s->monitor == NULL ? NULL : monitor_trouble(s->monitor, lasts);

    /* What one server refuses another may take. */
    *lasts = trouble != NULL && *lasts && s->n_others == 0;
    return trouble;
}

bool sock_is_keyed(const struct sock *s)
{
    return s->is_keyed;
}

const char *sock_endpoint(const struct sock *s)
{
    return s->endpoint;
}

void sock_keep_loop(struct sock *s, bool keeps)
{
    if (keeps)
        uv_ref((uv_handle_t *)&s->poll);
    else
        uv_unref((uv_handle_t *)&s->poll);
}

/* The fd belongs to the socket, which goes after the handle on it. */
static void handle_is_closed(uv_handle_t *handle)
{
    struct sock *s = handle->data;

    if (--s->n_handles == 0)
        sock_free(s);
}

void sock_close(struct sock *s, int linger_ms)
{
    if (s == NULL)
        return;
    ASSERT(pthread_equal(s->owner, pthread_self()));
    ASSERT(!s->is_closed);
    ASSERT(linger_ms >= 0);
    s->is_closed = true;
    int_set(s, ZMQ_LINGER, linger_ms);
    monitor_close(s->monitor);
    s->monitor = NULL;
    uv_close((uv_handle_t *)&s->poll, handle_is_closed);
    uv_close((uv_handle_t *)&s->busy, handle_is_closed);
}
