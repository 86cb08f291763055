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
 *   u8 u32 u64 i64     unsigned and signed integers; the range is checked
 *   flag               boolean
 *   name               str of at most NAME_LEN_MAX bytes, any bytes but NUL
 *   text               str of at most TEXT_LEN_MAX bytes
 *   bytes              bin of at most FRAME_LEN_MAX bytes; the content has a
 *                      limit of its own
 *   boot, key          bin of 16 bytes: boot_id, job_key
 *   attempt            struct attempt_key in line: its four fields on the wire,
 *                      which are members of the struct themselves, too
 *   names              array of at most FUNCTIONS_MAX names
 *   outcome, policy ...  one record: an array of its fields
 *   rulings, labels ...  array of records: at most LIST_LEN_MAX, or LABELS_MAX
 */
/* clang-format on */

enum role { ROLE_CLIENT = 1, ROLE_WORKER = 2 };
enum job_kind { KIND_CALL = 1, KIND_COMMAND = 2 };
enum stream { STREAM_OUT = 1, STREAM_ERR = 2 };
/* Of sets of streams. */
#define STREAM_BIT(stream) (1u << ((stream)-1))
#define STREAM_BITS (STREAM_BIT(STREAM_OUT) | STREAM_BIT(STREAM_ERR))
/* Whether the job itself asks for another try: no word, yes whatever its policy
 * says, or never again. */
enum retry { RETRY_UNSAID = 0, RETRY_WANTED = 1, RETRY_REFUSED = 2 };
/* How an attempt came to its end: by itself, on request, or killed. */
enum ended_by { ENDED_BY_ITSELF = 0, ENDED_BY_ASKING = 1, ENDED_BY_KILL = 2 };
enum piece_packing { PACKING_NONE = 0, PACKING_ZSTD = 1 };
enum verdict { VERDICT_KEEP = 1, VERDICT_KNOWN = 2, VERDICT_KILL = 3 };

/* State of a task; terminal from STATE_DONE on. The numbers are stored. */
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
/* Of workers only: the attempt never started, and another one may have it. */
#define STATE_HANDED_BACK 100

static inline bool state_is_terminal(unsigned s)
{
    return s >= STATE_DONE && s < STATE_COUNT;
}
const char *state_name(unsigned s); /* "?": there is no such state */

/* clang-format off */
/* ---- records: X(NAME, record); lists of them: X(list, record, n_max) ---- */

#define RECORD_LIST(X)                                                         \
    X(ATTEMPT_KEY, attempt_key)                                                \
    X(RULING, ruling)                                                          \
    X(LABEL, label)                                                            \
    X(MODULE_BUILD, module_build)                                              \
    X(OUTCOME, outcome)                                                        \
    X(BODY, body)                                                              \
    X(COUNTS, counts)                                                          \
    X(POLICY, policy)                                                          \
    X(JOBINFO, jobinfo)                                                        \
    X(PEER, peer)                                                              \
    X(ADVANCE, advance)                                                        \
    X(PIECE, piece)
#define RECORDS_LIST(X)                                                        \
    X(attempt_keys, attempt_key, LIST_LEN_MAX)                                 \
    X(rulings, ruling, LIST_LEN_MAX)                                           \
    X(labels, label, LABELS_MAX)                                               \
    X(module_builds, module_build, MODULES_MAX)                                \
    X(outcomes, outcome, LIST_LEN_MAX)                                         \
    X(jobinfos, jobinfo, LIST_LEN_MAX)                                         \
    X(peers, peer, LIST_LEN_MAX)                                               \
    X(advances, advance, LIST_LEN_MAX)                                         \
    X(pieces, piece, LIST_LEN_MAX)

/* Identifies an attempt, to coordinator and worker alike. */
#define ATTEMPT_KEY_RECORD(F)                                                  \
    F(u64, job) F(u32, elem) F(u64, epoch) F(u64, attempt)
