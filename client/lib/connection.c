/* SPDX-License-Identifier: MIT */
/* connection - the client of a coordinator: the core with a socket and a timer,
 * on a loop. */
#include "client/lib/connection.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/request.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/entropy.h"
#include "libcommon/rt/zmq/address.h"
#include "libcommon/rt/zmq/dial.h"

/* Pauses before the socket is offered a frame again. */
#define RETRY_MIN_MS 2
#define RETRY_MAX_MS 100
/* How long the goodbye may be under way after yon_close. */
#define LINGER_MS 500
/* How often to look why there is no connection, while a request waits. */
#define TROUBLE_MS 50

/* ---- time ---- */

static void turn(struct connection *c);

static void timer_rang(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    c->armed_ms = INT64_MAX;
    turn(c);
}

/* Something is wanted, and no coordinator answers. */
static bool is_in_vain(const struct connection *c)
{
    return request_oldest(&c->client) != NULL &&
           !client_is_connected(c->core, NULL);
}

static int64_t wake_ms(const struct connection *c)
{
    const struct request *first = request_oldest(&c->client);
    int64_t wake = c->actions.wake_ms;

    if (c->actions.sends.n > 0 || c->actions.refused[0] != '\0')
        return 0;
    if (outbox_first((struct outbox *)&c->outbox) != NULL)
        wake = num_min(wake, c->retry_ms);
    if (is_in_vain(c)) {
        wake = num_min(wake, patience_wake_ms(&c->patience, first->began_ms));
        wake = num_min(wake, outage_wake_ms(&c->client.outage));
        if (sock_is_keyed(c->sock))
            wake = num_min(wake, clock_boot_ms() + TROUBLE_MS);
    }
    return wake;
}

/* Set the timer to the next thing that is due. A client that nobody waits for
 * keeps no loop running. */
static void arm(struct connection *c)
{
    int64_t now = clock_boot_ms(), wake, left;

    ASSERT(!c->client.is_closed);
    outage_step(&c->client, now, is_in_vain(c));
    wake = wake_ms(c);
    left = wake - now;
    sock_keep_loop(c->sock, request_oldest(&c->client) != NULL);
    if (wake == c->armed_ms)
        return;
    c->armed_ms = wake;
    if (wake == INT64_MAX) {
        uv_timer_stop(&c->timer);
        return;
    }
    uv_update_time(
        loop_uv(c->client.loop)); /* it stands still outside of awaits */
    uv_timer_start(&c->timer, timer_rang, left > 0 ? (uint64_t)left : 0, 0);
    loop_stir(c->client.loop);
}

/* ---- frames ---- */

static void outbox_pump(struct connection *c)
{
    struct buf *frame;

    while ((frame = outbox_first(&c->outbox)) != NULL) {
        if (sock_send(c->sock, (conn_id){ 0 }, buf_view(frame)) == ERR_BUSY) {
            c->retry_ms = clock_boot_ms() + c->retry_step_ms;
            c->retry_step_ms = num_min(2 * c->retry_step_ms, RETRY_MAX_MS);
            return;
        }
        outbox_drop_first(&c->outbox);
        c->retry_step_ms = RETRY_MIN_MS;
    }
}

static void flush(struct connection *c)
{
    /* Without a session only the newest HELLO makes sense. */
    if (c->actions.sends.n > 0 && !client_is_connected(c->core, NULL))
        outbox_clear(&c->outbox);
    if (c->actions.reconnect)
        sock_reconnect(c->sock);
    outbox_take(&c->outbox, c->actions.sends.at, c->actions.sends.n);
    client_actions_clear(&c->actions);
    outbox_pump(c);
}

/* Step what counts time before the core: it is about the time that has passed.
 */
static void step(struct connection *c, struct client_event e)
{
    e.now_ms = clock_boot_ms();
    patience_step(&c->patience, e.now_ms, !client_is_connected(c->core, NULL));
    outage_step(&c->client, e.now_ms, is_in_vain(c));
    client_step(c->core, &e, &c->actions);
}

