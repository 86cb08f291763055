/* SPDX-License-Identifier: MIT */
/* contact - a client of the public API: the core with a socket and a timer, on
 * a loop. */
#include "client/lib/contact.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/local.h"
#include "client/lib/pending.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"
#include "libcommon/rt/co/pollable.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/entropy.h"
#include "libcommon/rt/zmq/address.h"
#include "proto/req.h"

/* Pauses before the socket is offered a frame again. */
#define RETRY_MIN_MS 2
#define RETRY_MAX_MS 100
/* How long the goodbye may be under way after yon_close. */
#define LINGER_MS 500

/* ---- time ---- */

static void contact_turn(yon_client *c);

static void timer_rang(uv_timer_t *timer)
{
    yon_client *c = timer->data;

    c->armed_ms = INT64_MAX;
    contact_turn(c);
}

static struct pending *oldest(const yon_client *c)
{
    return list_is_empty(&c->pendings)
               ? NULL
               : LIST_ENTRY(c->pendings.next, struct pending, in_client);
}

static int64_t wake_ms(const yon_client *c)
{
    const struct pending *p = oldest(c);
    int64_t wake = c->actions.wake_ms;

    if (c->actions.n_sends > 0 || c->actions.refused[0] != '\0')
        return 0;
    if (outbox_first((struct outbox *)&c->outbox) != NULL)
        wake = num_min(wake, c->retry_ms);
    if (p != NULL && !client_is_connected(c->core, NULL))
        wake = num_min(wake, patience_wake_ms(&c->patience, p->began_ms));
    return wake;
}

/* Set the timer to the next thing that is due. A client that nobody waits for
 * keeps no loop running. */
static void arm(yon_client *c)
{
    int64_t wake = wake_ms(c);
    int64_t left = wake - clock_boot_ms();

    sock_keep_loop(c->sock, !list_is_empty(&c->pendings));
    if (wake == c->armed_ms)
        return;
    c->armed_ms = wake;
    if (wake == INT64_MAX) {
        uv_timer_stop(&c->timer);
        return;
    }
    uv_update_time(loop_uv(c->loop)); /* it stands still outside of awaits */
    uv_timer_start(&c->timer, timer_rang, left > 0 ? (uint64_t)left : 0, 0);
    pollable_stir(c->loop);
}

/* ---- frames ---- */

static void outbox_pump(yon_client *c)
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

static void flush(yon_client *c)
{
    /* Without a session only the newest HELLO makes sense. */
    if (c->actions.n_sends > 0 && !client_is_connected(c->core, NULL))
        outbox_clear(&c->outbox);
    if (c->actions.reconnect)
        sock_reconnect(c->sock);
    outbox_take(&c->outbox, c->actions.sends, c->actions.n_sends);
    client_actions_clear(&c->actions);
    outbox_pump(c);
}

/* Each step of the core goes with one of the patience, before it, since it is
 * about the time that has passed. */
static void step(yon_client *c, struct client_event e)
{
    e.now_ms = clock_boot_ms();
    patience_step(&c->patience, e.now_ms, !client_is_connected(c->core, NULL));
    client_step(c->core, &e, &c->actions);
}

/* ---- ends ---- */

static void end_all(yon_client *c, enum err err, const char *text)
{
    struct pending *p;

    while ((p = oldest(c)) != NULL)
        pending_end(p, err, text);
}

static void be_refused(yon_client *c)
{
    char why[ERRMSG_LEN];

    err_set(why, ERR_NONE, "%s", c->actions.refused);
    c->broken = c->actions.refused_err;
    err_set(c->errmsg, c->broken, "%.100s: %.140s", c->address, why);
    end_all(c, c->broken, c->errmsg);
}

/* Those who have waited long enough for a coordinator. */
static void end_impatient(yon_client *c)
{
    char text[ERRMSG_LEN];
    struct pending *p;

    if (client_is_connected(c->core, NULL))
        return;
    err_set(text, ERR_UNREACHABLE,
            "no coordinator answers at %.140s: start one with `yon up`, or "
            "name another with YON_SERVER",
            c->address);
    while ((p = oldest(c)) != NULL &&
           patience_is_over(&c->patience, p->began_ms)) {
        contact_forget(c, p);
        pending_end(p, ERR_UNREACHABLE, text);
    }
}

/* ---- a turn ---- */

static void contact_turn(yon_client *c)
{
    step(c, (struct client_event){ .type = CLIENT_TICK });
    if (c->actions.refused[0] != '\0')
        be_refused(c);
    end_impatient(c);
    flush(c);
    arm(c);
}

static void frame_arrived(void *arg, conn_id from, struct view bytes)
{
    yon_client *c = arg;
    struct client_event e = { .type = CLIENT_MESSAGE };

    (void)from;
    e.u.message.frame = bytes;
    step(c, e);
    arm(c);
}

/* A code of the wire as one of ours. */
static enum err code_of(const struct op *refused)
{
    uint32_t code = refused->u.refused.code;

    return code == 0 || code > INT32_MAX ? ERR_REFUSED : (enum err)code;
}

