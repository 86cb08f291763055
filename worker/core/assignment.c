/* SPDX-License-Identifier: MIT */
/* assignment - the work of one attempt, as the shell starts it. */
#include "worker/core/assignment.h"

#include <stdio.h>
#include <string.h>

#include "libcommon/check.h"

struct view assignment_number(const struct assignment *a,
                              char text[ASSIGNMENT_NUMBER_LEN])
{
    size_t len = a->number.len;

    ASSERT(len <= NAME_LEN_MAX);
    if (len > 0)
        memcpy(text, a->number.data, len);
    else
        len = (size_t)snprintf(text, ASSIGNMENT_NUMBER_LEN, "%u", a->id.elem);
    text[len] = '\0';
    return view_of(text, len);
}
