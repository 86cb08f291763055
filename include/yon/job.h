/* SPDX-License-Identifier: MIT */
/* job.h - writing functions that others await.
 *
 *   #include <yon/job.h>
 *
 *   static int add(yon_job *job)
 *   {
 *       int64_t a, b;
 *       int err = yon_args(job, "[II]", &a, &b);
 *       return err != 0 ? err : yon_return(job, "I", a + b);
 *   }
 *   YON_MODULE({ "add", add })
 *
 * Build it with -shared -fPIC, without linking anything, and give it to a
 * worker: yon-worker --load FILE.so. Each call runs as a coroutine: a thousand
 * of them wait in one process, as long as all that waits goes through yon
 * (yon_sleep, yon_await, ...). A job belongs to the thread that runs it; a
 * function of yon_thread may read its ids and raw arguments, and yon_log.
 */
#ifndef YON_JOB_H
#define YON_JOB_H

#include <yon/co.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct yon_job yon_job;

/* Returns 0 (yon_return gives the value; without one it is nil) or a negative
 * code. */
typedef int yon_job_fn(yon_job *job);

struct yon_function {
    const char *name;
    yon_job_fn *fn;
    /* 1: it computes rather than waits. The worker runs each call in a separate
     * process (kept for the next call), where it may use its CPU as long as it
     * likes and crash alone; it takes a slot of the worker, as commands do.
     * Code that does not wait learns of a cancel by yon_is_cancelled(). */
    int cpu;
};

#define YON_MODULE_ABI 1
struct yon_module {
    unsigned abi;           /* YON_MODULE_ABI */
    unsigned function_size; /* of each; 0: that of the first version */
    const struct yon_function *functions; /* ended by a NULL name */
};
/* clang-format off */
/* Once in a module: its functions, each { "name", fn } or { "name", fn, 1 } (in
 * C also { "name", fn, .cpu = 1 }). Workers see it, also when the module is
 * built with hidden symbols. */
#define YON_MODULE(...)                                                        \
    YON_MODULE_AS(yon_module, __VA_ARGS__)
/* The same under another name, for a program that is linked from several
 * modules and offers each: extern const struct yon_module NAME. A worker looks
 * for YON_MODULE. */
#define YON_MODULE_AS(name, ...)                                               \
    _Pragma("GCC diagnostic push")                                             \
    _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")         \
    static const struct yon_function name##_functions[] = {                    \
        __VA_ARGS__, { 0, 0, 0 }                                               \
    };                                                                         \
    extern const struct yon_module name                                        \
        __attribute__((visibility("default")));                                \
    const struct yon_module name = { YON_MODULE_ABI,                           \
                                     sizeof(struct yon_function),              \
                                     name##_functions };                       \
    _Pragma("GCC diagnostic pop")
/* clang-format on */

/* Read the arguments by format, as yon_result does. YON_ETYPE, YON_ERANGE: they
 * do not fit the format; YON_EFORMAT: the format is invalid. The text for
 * people is set as well: just return the code. Strings live as long as the job.
 */
int yon_args(yon_job *job, const char *format, ...);
/* The arguments as msgpack bytes, *len of them. They live as long as the job.
 */
const void *yon_args_raw(const yon_job *job, size_t *len);

/* Set the result, by format; copied. The last call counts. YON_ELIMIT: it is
 * larger than 1 MiB; YON_EFORMAT. The text for people is set as well. */
int yon_return(yon_job *job, const char *format, ...);
/* The same with msgpack bytes (one value). YON_ELIMIT; YON_EFORMAT, YON_ESHORT:
 * they are invalid; YON_ERANGE: nested more than 16 deep. */
int yon_return_raw(yon_job *job, const void *value, size_t len);

/* Set the text that people see, printf-like (cut at 4 KiB), and return
 * YON_EFAILED. */
int yon_fail(yon_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ask to be started again: set the text as yon_fail does, and return
 * YON_EFAILED. Not before delay_ms have passed, at most 7 days; 0: as the
 * policy of the submit says. It counts as a failure, whatever retry_on of the
 * policy says: after as many as the policy has retries (10, when it has none)
 * the job has failed. */
int yon_retry(yon_job *job, int64_t delay_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As yon_fail, for good: whatever its policy says, the job is not started
 * again.
 */
int yon_give_up(yon_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Write a line with time and job to the log of the worker at once,
 * printf-like (cut at 4 KiB): in a process that is killed later it is not lost.
 * "yon logs ID" shows it, too. Lines above the level of the worker
 * (--log-level) are dropped. A function of "local:" writes to stderr. What a
 * call prints to stdout and stderr (stdio) goes there as well, when its line is
 * complete or the call has ended. */
enum yon_log_level {
    YON_LOG_ERROR = 1,
    YON_LOG_WARN,
    YON_LOG_INFO,
    YON_LOG_DEBUG
};
void yon_log(yon_job *job, enum yon_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The id of this job. */
uint64_t yon_job_id(const yon_job *job);
/* Which element of an array, counted from 1 whatever numbers people gave them;
 * 0: a single job. */
uint32_t yon_job_elem(const yon_job *job);
/* The fence of this start, "EPOCH.N", which grows with each start. Lives as
 * long as the job. */
const char *yon_job_attempt(const yon_job *job);
/* Which start this is: 1 for the first. */
uint32_t yon_job_tries(const yon_job *job);

/* Report how far the job is: `done` of `total` (0: not known) in any unit, and
 * what it does, for people (cut at 255 bytes; NULL: nothing). Made for inner
 * loops: it never waits, and only the latest report leaves the process, a few
 * times a second. It is kept in memory while this start of the job runs, for
 * yon_await_progress, `yon show` and `yon wait -p`. */
void yon_progress(yon_job *job, uint64_t done, uint64_t total,
                  const char *doing);

/* A client of the coordinator that gave this job, to call others. Borrowed: do
 * not close it. When the machine has no descriptors or threads for one, all
 * that is asked of it fails, and says so. */
yon_client *yon_job_client(yon_job *job);

/* Let yon_call on a client of "local:" call the functions of this module, which
 * must stay: each call is a coroutine that the caller has spawned, with the
 * same arguments, results, errors and texts as on a worker; its yon_id and
 * yon_job_id are 0. The await of a function that is not offered returns
 * YON_EABSENT. YON_ESTATE: a client of a coordinator; YON_EVERSION: a module of
 * another version; YON_EEXISTS: one of its names is already offered. */
int yon_offer(yon_client *c, const struct yon_module *module);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
