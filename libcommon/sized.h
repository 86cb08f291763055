/* SPDX-License-Identifier: MIT */
/* sized - public structs that begin with their size, across the border of the
 * library: the program may be older or newer than we are, and its struct
 * shorter or longer. Such a struct ends without padding, so that each byte of
 * a longer one belongs to a field. Pure.
 */
#ifndef SIZED_H
#define SIZED_H

#include <stddef.h>

#include "libcommon/err.h"

/* What a struct of the program says of itself.
 * ERR_STATE    it has no size;
 * ERR_VERSION  it is newer, and sets a field that is not known here. */
enum err sized_check(const void *theirs, size_t own_size);
/* Copy in what has been checked; fields that theirs lacks are zero. */
void sized_take(void *own, size_t own_size, const void *theirs);
/* Copy out, as far as it is known there. Their size stays; what we do not know
 * becomes zero. */
void sized_give(void *theirs, const void *own, size_t own_size);

#endif
