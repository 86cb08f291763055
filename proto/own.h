/* SPDX-License-Identifier: MIT */
/* own - copies of what a struct borrows: the bytes of its views, its lists, and
 * what stands in the entries of these.
 *
 * It follows the layouts, so a new field of any type is copied without a line
 * written for it. A decoded struct that must outlive its frame is copied so:
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

/* Bytes that *op borrows, and op_own needs; may be 0. */
size_t op_borrowed_len(const struct op *op);
/* Copy what *op borrows to `room`, which is aligned as malloc aligns, and let
 * it point there: from then on it lives as long as the room. */
void op_own(struct op *op, void *room);

/* The same for each record: outcome_borrowed_len(), outcome_own() ... */
#define OWN_RECORD(NAME, record)                             \
    size_t record##_borrowed_len(const struct record *from); \
    void record##_own(struct record *at, void *room);
RECORD_LIST(OWN_RECORD)
#undef OWN_RECORD

#endif