#define RULING_RECORD(F) F(attempt, id) F(u8, verdict)
#define LABEL_RECORD(F) F(name, key) F(name, value)
/* A module that a worker has loaded. file: its name, without folder.
 * build: the beginning of its GNU build-id, or of a hash of it, in hexadecimal.
 * n_functions, n_cpu: so many of the functions, and of the cpu functions, of the
 *   worker are of this module: those behind the ones of the module before. */
#define MODULE_BUILD_RECORD(F)                                                 \
    F(name, file) F(name, build) F(u32, n_functions) F(u32, n_cpu)
/* The end of a task. Times are wall clock, ms since 1970; 0: unknown.
 * reason: "" when done, else one word: exit, signal, error, cancelled, start,
 *   function, crash, poisoned, lost, limit, or the time limit that passed:
 *   queue-timeout, start-timeout, run-timeout, idle-timeout, deadline.
 * message: for people.
 * body: result and output, a BODY encoded by itself. Only workers and clients
 *   look into it (proto/body.h).
 * held_ms, held_where: the longest time for which a call held the loop of its
 *   worker, and its stack then; 0: never too long.
 * retry, ended_by: the enums above.
 * retry_ms: another try starts no sooner.
 * dropped: bytes of output that are neither kept nor were read by a follower. */
#define OUTCOME_RECORD(F)                                                      \
    F(attempt, id) F(u8, state) F(name, reason) F(text, message)               \
    F(i64, code) F(i64, signal)                                                \
    F(name, worker) F(i64, started_ms) F(i64, ended_ms) F(bytes, body)         \
    F(u32, held_ms) F(text, held_where)                                        \
    F(u8, retry) F(u32, retry_ms) F(u8, ended_by) F(u64, dropped)
/* result: of a call, one msgpack value.
 * out, err: the kept part of stdout and stderr. *_len: bytes written in all.
 * *_head: that many kept bytes are the beginning, the others the end
 *   (proto/kept.h).
 * *_stored: so many bytes behind the beginning are stored, as PIECEs. */
#define BODY_RECORD(F)                                                         \
    F(bytes, result)                                                           \
    F(bytes, out) F(u64, out_len) F(u64, out_head)                             \
    F(bytes, err) F(u64, err_len) F(u64, err_head)                             \
    F(u64, out_stored) F(u64, err_stored)
/* A part of a stream. offset: of its first byte; len: bytes that it stands for.
 * packing: of `bytes` (enum piece_packing). */
#define PIECE_RECORD(F)                                                        \
    F(u8, stream) F(u64, offset) F(u32, len) F(u8, packing) F(bytes, bytes)
/* The wishes of a submit for when something goes wrong. All zero: a failure is
 * final, a loss is not, and nothing is limited. Limits are in ms.
 * retries: an element starts again after that many failures ...
 * retry_on: ... if this list names the reason (proto/policy.h; empty: any) ...
 * backoff_*: ... after a random part of the minimum, which doubles with each
 *   failure up to the maximum.
 * max_fails, max_fails_percent: the array ends when that many elements have
 *   failed for good.
 * queue_ms: from the submit until an element is first given to a worker.
 * start_ms: from there until it runs.
 * run_ms: of an attempt. idle_ms: of an attempt, without a sign of life.
 * total_ms: from the submit to the end.
 * at_most_once: never started again, not even when lost.
 * client/cli/policy_options.h tells how to add one. */
#define POLICY_RECORD(F)                                                       \
    F(u32, retries) F(u32, backoff_min_ms) F(u32, backoff_max_ms)              \
    F(text, retry_on) F(u32, max_fails) F(u32, max_fails_percent)              \
    F(u64, queue_ms) F(u64, start_ms) F(u64, run_ms) F(u64, idle_ms)           \
    F(u64, total_ms) F(flag, at_most_once)
/* Elements by state; the rest of n waits.
 * gaps: those that have ended and whose outcome has dropped output. */
#define COUNTS_RECORD(F)                                                       \
    F(u32, n) F(u32, running) F(u32, retrying) F(u32, done) F(u32, failed)     \
    F(u32, cancelled) F(u32, expired) F(u32, lost) F(u32, gaps)
