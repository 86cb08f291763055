/* SPDX-License-Identifier: MIT */
/* session - one accepted HELLO, and the attempts or requests that are open with
 * that peer.
 *
 * Bound to its connection; never resumed. A worker's session holds its
 * attempts, a client's its open requests; both keep the digest of what the peer
 * should hold at this point of the stream (BEAT_ACK). Pure.
 */
#ifndef SESSION_H
#define SESSION_H

#include "coordinator/core/model/principal.h"
#include "libcommon/buf.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "proto/op.h"

struct queue;

struct session {
    session_id id;
    conn_id conn;
    enum role role;
    struct principal principal; /* whose key opened it */
    char *name;
    struct blob *name_blob;
    boot_id boot;
    uint64_t hello_seq;
    int64_t heard_ms;
    int64_t since_ms; /* wall clock */
    bool gone;        /* the connection is known to be dead */
    bool draining;
    bool reconciled; /* a worker has listed the attempts that it holds */
    bool proven;   /* it has sent a frame within this session, so it lives; the
                      sender of a HELLO may be dead by now */
    bool resumes;  /* a worker: another session of this process was open */
    bool succeeds; /* a worker whose process took the place of a dead one, and
                      has not reported on its attempts yet */
    bool recorded; /* a worker that is in the store: the next life waits for it
                    */

    uint64_t asked; /* after a pause of ours a worker is given nothing until its
                       HELD has this as `upto`; 0: it was not asked */
    int64_t asked_ms; /* when it was asked last */

    struct buf out; /* the frame being filled in this step */
    struct list in_dirty;
    struct list in_all;

    uint64_t n_open; /* attempts held, or requests open */
    uint64_t digest;

    struct list attempts;
    uint32_t slots, calls, slots_used, calls_used;
    struct queue **offers;
    size_t n_offers;
    void *offer_room;             /* what these look into */
    struct names functions;       /* as offered; those that take a slot last */
    struct labels labels;         /* as offered */
    struct view host;             /* of its machine, as offered */
    struct module_builds modules; /* as offered */
    uint64_t n_done;
    uint32_t n_pieces;    /* of outputs that it has sent, not durable yet */
    uint32_t n_exclusive; /* suspects that run here: it gets no other work */
    bool emptying;        /* it gets no new work: it is emptied for a suspect */
    uint64_t n_holds;     /* of its loop, as its last beat said ... */
    uint32_t hold_max_ms; /* ... and the longest */
    struct {
        struct blob *of; /* what its machine lacks; NULL: nothing */
        int64_t since_ms;
        uint32_t slots, calls; /* at once, for now */
    } shortage;                /* as its last beat said */

    struct map requests; /* by req */
    struct list request_list;
    struct list reads; /* struct pending_read that wait for a turn, in order */
    struct list in_turn;    /* while there are any */
    uint32_t n_submits;     /* without receipt */
    uint32_t n_followers;   /* of these requests */
    struct list remainders; /* struct remainder */
    size_t remainders_len;  /* bytes of all */
};

struct session *session_new(session_id id, conn_id conn, enum role role,
                            struct view name);
void session_free(struct session *s); /* nothing may be held or open */

const char *session_role_name(const struct session *s); /* "worker" */

/* Keep a copy of the offer; at most FUNCTIONS_MAX functions in all.
 */
void session_offer(struct session *s, const struct op_offer *offer);
/* Take what a beat says of the worker. */
void session_beat(struct session *s, const struct op_beat *beat);
/* Free slots, or free places for calls: fewer in a shortage. */
uint32_t session_room(const struct session *s, bool slot);
/* Whether a shortage takes places of this kind away. */
bool session_is_short(const struct session *s, bool slot);
/* Attempts that have not ended. */
uint32_t session_n_running(const struct session *s);

#endif
