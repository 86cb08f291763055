/* SPDX-License-Identifier: MIT */
/* yon.h - await a function on another machine: the client library.
 *
 * A client is a connection to a coordinator (`yond`); a future is a value that
 * will be there later: the outcome of a job, or anything of <yon/co.h>.
 * Submitting never waits; awaiting does. Inside a coroutine (a job, or what
 * runs under yon_run) awaiting suspends that coroutine and the loop goes on
 * with others; elsewhere it blocks the calling thread. Or do not wait, and let
 * yon_then call you: in a loop of libuv (<yon/uv.h>), or in any other (yon_fd).
 * A client and its futures belong to one thread.
 *
 * After fork(2) they belong to the parent: in the child their awaits and calls
 * return YON_ESTATE at once, and yon_close and yon_free leave the parent's
 * alone. A client that the child makes works. A coroutine that forks is outside
 * of coroutines in the child, which must end with _exit() or exec().
 *
 * Functions return 0 or a negative YON_E... code (<yon/err.h>) unless they say
 * otherwise. A function that can suspend says "Suspends", and has
 * YON_ECANCELLED and YON_ETIMEOUT of <yon/co.h> among its errors. Arguments are
 * borrowed for the time of the call unless the function says "takes". The
 * library ends the process when memory runs out.
 */
#ifndef YON_YON_H
#define YON_YON_H

#include <stddef.h>
#include <stdint.h>

#include <yon/err.h>
#include <yon/value.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* yon_submit: a struct, too */

typedef struct yon_client yon_client;
typedef struct yon_future yon_future;

/* ---- structs that grow ----
 *
 * A struct that you fill, or have filled, begins with its size: fields can be
 * added at its end, and a program that was built before works with the newer
 * library. Make it with its macro, which sets the size and zeroes what you do
 * not name:
 *
 *   yon_submit(c, &YON_SUBMIT(.fn = "add", .key = "the sum of today"));
 *
 * In C++ it has its size by itself: struct yon_submit what = {};
 * Without a size it is refused with YON_ESTATE; with YON_EVERSION when the
 * library is older than the program, and a field that it does not know is set.
 */
#ifdef __cplusplus
#define YON_SIZE_OF(type) = sizeof(struct type)
#else
#define YON_SIZE_OF(type)
#endif

/* ---- client ---- */

/* Connect to `server` ("ipc://PATH", "tcp://HOST:PORT"; "local:": no
 * coordinator, see yon_offer in <yon/job.h>, only inside a coroutine; NULL:
 * $YON_SERVER, else the socket in $YON_DIR, else the one in the default
 * directory). Returns at once: the connection is made, and made again, while
 * you go on. Made inside a coroutine, the client lives on its loop; close it
 * before yon_run ends. Otherwise it has a loop of its own, which runs while you
 * await outside of coroutines (inside one: YON_ESTATE). The caller closes it.
 * YON_EFORMAT: not an address; YON_ERANGE: a socket path longer than 107 bytes;
 * YON_EABSENT: no default directory, as HOME is not set; YON_ESTATE: "local:",
 * and no coroutine; YON_ELIMIT: no descriptors are left; YON_ESYSTEM.
 * yon_why of <yon/co.h> has the text. */
int yon_connect(const char *server, yon_client **out);

/* Close the client, at any time, also in one of its callbacks. Jobs go on. A
 * submit without receipt (yon_await_id) may not have arrived; outside of
 * coroutines this call gives it up to half a second. Pending futures of the
 * client end with YON_ECLOSED; free them as usual. NULL is fine. */
void yon_close(yon_client *c);

/* How long awaits go on while no coordinator answers, in ms; then they end with
 * YON_EUNREACHABLE (the jobs go on). Default: 60 000. 0: for ever. */
void yon_set_patience(yon_client *c, int64_t ms);
/* For how long no coordinator has answered, in ms; 0: one does, or the client
 * is of "local:". Negative: YON_ECLOSED; YON_ESTATE: on another thread. */
int64_t yon_unreachable_ms(const yon_client *c);
/* No coordinator has answered for so many ms; 0: one does again, or nothing is
 * asked of the client any more. */
typedef void yon_unreachable_fn(void *arg, yon_client *c, int64_t ms);
/* Call fn(arg, c, ms) as soon as something that was asked of the client, such
 * as what you await, has waited a second for a coordinator that does not
 * answer; and with 0 when that is over. A callback like those of yon_then,
 * which may call everything. The last call counts; fn NULL: nobody is told.
 * YON_ECLOSED; YON_ESTATE: on another thread. */
int yon_on_unreachable(yon_client *c, yon_unreachable_fn *fn, void *arg);