/* A job or an array in a list.
 * state: of the whole.
 * elem_failed, failed_why: the last failure; 0 and "": none.
 * note: the reason why it waits.
 * spec, items: only on request.
 * done, total, doing: of a single job that runs, as in ADVANCE. */
#define JOBINFO_RECORD(F)                                                      \
    F(u64, job) F(flag, array) F(u8, kind) F(u8, state) F(name, jobname)       \
    F(name, fn) F(i64, submitted_ms) F(i64, started_ms) F(i64, ended_ms)       \
    F(counts, counts) F(u32, elem_failed) F(text, failed_why) F(text, note)    \
    F(key, key) F(bytes, spec) F(i64, first) F(i64, step) F(bytes, items)      \
    F(policy, policy) F(u64, done) F(u64, total) F(name, doing)
/* A worker in a list. functions: of both kinds. n_holds to short_of: as in its
 * last BEAT. host: as in its OFFER. */
#define PEER_RECORD(F)                                                         \
    F(u64, session) F(name, peername) F(boot, boot) F(u32, slots)              \
    F(u32, slots_used) F(u32, calls) F(u32, calls_used) F(flag, draining)      \
    F(i64, since_ms) F(u64, n_done) F(labels, labels) F(names, functions)      \
    F(u64, n_holds) F(u32, hold_max_ms)                                        \
    F(u32, slots_now) F(u32, calls_now) F(i64, short_ms) F(text, short_of)     \
    F(name, host) F(module_builds, modules)
/* The progress of an attempt: done of total, in any unit (total 0: nobody
 * knows), and a word on its present work. pid: of the process in which it runs,
 * on the host of its worker; 0: unknown. */
#define ADVANCE_RECORD(F)                                                      \
    F(attempt, id) F(u64, done) F(u64, total) F(name, doing) F(u32, pid)

/* ---- operations: X(NAME, member, number), by sender ---- */

/* Peers are clients and workers. BYE comes from coordinators, too. */
#define OPS_FROM_PEERS(X)                                                      \
    X(HELLO, hello, 1)                                                         \
    X(BYE, bye, 4)                                                             \
    X(BEAT, beat, 5)
#define OPS_TO_PEERS(X)                                                        \
    X(WELCOME, welcome, 2)                                                     \
    X(WHO, who, 3)                                                             \
    X(BEAT_ACK, beat_ack, 6)                                                   \
    X(REFUSED, refused, 7)
/* A RESULT is kept and sent again until ACK names its attempt, or RECONCILE
 * rules known or kill. */
#define OPS_FROM_WORKERS(X)                                                    \
    X(OFFER, offer, 16)                                                        \
    X(HELD, held, 17)                                                          \
    X(RESULT, result, 21)                                                      \
    X(DRAINING, draining, 23)                                                  \
    X(TAIL_DATA, tail_data, 25)                                                \
    X(ADVANCED, advanced, 26)                                                  \
    X(KEEP_PIECE, keep_piece, 28)
#define OPS_TO_WORKERS(X)                                                      \
    X(RECONCILE, reconcile, 18)                                                \
    X(ASSIGN, assign, 19)                                                      \
    X(STOP, stop, 20)                                                          \
    X(ACK, ack, 22)                                                            \
    X(TAIL_ASK, tail_ask, 24)                                                  \
    X(FOLLOW, follow, 27)                                                      \
    X(PIECE_KEPT, piece_kept, 29)

/* Requests of clients: X(NAME, member, number, answers as REQ_BITs).
 * Requests and answers begin with `req`. The client keeps a request, and
 * sends it again in each session, until an answer closes it, or REFUSED,
 * which answers any (proto/req.h). */
