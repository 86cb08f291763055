/* SPDX-License-Identifier: MIT */
/* tables - jobs by id and by key, sessions by id. */
#ifndef TABLES_H
#define TABLES_H

#include "libcommon/ids.h"

struct coord;
struct job;
struct session;

struct job *tables_job(const struct coord *c, uint64_t id); /* NULL: absent */
struct job *tables_key(const struct coord *c, job_key key); /* NULL: absent */
struct session *tables_session(const struct coord *c, session_id id);

/* Into the tables, and to its queue. */
void tables_link(struct coord *c, struct job *j);
void tables_unlink(struct coord *c, struct job *j);
/* Its key is free again. */
void tables_unlink_key(struct coord *c, struct job *j);

#endif
