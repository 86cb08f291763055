/* SPDX-License-Identifier: MIT */
/* sized - copies structs that begin with their size. */
#include "libcommon/sized.h"

#include <stdint.h>
#include <string.h>

/* Larger ones are memory that nobody has filled. */
#define SIZED_MAX 4096

static size_t size_of(const void *theirs)
{
    size_t size;

    memcpy(&size, theirs, sizeof size);
    return size;
}

enum err sized_check(const void *theirs, size_t own_size)
{
    const uint8_t *bytes = theirs;
    size_t size = size_of(theirs);

    if (size <= sizeof size || size > SIZED_MAX)
        return ERR_STATE;
    for (size_t i = own_size; i < size; i++)
        if (bytes[i] != 0)
            return ERR_VERSION;
    return ERR_NONE;
}

void sized_take(void *own, size_t own_size, const void *theirs)
{
    size_t size = size_of(theirs);

    memset(own, 0, own_size);
    memcpy(own, theirs, size < own_size ? size : own_size);
    memcpy(own, &own_size, sizeof own_size);
}

void sized_give(void *theirs, const void *own, size_t own_size)
{
    size_t size = size_of(theirs);

    memset(theirs, 0, size);
    memcpy(theirs, own, size < own_size ? size : own_size);
    memcpy(theirs, &size, sizeof size);
}