#define REQUEST_LIST(X)                                                        \
    X(SUBMIT, submit, 32, REQ_BIT(RECEIPT) | REQ_BIT(ENDED))                   \
    X(AWAIT, await, 34, REQ_BIT(PROGRESS) | REQ_BIT(ENDED))                    \
    X(FETCH, fetch, 38, REQ_BIT(FETCH_REPLY))                                  \
    X(CANCEL, cancel, 40, REQ_BIT(CANCEL_REPLY))                               \
    X(LIST, list, 42, REQ_BIT(LIST_REPLY))                                     \
    X(STATUS, status, 44, REQ_BIT(STATUS_REPLY))                               \
    X(WORKERS, workers, 46, REQ_BIT(WORKERS_REPLY))                            \
    X(TAIL, tail, 48, REQ_BIT(TAIL_REPLY))                                     \
    X(ATTEMPTS, attempts, 50, REQ_BIT(ATTEMPTS_REPLY))                         \
    X(PIECES, pieces, 52, REQ_BIT(PIECES_REPLY))
/* X(NAME, member, number, whether it closes its request). RECEIPT closes a
 * submit that does not await the end, too. */
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
    X(ATTEMPTS_REPLY, attempts_reply, 51, REQ_CLOSES)                          \
    X(PIECES_REPLY, pieces_reply, 53, REQ_CLOSES)
#define OPS_FROM_CLIENTS(X)                                                    \
    REQUEST_LIST(X)                                                            \
    X(FORGET, forget, 37)
#define OPS_TO_CLIENTS(X) ANSWER_LIST(X)

/* All. X needs `...` at its end, for the fourth argument of some. */
#define OP_LIST(X)                                                             \
    OPS_FROM_PEERS(X) OPS_TO_PEERS(X)                                          \
    OPS_FROM_WORKERS(X) OPS_TO_WORKERS(X)                                      \
    OPS_FROM_CLIENTS(X) OPS_TO_CLIENTS(X)

enum op_type {
#define OP_ENUM(NAME, member, number, ...) OP_##NAME = (number),
    OP_LIST(OP_ENUM)
#undef OP_ENUM
};

/* ---- peers ---- */

/* A worker sends HELLO, OFFER and HELD in one frame.
 * seq: grows by one with each HELLO of a process, so that a late one from an
 *   older connection is recognised.
 * former: boot of the process that this one replaces; 0: none. That one is dead
 *   with all it ran: the supervisor has waited for that. */
#define HELLO_FIELDS(F)                                                        \
    F(u8, role) F(u32, version_min) F(u32, version_max) F(u64, features)       \
    F(name, peername) F(boot, boot) F(name, software) F(u64, seq)              \
    F(boot, former)
/* machine: identifies the coordinator's machine since its kernel was
 * started; 0: unknown. mark: the file where others on that machine read when the
 * coordinator's last step began (rt/os/step_mark.h); empty: none. mark_key:
 * stands there, too. */
#define WELCOME_FIELDS(F)                                                      \
    F(u32, version) F(u64, features) F(u32, lease_ms) F(u32, beat_ms)          \
    F(u32, submits_max) F(name, software) F(boot, machine)                     \
    F(name, mark) F(boot, mark_key)
/* "Your session is unknown here: say HELLO." */
#define WHO_FIELDS(F)
#define BYE_FIELDS(F) F(text, reason)
/* seq: grows by one with each beat.
 * asked_hi: highest request number sent so far; workers send 0.
 * n_holds, hold_max_ms: how often a call held the loop of this worker
 *   process too long, and the longest time.
 * short_of: what the machine of this worker lacks for more than slots_now
 *   commands and cpu calls and calls_now other calls at once, since short_ms
 *   (wall clock); empty: nothing, and the three say nothing. A worker beats at
 *   once when one of them changes. */
#define BEAT_FIELDS(F)                                                         \
    F(u64, seq) F(u64, asked_hi) F(u64, n_holds) F(u32, hold_max_ms)           \
    F(u32, slots_now) F(u32, calls_now) F(i64, short_ms) F(text, short_of)
/* The coordinator's belief at this point of the stream.
 * n, digest: number of the attempts held (workers) or of the open requests up
 *   to asked_hi (clients), and the xor of their digests. A worker that differs
 *   answers HELD with the same upto, a client sends its open requests again.
 * upto: highest attempt number given so far. */
