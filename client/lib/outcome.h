/* SPDX-License-Identifier: MIT */
/* outcome - the end of a job, in the terms of the public API. Pure. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "proto/op.h"

/* 0 for done; FAILED, CANCELLED, EXPIRED, LOST. */
enum err outcome_err(unsigned state);
/* Exit code of a command, 128 + n when signal n ended it; -1: none. */
int outcome_exit_code(const struct outcome *o, const struct body *b);
/* Why it failed, for people, into `out`. counts: of the array, for an array. */
void outcome_explain(struct buf *out, const struct outcome *o,
                     const struct counts *counts);

#endif
