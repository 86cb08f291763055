/* SPDX-License-Identifier: MIT */
/* principal - whose key a message came with, and what that key may. Pure. */
#ifndef PRINCIPAL_H
#define PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/key_list.h"
#include "proto/op.h"

/* Zeroed: the user who runs the coordinator, who needs no key and may do all.
 */
struct principal {
    uint32_t number; /* of this life; another number is another principal */
    unsigned roles;  /* enum key_role */
    char name[KEY_NAME_MAX + 1];
};

/* Whether it may open a session of this role. */
static inline bool principal_may(const struct principal *p, enum role role)
{
    unsigned needed = role == ROLE_WORKER ? KEY_ROLE_WORK : KEY_ROLE_ADMIN;

    return p->number == 0 || (p->roles & needed) != 0;
}

#endif