#define BEAT_ACK_FIELDS(F)                                                     \
    F(u64, seq) F(u64, n) F(u64, digest) F(u64, upto)
/* req 0: the session as a whole, or an operation without req.
 * code: of <yon/err.h>, positive.
 * retry_ms: the peer may come again then; 0: never. */
#define REFUSED_FIELDS(F)                                                      \
    F(u64, req) F(u32, code) F(u32, retry_ms) F(text, message)

/* ---- from workers ---- */

/* cpu: functions that keep a core busy. A call of one takes a slot, as a
 * command does. No name is in both lists. host: the name of its machine. */
#define OFFER_FIELDS(F)                                                        \
    F(u32, slots) F(u32, calls) F(names, functions) F(labels, labels)          \
    F(names, cpu) F(name, host) F(module_builds, modules)
/* attempts: all that the worker holds: not started, running, or ended and not
 *   acked.
 * upto: highest attempt number that the list can have: of BEAT_ACK, or of an
 *   ASSIGN with alone; 0 at HELLO.
 * n_idle: that many at the end of the list do not run, and the verdict keep
 *   does not start them. */
#define HELD_FIELDS(F) F(u64, upto) F(attempt_keys, attempts) F(u32, n_idle)
#define RESULT_FIELDS(F) F(outcome, outcome)
#define DRAINING_FIELDS(F)
/* Bytes of a stream of a running attempt. offset: of the first one; larger than
 * requested when the bytes before it are gone. ended: nothing will follow. */
#define TAIL_DATA_FIELDS(F)                                                    \
    F(u64, tail) F(u64, offset) F(bytes, bytes) F(flag, ended)

/* Latest progress of running calls, for watchers, and the process in which an
 * attempt runs that goes on for long enough: a few times a second at most.
 * Only the last word counts, and only while the attempt runs. */
#define ADVANCED_FIELDS(F) F(advances, advances)
/* What an attempt has written and its RESULT cannot carry. The RESULT follows
 * when all of them are stored, or refused. At most PIECES_AHEAD of a session
 * are without an answer. */
#define KEEP_PIECE_FIELDS(F) F(attempt, id) F(piece, piece)

/* ---- to workers ---- */

#define RECONCILE_FIELDS(F) F(rulings, rulings)
/* tries: 1 for the first start of the task.
 * array: people see job.elem, and placeholders are replaced.
 * start_ms: limit until it runs; 0: none, as for the next three. The worker
 *   keeps to the limits, also while the coordinator is away.
 * run_ms: limit from then on. idle_ms: of the time without a sign of life.
 * left_ms: limit in all, from now on.
 * alone: the worker names it in HELD and starts it when the verdict is keep.
 * number: of the element, as people wrote it; empty: elem.
 * follow: streams (STREAM_BITs) of which nothing is dropped, as in FOLLOW. */
#define ASSIGN_FIELDS(F)                                                       \
    F(attempt, id) F(u32, tries) F(u8, kind) F(flag, array) F(name, fn)        \
    F(bytes, spec) F(bytes, item)                                              \
    F(u64, start_ms) F(u64, run_ms) F(u64, idle_ms) F(u64, left_ms)            \
    F(flag, alone) F(name, number) F(u8, follow)
#define STOP_FIELDS(F) F(attempt, id) F(text, reason)
/* attempts: recorded on disk, or stale; the worker drops them. */
#define ACK_FIELDS(F) F(attempt_keys, attempts)
/* The answer to KEEP_PIECE, in the order of these. refused: the disk is full; no
 * piece of this attempt is wanted any more. */
#define PIECE_KEPT_FIELDS(F)                                                   \
    F(attempt, id) F(u8, stream) F(u64, offset) F(flag, refused)
/* The worker answers with TAIL_DATA as soon as there is a byte at or after
 * offset, or the stream has ended. max: bytes of the answer.
 * keep: of a stream that is followed, as in FOLLOW. */
#define TAIL_ASK_FIELDS(F)                                                     \
    F(u64, tail) F(attempt, id) F(u8, stream) F(u64, offset) F(u32, max)       \
    F(u64, keep)
