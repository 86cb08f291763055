/* SPDX-License-Identifier: MIT */
/* leave - calls that leave something running or open, for the tests of a
 * worker's end and of limits. */
#include <stdio.h>
#include <unistd.h>

#include <yon/io.h>
#include <yon/job.h>
#include <yon/yon.h>

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(24 * 3600 * 1000);
}

/* Does not care that it is cancelled. */
static int sleep_on(void *arg)
{
    for (;;)
        sleep_long(arg);
    return 0;
}

static int detach(yon_job *job)
{
    (void)job;
    yon_detach(yon_spawn(sleep_long, NULL));
    return 0;
}

static int detach_deaf(yon_job *job)
{
    (void)job;
    yon_detach(yon_spawn(sleep_on, NULL));
    return yon_sleep(1); /* it has begun */
}

static int leave_stream(yon_job *job)
{
    yon_stream *a, *b;

    (void)job;
    return yon_pipe(&a, &b);
}

static int leave_listener(yon_job *job)
{
    yon_listener *l;

    (void)job;
    return yon_tcp_listen(NULL, 0, &l);
}

static int leave_client(yon_job *job)
{
    yon_client *c;

    (void)job;
    return yon_connect("local:", &c);
}

/* Returns its pid, in a text. */
static int leave_process(yon_job *job)
{
    const char *const argv[] = { "sh", "-c", "echo $$; exec sleep 1000", NULL };
    yon_process *p;
    const char *line;
    size_t len;
    int err = yon_process_start(&YON_PROCESS(.argv = argv, .pipe_out = 1), &p);

    if (err == 0)
        err = yon_read_line(yon_process_stream(p, 1), 100, &line, &len);
    return err == 0 ? yon_return(job, "s", line) : err;
}

static int sleep_in_a_thread(void *arg)
{
    (void)arg;
    sleep(1000);
    return 0;
}

/* Only its process can end it. */
static int thread_deaf(yon_job *job)
{
    yon_future *f = yon_thread(sleep_in_a_thread, job);
    int err;

    yon_shield_begin();
    err = yon_await(f);
    yon_shield_end();
    yon_free(f);
    return err;
}

YON_MODULE({ "detach", detach }, { "thread_deaf", thread_deaf },
           { "detach_deaf", detach_deaf }, { "leave_stream", leave_stream },
           { "leave_listener", leave_listener },
           { "leave_client", leave_client }, { "leave_process", leave_process },
           { "cpu_detach", detach, .cpu = 1 },
           { "cpu_leave_process", leave_process, .cpu = 1 })
