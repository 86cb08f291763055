/* SPDX-License-Identifier: MIT */
/* assignment - the work of one attempt, as the shell starts it. Pure. */
#ifndef ASSIGNMENT_H
#define ASSIGNMENT_H

#include "proto/op.h"

/* All borrowed. */
struct assignment {
    struct attempt_key id;
    uint32_t tries;     /* 1: the first start */
    bool array;         /* an element: its placeholders are replaced */
    struct view fn;     /* name of the function of a call */
    struct view spec;   /* proto/spec.h */
    struct view item;   /* of the element */
    const char *server; /* endpoint of the coordinator */
};

#endif