/* What clients follow of the output of an attempt. Of these streams (a set of
 * STREAM_BITs) nothing that stands at or behind out_keep, err_keep is dropped:
 * when there is no room, the program waits. Of the others everything may be.
 * Replaces what was said before. */
#define FOLLOW_FIELDS(F)                                                       \
    F(attempt, id) F(u8, streams) F(u64, out_keep) F(u64, err_keep)

/* ---- clients: requests, each with its answer ---- */

/* In all of them `req` is the client's number of the request: it grows, and is
 * never used twice by one client process (boot).
 * fresh: the key was made for this very send, so that the job cannot exist yet
 *   and may start before it is on disk. False when sent again, and for keys
 *   that people chose.
 * await: the answers are RECEIPT, then ENDED.
 * follow: with await, of a single job: as in AWAIT, from its start on.
 * n: elements; 0: a single job.
 * items: packed (proto/spec.h); empty: the item of element k is the decimal
 *   text of first + (k - 1) * step.
 * first, step: of the range. With items first is 1 when each has its number
 *   before it, else 0; step is 0. */
#define SUBMIT_FIELDS(F)                                                       \
    F(u64, req) F(key, key) F(flag, fresh) F(flag, await) F(u8, kind)          \
    F(name, jobname) F(name, fn) F(bytes, spec) F(u32, n) F(i64, first)        \
    F(i64, step) F(bytes, items) F(policy, policy) F(u8, follow)
#define RECEIPT_FIELDS(F) F(u64, req) F(u64, job) F(u32, n) F(flag, existed)
/* elem 0: all of it. progress_ms: least time between two PROGRESS; 0: none.
 * follow: while this is open, the client tails these streams (STREAM_BITs) of
 *   the single job or element, and needs all of them from its start on. */
#define AWAIT_FIELDS(F)                                                        \
    F(u64, req) F(u64, job) F(u32, elem) F(u32, progress_ms) F(u8, follow)
/* outcome: of a single job or an element. An array as a whole has only state
 * (the worst of its elements: failed, lost, expired, cancelled, done),
 * reason and ended_ms. */
#define ENDED_FIELDS(F)                                                        \
    F(u64, req) F(u64, job) F(u32, elem) F(counts, counts) F(outcome, outcome)
/* done, total, doing: of a running single job or element, as in ADVANCE. */
#define PROGRESS_FIELDS(F)                                                     \
    F(u64, req) F(u64, job) F(counts, counts) F(u32, elem_failed)              \
    F(text, failed_why) F(name, failed_worker) F(u64, done) F(u64, total)      \
    F(name, doing)
#define FORGET_FIELDS(F) F(u64, req)
/* The outcomes of those elements first..last that have ended, in order, as many
 * as max and a frame allow. bodies: with their bodies. next: element to go on
 * with; 0: no more. */
#define FETCH_FIELDS(F)                                                        \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(u32, max)             \
    F(flag, bodies)
#define FETCH_REPLY_FIELDS(F) F(u64, req) F(outcomes, outcomes) F(u32, next)
#define CANCEL_FIELDS(F)                                                       \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(text, reason)
/* ended: elements that are cancelled now. asked: running ones; their workers
 * are told. before: elements that had ended already. */
#define CANCEL_REPLY_FIELDS(F)                                                 \
    F(u64, req) F(u64, job) F(u32, ended) F(u32, asked) F(u32, before)
/* what: RECENT: all active jobs and the last `limit` that ended. ALL: `limit`
 *   jobs with ids below `before` (0: the newest). ID: the job `id`. LAST: the
 *   newest `limit`. NAME: jobs called `jobname`, below `before`. Newest first.
 * full: with spec and items, for ID only. */
enum list_what { LIST_RECENT = 1, LIST_ALL, LIST_ID, LIST_LAST, LIST_NAME };
#define LIST_FIELDS(F)                                                         \
    F(u64, req) F(u8, what) F(u64, id) F(name, jobname) F(u64, before)         \
    F(u32, limit) F(flag, full)
