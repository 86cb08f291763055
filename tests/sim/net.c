/* SPDX-License-Identifier: MIT */
/* net - the network as ZeroMQ really behaves. */
#include "tests/sim/net.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "tests/sim/coord_host.h"
#include "tests/sim/tap.h"
#include "tests/sim/world.h"

#define SLOW_MIN_MS 200
#define SLOW_MAX_MS 4000
#define CONNECT_MIN_MS 1
#define CONNECT_MAX_MS 20
#define RETRY_MIN_MS 100 /* ZMQ_RECONNECT_IVL */
#define RETRY_MAX_MS 400
#define TOLD_MAX_MS 1500
#define PER_100K 100000

struct packet {
    struct list node;
    int64_t at_ms;
    uint64_t ops; /* inside: bit n is set for operation n */
    struct buf frame;
};

/* One direction of a connection. */
struct pipe {
    struct link *link;
    struct list packets;
    int64_t last_ms; /* nothing arrives before it: FIFO */
    int64_t stalled_until_ms;
    struct timer timer; /* the arrival of the first */
};

struct link {
    struct list node;
    struct net *net;
    conn_id id;
    struct dealer *dealer; /* NULL: broken */
    struct host *host;     /* at the DEALER's end */
    unsigned life;         /* of the host, when it connected */
    void (*recv)(void *arg, struct view frame);
    void *arg;
    struct pipe up, down; /* to the coordinator, to the peer */
    bool ack_is_late;     /* the next one */
    bool is_dead;         /* nothing passes */
    struct timer told;    /* when the coordinator hears of the break */
};

static void packet_free(struct packet *p)
{
    list_remove(&p->node);
    buf_fini(&p->frame);
    free(p);
}

static void pipe_fini(struct pipe *p)
{
    LIST_EACH (it, save, &p->packets)
        packet_free(CONTAINER_OF(it, struct packet, node));
    timer_stop(&p->timer, &p->link->net->world->clock);
}

static void link_free(struct link *l)
{
    pipe_fini(&l->up);
    pipe_fini(&l->down);
    timer_stop(&l->told, &l->net->world->clock);
    list_remove(&l->node);
    map_remove(&l->net->by_conn, l->id.n);
    free(l);
}

/* Forget a broken link when it is empty. */
static void link_settle(struct link *l)
{
    if (l->dealer == NULL && list_is_empty(&l->up.packets) &&
        list_is_empty(&l->down.packets) && !timer_is_set(&l->told))
        link_free(l);
}

static void pipe_arm(struct pipe *p)
{
    struct clock *clock = &p->link->net->world->clock;
    int64_t at_ms;

    if (list_is_empty(&p->packets)) {
        timer_stop(&p->timer, clock);
        return;
    }
    at_ms = CONTAINER_OF(p->packets.next, struct packet, node)->at_ms;
    if (at_ms < p->stalled_until_ms)
        at_ms = p->stalled_until_ms;
    timer_set(&p->timer, clock, at_ms);
}

/* The coordinator has read a frame of a worker. */
static void note_heard(struct world *w, const struct link *l)
{
    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (&w->workers[i].host == l->host && l->host->life == l->life)
            w->workers[i].heard_ms = w->clock.now_ms;
}

static void deliver_up(struct world *w, const struct link *l,
                       const struct packet *packet)
{
    uint64_t n_who = w->n_who, n_welcome = w->n_welcome;
    bool hello = (packet->ops & (UINT64_C(1) << OP_HELLO)) != 0;

    tap_reaches_coord(w, packet->ops, buf_view(&packet->frame));
    coord_host_message(&w->coord, l->id, &l->host->principal,
                       buf_view(&packet->frame));
    w->named_by[0] = '\0';
    if (hello ? w->n_welcome > n_welcome : w->n_who == n_who)
        note_heard(w, l);
}