/* ---- ends ---- */

static void connection_forget(yon_client *client, struct request *r)
{
    struct connection *c = connection_of(client);

    step(c, (struct client_event){ .type = CLIENT_FORGET,
                                   .u.forget.req = r->req });
    arm(c);
}

/* The coordinator will never take us. */
static void be_refused(struct connection *c)
{
    yon_client *client = &c->client;
    char why[ERRMSG_LEN];

    ASSERT(c->actions.refused_err != ERR_NONE);
    err_set(why, ERR_NONE, "%s", c->actions.refused);
    client->broken = c->actions.refused_err;
    err_set(client->errmsg, client->broken, "%.100s: %.140s", client->address,
            why);
    request_end_all(client, client->broken, client->errmsg);
}

/* Why there is no coordinator. */
static enum err explain_absence(const struct connection *c, const char *trouble,
                                bool lasts, char text[ERRMSG_LEN])
{
    if (lasts)
        return err_set(text, ERR_REFUSED, "refused at %.110s: %s",
                       sock_endpoint(c->sock), trouble);
    if (trouble != NULL)
        return err_set(text, ERR_UNREACHABLE,
                       "no coordinator answers at %.110s: %s",
                       sock_endpoint(c->sock), trouble);
    return err_set(text, ERR_UNREACHABLE,
                   "no coordinator answers at %.140s: start one with `yon "
                   "up`, or name another with YON_SERVER",
                   c->client.address);
}

/* End the requests that have waited long enough for a coordinator, or that wait
 * in vain. */
static void end_impatient(struct connection *c)
{
    char text[ERRMSG_LEN];
    const char *trouble;
    struct request *r;
    enum err err;
    bool lasts;

    if (client_is_connected(c->core, NULL))
        return;
    trouble = sock_trouble(c->sock, &lasts);
    err = explain_absence(c, trouble, lasts, text);
    while ((r = request_oldest(&c->client)) != NULL &&
           (lasts || patience_is_over(&c->patience, r->began_ms))) {
        connection_forget(&c->client, r);
        request_end(r, err, text);
    }
}

/* ---- a turn ---- */

static void turn(struct connection *c)
{
    if (loop_is_inherited(c->client.loop))
        return;
    ASSERT(!c->client.is_closed);
    step(c, (struct client_event){ .type = CLIENT_TICK });
    if (c->actions.refused[0] != '\0')
        be_refused(c);
    end_impatient(c);
    flush(c);
    arm(c);
}

static void frame_arrived(void *arg, conn_id from, struct view bytes)
{
    struct connection *c = arg;
    struct client_event e = { .type = CLIENT_MESSAGE };

    (void)from;
    ASSERT(!c->client.is_closed);
    e.u.message.frame = bytes;
    step(c, e);
    arm(c);
}

static void answered(void *arg, uint64_t req, const struct op *op, bool last)
{
    struct connection *c = arg;
    struct request *r = map_get(&c->client.by_req, req);

    ASSERT(r != NULL && r->req == req);
    request_answer(r, op, last);
}

/* ---- as a kind of client ---- */

/* The first half of a key and the start of the second are random. Successive
 * keys are neighbours as bytes: their rows share pages of the store's index. */
job_key connection_key(struct connection *c)
{
    job_key key;
    uint64_t low;

    memcpy(key.bytes, c->key_base, sizeof key.bytes);
    memcpy(&low, key.bytes + 8, sizeof low);
    low = htobe64(be64toh(low) + c->n_keys++);
    memcpy(key.bytes + 8, &low, sizeof low);
    return key;
}

static void connection_ask(yon_client *client, struct request *r, struct op *op)
{
    struct connection *c = connection_of(client);
    struct client_event e = { .type = CLIENT_REQUEST };

    if (op->type == OP_SUBMIT && op->u.submit.fresh)
        op->u.submit.key = connection_key(c);
    e.u.request.op = op;
    step(c, e);
    r->began_ms = c->patience.waited_ms;
    arm(c);
}

