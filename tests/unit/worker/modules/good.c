/* SPDX-License-Identifier: MIT */
/* good - a module as it should be. */
#include <yon/job.h>

static int one(yon_job *job)
{
    (void)job;
    return 0;
}

static int two(yon_job *job)
{
    (void)job;
    return YON_EFAILED;
}

YON_MODULE({ "two", two, .cpu = 1 }, { "one", one },
           { "a longer name, with blanks", one })