static void deliver(struct link *l, const struct pipe *p,
                    const struct packet *packet)
{
    struct world *w = l->net->world;
    uint64_t session;

    tap_arrived(w, packet->ops);
    if (p == &l->up) {
        deliver_up(w, l, packet);
        return;
    }
    tap_reaches_peer(w, l->host, packet->ops, buf_view(&packet->frame));
    session = l->host->session;
    l->recv(l->arg, buf_view(&packet->frame));
    tap_was_read(w, l->host, session, packet->ops, buf_view(&packet->frame));
}

/* The process at the receiving end of a pipe. */
static struct host *pipe_reader(const struct pipe *p)
{
    const struct link *l = p->link;

    return p == &l->up ? &l->net->world->coord.host : l->host;
}

static void arrive(void *arg)
{
    struct pipe *p = arg;
    struct link *l = p->link;
    struct clock *clock = &l->net->world->clock;
    struct host *reader = pipe_reader(p);
    struct packet *packet = CONTAINER_OF(p->packets.next, struct packet, node);

    int64_t at_ms = clock->now_ms;

    if (host_is_paused(reader))
        at_ms = reader->paused_until_ms;
    if (at_ms < p->stalled_until_ms)
        at_ms = p->stalled_until_ms;
    if (at_ms > clock->now_ms) {
        timer_set(&p->timer, clock, at_ms);
        return;
    }
    list_remove(&packet->node);
    pipe_arm(p);
    deliver(l, p, packet);
    packet_free(packet);
    link_settle(l);
}

static void hear_of_break(void *arg)
{
    struct link *l = arg;
    struct world *w = l->net->world;

    if (host_is_paused(&w->coord.host)) {
        timer_set(&l->told, &w->clock, w->coord.host.paused_until_ms);
        return;
    }
    world_fault(w, FAULT_BREAK_TOLD, l->host->name);
    coord_host_gone(&w->coord, l->id);
    link_settle(l);
}

static void pipe_init(struct pipe *p, struct link *l)
{
    p->link = l;
    list_init(&p->packets);
    timer_init(&p->timer, arrive, p);
}

static void link_make(struct net *n, struct dealer *d)
{
    struct link *l = xcalloc(1, sizeof *l);

    l->net = n;
    l->id = (conn_id){ n->next_conn++ };
    l->dealer = d;
    l->host = d->host;
    l->life = d->host->life;
    l->recv = d->recv;
    l->arg = d->arg;
    pipe_init(&l->up, l);
    pipe_init(&l->down, l);
    timer_init(&l->told, hear_of_break, l);
    list_insert(&n->links, &l->node);
    map_put(&n->by_conn, l->id.n, l);
    d->link = l;
}

/* Lose a random suffix of what is under way. The rest may take its time, and
 * come after messages of the next connection. */
static void pipe_cut(struct pipe *p, bool all)
{
    struct world *w = p->link->net->world;
    uint64_t n = 0, kept;

    LIST_EACH (it, save, &p->packets)
        n++;
    if (n == 0)
        return;
    kept = all ? 0 : world_below(w, n + 1);
    if (kept < n)
        world_fault(w, FAULT_MESSAGE_LOST, p->link->host->name);
    if (kept > 0 && world_chance(w, 200)) {
        world_fault(w, FAULT_SLOW_MESSAGE, p->link->host->name);
        p->stalled_until_ms =
            w->clock.now_ms + world_between(w, SLOW_MIN_MS, SLOW_MAX_MS);
    }
    LIST_EACH (it, save, &p->packets) {
        if (kept > 0)
            kept--;
        else
            packet_free(CONTAINER_OF(it, struct packet, node));
    }
    pipe_arm(p);
}

/* coord_gone, peer_gone: an end that reads no more. */
static void link_break(struct link *l, bool coord_gone, bool peer_gone)
{
    struct world *w = l->net->world;

    l->dealer->link = NULL;
    l->dealer = NULL;
    pipe_cut(&l->up, coord_gone || l->is_dead);
    pipe_cut(&l->down, peer_gone || l->is_dead);
    if (!coord_gone && world_chance(w, 500))
        timer_set(&l->told, &w->clock,
                  w->clock.now_ms + world_between(w, 0, TOLD_MAX_MS));
    else if (!coord_gone)
        world_fault(w, FAULT_BREAK_SILENT, l->host->name);
    link_settle(l);
}

