/* SPDX-License-Identifier: MIT */
/* op - the operations that peers exchange, as structs.
 *
 * Each operation, and each record inside one, is listed once, as fields in wire
 * order. Structs, codec, copies and the text of traces are made from the lists.
 *
 * To add an operation:
 *   1. here: a line in the list of its sender, with a new number, and its
 *      fields as NAME_FIELDS. A request of clients goes to REQUEST_LIST with
 *      its answers, an answer to ANSWER_LIST; both begin with F(u64, req).
 *      Nothing else has to know them to keep a request, repeat it, and match
 *      its answers;
 *   2. PROTOCOL.md: sections 7 and 8, which test_protocol.c reads;
 *   3. the rule of its receiver, in a table that is made from these lists:
 *      #define RULE(NAME, member, ...) [OP_##NAME] = take_##member,
 *      static take_fn *const rules[] = { OPS_FROM_WORKERS(RULE) };
 *   4. the simulator: tests/sim/tap.c; for a request a wish in workload.c, for
 *      an answer a check in answers.c.
 * Without 3 and 4 nothing compiles; without the wish, no long run passes.
 *
 * To add a field: at the end of its list, and in PROTOCOL.md. Decoders take a
 * missing one as zero, which must mean "as before", and ignore more fields than
 * they know.
 *
 * Decoded views and lists point into the frame and into memory of the reader
 * (proto/frame.h): valid until the reader reads the next operation. Pure.
 */
#ifndef OP_H
#define OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/ids.h"

/* clang-format off */
/* Field types: F(type, name)
 *   u8 u32 u64 i64     unsigned and signed integers, range-checked
 *   flag               boolean
 *   name               str, <= NAME_LEN_MAX bytes, any bytes but NUL
 *   text               str, <= TEXT_LEN_MAX bytes
 *   bytes              bin, <= FRAME_LEN_MAX; what it holds has its own limit
 *   boot, key          bin of 16 bytes: boot_id, job_key
 *   attempt            a struct attempt_key, in line: its four fields, which are
 *                      also members of the struct that has it
 *   names              array of at most FUNCTIONS_MAX names
 *   outcome, policy    one record: an array of its fields
 *   rulings, labels ...  array of records, <= LIST_LEN_MAX; labels <= LABELS_MAX
 */
/* clang-format on */

enum role { ROLE_CLIENT = 1, ROLE_WORKER = 2 };
enum job_kind { KIND_CALL = 1, KIND_COMMAND = 2 };
enum stream { STREAM_OUT = 1, STREAM_ERR = 2 };
/* What an outcome says of another try: nothing, the job wants one whatever its
 * policy says, or refuses all. */
enum retry { RETRY_UNSAID = 0, RETRY_WANTED = 1, RETRY_REFUSED = 2 };
/* What made an attempt end: it did itself, it was asked to, it was killed. */
enum ended_by { ENDED_BY_ITSELF = 0, ENDED_BY_ASKING = 1, ENDED_BY_KILL = 2 };
enum verdict { VERDICT_KEEP = 1, VERDICT_KNOWN = 2, VERDICT_KILL = 3 };

/* State of a ref. From STATE_DONE on it is terminal; the numbers are stored. */
#define STATE_LIST(X)            \
    X(WAITING, 1, "waiting")     \
    X(RUNNING, 2, "running")     \
    X(RETRYING, 3, "retrying")   \
    X(DONE, 4, "done")           \
    X(FAILED, 5, "failed")       \
    X(CANCELLED, 6, "cancelled") \
    X(EXPIRED, 7, "expired")     \
    X(LOST, 8, "lost")
enum state {
#define STATE_ENUM(name, number, text) STATE_##name = (number),
    STATE_LIST(STATE_ENUM)
#undef STATE_ENUM
        STATE_COUNT
};
/* Reported by a worker only: it never started this, give it to another. */
#define STATE_HANDED_BACK 100

static inline bool state_is_terminal(unsigned s)
{
    return s >= STATE_DONE && s < STATE_COUNT;
}
const char *state_name(unsigned s); /* "?" for what is none */

