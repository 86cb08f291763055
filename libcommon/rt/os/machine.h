/* SPDX-License-Identifier: MIT */
/* machine - an id of this machine, new with each boot. */
#ifndef MACHINE_H
#define MACHINE_H

#include "libcommon/ids.h"

/* The boot id of the kernel: processes that see the same one are on one
 * machine. Zeroed: not known. */
boot_id machine_boot(void);

#endif