static void try_connect(void *arg)
{
    struct dealer *d = arg;
    struct world *w = d->host->world;

    if (d->link != NULL)
        return;
    if (w->net.listening)
        link_make(&w->net, d);
    else
        timer_set(&d->connect, &w->clock,
                  w->clock.now_ms +
                      world_between(w, RETRY_MIN_MS, RETRY_MAX_MS));
}

static void connect_soon(struct dealer *d)
{
    struct world *w = d->host->world;

    timer_set(&d->connect, &w->clock,
              w->clock.now_ms +
                  world_between(w, CONNECT_MIN_MS, CONNECT_MAX_MS));
}

void net_init(struct net *n, struct world *w)
{
    *n = (struct net){ .world = w, .next_conn = 1 };
    n->quality.delay_max_ms = 1;
    list_init(&n->links);
}

void net_fini(struct net *n)
{
    LIST_EACH (it, save, &n->links)
        link_free(CONTAINER_OF(it, struct link, node));
    map_fini(&n->by_conn);
}

void net_listen(struct net *n)
{
    n->listening = true;
}

void net_unlisten(struct net *n)
{
    n->listening = false;
    LIST_EACH (it, save, &n->links) {
        struct link *l = CONTAINER_OF(it, struct link, node);
        struct dealer *d = l->dealer;

        timer_stop(&l->told, &n->world->clock);
        if (d == NULL) {
            pipe_cut(&l->up, true);
            link_settle(l);
            continue;
        }
        link_break(l, true, false);
        connect_soon(d);
    }
}

void dealer_open(struct dealer *d, struct host *host)
{
    d->host = host;
    d->link = NULL;
    timer_init(&d->connect, try_connect, d);
    connect_soon(d);
}

void dealer_close(struct dealer *d)
{
    struct net *n = &d->host->world->net;

    timer_stop(&d->connect, &n->world->clock);
    if (d->link != NULL)
        link_break(d->link, false, true);
    /* The rest of its former connections has no reader any more. */
    LIST_EACH (it, save, &n->links) {
        struct link *l = CONTAINER_OF(it, struct link, node);

        if (l->arg != d->arg)
            continue;
        pipe_cut(&l->down, true);
        link_settle(l);
    }
}

void dealer_reconnect(struct dealer *d)
{
    if (d->link != NULL)
        link_break(d->link, false, true);
    connect_soon(d);
}

void net_break(struct net *n, struct dealer *d)
{
    if (d->link == NULL)
        return;
    world_fault(n->world, FAULT_LINK_BREAK, d->host->name);
    link_break(d->link, false, false);
    connect_soon(d);
}

static int64_t delay_ms(struct net *n)
{
    struct world *w = n->world;

    if (rng_below(&w->rng, PER_100K) < n->quality.slow_pm) {
        world_fault(w, FAULT_SLOW_MESSAGE, "");
        return world_between(w, SLOW_MIN_MS, SLOW_MAX_MS);
    }
    return world_between(w, 1, n->quality.delay_max_ms);
}

static void pipe_send(struct pipe *p, struct buf *frame, uint64_t ops)
{
    struct world *w = p->link->net->world;
    struct packet *packet = xcalloc(1, sizeof *packet);
    bool first = list_is_empty(&p->packets);

    packet->at_ms = w->clock.now_ms + delay_ms(p->link->net);
    if (packet->at_ms < p->last_ms)
        packet->at_ms = p->last_ms;
    p->last_ms = packet->at_ms;
    packet->ops = ops;
    packet->frame = *frame;
    *frame = (struct buf){ 0 }; /* owned by the packet */
    list_insert(&p->packets, &packet->node);
    if (first)
        pipe_arm(p);
}

