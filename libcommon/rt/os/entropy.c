/* SPDX-License-Identifier: MIT */
/* entropy - random bytes from the kernel. */
#include "libcommon/rt/os/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "libcommon/check.h"

void entropy_get(void *out, size_t len)
{
    ssize_t n;

    ASSERT(len <= 256); /* so many come whole, and no signal interrupts */
    do
        n = getrandom(out, len, 0);
    while (n < 0 && errno == EINTR); /* before the pool is ready, at boot */
    if (n != (ssize_t)len)
        UNREACHABLE("the kernel gives no random bytes");
}
