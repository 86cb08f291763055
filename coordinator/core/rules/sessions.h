/* SPDX-License-Identifier: MIT */
/* sessions - peers come, offer, beat and go. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "coordinator/core/model/principal.h"
#include "proto/op.h"

struct coord;
struct session;

/* A HELLO; NULL: refused. */
struct session *sessions_open(struct coord *c, conn_id from,
                              const struct principal *by, const struct op *op);
/* End the sessions of a principal. What its workers run is nobody's fault, and
 * starts elsewhere when their lease is over. */
void sessions_revoke(struct coord *c, uint32_t principal);
/* Its first frame within the session: it lives, others of its name do not. */
void sessions_prove(struct coord *c, struct session *s);
void sessions_offer(struct coord *c, struct session *s, const struct op *op);
void sessions_beat(struct coord *c, struct session *s, const struct op *op);
/* Its peer says goodbye: closes it. */
void sessions_bye(struct coord *c, struct session *s, const struct op *op);
/* A worker wants no new work. */
void sessions_draining(struct coord *c, struct session *s, const struct op *op);

enum session_end {
    SESSION_REPLACED, /* its peer is in another */
    SESSION_DEAD,     /* its process is, and another has taken its place */
    SESSION_BYE,      /* its peer said goodbye */
    SESSION_LOST,     /* its peer will not come back */
};
/* The session is over. Frees it. */
void sessions_close(struct coord *c, struct session *s, enum session_end why);
/* A worker is in the store: the next life will wait for it. */
void sessions_recorded(struct coord *c, session_id id);
/* The connection is known to be dead. */
void sessions_gone(struct coord *c, conn_id conn);
void sessions_scan(struct coord *c); /* close those that are silent */
/* After a pause of our own: let each worker say what it still holds. */
void sessions_ask(struct coord *c);
void sessions_free(struct coord *c);

#endif
