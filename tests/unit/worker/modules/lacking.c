/* SPDX-License-Identifier: MIT */
/* lacking - needs a function that nobody has. */
#include <yon/job.h>

int nobody_has_this(yon_job *job);

static int fn(yon_job *job)
{
    return nobody_has_this(job);
}

YON_MODULE({ "fn", fn })
