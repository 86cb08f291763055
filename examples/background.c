/* SPDX-License-Identifier: MIT */
/* background - a job that asyncio/jetroutines.c calls: in its own process, or
 * on workers that have loaded this file. */
#include <stdio.h>
#include <yon/job.h>

/* { page, ms } -> what was fetched, after that time */
static int fetch(yon_job *job)
{
    const char *page;
    char text[100];
    int64_t ms;
    int err = yon_args(job, "{sssI}", "page", &page, "ms", &ms);

    if (err == 0)
        err = yon_sleep(ms);
    if (err != 0)
        return err;
    snprintf(text, sizeof text, "the %s page", page);
    return yon_return(job, "s", text);
}

YON_MODULE({ "fetch", fetch })