/* End a wait: the await that blocks on this client outside of coroutines, or
 * the next one that would, returns YON_EINTERRUPTED, once however often that
 * was asked for meanwhile. The futures go on, and can be awaited again. From
 * any thread, and from a signal handler, as long as the client is open. Of a
 * client that a coroutine of yon_run has made, the first coroutine is
 * cancelled, as by Ctrl-C. YON_ESTATE: nothing of that kind waits, for the
 * client is on a loop of yours, in a worker, or was made before a fork. */
int yon_interrupt(yon_client *c);

/* ---- values ----
 *
 * Arguments and results are msgpack values, written and read with a format:
 *   b  bool: int               i  integer: int
 *   I  integer: int64_t        U  unsigned integer: uint64_t
 *   d  float: double           s  string: const char *
 *   S  string: const char *, size_t        B  binary: const void *, size_t
 *   n  nil (no argument)       [ ] array of what is inside
 *   { } map of key, value, key, value ...
 *   V  a value of any kind and length: const yon_builder * (<yon/value.h>)
 * Blanks and commas are ignored. Reading takes pointers (int *, int64_t *, ...;
 * s: const char **, with a NUL; S, B: also size_t *; V: yon_cursor *); `?`
 * before a letter accepts nil and leaves the variable as it is; in a map, write
 * the key as a string argument and the fields may stand in any order, unknown
 * ones are ignored and missing ones count as nil; `*` skips a value; d takes
 * integers.
 * "" is no value at all: nil is written. More than one value at the top is an
 * array.
 */

/* ---- jobs ----
 *
 * Each of these makes a future, never NULL; the caller frees it with yon_free.
 * Errors come with the await. YON_ELIMIT: arguments, names or items are too
 * large (1 MiB, 255 bytes, 24 MiB), or more than the queue takes; YON_ERANGE:
 * an id, a number or a range that cannot be; YON_EFORMAT, YON_ESHORT: invalid
 * arguments; YON_EABSENT: no such job, or with "local:" no such function;
 * YON_ECONFLICT: the key of another job; YON_EFULL: the disk of the coordinator
 * is full; YON_ECORRUPT: its record of the job is damaged; YON_EUNREACHABLE:
 * see yon_set_patience; YON_EVERSION, YON_EREFUSED: the coordinator does not
 * accept this client; YON_ECLOSED: the client is closed; YON_ESTATE: "local:",
 * and not a call. yon_error has the text.
 */

/* Call the function `fn` on some worker, with arguments by format. */
yon_future *yon_call(yon_client *c, const char *fn, const char *format, ...);
/* The same with arguments that are msgpack bytes already (one value). */
yon_future *yon_call_raw(yon_client *c, const char *fn, const void *args,
                         size_t len);
/* Run a program: argv ends with NULL, argv[0] is looked up in the worker's
 * PATH; no shell. Working directory: the caller's. */
yon_future *yon_command(yon_client *c, const char *const argv[]);

/* What to do when something goes wrong. All zero: a failure is final, and a job
 * that was lost with its worker starts again. */
struct yon_policy {
    size_t size YON_SIZE_OF(yon_policy); /* set by YON_POLICY */
    /* How often an element is started again after a failure that retry_on
     * names: "exit=75,exit=1-5,signal=9,error=EBUSY,run-timeout" (error: the
     * name of the code of a call, or a part of its text; or a reason as `yon
     * show` prints it); NULL: after any. */
    uint32_t retries;
    const char *retry_on;
    /* The pause before it: a random part of backoff_min_ms, which doubles with
     * each failure up to backoff_max_ms. Both 0: 1 s and 60 s; a minimum of 0
     * with a maximum: no pause. At most 7 days. */
    uint32_t backoff_min_ms, backoff_max_ms;
    /* End the rest of an array when so many elements, or so many in a hundred,
     * have failed for good; 0: never. */
    uint32_t max_fails, max_fails_percent;
    /* Not 0: an element is started once at most, and is lost with its worker.
     */
    int at_most_once;
    /* It expires, YON_EEXPIRED, when it takes longer, in ms; 0: no limit.
     *   queue  from the submit until a worker has taken it the first time;
     *   start  from there until it runs;
     *   run    of each run;
     *   idle   of a run without a sign of life;
     *   total  of all of it, from the submit on.
     * Signs of life: a program writes; a call, or what it has started, goes on;
     * a call says how far it is (the only sign of cpu functions). What runs is
     * asked to end first: SIGTERM, or YON_ECANCELLED from every await.
     * Functions of "local:" have no limits but those of their callers, and are
     * not started again. */
    int64_t queue_ms, start_ms, run_ms, idle_ms, total_ms;
};
/* A policy, by the names of its fields: YON_POLICY(.retries = 3). */
#define YON_POLICY(...)                                \
    (struct yon_policy)                                \
    {                                                  \
        .size = sizeof(struct yon_policy), __VA_ARGS__ \
    }

