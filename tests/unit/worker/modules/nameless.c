/* SPDX-License-Identifier: MIT */
/* nameless - has a function whose name is empty. */
#include <yon/job.h>

static int fn(yon_job *job)
{
    (void)job;
    return 0;
}

YON_MODULE({ "", fn })
