/* SPDX-License-Identifier: MIT */
/* api - public functions that only choose or look: clients, and what the future
 * of a job knows: <yon/yon.h>, <yon/uv.h>.
 *
 * To add a public function:
 *   1. its declaration in <yon/yon.h>, with a comment: units and limits, who
 *      frees what, every error, and "Suspends" if it can;
 *   2. its definition in the file of its noun, here or in libcommon/rt. yon_*
 *      is exported as it is; the tests libyon_exports and libyon_suspends
 *      compare both with the header;
 *   3. docs/reference, which writes docs/reference.md;
 *   4. its test in tests/unit/lib, CHANGELOG.md. */
#include <stdio.h>
#include <string.h>

#include <yon/uv.h>

#include "client/lib/connection.h"
#include "client/lib/job_future.h"
#include "client/lib/local.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/pollable.h"
#include "libcommon/rt/co/why.h"

/* ---- clients ---- */

static void left_open(struct opened *o)
{
    yon_close(CONTAINER_OF(o, struct yon_client, opened));
}

/* Why there is no client, for yon_why. */
static int told(enum err err, const char *errmsg)
{
    if (err != ERR_NONE)
        why_note(-(int)err, errmsg[0] != '\0' ? errmsg : NULL);
    return -(int)err;
}

int yon_connect(const char *server, yon_client **out)
{
    char errmsg[ERRMSG_LEN] = "";
    enum err err;

    if (server != NULL && strcmp(server, LOCAL_ADDRESS) == 0)
        err = local_open(loop_current(), out);
    else
        err = connection_open(loop_current(), server, out, errmsg);
    if (err != ERR_NONE || (*out)->owns_loop)
        return told(err, errmsg);
    (*out)->opened = (struct opened){ .what = "the client of ",
                                      .which = (*out)->address,
                                      .remedy = "yon_close",
                                      .close = left_open };
    opened_add(&(*out)->opened, (*out)->loop);
    return 0;
}

int yon_uv_connect(struct uv_loop_s *loop, const char *server, yon_client **out)
{
    char errmsg[ERRMSG_LEN] = "";
    struct loop *l;
    enum err err;

    if (loop_at_is_elsewhere(loop))
        return told(ERR_STATE, "the loop belongs to another thread");
    l = loop_at(loop);
    loop_hold(l); /* it goes when there is no client after all */
    err = connection_open(l, server, out, errmsg);
    loop_drop(l);
    return told(err, errmsg);
}

/* All callbacks that the end of the client has brought about have run. */
static void all_are_told(struct loop_call *call)
{
    yon_client *c = CONTAINER_OF(call, struct yon_client, last_call);

    c->kind->free(c);
}

void yon_close(yon_client *c)
{
    struct loop *own;

    if (c == NULL)
        return;
    MISUSE_IF_ELSEWHERE(c->loop, "the client");
    MISUSE_IF(c->is_lent, "the client of yon_job_client belongs to the worker");
    if (c->is_closed)
        return;
    c->is_closed = true;
    if (loop_is_inherited(c->loop))
        return; /* it is the parent's, which goes on with it */
    opened_forget(&c->opened);
    own = c->owns_loop ? c->loop : NULL;
    c->broken = ERR_CLOSED;
    err_set(c->errmsg, ERR_CLOSED, "the client was closed");
    request_end_all(c, ERR_CLOSED, c->errmsg);
    c->kind->close(c);
    loop_call(c->loop, &c->last_call, all_are_told);
    loop_free(own);
}

void yon_set_patience(yon_client *c, int64_t ms)
{
    MISUSE_IF_ELSEWHERE(c->loop, "the client");
    if (!loop_is_inherited(c->loop))
        c->kind->set_patience(c, ms);
}

int64_t yon_unreachable_ms(const yon_client *c)
{
    if (loop_is_elsewhere(c->loop) || loop_is_inherited(c->loop))
        return YON_ESTATE;
    return c->is_closed ? YON_ECLOSED : c->kind->status(c).lost_ms;
}

int yon_on_unreachable(yon_client *c, yon_unreachable_fn *fn, void *arg)
{
    if (loop_is_elsewhere(c->loop) || loop_is_inherited(c->loop))
        return YON_ESTATE;
    if (c->is_closed)
        return YON_ECLOSED;
    outage_watch(c, fn, arg);
    return 0;
}

/* Whatever runs: it only reads what never changes, and writes what is atomic.
 */
int yon_interrupt(yon_client *c)
{
    if ((!c->owns_loop && !loop_has_interrupted(c->loop)) ||
        loop_is_inherited(c->loop))
        return YON_ESTATE;
    loop_interrupt(c->loop);
    return 0;
}

const char *yon_version(void)
{
    return YON_VERSION;
}

/* ---- clients in the loops of others ---- */

int yon_fd(yon_client *c)
{
    int fd = -1;
    enum err err = c->owns_loop && !loop_is_elsewhere(c->loop)
                       ? pollable_fd(c->loop, &fd)
                       : ERR_STATE;

    return err == ERR_NONE ? fd : -(int)err;
}

int yon_dispatch(yon_client *c)
{
    return c->owns_loop ? -(int)pollable_dispatch(c->loop) : YON_ESTATE;
}

/* ---- the future of a job ---- */

int yon_await_id(yon_future *f, uint64_t *job)
{
    struct job_future *j = job_future_of(f);
    int code;

    if (loop_is_elsewhere(f->loop))
        return YON_ESTATE;
    if (j == NULL)
        return YON_ETYPE;
    future_ref(f);
    code = yon_await(&j->receipt);
    if (code == 0)
        *job = j->job;
    else
        future_note_read(f); /* it has failed alike */
    future_unref(f);
    return code;
}

yon_future *yon_receipt(yon_future *f)
{
    struct job_future *j = job_future_of(f);

    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    return j != NULL ? &j->receipt : NULL;
}

uint64_t yon_id(const yon_future *f)
{
    const struct job_future *j = job_future_of(f);

    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    if (j == NULL)
        j = job_future_of_receipt(f);
    return j != NULL ? j->job : 0;
}

static const void *bytes_of(const struct buf *b, size_t *len)
{
    *len = b->len;
    return b->len > 0 ? b->data : NULL;
}

const void *yon_output(const yon_future *f, int which, size_t *len)
{
    const struct job_future *j = job_future_of(f);

    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    *len = 0;
    future_note_read(f);
    if (j == NULL || (which != STREAM_OUT && which != STREAM_ERR))
        return NULL;
    return bytes_of(which == STREAM_OUT ? &j->out : &j->err, len);
}

int yon_exit_code(const yon_future *f)
{
    const struct job_future *j = job_future_of(f);

    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    future_note_read(f);
    return j != NULL ? j->exit_code : -1;
}
