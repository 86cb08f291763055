/* SPDX-License-Identifier: MIT */
/* task - work of libuv's threads that a coroutine waits for, or leaves. */
#include "libcommon/rt/io/task.h"

#include "libcommon/check.h"

static void task_run(uv_work_t *req)
{
    struct task *t = CONTAINER_OF(req, struct task, req);

    t->run(t);
}

static void task_over(uv_work_t *req, int status)
{
    struct task *t = CONTAINER_OF(req, struct task, req);

    (void)status;
    if (t->waiter != NULL)
        iowait_end(t->waiter);
    else
        t->drop(t);
}

void task_start(struct task *t, struct loop *loop)
{
    t->loop = loop;
    if (uv_queue_work(loop_uv(loop), &t->req, task_run, task_over) != 0)
        UNREACHABLE("libuv takes any work that has a function");
}

enum err task_await(struct task *t)
{
    struct iowait w = { 0 };
    enum err err;

    t->waiter = &w;
    task_start(t, loop_current());
    err = iowait_await(&w);
    t->waiter = NULL;
    if (err != ERR_NONE && w.missed)
        t->drop(t); /* it has run */
    else if (err != ERR_NONE)
        uv_cancel((uv_req_t *)&t->req); /* too late when it runs */
    return err;
}
