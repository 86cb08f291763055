/* SPDX-License-Identifier: MIT */
/* own - deep copies: a struct gets copies of all that it borrows, which is the
 * bytes of its views, its lists, and all that their entries borrow.
 *
 * The layouts say where that is, so that a new field needs no line here. A
 * decoded struct that must outlive its frame is copied so:
 *
 *     struct op copy = *op;
 *     void *room = xcalloc(1, op_borrowed_len(op));
 *
 *     op_own(&copy, room);
 *
 * Pure.
 */
#ifndef OWN_H
#define OWN_H

#include "proto/op.h"

/* Bytes of room that op_own needs; may be 0. */
size_t op_borrowed_len(const struct op *op);
/* Copy all that *op borrows to `room`, which is aligned as by malloc, and let
 * *op point there: it lives as long as the room, then. */
void op_own(struct op *op, void *room);

/* The same for each record: outcome_borrowed_len(), outcome_own() ... */
#define OWN_RECORD(NAME, record)                             \
    size_t record##_borrowed_len(const struct record *from); \
    void record##_own(struct record *at, void *room);
RECORD_LIST(OWN_RECORD)
#undef OWN_RECORD

#endif