static void answered(void *arg, uint64_t req, const struct op *op, bool last)
{
    yon_client *c = arg;
    struct pending *p = map_get(&c->by_req, req);
    struct view message = op->u.refused.message;
    char *text;

    ASSERT(p != NULL);
    if (op->type != OP_REFUSED) {
        p->kind->answer(p, op, last);
        return;
    }
    text = message.len > 0 ? xmemdup0(message.data, message.len) : NULL;
    pending_end(p, code_of(op), text);
    free(text);
}

/* ---- requests ---- */

void contact_ask(yon_client *c, struct pending *p, struct op *op)
{
    struct client_event e = { .type = CLIENT_ASK };

    p->req = ++c->last_req;
    req_set(op, p->req);
    map_put(&c->by_req, p->req, p);
    list_insert(&c->pendings, &p->in_client);
    e.u.ask.op = op;
    step(c, e);
    p->began_ms = c->patience.waited_ms;
    arm(c);
}

void contact_forget(yon_client *c, struct pending *p)
{
    step(c, (struct client_event){ .type = CLIENT_FORGET,
                                   .u.forget.req = p->req });
    arm(c);
}

/* The first half and the second are random; numbers are added to the second. */
/* Successive keys are neighbours as bytes: their rows share pages of the
 * store's index. */
job_key contact_key(yon_client *c)
{
    job_key key;
    uint64_t low;

    memcpy(key.bytes, c->key_base, sizeof key.bytes);
    memcpy(&low, key.bytes + 8, sizeof low);
    low = htobe64(be64toh(low) + c->n_keys++);
    memcpy(key.bytes + 8, &low, sizeof low);
    return key;
}

/* ---- life ---- */

static void core_start(yon_client *c)
{
    struct client_config config = { .name = "", .software = YON_VERSION };

    entropy_get(config.boot.bytes, sizeof config.boot.bytes);
    entropy_get(&config.seed, sizeof config.seed);
    entropy_get(c->key_base, sizeof c->key_base);
    c->core = client_new(&config, answered, c);
    c->retry_step_ms = RETRY_MIN_MS;
    c->patience.limit_ms = CONTACT_PATIENCE_MS;
    c->patience.seen_ms = clock_boot_ms();
    step(c, (struct client_event){ .type = CLIENT_START });
}

void contact_free(yon_client *c)
{
    loop_drop(c->loop);
    map_fini(&c->by_req);
    outbox_fini(&c->outbox);
    client_actions_clear(&c->actions);
    client_free(c->core);
    free(c->address);
    free(c);
}

static void timer_closed(uv_handle_t *timer)
{
    contact_free(timer->data);
}

/* All callbacks that the end of the client has brought about have run. */
static void all_are_told(struct loop_call *call)
{
    yon_client *c = CONTAINER_OF(call, yon_client, last_call);

    if (c->local != NULL)
        local_close(c);
    else
        uv_close((uv_handle_t *)&c->timer, timer_closed); /* frees c */
}

enum err contact_open(struct loop *loop, const char *server, yon_client **out,
                      char *errmsg)
{
    struct loop *own = NULL;
    yon_client *c;
    enum err err;

    if (loop == NULL && (err = loop_open(&own)) != ERR_NONE)
        return err_set(errmsg, err, "no event loop: too many open files");
    c = xcalloc(1, sizeof *c);
    list_init(&c->pendings);
    c->armed_ms = INT64_MAX;
    c->loop = own != NULL ? own : loop;
    c->owns_loop = own != NULL;
    loop_hold(c->loop);
    err = address_resolve(server, &c->address, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = sock_connect(loop_uv(c->loop), c->address, frame_arrived, c, &c->sock,
                       errmsg);
    if (err != ERR_NONE)
        goto out;
    uv_timer_init(loop_uv(c->loop), &c->timer);
    uv_unref((uv_handle_t *)&c->timer);
    c->timer.data = c;
    core_start(c);
    flush(c);
    arm(c);

    *out = c;
    c = NULL; /* the caller owns it now */
out:
    if (c != NULL) {
        contact_free(c);
        loop_free(own);
    }
    return err;
}

/* ---- public: <yon/yon.h> ---- */

int yon_connect(const char *server, yon_client **out)
{
    char errmsg[ERRMSG_LEN];

    if (server != NULL && strcmp(server, LOCAL_ADDRESS) == 0)
        return -(int)local_open(loop_current(), out);
    return -(int)contact_open(loop_current(), server, out, errmsg);
}

void yon_close(yon_client *c)
{
    struct loop *own;

    if (c == NULL || c->is_closed)
        return;
    own = c->owns_loop ? c->loop : NULL;
    c->is_closed = true;
    c->broken = ERR_CLOSED;
    err_set(c->errmsg, ERR_CLOSED, "the client was closed");
    end_all(c, ERR_CLOSED, c->errmsg);
    if (c->local == NULL) {
        step(c, (struct client_event){ .type = CLIENT_CLOSE });
        flush(c);
        sock_close(c->sock, LINGER_MS);
        uv_timer_stop(&c->timer);
    }
    loop_call(c->loop, &c->last_call, all_are_told);
    loop_free(own);
}

void yon_set_patience(yon_client *c, int64_t ms)
{
    c->patience.limit_ms = ms;
    if (c->local == NULL && !c->is_closed)
        arm(c);
}

const char *yon_version(void)
{
    return YON_VERSION;
}
