/* SPDX-License-Identifier: MIT */
/* op_print - an operation as one line of text, for tests.
 *
 *   SUBMIT req=7 key=000102030405060708090a0b0c0d0e0f fresh=true ...
 *   RECONCILE rulings=[{job=1 elem=1 epoch=1 attempt=4 verdict=2}]
 *
 * str in quotes with \\, \" and \xNN, bin in hexadecimal.
 */
#ifndef OP_PRINT_H
#define OP_PRINT_H

#include "libcommon/buf.h"
#include "proto/layout.h"

void op_print(struct buf *out, const struct op *op);
/* The fields of a record alone. */
void record_print(struct buf *out, const struct layout *layout,
                  const void *from);

#endif
