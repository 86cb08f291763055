/* SPDX-License-Identifier: MIT */
/* again - has a function that is in good.c too. */
#include <yon/job.h>

static int two(yon_job *job)
{
    (void)job;
    return 0;
}

YON_MODULE({ "three", two }, { "two", two })
