/* SPDX-License-Identifier: MIT */
/* talk - calls that print, for the test of their output. */
#include <signal.h>
#include <stdio.h>

#include <yon/job.h>

/* Two of them at once print parts of lines in turn. */
static int talk(yon_job *job)
{
    const char *name;
    int err = yon_args(job, "{ss}", "name", &name);

    if (err != 0)
        return err;
    printf("%s begins\n", name);
    printf("%s says: ", name);
    yon_pause();
    yon_pause();
    printf("hello\n");
    fprintf(stderr, "%s complains\n", name);
    yon_log(job, YON_LOG_WARN, "%s has %d of them", name, 3);
    yon_log(job, YON_LOG_DEBUG, "%s whispers", name);
    printf("%s ends", name);
    return 0;
}

/* Says something, and is killed. */
static int talk_and_stay(yon_job *job)
{
    printf("the last words\n");
    yon_log(job, YON_LOG_INFO, "really");
    return yon_sleep(24 * 3600 * 1000);
}

/* Says what it is about to do. */
static int talk_and_crash(yon_job *job)
{
    (void)job;
    printf("about to crash\n");
    raise(SIGSEGV);
    return 0;
}

/* Says much. */
static int shout(yon_job *job)
{
    int n;
    int err = yon_args(job, "{si}", "n", &n);

    for (int i = 1; err == 0 && i <= n; i++)
        printf("line %d\n", i);
    return err;
}

YON_MODULE({ "talk", talk }, { "cpu_talk", talk, .cpu = 1 },
           { "talk_and_stay", talk_and_stay }, { "shout", shout },
           { "talk_and_crash", talk_and_crash },
           { "cpu_talk_and_stay", talk_and_stay, .cpu = 1 },
           { "cpu_shout", shout, .cpu = 1 })
