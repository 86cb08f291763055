/* SPDX-License-Identifier: MIT */
/* log_tail - clients follow the output of a command: from its worker while it
 * runs, from the store afterwards. One request, one answer: a slow client slows
 * down only itself. */
#ifndef LOG_TAIL_H
#define LOG_TAIL_H

#include "coordinator/core/model/record.h"

struct attempt;
struct coord;
struct job;
struct open_request;
struct session;

void log_tail_take(struct coord *c, struct open_request *request,
                   const struct op *op);
/* Query the worker, wait for one, or read the kept output. */
void log_tail_begin(struct coord *c, struct open_request *request, job_id id);
/* A worker's answer. */
void log_tail_data(struct coord *c, struct session *s, const struct op *op);
/* Its worker has it now and can be queried. */
void log_tail_started(struct coord *c, struct attempt *a);
/* It has ended as *o says, and its element has not: those who follow it can
 * read what it has written. */
void log_tail_ended(struct coord *c, const struct attempt *a,
                    const struct outcome *o);
/* The attempt has stopped: its worker can no longer be queried. */
void log_tail_stopped(struct coord *c, struct job *j, uint32_t elem);
/* Its outcome is durable. */
void log_tail_durable(struct coord *c, struct job *j, uint32_t elem);
void log_tail_answer(struct coord *c, struct open_request *request,
                     struct records *r);

#endif
