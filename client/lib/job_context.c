/* SPDX-License-Identifier: MIT */
/* job_context - what a job function reads and sets: <yon/job.h>. */
#include "client/lib/job_context.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/why.h"
#include "libcommon/rt/os/log.h"
#include "proto/body.h"
#include "proto/bounds.h"
#include "proto/policy.h"
#include "proto/scan.h"
#include "proto/spec.h"

void job_fini(yon_job *job)
{
    buf_fini(&job->args);
    buf_fini(&job->result);
    buf_fini(&job->body);
    value_doc_fini(&job->doc);
    free(job->text);
}

static int set_text(yon_job *job, int code, const char *text)
{
    free(job->text);
    job->text = xstrdup(text);
    job->text_code = code;
    job->retry = RETRY_UNSAID;
    job->retry_ms = 0;
    return code;
}

/* A function that returns the code of something it has awaited passes its text
 * on, unless it has set one of its own. */
static void take_why(yon_job *job, int code)
{
    char *text = why_take(code);

    if (text != NULL && strlen(text) >= TEXT_LEN_MAX)
        text[TEXT_LEN_MAX - 1] = '\0';
    if (text != NULL && (job->text == NULL || job->text_code != code))
        set_text(job, code, text);
    free(text);
}

int job_run(yon_job *job)
{
    int code;

    ASSERT(job->fn != NULL && job->client != NULL);
    job->loop = loop_current();
    code = job->fn(job);
    take_why(job, code);
    return code;
}

/* ---- the end ---- */

/* The text for a code: the one that was set with it, else its own. */
static struct view text_of(const yon_job *job, int code, char own[JOB_OWN_LEN])
{
    if (job->text != NULL && job->text_code == code)
        return view_str(job->text);
    if (code <= 0)
        return view_str(yon_strerror(code));
    snprintf(own, JOB_OWN_LEN, "the function returned %d, which is no code",
             code);
    return view_str(own);
}

static struct view pack_body(yon_job *job)
{
    static const uint8_t nil = 0xc0;
    struct body body = { .result = job->result.len > 0 ? buf_view(&job->result)
                                                       : view_of(&nil, 1) };

    body_encode(&job->body, &body);
    return buf_view(&job->body);
}

void job_report(yon_job *job, int code, const struct view *stopped_for,
                struct outcome *out, char own[JOB_OWN_LEN])
{
    *out = (struct outcome){ .state = STATE_FAILED, .code = code };
    if (job->too_large && (code == 0 || code == YON_ELIMIT)) {
        out->reason = view_str("limit");
        out->message = view_str("the result is larger than 1 MiB");
    } else if (code == 0) {
        out->state = STATE_DONE;
        out->body = pack_body(job);
    } else if (stopped_for != NULL) {
        out->state = STATE_CANCELLED;
        out->reason = view_str("cancelled");
        out->message = *stopped_for;
    } else {
        out->reason = view_str("error");
        out->message = text_of(job, code, own);
        if (job->text != NULL && job->text_code == code) {
            out->retry = job->retry;
            out->retry_ms = job->retry_ms;
        }
    }
}

/* ---- public: <yon/job.h> ---- */

int yon_args(yon_job *job, const char *format, ...)
{
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    if (loop_is_elsewhere(job->loop))
        return YON_ESTATE;
    va_start(args, format);
    err = value_unpack(&job->doc, buf_view(&job->args), format, args, errmsg);
    va_end(args);
    return err == ERR_NONE ? 0 : set_text(job, -(int)err, errmsg);
}

const void *yon_args_raw(const yon_job *job, size_t *len)
{
    *len = job->args.len;
    return job->args.data;
}

/* Take the packed value over. */
static int set_result(yon_job *job, struct buf *value)
{
    job->too_large = value->len > RESULT_LEN_MAX;
    buf_fini(&job->result);
    job->result = *value;
    *value = (struct buf){ 0 }; /* owned by the job */
    return job->too_large ? YON_ELIMIT : 0;
}

