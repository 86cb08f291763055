/* SPDX-License-Identifier: MIT */
/* wordy - has a name of 256 bytes. */
#include <yon/job.h>

static int fn(yon_job *job)
{
    (void)job;
    return 0;
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16
YON_MODULE({ X128 X128, fn })
