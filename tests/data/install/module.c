/* SPDX-License-Identifier: MIT */
/* A module of someone else, C and C++ alike: NAME multiplies by FACTOR. */
#include <yon/job.h>

static int multiply(yon_job *job)
{
    int64_t n;
    int err = yon_args(job, "[I]", &n);

    if (err == 0)
        err = yon_sleep(1);
    return err != 0 ? err : yon_return(job, "I", FACTOR * n);
}

YON_MODULE({ NAME, multiply })
