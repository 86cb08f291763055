/* SPDX-License-Identifier: MIT */
/* entropy - random bytes from the kernel. */
#ifndef ENTROPY_H
#define ENTROPY_H

#include <stddef.h>

/* At most 256 bytes. Ends the process when the kernel has none to give. */
void entropy_get(void *out, size_t len);

#endif
