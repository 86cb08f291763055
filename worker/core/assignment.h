/* SPDX-License-Identifier: MIT */
/* assignment - the work of one attempt, as the shell starts it. Pure. */
#ifndef ASSIGNMENT_H
#define ASSIGNMENT_H

#include "proto/bounds.h"
#include "proto/op.h"

/* All borrowed. */
struct assignment {
    struct attempt_key id;
    uint32_t tries;     /* 1: the first start */
    bool array;         /* an element: its placeholders are replaced */
    uint8_t follow;     /* STREAM_BITs of outputs that are followed */
    struct view fn;     /* name of the function of a call */
    struct view spec;   /* proto/spec.h */
    struct view item;   /* of the element */
    struct view number; /* as people wrote it; empty: id.elem */
    const char *server; /* endpoint of the coordinator */
};

/* The number that people know the element by, into text, with a NUL. */
#define ASSIGNMENT_NUMBER_LEN (NAME_LEN_MAX + 1)
struct view assignment_number(const struct assignment *a,
                              char text[ASSIGNMENT_NUMBER_LEN]);

#endif