/* clang-format off */
/* ---- records: X(NAME, record); arrays of them: X(array, record, n_max) ---- */

#define RECORD_LIST(X)                                                         \
    X(ATTEMPT_KEY, attempt_key)                                                \
    X(RULING, ruling)                                                          \
    X(LABEL, label)                                                            \
    X(OUTCOME, outcome)                                                        \
    X(BODY, body)                                                              \
    X(COUNTS, counts)                                                          \
    X(POLICY, policy)                                                          \
    X(JOBINFO, jobinfo)                                                        \
    X(PEER, peer)                                                              \
    X(ADVANCE, advance)
#define RECORDS_LIST(X)                                                        \
    X(attempt_keys, attempt_key, LIST_LEN_MAX)                                 \
    X(rulings, ruling, LIST_LEN_MAX)                                           \
    X(labels, label, LABELS_MAX)                                               \
    X(outcomes, outcome, LIST_LEN_MAX)                                         \
    X(jobinfos, jobinfo, LIST_LEN_MAX)                                         \
    X(peers, peer, LIST_LEN_MAX)                                               \
    X(advances, advance, LIST_LEN_MAX)

/* An attempt as both sides name it. */
#define ATTEMPT_KEY_RECORD(F)                                                  \
    F(u64, job) F(u32, elem) F(u64, epoch) F(u64, attempt)
#define RULING_RECORD(F) F(attempt, id) F(u8, verdict)
#define LABEL_RECORD(F) F(name, key) F(name, value)
/* How a ref ended. Times are wall clock, ms since 1970; 0: unknown.
 * reason: "" when done; else one word: exit, signal, error, cancelled, start,
 * function, crash, poisoned, lost, limit, or the time limit that ended it:
 * queue-timeout, start-timeout, run-timeout, idle-timeout, deadline.
 * message: for people. body: what it has produced, a BODY by itself, which only
 * workers and clients look into (proto/body.h). held_ms: the longest time that a
 * call held the loop of its worker, when that was too long, with the stack it had
 * then; else 0. retry: enum retry, not before retry_ms have passed. ended_by:
 * enum ended_by. */
#define OUTCOME_RECORD(F)                                                      \
    F(attempt, id) F(u8, state) F(name, reason) F(text, message)               \
    F(i64, code) F(i64, signal)                                                \
    F(name, worker) F(i64, started_ms) F(i64, ended_ms) F(bytes, body)         \
    F(u32, held_ms) F(text, held_where)                                        \
    F(u8, retry) F(u32, retry_ms) F(u8, ended_by)
/* result: of a call. out/err: what was kept of the output, with *_len the bytes
 * that were written and *_head how many of the kept ones are the beginning (the
 * rest is the end; equal when nothing is missing). */
#define BODY_RECORD(F)                                                         \
    F(bytes, result)                                                           \
    F(bytes, out) F(u64, out_len) F(u64, out_head)                             \
    F(bytes, err) F(u64, err_len) F(u64, err_head)
/* What a submit wants when something goes wrong; all zero: a failure is final,
 * a loss is not, and nothing is limited. retries: failures after which an element
 * is started again, when retry_on (proto/policy.h; empty: any) names its
 * reason, after a random part of backoff_min_ms doubled with each failure up to
 * backoff_max_ms. max_fails, max_fails_percent: when so many elements have failed
 * for good, the array ends. Limits in ms: queue_ms from the submit until an
 * element is first given to a worker, start_ms from there until it runs, run_ms of
 * an attempt, idle_ms of an attempt without a sign of life, total_ms from the
 * submit to the end. at_most_once: never started again, not even when lost. How
 * to add one: client/cli/policy_options.h. */
#define POLICY_RECORD(F)                                                       \
    F(u32, retries) F(u32, backoff_min_ms) F(u32, backoff_max_ms)              \
    F(text, retry_on) F(u32, max_fails) F(u32, max_fails_percent)              \
    F(u64, queue_ms) F(u64, start_ms) F(u64, run_ms) F(u64, idle_ms)           \
    F(u64, total_ms) F(flag, at_most_once)