/* next: the `before` of the next page; 0: no more. */
#define LIST_REPLY_FIELDS(F) F(u64, req) F(jobinfos, jobs) F(u64, next)
#define STATUS_FIELDS(F) F(u64, req)
#define STATUS_REPLY_FIELDS(F)                                                 \
    F(u64, req) F(name, software) F(u64, epoch) F(i64, since_ms)               \
    F(u32, n_workers) F(u32, n_clients) F(u32, slots) F(u32, slots_used)       \
    F(u32, calls) F(u32, calls_used) F(u64, n_waiting) F(u64, n_running)       \
    F(u64, n_jobs) F(u64, n_ended) F(flag, recovering) F(flag, full)
#define WORKERS_FIELDS(F) F(u64, req)
#define WORKERS_REPLY_FIELDS(F) F(u64, req) F(peers, workers)
/* As TAIL_ASK, by job: the answer waits until the task has started.
 * epoch, attempt: the offset is in the output of this attempt, as the last
 *   answer said; 0: of any. The output of another one is told from its
 *   beginning.
 * done: all of that attempt was read: go on with the next one. */
#define TAIL_FIELDS(F)                                                         \
    F(u64, req) F(u64, job) F(u32, elem) F(u8, stream) F(u64, offset)          \
    F(u32, max) F(u64, epoch) F(u64, attempt) F(flag, done)
/* offset: of the first byte; larger than requested when the bytes before it are
 *   gone.
 * body: of the outcome, when the task has ended. Then there are no bytes:
 *   those at offset, and all behind them, are in the body (proto/kept.h).
 *   The same for who follows, without `ended`, when the attempt has ended and
 *   did not settle the task: no bytes, and the body of its outcome. */
#define TAIL_REPLY_FIELDS(F)                                                   \
    F(u64, req) F(u64, offset) F(bytes, bytes) F(flag, ended) F(u64, epoch)    \
    F(u64, attempt) F(bytes, body)
/* The attempts of the elements first..last that did not settle their
 * element, by element and oldest first, as many as max and a frame allow,
 * without bodies.
 * now: where a single element stands that has not ended, first == last: its state;
 *   of one that runs also attempt, worker and started_ms; message: why it waits.
 * advances: how far that one is, and its process. host: the machine of its
 *   worker. */
#define ATTEMPTS_FIELDS(F)                                                     \
    F(u64, req) F(u64, job) F(u32, first) F(u32, last) F(u32, max)
#define ATTEMPTS_REPLY_FIELDS(F)                                               \
    F(u64, req) F(outcomes, attempts) F(outcomes, now) F(advances, advances)   \
    F(name, host)

/* The pieces of a stream of this attempt that end behind offset, in order, as
 * many as a frame allows; none: there are no more. */
#define PIECES_FIELDS(F)                                                       \
    F(u64, req) F(u64, job) F(u32, elem) F(u64, epoch) F(u64, attempt)         \
    F(u8, stream) F(u64, offset)
#define PIECES_REPLY_FIELDS(F) F(u64, req) F(pieces, pieces)

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
#define OP_CTYPE_module_builds struct module_builds
#define OP_CTYPE_outcomes struct outcomes
#define OP_CTYPE_jobinfos struct jobinfos
#define OP_CTYPE_peers struct peers
#define OP_CTYPE_advances struct advances
#define OP_CTYPE_piece struct piece
#define OP_CTYPE_pieces struct pieces
#define OP_CTYPE_boot boot_id
#define OP_CTYPE_key job_key

/* The name `in_line` for a field type that stands in line, `other` for any
 * other one. OP_INLINE_attempt is two arguments; OP_INLINE_u8 and so on are
 * no macros, and so one argument. */
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

const char *op_name(enum op_type type); /* "HELLO"; "?": there is no such one */

/* The digest of BEAT_ACK is the xor of these. */
uint64_t op_digest_attempt(struct attempt_key h);
uint64_t op_digest_request(uint64_t req);

#endif
