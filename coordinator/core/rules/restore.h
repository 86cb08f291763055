/* SPDX-License-Identifier: MIT */
/* restore - a life begins with the records that the one before left in the
 * store. */
#ifndef RESTORE_H
#define RESTORE_H

#include "coordinator/core/model/record.h"

struct coord;

/* Play back one record. Takes blobs out of it. */
void restore_record(struct coord *c, struct record *rec);

#endif