/* Elements by state; what is missing from n is waiting. */
#define COUNTS_RECORD(F)                                                       \
    F(u32, n) F(u32, running) F(u32, retrying) F(u32, done) F(u32, failed)     \
    F(u32, cancelled) F(u32, expired) F(u32, lost)
/* One job or array as lists show it. state: of the whole. elem_failed,
 * failed_why: the last failure, 0 and "" for none. note: why it waits. spec,
 * items: only when asked for. done, total, doing: of a single job that runs, as
 * in ADVANCE. */
#define JOBINFO_RECORD(F)                                                      \
    F(u64, job) F(flag, array) F(u8, kind) F(u8, state) F(name, jobname)       \
    F(name, fn) F(i64, submitted_ms) F(i64, started_ms) F(i64, ended_ms)       \
    F(counts, counts) F(u32, elem_failed) F(text, failed_why) F(text, note)    \
    F(key, key) F(bytes, spec) F(i64, first) F(i64, step) F(bytes, items)     \
    F(policy, policy) F(u64, done) F(u64, total) F(name, doing)
#define PEER_RECORD(F)                                                         \
    F(u64, session) F(name, peername) F(boot, boot) F(u32, slots)              \
    F(u32, slots_used) F(u32, calls) F(u32, calls_used) F(flag, draining)      \
    F(i64, since_ms) F(u64, n_done) F(labels, labels) F(names, functions)      \
    F(u64, n_holds) F(u32, hold_max_ms)
/* How far an attempt is: done of total (0: nobody knows), in any unit, and a
 * word on what it does. */
#define ADVANCE_RECORD(F)                                                      \
    F(attempt, id) F(u64, done) F(u64, total) F(name, doing)

/* ---- operations: X(NAME, member, number), listed by who sends them ---- */

/* Peers, which are clients and workers. BYE comes from coordinators, too. */
#define OPS_FROM_PEERS(X)                                                      \
    X(HELLO, hello, 1)                                                         \
    X(BYE, bye, 4)                                                             \
    X(BEAT, beat, 5)
#define OPS_TO_PEERS(X)                                                        \
    X(WELCOME, welcome, 2)                                                     \
    X(WHO, who, 3)                                                             \
    X(BEAT_ACK, beat_ack, 6)                                                   \
    X(REFUSED, refused, 7)
/* A RESULT is kept, and sent again, until ACK or RECONCILE names its attempt. */
#define OPS_FROM_WORKERS(X)                                                    \
    X(OFFER, offer, 16)                                                        \
    X(HELD, held, 17)                                                          \
    X(RESULT, result, 21)                                                      \
    X(DRAINING, draining, 23)                                                  \
    X(TAIL_DATA, tail_data, 25)                                                \
    X(ADVANCED, advanced, 26)
#define OPS_TO_WORKERS(X)                                                      \
    X(RECONCILE, reconcile, 18)                                                \
    X(ASSIGN, assign, 19)                                                      \
    X(STOP, stop, 20)                                                          \
    X(ACK, ack, 22)                                                            \
    X(TAIL_ASK, tail_ask, 24)

/* Requests of clients: X(NAME, member, number, the answers, as REQ_BITs). Each
 * begins with its `req`, and so does each answer. The client keeps a request,
 * and sends it again in each session, until it is closed by an answer, or by
 * REFUSED, which answers any (proto/req.h). */
#define REQUEST_LIST(X)                                                        \
    X(SUBMIT, submit, 32, REQ_BIT(RECEIPT) | REQ_BIT(ENDED))                   \
    X(AWAIT, await, 34, REQ_BIT(PROGRESS) | REQ_BIT(ENDED))                    \
    X(FETCH, fetch, 38, REQ_BIT(FETCH_REPLY))                                  \
    X(CANCEL, cancel, 40, REQ_BIT(CANCEL_REPLY))                               \
    X(LIST, list, 42, REQ_BIT(LIST_REPLY))                                     \
    X(STATUS, status, 44, REQ_BIT(STATUS_REPLY))                               \
    X(WORKERS, workers, 46, REQ_BIT(WORKERS_REPLY))                            \
    X(TAIL, tail, 48, REQ_BIT(TAIL_REPLY))                                     \
    X(ATTEMPTS, attempts, 50, REQ_BIT(ATTEMPTS_REPLY))