/* yon_call with a policy; NULL: none. */
yon_future *yon_call_with(yon_client *c, const struct yon_policy *policy,
                          const char *fn, const char *format, ...);

/* All that a submit can say. Zeroed fields take their defaults. */
struct yon_submit {
    size_t size YON_SIZE_OF(yon_submit); /* set by YON_SUBMIT */
    const char *fn; /* a call of this function, with args (msgpack) ... */
    const void *args;
    size_t args_len;
    const char *const *argv; /* ... or a command, ended by NULL */
    const char *cwd;  /* working directory of a command; NULL: the caller's */
    const char *name; /* for people */
    const char *key;  /* idempotency: the same key, the same job */
    /* An array: one element per item, which replaces {} {.} {/} {//} {/.} {#}
     * in argv and in the strings of args, and arrives as YON_ITEM. */
    const void *const *items; /* bytes without NUL */
    const size_t *item_lens;
    uint32_t n_items;
    int64_t first, last, step; /* or a range of numbers, when step is not 0 */
    const struct yon_policy *policy; /* NULL: none */
};
/* A submit, by the names of its fields: YON_SUBMIT(.fn = "add"). */
#define YON_SUBMIT(...)                                \
    (struct yon_submit)                                \
    {                                                  \
        .size = sizeof(struct yon_submit), __VA_ARGS__ \
    }
/* Submit as described. The future ends when all elements have ended. */
yon_future *yon_submit(yon_client *c, const struct yon_submit *what);
/* The same with the arguments of `fn` by format, as yon_call has them; args and
 * args_len are not looked at. */
yon_future *yon_submit_call(yon_client *c, const struct yon_submit *what,
                            const char *format, ...);

/* A future for a job that exists, by the id that yon_id() gave, from any
 * client. elem: element of an array, counted from 1; 0: all of it, or a single
 * job. */
yon_future *yon_attach(yon_client *c, uint64_t job, uint32_t elem);

/* ---- futures ---- */

/* Wait until the future has its outcome. 0: it has a result. YON_EFAILED,
 * YON_ELOST, YON_EEXPIRED, YON_ECANCELLED: it ended so; yon_error() says why.
 * YON_ECANCELLED also when the waiting coroutine is cancelled. YON_ESTATE: the
 * future lives on another loop, or belongs to the waiting coroutine itself;
 * also (yon_all, yon_any ...) as one of many. YON_EINTERRUPTED: see
 * yon_interrupt. Any number may await one future.
 * Suspends, as the other awaits do; outside of coroutines all of them block. */
int yon_await(yon_future *f);
/* Like yon_await, but no longer than ms: then YON_ETIMEOUT, and the job goes
 * on. Suspends. */
int yon_await_for(yon_future *f, int64_t ms);
/* Wait until all n have ended. Returns the first error in the order of fs, else
 * 0. NULL entries are skipped. Suspends. */
int yon_all(yon_future *const *fs, size_t n);
/* Wait until one of them has ended; *which is its index. YON_EEXHAUSTED: all
 * entries are NULL. Suspends. */
int yon_any(yon_future *const *fs, size_t n, size_t *which);
/* As completed: wait for the next that has ended, set *which to its index, and
 * move it from fs, which gets NULL there, to *taken. The caller frees it.
 * YON_EEXHAUSTED: no more. Use: while (yon_each(fs, n, &i, &f) == 0) { ...;
 * yon_free(f); } Slots of fs may be filled again meanwhile. Each call costs the
 * same, however many there are. Suspends. */
int yon_each(yon_future **fs, size_t n, size_t *which, yon_future **taken);

/* How far a job is by its latest report (yon_progress of <yon/job.h>), and how
 * fast it goes by those that this future has seen. */
struct yon_advance {
    size_t size YON_SIZE_OF(yon_advance); /* set by YON_ADVANCE */
    uint64_t done, total;                 /* total 0: nobody knows */
    const char *doing; /* for people; lives until the next call */
    double per_second; /* in the last 10 s; negative: not known yet */
    int64_t left_ms;   /* until all is done; negative: not known */
};
/* Room for a report: struct yon_advance a = YON_ADVANCE(); */
#define YON_ADVANCE()                      \
    (struct yon_advance)                   \
    {                                      \
        .size = sizeof(struct yon_advance) \
    }
/* Wait for the next report of a single job, or of an element, on how far it is.
 * A job reports when it likes; only the latest report counts. YON_EEXHAUSTED:
 * it has ended; YON_ETYPE: not a job. Use: while (yon_await_progress(f, &a) ==
 * 0) { ...; } err = yon_await(f); Suspends. */
