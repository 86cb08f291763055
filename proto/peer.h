/* SPDX-License-Identifier: MIT */
/* peer - the session of a client or a worker with the coordinator: when to send
 * HELLO and BEAT, what opens a session, and what ends it.
 *
 *   IDLE     not started
 *   SEEKING  says HELLO until it is welcome
 *   UP       has a session
 *   PAUSED   has no session and wants none for now: no HELLO leaves, and no
 *            WELCOME is taken
 *   REFUSED  the coordinator will never take it
 *   CLOSED   said goodbye
 *
 *   IDLE --start--> SEEKING --WELCOME--> UP --WHO, BYE, silence--> SEEKING
 *
 * A peer that is UP may be welcomed again: each HELLO opens a session and ends
 * the one before it, and a slow coordinator may answer several of them.
 *
 * The owner builds all frames, also that of the HELLO. It reads frames and
 * hands over their operations:
 *
 *      err = frame_read(reader, frame, &head);
 *      news = peer_frame(p, err, now_ms);
 *      while ((err = frame_next(reader, &op)) == ERR_NONE)
 *          news = peer_take(p, &head, &op, now_ms);
 *
 * and after each event does what peer_tick() says is due. All times come from
 * one clock that never goes back. The trace tells when a session was opened,
 * lost or refused; at TRACE_DEBUG also each HELLO. Pure.
 */
#ifndef PEER_H
#define PEER_H

#include "libcommon/err.h"
#include "libcommon/ids.h"
#include "libcommon/rng.h"
#include "libcommon/trace.h"
#include "proto/frame.h"

/* Two HELLOs are never closer than this, whatever the coordinator says: many
 * frames may be answered with WHO, and one HELLO settles them all. */
#define PEER_HELLO_GAP_MS 50
/* The longest time for which a busy coordinator may put a peer off, without the
 * jitter that is added. */
#define PEER_RETRY_MAX_MS 60000
/* beat_ms of WELCOME is bent into these. */
#define PEER_BEAT_MIN_MS 10
#define PEER_BEAT_MAX_MS (60 * 60 * 1000)

struct peer_config {
    enum role role;
    const char *name, *software; /* borrowed for the peer's life */
    boot_id boot;
    boot_id former; /* of the process whose place it takes; zeroed: none */
    uint64_t seed;  /* for the jitter */
    bool no_jitter; /* pauses have their full length */
    /* The longest pause after the first HELLO without an answer; it doubles
     * with each further one up to pause_max_ms. The pause is a random part of
     * that, so that not all peers of a restarted coordinator come at once. */
    int64_t pause_min_ms, pause_max_ms;
    bool beats_at_once; /* the first beat of a session leaves with its WELCOME:
                           it proves that the peer lives */
};

enum peer_state {
    PEER_IDLE,
    PEER_SEEKING,
    PEER_UP,
    PEER_PAUSED,
    PEER_REFUSED,
    PEER_CLOSED,
    PEER_STATE_COUNT
};

/* The owner reads its fields and sets `trace`; peer.c changes the others. */
struct peer_session {
    struct peer_config config;
    struct trace *trace; /* borrowed; NULL: none */
    struct rng rng;
    enum peer_state state;
    uint64_t epoch;     /* the newest that welcomed us */
    session_id session; /* 0: none */
    int64_t lost_ms;    /* when the last session was lost; or the start */
    int64_t heard_ms;   /* when a frame came last; or the connection was made */

    /* HELLO. */
    int64_t hello_ms;      /* when the next one leaves */
    int64_t said_ms;       /* when the last one left */
    int64_t pause_ms;      /* longest pause behind the next one */
    int64_t pause_max_ms;  /* ... which grows to this */
    unsigned n_unanswered; /* said, whose WELCOME may still be on its way */
    uint64_t hello_seq;    /* of this process */
    bool is_put_off;       /* the coordinator said to come later */

    /* The session. */
    bool is_settled;  /* no WELCOME of another HELLO will replace it */
    int64_t lease_ms; /* as WELCOME said */
    int64_t beat_ms, next_beat_ms;
    int64_t silent_ms; /* without a BEAT_ACK the session ends then */
    uint64_t beat_seq; /* of this session */

    /* Why it was refused. */
    enum err err;
    char errmsg[ERRMSG_LEN];
};

/* What a frame or an operation means for the owner. */
enum peer_news {
    NEWS_NONE,     /* nothing: it is not for us, or changes nothing */
    NEWS_NONSENSE, /* no coordinator says that */
    NEWS_OP,       /* an operation of this session that is for the owner */
    NEWS_ACK,      /* BEAT_ACK; the owner compares its digest */
    NEWS_OPENED,   /* WELCOME; the session before it, if any, is over */
    NEWS_LOST,     /* there is no session any more, and the owner is seeking */
    NEWS_PUT_OFF,  /* REFUSED; the next HELLO leaves when that says */
    NEWS_REFUSED,  /* for good: err and errmsg say why */
};

/* What is due, in this order. */
struct peer_due {
    bool lost; /* the session is over: it was silent for too long */
    bool
        reconnect; /* the connection is dead: make a new one before the HELLO */
    bool hello;    /* send peer_hello() */
    bool beat;     /* send a BEAT with peer_beat() */
};

void peer_init(struct peer_session *p, const struct peer_config *config);
void peer_start(struct peer_session *p, int64_t now_ms);

/* A frame came, and frame_read() said err of it. */
enum peer_news peer_frame(struct peer_session *p, enum err err, int64_t now_ms);
enum peer_news peer_take(struct peer_session *p, const struct frame_head *head,
                         const struct op *op, int64_t now_ms);

/* What is due; it stays due until it was done. */
struct peer_due peer_tick(struct peer_session *p, int64_t now_ms);
/* When something will be; INT64_MAX: nothing will. */
int64_t peer_wake_ms(const struct peer_session *p);
/* The HELLO that leaves now; the next one is due after a pause. Borrows. */
struct op peer_hello(struct peer_session *p, int64_t now_ms);
/* The number of the BEAT that leaves now. */
uint64_t peer_beat(struct peer_session *p, int64_t now_ms);
/* Pauses between HELLOs are not longer than this, from now on. */
void peer_set_pause_max(struct peer_session *p, int64_t pause_max_ms);

/* Leave the session and seek another one at once. `why`: for the trace. */
void peer_renew(struct peer_session *p, const char *why, int64_t now_ms);
/* Leave the session, if there is one, and seek none before peer_resume(). */
void peer_pause(struct peer_session *p, const char *why, int64_t now_ms);
void peer_resume(struct peer_session *p);
/* There is no way back. */
void peer_close(struct peer_session *p, int64_t now_ms);

bool peer_is_up(const struct peer_session *p);
/* It takes operations: frames are worth reading. */
bool peer_is_listening(const struct peer_session *p);
/* The head of what leaves now. */
struct frame_head peer_head(const struct peer_session *p);
/* When to come again, if the coordinator said: in so many ms. Not at the very
 * time, unless without jitter: others were told the same. */
int64_t peer_retry_ms(struct peer_session *p, uint32_t ms);

void peer_check(const struct peer_session *p);

#endif