/* X(NAME, member, number, whether it closes its request). A RECEIPT also closes
 * a submit that does not await the end. */
#define ANSWER_LIST(X)                                                         \
    X(RECEIPT, receipt, 33, REQ_KEEPS)                                         \
    X(ENDED, ended, 35, REQ_CLOSES)                                            \
    X(PROGRESS, progress, 36, REQ_KEEPS)                                       \
    X(FETCH_REPLY, fetch_reply, 39, REQ_CLOSES)                                \
    X(CANCEL_REPLY, cancel_reply, 41, REQ_CLOSES)                              \
    X(LIST_REPLY, list_reply, 43, REQ_CLOSES)                                  \
    X(STATUS_REPLY, status_reply, 45, REQ_CLOSES)                              \
    X(WORKERS_REPLY, workers_reply, 47, REQ_CLOSES)                            \
    X(TAIL_REPLY, tail_reply, 49, REQ_CLOSES)                                  \
    X(ATTEMPTS_REPLY, attempts_reply, 51, REQ_CLOSES)
#define OPS_FROM_CLIENTS(X)                                                    \
    REQUEST_LIST(X)                                                            \
    X(FORGET, forget, 37)
#define OPS_TO_CLIENTS(X) ANSWER_LIST(X)

/* All. X has `...` at its end, for what requests and answers say besides. */
#define OP_LIST(X)                                                             \
    OPS_FROM_PEERS(X) OPS_TO_PEERS(X)                                          \
    OPS_FROM_WORKERS(X) OPS_TO_WORKERS(X)                                      \
    OPS_FROM_CLIENTS(X) OPS_TO_CLIENTS(X)

enum op_type {
#define OP_ENUM(NAME, member, number, ...) OP_##NAME = (number),
    OP_LIST(OP_ENUM)
#undef OP_ENUM
};

/* Any peer. A worker sends HELLO, OFFER, HELD in one frame. seq grows by one with
 * each HELLO of a process: one that comes late over an older connection is known
 * by it. former: the boot of the process whose place it has taken, which is dead
 * with all it ran: whoever has started it has waited for that; 0: none. */
#define HELLO_FIELDS(F)                                                        \
    F(u8, role) F(u32, version_min) F(u32, version_max) F(u64, features)       \
    F(name, peername) F(boot, boot) F(name, software) F(u64, seq)              \
    F(boot, former)
/* machine: of the coordinator, since its kernel was started; 0: unknown. */
#define WELCOME_FIELDS(F)                                                      \
    F(u32, version) F(u64, features) F(u32, lease_ms) F(u32, beat_ms)          \
    F(u32, submits_max) F(name, software) F(boot, machine)
/* "Your session is unknown here: say HELLO." */
#define WHO_FIELDS(F)
#define BYE_FIELDS(F) F(text, reason)
/* seq grows by one with each beat; asked_hi: highest request id sent so far
 * (clients; workers send 0). n_holds: how often a call held the loop of this
 * process of a worker too long, hold_max_ms: the longest time. */
#define BEAT_FIELDS(F)                                                         \
    F(u64, seq) F(u64, asked_hi) F(u64, n_holds) F(u32, hold_max_ms)
/* What the coordinator believes at this point of the stream: n and the xor of
 * op_digest() over the attempts held (workers) or the open requests with id <=
 * asked_hi (clients). A worker that differs answers HELD with the same upto; a
 * client that differs sends its open requests <= asked_hi again. */
#define BEAT_ACK_FIELDS(F)                                                     \
    F(u64, seq) F(u64, n) F(u64, digest) F(u64, upto)
/* req 0: the session as a whole, or an operation without req. code: <yon/err.h>,
 * positive. retry_ms 0: asking again is of no use. */
#define REFUSED_FIELDS(F) F(u64, req) F(u32, code) F(u32, retry_ms) F(text, message)

