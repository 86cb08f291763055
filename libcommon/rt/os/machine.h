/* SPDX-License-Identifier: MIT */
/* machine - which machine this is, since it was started last. */
#ifndef MACHINE_H
#define MACHINE_H

#include "libcommon/ids.h"

/* The id that the kernel made when it started: processes that see the same one
 * are on one machine. Zeroed: it does not tell. */
boot_id machine_boot(void);

#endif
