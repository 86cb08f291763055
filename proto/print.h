/* SPDX-License-Identifier: MIT */
/* print - an operation as one line of text, for traces and tests. Pure.
 *
 *   SUBMIT req=7 key=000102030405060708090a0b0c0d0e0f fresh=true ...
 *   RECONCILE rulings=[{job=1 elem=1 epoch=1 attempt=4 verdict=2}]
 *
 * str in quotes with \\, \" and \xNN, bin in hexadecimal.
 */
#ifndef PRINT_H
#define PRINT_H

#include "libcommon/buf.h"
#include "proto/op.h"

void op_print(struct buf *out, const struct op *op);

#endif