/* Worker to coordinator */
/* cpu: functions that keep a core busy: a call of one takes a slot, as commands
 * do. No name is in both lists. */
#define OFFER_FIELDS(F)                                                        \
    F(u32, slots) F(u32, calls) F(names, functions) F(labels, labels)          \
    F(names, cpu)
/* All attempts the worker holds: not started, running, or ended and not acked.
 * upto: highest attempt that could be meant (of BEAT_ACK, or of an ASSIGN with
 * alone; 0 at HELLO). n_idle: the last so many do not run, and the verdict keep
 * does not start them either. */
#define HELD_FIELDS(F) F(u64, upto) F(attempt_keys, helds) F(u32, n_idle)
#define RESULT_FIELDS(F) F(outcome, outcome)
#define DRAINING_FIELDS(F)
/* Bytes of a stream of a running attempt from `offset` on, which is more than
 * was asked for when bytes between are gone. ended: nothing will follow. */
#define TAIL_DATA_FIELDS(F)                                                    \
    F(u64, tail) F(u64, offset) F(bytes, bytes) F(flag, ended)

/* The newest words of calls that run, for who watches. Not more often than some
 * times a second; only the last counts, and only while the attempt runs. */
#define ADVANCED_FIELDS(F) F(advances, advances)

/* Coordinator to worker */
#define RECONCILE_FIELDS(F) F(rulings, rulings)
/* array: whether the ref shows as job.elem and placeholders are replaced.
 * tries: 1 for the first start. Limits in ms, 0: none: start_ms until it runs,
 * run_ms and idle_ms (without a sign of life) from then on, left_ms in all from
 * now on. The worker keeps to them, also when the coordinator is away.
 * alone: name it in HELD, and start it when the verdict is keep. */
#define ASSIGN_FIELDS(F)                                                       \
    F(attempt, id) F(u32, tries) F(u8, kind) F(flag, array) F(name, fn)        \
    F(bytes, spec) F(bytes, item)                                              \
    F(u64, start_ms) F(u64, run_ms) F(u64, idle_ms) F(u64, left_ms)            \
    F(flag, alone)
#define STOP_FIELDS(F) F(attempt, id) F(text, reason)
/* Recorded (or stale): drop these. Sent after the commit. */
#define ACK_FIELDS(F) F(attempt_keys, helds)
/* Answer with TAIL_DATA as soon as there is a byte at or after offset, or the
 * stream has ended; at once when there is. max: bytes. */
#define TAIL_ASK_FIELDS(F)                                                     \
    F(u64, tail) F(attempt, id) F(u8, stream) F(u64, offset) F(u32, max)

/* Client to coordinator, and the answers. `req` is the client's number for a
 * request: grows, never used twice in the life of a client process (boot id). */
/* fresh: the key was made for this very send, so that the job cannot exist yet
 *        and may start before it is on disk. False when sent again, and for keys
 *        that people chose.
 * await: answer RECEIPT, then ENDED under the same req.
 * n: elements; 0 for a single job. items: packed (proto/spec.h), or empty: then
 * element k has the item first + (k - 1) * step as decimal text. */
#define SUBMIT_FIELDS(F)                                                       \
    F(u64, req) F(key, key) F(flag, fresh) F(flag, await) F(u8, kind)         \
    F(name, jobname) F(name, fn) F(bytes, spec) F(u32, n) F(i64, first)        \
    F(i64, step) F(bytes, items) F(policy, policy)
#define RECEIPT_FIELDS(F) F(u64, req) F(u64, job) F(u32, n) F(flag, existed)
/* elem 0: all of it. progress_ms > 0: also PROGRESS, not more often than this. */
#define AWAIT_FIELDS(F) F(u64, req) F(u64, job) F(u32, elem) F(u32, progress_ms)
/* outcome: of the ref, for a single job or an element; for an array as a whole
 * only its state (the worst of its elements: failed, lost, expired, cancelled,
 * done) and reason. */
#define ENDED_FIELDS(F)                                                        \
    F(u64, req) F(u64, job) F(u32, elem) F(counts, counts) F(outcome, outcome)