static bool finds_room(struct net *n, const struct host *peer)
{
    if (rng_below(&n->world->rng, PER_100K) >= n->quality.refused_pm)
        return true;
    world_fault(n->world, FAULT_SEND_REFUSED, peer->name);
    return false;
}

void dealer_send(struct dealer *d, struct buf *frame)
{
    struct net *n = &d->host->world->net;
    uint64_t ops = tap_from_peer(n->world, d->host, buf_view(frame));

    if (d->link != NULL && finds_room(n, d->host))
        pipe_send(&d->link->up, frame, ops);
    buf_fini(frame);
}

/* The coordinator has read the beat; the peer reads the ack late; then nothing
 * reaches the coordinator. */
static void delay_ack(struct link *l)
{
    struct world *w = l->net->world;

    l->ack_is_late = false;
    world_fault(w, FAULT_LATE_ACK, l->host->name);
    l->down.stalled_until_ms =
        w->clock.now_ms + world_between(w, 100, COORD_HOST_LEASE_MS);
    l->up.stalled_until_ms =
        w->clock.now_ms +
        world_between(w, COORD_HOST_LEASE_MS, 3 * COORD_HOST_LEASE_MS);
}

void net_send(struct net *n, conn_id to, struct buf *frame)
{
    struct link *l = map_get(&n->by_conn, to.n);
    uint64_t ops = tap_from_coord(n->world, to, buf_view(frame));

    if (l != NULL && l->ack_is_late &&
        (ops & (UINT64_C(1) << OP_BEAT_ACK)) != 0)
        delay_ack(l);
    if (l != NULL && l->dealer != NULL && finds_room(n, l->host))
        pipe_send(&l->down, frame, ops);
    buf_fini(frame);
}

struct host *net_peer(const struct net *n, conn_id conn, unsigned *life)
{
    const struct link *l = map_get(&n->by_conn, conn.n);

    if (l == NULL)
        return NULL;
    *life = l->life;
    return l->host;
}

void net_stall(struct dealer *d, int64_t until_ms)
{
    struct world *w = d->host->world;

    if (d->link == NULL || d->link->is_dead)
        return;
    world_fault(w, FAULT_PARTITION, d->host->name);
    if (!world_chance(w, 300))
        d->link->up.stalled_until_ms = until_ms;
    if (!world_chance(w, 300))
        d->link->down.stalled_until_ms = until_ms;
}

void net_kill(struct dealer *d)
{
    struct link *l = d->link;

    if (l == NULL)
        return;
    world_fault(l->net->world, FAULT_LINK_DEAD, d->host->name);
    l->is_dead = true;
    l->ack_is_late = false;
    l->up.stalled_until_ms = l->down.stalled_until_ms = INT64_MAX;
    pipe_arm(&l->up);
    pipe_arm(&l->down);
}

void net_delay_ack(struct dealer *d)
{
    if (d->link != NULL)
        d->link->ack_is_late = !d->link->is_dead;
}

void net_heal(struct net *n)
{
    LIST_EACH (it, save, &n->links) {
        struct link *l = CONTAINER_OF(it, struct link, node);

        l->ack_is_late = false;
        if (l->is_dead)
            continue;
        l->up.stalled_until_ms = l->down.stalled_until_ms = 0;
        pipe_arm(&l->up);
        pipe_arm(&l->down);
    }
}

void net_strange(struct net *n, const struct principal *by, struct view frame)
{
    coord_host_message(&n->world->coord, (conn_id){ n->next_conn++ }, by,
                       frame);
}

bool net_is_quiet(const struct net *n)
{
    for (const struct list *it = n->links.next; it != &n->links;
         it = it->next) {
        const struct link *l = CONTAINER_OF(it, const struct link, node);

        if (!list_is_empty(&l->up.packets) || !list_is_empty(&l->down.packets))
            return false;
    }
    return true;
}