int yon_return(yon_job *job, const char *format, ...)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf value = { 0 };
    va_list args;
    enum err err;

    if (loop_is_elsewhere(job->loop))
        return YON_ESTATE;
    va_start(args, format);
    err = value_pack(&value, format, args, errmsg);
    va_end(args);
    if (err == ERR_NONE)
        return set_result(job, &value);
    buf_fini(&value);
    err_wrap(errmsg, err, "yon_return");
    return set_text(job, -(int)err, errmsg);
}

int yon_return_raw(yon_job *job, const void *bytes, size_t len)
{
    struct view v = view_of(bytes, len);
    struct buf value = { 0 };
    enum err err = scan_one(v, VALUE_DEPTH_MAX);

    if (loop_is_elsewhere(job->loop))
        return YON_ESTATE;
    if (err != ERR_NONE)
        return set_text(job, -(int)err,
                        "yon_return_raw: the bytes are no msgpack value");
    buf_add_view(&value, v);
    return set_result(job, &value);
}

__attribute__((format(printf, 2, 0))) static int
fail(yon_job *job, const char *format, va_list args)
{
    char text[TEXT_LEN_MAX];

    if (loop_is_elsewhere(job->loop))
        return YON_ESTATE;
    vsnprintf(text, sizeof text, format, args);
    return set_text(job, YON_EFAILED, text);
}

int yon_fail(yon_job *job, const char *format, ...)
{
    va_list args;
    int code;

    va_start(args, format);
    code = fail(job, format, args);
    va_end(args);
    return code;
}

int yon_retry(yon_job *job, int64_t delay_ms, const char *format, ...)
{
    va_list args;
    int code;

    va_start(args, format);
    code = fail(job, format, args);
    va_end(args);
    if (code != YON_EFAILED)
        return code;
    if (delay_ms < 0)
        delay_ms = 0;
    if (delay_ms > POLICY_DELAY_MAX_MS)
        delay_ms = POLICY_DELAY_MAX_MS;
    job->retry = RETRY_WANTED;
    job->retry_ms = (uint32_t)delay_ms;
    return code;
}

int yon_give_up(yon_job *job, const char *format, ...)
{
    va_list args;
    int code;

    va_start(args, format);
    code = fail(job, format, args);
    va_end(args);
    if (code != YON_EFAILED)
        return code;
    job->retry = RETRY_REFUSED;
    return code;
}

_Static_assert((int)YON_LOG_ERROR == (int)TRACE_ERROR &&
                   (int)YON_LOG_DEBUG == (int)TRACE_DEBUG,
               "the levels of the log");

void yon_log(yon_job *job, enum yon_log_level level, const char *format, ...)
{
    char text[TEXT_LEN_MAX], id[48];
    va_list args;

    if (level < YON_LOG_ERROR || level > YON_LOG_DEBUG)
        level = YON_LOG_INFO;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(id, sizeof id,
             job->elem != 0 ? "%" PRIu64 ".%" PRIu32 : "%" PRIu64, job->id,
             job->elem);
    log_text((enum trace_level)level, job->id != 0 ? id : NULL, "yon_log",
             view_str(text));
    if (job->logged != NULL && (enum trace_level)level <= log_level())
        job->logged(job, level, text);
}

uint64_t yon_job_id(const yon_job *job)
{
    return job->id;
}

uint32_t yon_job_elem(const yon_job *job)
{
    return job->elem;
}

const char *yon_job_attempt(const yon_job *job)
{
    return job->attempt;
}

void yon_progress(yon_job *job, uint64_t done, uint64_t total,
                  const char *doing)
{
    struct advance a = { .done = done,
                         .total = total,
                         .doing = view_str(doing) };

    MISUSE_IF_ELSEWHERE(job->loop, "the job");
    if (a.doing.len > NAME_LEN_MAX)
        a.doing.len = NAME_LEN_MAX;
    if (job->advance != NULL)
        job->advance(job, &a);
}

uint32_t yon_job_tries(const yon_job *job)
{
    return job->tries;
}

yon_client *yon_job_client(yon_job *job)
{
    MISUSE_IF_ELSEWHERE(job->loop, "the job");
    return job->client(job);
}