/* done, total, doing: of a single job or an element that runs, as in ADVANCE. */
#define PROGRESS_FIELDS(F)                                                     \
    F(u64, req) F(u64, job) F(counts, counts) F(u32, elem_failed)              \
    F(text, failed_why) F(name, failed_worker) F(u64, done) F(u64, total)      \
    F(name, doing)
#define FORGET_FIELDS(F) F(u64, req)
/* Outcomes of the elements first..last that have ended, in order, as many as fit
 * in max and in a frame. next: where to go on; 0: no more. bodies: with them. */
#define FETCH_FIELDS(F)                                                        \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(u32, max)             \
    F(flag, bodies)
#define FETCH_REPLY_FIELDS(F) F(u64, req) F(outcomes, outcomes) F(u32, next)
#define CANCEL_FIELDS(F)                                                       \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(text, reason)
/* ended: cancelled at once; asked: running, their workers are told; before: had
 * ended already. */
#define CANCEL_REPLY_FIELDS(F)                                                    \
    F(u64, req) F(u64, job) F(u32, ended) F(u32, asked) F(u32, before)
/* what: LIST_RECENT: all active ones and the last `limit` that ended;
 * LIST_ALL: ids below `before` (0: from the newest), downwards, `limit` of them;
 * LIST_ID: job `id`; LIST_LAST: the newest `limit`; LIST_NAME: those called
 * jobname, newest first. full: with spec and items; for
 * LIST_ID only. */
enum list_what { LIST_RECENT = 1, LIST_ALL, LIST_ID, LIST_LAST, LIST_NAME };
#define LIST_FIELDS(F)                                                         \
    F(u64, req) F(u8, what) F(u64, id) F(name, jobname) F(u64, before)         \
    F(u32, limit) F(flag, full)
/* Newest first. next: pass it as `before` for more; 0: no more. */
#define LIST_REPLY_FIELDS(F) F(u64, req) F(jobinfos, jobs) F(u64, next)
#define STATUS_FIELDS(F) F(u64, req)
#define STATUS_REPLY_FIELDS(F)                                                    \
    F(u64, req) F(name, software) F(u64, epoch) F(i64, since_ms)               \
    F(u32, n_workers) F(u32, n_clients) F(u32, slots) F(u32, slots_used)       \
    F(u32, calls) F(u32, calls_used) F(u64, n_waiting) F(u64, n_running)       \
    F(u64, n_jobs) F(u64, n_ended) F(flag, recovering) F(flag, full)
#define WORKERS_FIELDS(F) F(u64, req)
#define WORKERS_REPLY_FIELDS(F) F(u64, req) F(peers, workers)
/* As TAIL_ASK, by job: waits while the ref has not started. TAIL_REPLY.offset is
 * where the bytes stand: more than asked for when bytes between are gone. The
 * offset is in the output of this attempt, as TAIL_REPLY said; 0: of any. That of
 * another one is told from its beginning. When the ref has ended, the answer has
 * the body of its outcome and no bytes: what was asked for, and all behind it, is
 * in there, as far as it was kept (proto/kept.h). */
#define TAIL_FIELDS(F)                                                         \
    F(u64, req) F(u64, job) F(u32, elem) F(u8, stream) F(u64, offset)          \
    F(u32, max) F(u64, epoch) F(u64, attempt)
#define TAIL_REPLY_FIELDS(F)                                                       \
    F(u64, req) F(u64, offset) F(bytes, bytes) F(flag, ended) F(u64, epoch)    \
    F(u64, attempt) F(bytes, body)
/* The attempts of the elements first..last that did not settle their element,
 * by element and oldest first, as many as fit in max and in a frame. Without
 * bodies. */
#define ATTEMPTS_FIELDS(F)                                                     \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(u32, max)
#define ATTEMPTS_REPLY_FIELDS(F) F(u64, req) F(outcomes, attempts)

/* clang-format on */
/* ---- the structs ---- */

struct names {
    const struct view *at;
    size_t n;
};

