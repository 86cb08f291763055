/* SPDX-License-Identifier: MIT */
/* slow_square - a job that waits, as one waits for a disk or a server. */
#include <yon/job.h>

static int slow_square(yon_job *job)
{
    int64_t n;
    int err = yon_args(job, "{sI}", "n", &n);

    if (err == 0)
        err = yon_sleep(1000); /* the loop goes on with others */
    return err != 0 ? err : yon_return(job, "I", n * n);
}

YON_MODULE({ "slow_square", slow_square })