int yon_await_progress(yon_future *f, struct yon_advance *out);

/* 1: it has ended; 0: not yet. */
int yon_is_done(const yon_future *f);
/* Wait for the receipt of the submit: the job is on disk then, and *job is its
 * id. An error: it was not accepted. YON_ETYPE: not a job. Suspends. */
int yon_await_id(yon_future *f, uint64_t *job);
/* The id of its job; 0: there is no receipt yet, or it is not a job. */
uint64_t yon_id(const yon_future *f);

/* Read the result of a future that has ended, by format. YON_EPENDING: it has
 * not; the error it ended with; YON_ETYPE: the result does not fit the format;
 * YON_ERANGE: a number does not fit its variable; YON_EFORMAT: the format is
 * invalid; yon_error says which part does not fit. Strings live as long as the
 * future. */
int yon_result(const yon_future *f, const char *format, ...);
/* The result as msgpack bytes; NULL when there is none. Lives as long as the
 * future. */
const void *yon_result_raw(const yon_future *f, size_t *len);
/* What a command wrote to stdout (which = 1) and stderr (2): all of it up to
 * 1 MiB, else the first and the last 512 KiB (yon result has all that is kept).
 * NULL, *len = 0: nothing. Lives as long as the future. */
const void *yon_output(const yon_future *f, int which, size_t *len);
/* Exit code of a command, 128 + n when signal n ended it; -1: none. */
int yon_exit_code(const yon_future *f);
/* Why it failed, or why the latest yon_result of it did, for people; else "".
 * Lives as long as the future, or until the next yon_result. */
const char *yon_error(const yon_future *f);

/* Cancel what the future stands for; await it to see how it ended. A result
 * that came first stays. Twice is harmless. YON_ESTATE: it cannot be cancelled
 * (a receipt). */
int yon_cancel(yon_future *f);
/* Let go of the future. Its job or coroutine goes on, and its callbacks still
 * come. NULL is fine. An error that nobody has read (by an await, yon_error or
 * yon_result; a cancel is none) is told once, when the future has ended and
 * goes: in a line on stderr, on workers in their log. $YON_UNREAD=0 turns that
 * off. */
void yon_free(yon_future *f);

/* ---- callbacks ----
 *
 * Instead of awaiting a future, name a function that is called when it has
 * ended: once, on the thread of the future, outside of coroutines, and never
 * within a call of yours that started or ended something. It comes in a later
 * turn of the loop: under yon_run by itself; with a client of yon_uv_connect
 * (<yon/uv.h>) in your uv_run; with a client that has its own loop in
 * yon_dispatch, and in each yon_await.
 *
 * A callback may call everything, also yon_free of its future and yon_close of
 * its client. A call that would have to wait returns YON_ESTATE, except on
 * another loop of yon, which then holds up this one (yon_run, another blocking
 * client).
 *
 * When the client is closed, its remaining callbacks come with YON_ECLOSED: on
 * a loop of yours in its next turns, else before yon_close returns; if a
 * callback closes it, before yon_dispatch or yon_await returns. Within them the
 * client may still be used, to no effect but YON_ECLOSED; afterwards it is
 * gone.
 */

/* f has ended: yon_result and yon_error say how. Free it here, earlier or
 * later. */
typedef void yon_then_fn(void *arg, yon_future *f);
/* Call fn(arg, f) when f, of whatever kind, has ended, also if it has ended
 * already. A future may have any number of callbacks; they are called in the
 * order of asking. On error fn is not called: YON_ESTATE: f was made outside of
 * coroutines though it needs one; YON_ECLOSED: f has ended, and its client or
 * loop is gone. */
int yon_then(yon_future *f, yon_then_fn *fn, void *arg);
/* The receipt of a submit as a future, for yon_then, yon_any, ...: it ends when
 * the job is on disk and its id known (yon_id of either future). Belongs to f:
 * do not free it. NULL: f is not a job. */
yon_future *yon_receipt(yon_future *f);

/* A descriptor for poll(2) and any other loop: readable (level-triggered) as
 * long as yon_dispatch has something to do, also when only time has passed. It
 * belongs to the client: remove it from your loop before yon_close. Negative:
 * YON_ESTATE: the client has no loop of its own, as it was made by a coroutine
 * or with yon_uv_connect; YON_ELIMIT: no descriptors are left; YON_ESYSTEM. */
int yon_fd(yon_client *c);
/* Do what is due now, callbacks included; never waits. YON_ECLOSED: a callback
 * has closed the client, which is gone; YON_ESTATE: as with yon_fd, or inside a
 * coroutine or a callback of this client. */
int yon_dispatch(yon_client *c);

/* The version of the library that runs: "0.1.0". Static. */
const char *yon_version(void);

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