#define OP_CTYPE_u8 uint8_t
#define OP_CTYPE_u32 uint32_t
#define OP_CTYPE_u64 uint64_t
#define OP_CTYPE_i64 int64_t
#define OP_CTYPE_flag bool
#define OP_CTYPE_name struct view
#define OP_CTYPE_text struct view
#define OP_CTYPE_bytes struct view
#define OP_CTYPE_names struct names
#define OP_CTYPE_counts struct counts
#define OP_CTYPE_outcome struct outcome
#define OP_CTYPE_policy struct policy
#define OP_CTYPE_attempt_keys struct attempt_keys
#define OP_CTYPE_rulings struct rulings
#define OP_CTYPE_labels struct labels
#define OP_CTYPE_outcomes struct outcomes
#define OP_CTYPE_jobinfos struct jobinfos
#define OP_CTYPE_peers struct peers
#define OP_CTYPE_advances struct advances
#define OP_CTYPE_boot boot_id
#define OP_CTYPE_key job_key

/* One of two names, for what is done with a field of a type that stands in line
 * and with one of any other: OP_INLINE_attempt is two arguments, of any other
 * type it is no macro and one argument. */
#define OP_INLINE_attempt ~, ~
#define OP_THIRD(a, b, c, ...) c
#define OP_THIRD_OF(...) OP_THIRD(__VA_ARGS__)
#define OP_BY_TYPE(type, in_line, other) \
    OP_THIRD_OF(OP_INLINE_##type, in_line, other, )

#define OP_MEMBER(type, field) \
    OP_BY_TYPE(type, OP_IN_LINE, OP_PLAIN)(type, field)
#define OP_PLAIN(type, field) OP_CTYPE_##type field;
#define OP_IN_LINE(type, field)          \
    union {                              \
        struct {                         \
            ATTEMPT_KEY_RECORD(OP_PLAIN) \
        };                               \
        struct attempt_key field;        \
    };

/* struct attempt_keys { at, n }, struct rulings, ... */
#define OP_RECORDS(records, record, n_max) \
    struct records {                       \
        const struct record *at;           \
        size_t n;                          \
    };
RECORDS_LIST(OP_RECORDS)

/* struct attempt_key, struct ruling, ... */
#define OP_RECORD(NAME, record)  \
    struct record {              \
        NAME##_RECORD(OP_MEMBER) \
    };
RECORD_LIST(OP_RECORD)

/* struct op_hello, struct op_welcome, ...; those of WHO and DRAINING are empty
 */
#define OP_STRUCT(NAME, member, ...) \
    struct op_##member {             \
        NAME##_FIELDS(OP_MEMBER)     \
    };
OP_LIST(OP_STRUCT)

struct op {
    enum op_type type;
    union {
#define OP_UNION(NAME, member, ...) struct op_##member member;
        OP_LIST(OP_UNION)
#undef OP_UNION
    } u;
};

#undef OP_RECORDS
#undef OP_RECORD
#undef OP_STRUCT
#undef OP_MEMBER
#undef OP_PLAIN
#undef OP_IN_LINE

static inline struct attempt_key attempt_key_make(struct task_id task,
                                                  struct attempt_id attempt)
{
    return (struct attempt_key){ .job = task.job.n,
                                 .elem = task.elem,
                                 .epoch = attempt.epoch,
                                 .attempt = attempt.n };
}

static inline struct task_id attempt_key_task(struct attempt_key key)
{
    return (struct task_id){ .job = { key.job }, .elem = key.elem };
}

static inline struct attempt_id attempt_key_attempt(struct attempt_key key)
{
    return (struct attempt_id){ key.epoch, key.attempt };
}

static inline bool attempt_key_equal(struct attempt_key a, struct attempt_key b)
{
    return a.job == b.job && a.elem == b.elem && a.epoch == b.epoch &&
           a.attempt == b.attempt;
}

const char *op_name(enum op_type type); /* "HELLO"; "?" for what is none */

/* The digest of BEAT_ACK is the xor of these. */
uint64_t op_digest_attempt(struct attempt_key h);
uint64_t op_digest_request(uint64_t req);

#endif