static void connection_set_patience(yon_client *client, int64_t ms)
{
    struct connection *c = connection_of(client);

    c->patience.limit_ms = ms;
    if (!client->is_closed)
        arm(c);
}

static struct client_status connection_status(const yon_client *client)
{
    const struct connection *c =
        CONTAINER_OF(client, const struct connection, client);
    struct client_status status = { .put_off = client_put_off(c->core) };
    int64_t since_ms;

    if (!client_is_connected(c->core, &since_ms))
        status.lost_ms = clock_boot_ms() - since_ms + 1;
    return status;
}

static void connection_close(yon_client *client)
{
    struct connection *c = connection_of(client);

    step(c, (struct client_event){ .type = CLIENT_CLOSE });
    outage_fini(client);
    flush(c);
    sock_close(c->sock, LINGER_MS);
    uv_timer_stop(&c->timer);
}

/* Free the parts that exist. */
static void destroy(struct connection *c)
{
    outbox_fini(&c->outbox);
    client_actions_clear(&c->actions);
    client_free(c->core);
    handle_fini(&c->client);
    free(c);
}

static void timer_closed(uv_handle_t *timer)
{
    destroy(timer->data);
}

static void connection_free(yon_client *client)
{
    ASSERT(client->is_closed && request_oldest(client) == NULL);
    uv_close((uv_handle_t *)&connection_of(client)->timer, timer_closed);
}

static const struct client_kind connection_kind = {
    .name = "connection",
    .ask = connection_ask,
    .forget = connection_forget,
    .set_patience = connection_set_patience,
    .status = connection_status,
    .close = connection_close,
    .free = connection_free,
};

struct connection *connection_of(yon_client *client)
{
    ASSERT(client->kind == &connection_kind);
    return CONTAINER_OF(client, struct connection, client);
}

/* ---- its beginning ---- */

static void core_start(struct connection *c)
{
    struct client_config config = { .name = "", .software = YON_VERSION };

    entropy_get(config.boot.bytes, sizeof config.boot.bytes);
    entropy_get(&config.seed, sizeof config.seed);
    entropy_get(c->key_base, sizeof c->key_base);
    c->core = client_new(&config, answered, c);
    c->retry_step_ms = RETRY_MIN_MS;
    c->patience.limit_ms = CONNECTION_PATIENCE_MS;
    c->patience.seen_ms = clock_boot_ms();
    outage_init(&c->client.outage, c->patience.seen_ms);
    step(c, (struct client_event){ .type = CLIENT_START });
}

static void timer_start(struct connection *c)
{
    uv_timer_init(loop_uv(c->client.loop), &c->timer);
    uv_unref((uv_handle_t *)&c->timer);
    c->timer.data = c;
    c->armed_ms = INT64_MAX;
}

enum err connection_open(struct loop *loop, const char *server,
                         yon_client **out, char *errmsg)
{
    struct loop *own = NULL;
    struct connection *c;
    enum err err;

    if (loop == NULL && (err = loop_open(&own)) != ERR_NONE)
        return err_set(errmsg, err, "no event loop: too many open files");
    c = xcalloc(1, sizeof *c);
    handle_init(&c->client, &connection_kind, own != NULL ? own : loop);
    c->client.owns_loop = own != NULL;
    err = address_resolve(server, &c->client.address, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = dial(loop_uv(c->client.loop), c->client.address, frame_arrived, c,
               &c->sock, errmsg);
    if (err != ERR_NONE && address_is_of_environment(server))
        err_wrap(errmsg, err, "YON_SERVER");
    if (err != ERR_NONE)
        goto out;
    timer_start(c);
    core_start(c);
    flush(c);
    arm(c);

    *out = &c->client;
    c = NULL; /* the caller owns it now */
out:
    if (c != NULL) {
        destroy(c);
        loop_free(own);
    }
    return err;
}
