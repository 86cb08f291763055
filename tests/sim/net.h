/* SPDX-License-Identifier: MIT */
/* net - the network as ZeroMQ really behaves.
 *
 * One ROUTER (the coordinator), one DEALER per peer. Each connection is FIFO
 * both ways. When it breaks, any suffix of what is under way is lost, in both
 * directions and silently; the DEALER is not told, its next messages go over a
 * new connection, which the ROUTER sees under a new conn_id. What survived of
 * the old connection may arrive after messages of the new one. A send may find
 * no room and drop its message.
 */
#ifndef NET_H
#define NET_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "tests/sim/host.h"
#include "tests/sim/vclock.h"

/* How bad it is; zeroed: a good network. */
struct net_quality {
    unsigned refused_pm;  /* sends of 100 000 that find no room */
    unsigned slow_pm;     /* messages of 100 000 that take very long */
    int64_t delay_max_ms; /* of an ordinary message; at least 1 */
};

struct packet;
struct link;

struct dealer {
    struct host *host;
    void (*recv)(void *arg, struct view frame);
    void *arg;
    struct link *link;    /* NULL: not connected */
    struct timer connect; /* the next try */
};

struct net {
    struct world *world;
    struct net_quality quality;
    struct map by_conn; /* struct link by conn_id, until it is empty */
    struct list links;  /* all of them */
    uint64_t next_conn;
    bool listening; /* the coordinator is up */
};

void net_init(struct net *n, struct world *w);
void net_fini(struct net *n);

/* The ROUTER appears; it goes, with all connections. */
void net_listen(struct net *n);
void net_unlisten(struct net *n);

/* A DEALER connects by itself, again and again. */
void dealer_open(struct dealer *d, struct host *host);
/* The process ends: nothing reaches it any more. */
void dealer_close(struct dealer *d);
/* Give up the connection, if any, and make a new one. */
void dealer_reconnect(struct dealer *d);
/* Send; takes what the buffer holds. Drops it when there is no connection. */
void dealer_send(struct dealer *d, struct buf *frame);

/* Send from the ROUTER; takes what the buffer holds. */
void net_send(struct net *n, conn_id to, struct buf *frame);
/* The process at the other end, now or once; NULL: forgotten already. *life:
 * the life of that process that made the connection. */
struct host *net_peer(const struct net *n, conn_id conn, unsigned *life);

/* Break the connection of this dealer, if it has one. */
void net_break(struct net *n, struct dealer *d);
/* Let nothing through until `until_ms`, but keep it in order; sometimes only in
 * one direction. */
void net_stall(struct dealer *d, int64_t until_ms);
/* Let nothing through any more, and tell nobody; only a reconnect helps. */
void net_kill(struct dealer *d);
/* The next BEAT_ACK comes late; from then on nothing reaches the coordinator.
 */
void net_delay_ack(struct dealer *d);
void net_heal(struct net *n); /* end all stalls; what is dead stays so */
/* Give the coordinator these bytes over an unknown connection. */
void net_strange(struct net *n, const struct principal *by, struct view frame);
bool net_is_quiet(const struct net *n); /* nothing is under way */

#endif
