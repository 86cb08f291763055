/* SPDX-License-Identifier: MIT */
/* versions - a module that says which VERSION it is. */
#include <signal.h>
#include <stdio.h>
#include <yon/job.h>

/* Code enough for a page of its own: a file that is written over in place would
 * be seen by the process that has it mapped. */
static const char filler[1 << 16] = { VERSION };

#ifdef ABORT
__attribute__((constructor)) static void spoil(void)
{
    raise(SIGABRT);
}
#endif

/* -> the version */
static int version(yon_job *job)
{
    return yon_return(job, "i", (int)filler[0]);
}

/* { ms } -> the version, after that time; the file FILE of it is there then */
static int version_later(yon_job *job)
{
    const char *file;
    FILE *began;
    int64_t ms;
    int err = yon_args(job, "{sIss}", "ms", &ms, "file", &file);

    if (err != 0)
        return err;
    began = fopen(file, "w");
    if (began != NULL)
        fclose(began);
    err = yon_sleep(ms);
    return err != 0 ? err : yon_return(job, "i", VERSION);
}

/* ends its process */
static int die(yon_job *job)
{
    (void)job;
    raise(SIGSEGV);
    return 0;
}

YON_MODULE({ "version", version }, { "version_cpu", version, 1 },
           { "version_later", version_later }, { "die", die })
