/* SPDX-License-Identifier: MIT */
/* state - the coordinator as a whole, and what its parts offer each other.
 *
 * The files beside it are the rules, by noun: dispatch (which operation meets
 * which rule), greet (sessions come and go), settle (reconciliation), submit,
 * result, retry, blame, cancel, expire, await, lists, history, tail, schedule,
 * reads, restore, recover, keep (promises). Private to coordinator/core.
 */
#ifndef STATE_H
#define STATE_H

#include "coordinator/core/coord.h"
#include "coordinator/core/job.h"
#include "coordinator/core/lane.h"
#include "coordinator/core/promise.h"
#include "coordinator/core/session.h"

#define JOB_IDS_BLOCK 256       /* ids reserved at once */
#define LOW_WATER_STEP 256      /* ended jobs that recovery may read in vain */
#define REQUESTS_MAX (1u << 17) /* open requests of one client */
#define REPLACED_MAX 64
#define BLAMED_MAX 64

struct known { /* a worker that may hold attempts, as the store knows it */
    boot_id boot;
    struct blob *name;
    uint64_t lsn;  /* on disk when so many records are */
    bool expected; /* of a former life, not heard of yet */
    struct list in_all;
};

struct coord {
    struct coord_config config;
    struct frame_reader *reader;
    struct frame_reader *bodies; /* for outcomes from the store */

    /* of the step that runs */
    int64_t now_ms, wall_ms;
    struct coord_actions *out;

    uint64_t epoch;
    int64_t since_ms; /* wall clock of the start */
    bool started, recovering, draining, drained, full;
    int64_t recover_until_ms;
    int64_t awake_ms;      /* since then without a sleep of our own */
    int64_t full_until_ms; /* no submits before: the disk was full */

    uint64_t next_job, ids_asked, ids_durable;
    uint64_t last_attempt; /* begins at 1, so that `upto` is never 0 */
    uint64_t last_session, last_read, last_tail, last_mark;
    uint64_t n_records, durable;
    uint64_t low_water;

    struct map jobs;     /* by id */
    struct map keys;     /* by the first 8 bytes of the key; see key_slot */
    struct list by_id;   /* struct job, lowest first */
    struct map attempts; /* by packed ref */
    struct map conns;    /* session by conn */
    struct map sessions; /* session by id */
    struct list session_list, dirty;
    struct heap due; /* struct timing, by when something expires */
    struct list lanes;
    struct map lane_map; /* by hash of fn */
    struct list known;
    boot_id replaced[REPLACED_MAX]; /* boots whose name another took over */
    size_t n_replaced;
    struct heap later; /* struct again by due_ms: not to be started before */
    struct budget retries;
    session_id emptying;        /* the worker that runs empty for a suspect */
    boot_id blamed[BLAMED_MAX]; /* whose loss was put on what ran there */
    size_t n_blamed;
    struct promises promises;
    struct map reads;     /* struct question by id: the store has them */
    struct list askers;   /* sessions with questions; the next to have a turn
                           * first */
    size_t read_len;      /* bytes of an answer, of late */
    struct map tails;     /* struct ask by tail */
    struct list watchers; /* struct ask with progress */
    int64_t next_scan_ms;
    int64_t wake_ms;

    uint64_t n_unended; /* elements */
    uint64_t n_bytes;   /* specs and items of jobs in memory */
    uint64_t n_ended;
};

/* ---- coord.c ---- */
/* Hand a record over; it is durable when c->durable reaches c->n_records. */
void coord_persist(struct coord *c, struct record rec);
void coord_send(struct coord *c, struct session *s, const struct op *op);
void coord_send_to(struct coord *c, conn_id to, const struct op *op);
void coord_wake(struct coord *c, int64_t at_ms);
struct session *coord_session(const struct coord *c, session_id id);
struct job *coord_job(const struct coord *c, uint64_t id);

/* ---- dispatch.c ---- */
void dispatch_message(struct coord *c, conn_id from, struct view frame);

/* ---- greet.c ---- */
/* A HELLO; NULL: refused. */
struct session *greet_hello(struct coord *c, conn_id from, const struct op *op);
/* Its first frame within the session: it lives, others of its name do not. */
void greet_prove(struct coord *c, struct session *s);
void greet_offer(struct coord *c, struct session *s, const struct op *op);
void greet_beat(struct coord *c, struct session *s, const struct op *op);
/* The session is over. Frees it. */
enum greet_end {
    END_REPLACED, /* its peer is in another */
    END_BYE,      /* its peer said goodbye */
    END_LOST,     /* its peer will not come back */
};
void greet_end(struct coord *c, struct session *s, enum greet_end why);
void greet_gone(struct coord *c, conn_id conn);
void greet_scan(struct coord *c); /* end sessions that are silent */

/* ---- settle.c ---- */
void settle_held(struct coord *c, struct session *s, const struct op *op);
/* A running attempt was never started: its element waits again, or ends when
 * it was cancelled. */
void settle_lost(struct coord *c, struct attempt *a);
struct attempt *attempt_find(const struct coord *c, struct task_id ref);
/* A new one for a taken element, held by s. */
struct attempt *attempt_new(struct coord *c, struct session *s, struct job *j,
                            uint32_t elem, struct attempt_id id,
                            const struct past *past);
/* Out of the tables; its session no longer holds it. */
void attempt_free(struct coord *c, struct attempt *a);
void settle_verdict(struct coord *c, struct session *s, struct attempt_key held,
                    enum verdict verdict);

/* Ask the worker to end it, if it is to be cancelled. */
void settle_stop(struct coord *c, struct attempt *a);

/* ---- submit.c ---- */
void submit_take(struct coord *c, struct session *s, const struct op *op);
void submit_keep(struct coord *c, const struct promise *p);
/* The store did not take it: what runs is stopped, nothing of it remains. */
void submit_drop(struct coord *c, const struct coord_refusal *refusal);
void submit_queue(struct coord *c, struct job *j); /* into its lane */
void submit_link(struct coord *c, struct job *j);  /* into the tables */
void job_unlink(struct coord *c, struct job *j);   /* ... and out; frees it */
void submit_reserve(struct coord *c);              /* more job ids, in time */

/* ---- result.c ---- */
void result_take(struct coord *c, struct session *s, const struct op *op);
/* Element elem, taken, has ended as *o says (a is its attempt, or NULL). */
void result_record(struct coord *c, struct job *j, struct attempt *a,
                   const struct outcome *o);
void result_cancelled(struct coord *c, struct job *j, uint32_t elem,
                      struct attempt *a);
/* Some elements have ended: maybe all, or too many have failed. */
void result_end_array(struct coord *c, struct job *j);
void result_keep(struct coord *c, const struct promise *p);
void result_ack(struct coord *c, struct session *s, struct attempt_key held);

/* ---- retry.c ---- */
struct policy job_policy(const struct coord *c, const struct job *j);
/* An attempt has ended as *o says. True: its element is started again, or it is
 * ended here. */
bool retry_take(struct coord *c, struct attempt *a, const struct outcome *o);
/* It has, and does not settle its element, which waits when that is durable. */
void retry_end(struct coord *c, struct attempt *a, enum blame blame,
               const struct outcome *o, int64_t delay_ms);
/* The record of an attempt that does not settle its element. */
void retry_record(struct coord *c, const struct attempt *a, enum blame blame,
                  const struct outcome *o, int64_t delay_ms);
void retry_keep(struct coord *c, const struct promise *p);
/* True: the worker is told of this attempt when it is on disk that it may run,
 * since its element is not to be started twice. */
bool retry_once(struct coord *c, struct attempt *a);
void retry_keep_start(struct coord *c, const struct promise *p);
/* What may have been started in a former life, is not to be started twice, and
 * nobody has, is lost. */
void retry_unclaimed(struct coord *c, struct job *j);
/* What is started again may be taken; a suspect, by a worker that runs empty.
 */
void retry_ready(struct coord *c, struct again *g);
/* Whatever it waits for, it may be taken now. */
void retry_pull(struct coord *c, struct again *g);
void retry_pull_range(struct coord *c, struct job *j, uint32_t first,
                      uint32_t last);
void retry_due(struct coord *c); /* those whose time has come */
bool retry_less(const struct heap_node *a, const struct heap_node *b);
void retry_restore(struct coord *c, const struct record *rec);
void retry_begin(struct coord *c); /* all was restored */

/* ---- blame.c ---- */
/* An attempt took its process down: it is started again, or ended. */
void blame_crash(struct coord *c, struct attempt *a, const struct outcome *o);
/* A running attempt will never report. */
void blame_lost(struct coord *c, struct attempt *a, enum blame blame,
                const char *why);
/* The session is over: so are all its attempts. */
void blame_session(struct coord *c, struct session *s, bool said_bye);
/* The process before that of s is dead, and s has said what it knows of that:
 * what it has not named is lost. known: it has named what took it down. */
void blame_orphans(struct coord *c, struct session *s, bool known);
/* A worker lives: what its loss was blamed for is taken back. */
void blame_acquit(struct coord *c, const struct session *s);

/* ---- cancel.c ---- */
void cancel_take(struct coord *c, struct session *s, const struct op *op);
void cancel_apply(struct coord *c, struct job *j); /* all it was told so far */
/* The elements of the range shall end: what waits does now, what runs is asked
 * to. `p` says whom to answer, nobody when it is zeroed. */
void cancel_range(struct coord *c, struct job *j, struct job_range range,
                  struct promise p);
void cancel_keep(struct coord *c, const struct promise *p);
void cancel_answer(struct coord *c, struct ask *ask, struct records *r);

/* ---- expire.c ---- */
void expire_init(struct coord *c);
/* Its limits hold from now on; it is accepted, or all is restored. */
void expire_begin(struct coord *c, struct job *j);
void expire_end(struct coord *c, struct job *j); /* it leaves memory */
/* More of it waits than before. */
void expire_arm(struct coord *c, struct job *j);
/* End what has waited too long. */
void expire_check(struct coord *c);
/* What an ASSIGN of now says of limits. */
void expire_limit(const struct coord *c, const struct job *j,
                  struct op *assign);
/* All of it has to have ended by now. */
bool expire_is_over(const struct coord *c, const struct job *j);
/* For people: what "queue-timeout" and "deadline" mean. */
struct view expired_text(struct view reason);

/* ---- await.c ---- */
void await_take(struct coord *c, struct session *s, const struct op *op);
void await_forget(struct coord *c, struct session *s, const struct op *op);
/* Wait for the job, or ask the store when it has ended. */
void await_begin(struct coord *c, struct ask *ask, job_id job, uint32_t elem);
void await_tell(struct coord *c, struct job *j, uint32_t elem,
                const struct outcome *o);            /* asks of that element */
void await_tell_end(struct coord *c, struct job *j); /* asks of the array */
void await_read(struct coord *c, struct ask *ask, job_id job);
void await_answer(struct coord *c, struct ask *ask, struct records *r);
void await_progress(struct coord *c);
struct counts job_counts(const struct job *j);
struct counts counts_of_one(uint8_t state);
/* Of an element that never started: the cancel is its record. */
struct outcome cancelled_outcome(job_id job, uint32_t elem,
                                 const struct record *cancel);

/* ---- lists.c ---- */
void lists_fetch(struct coord *c, struct session *s, const struct op *op);
void lists_list(struct coord *c, struct session *s, const struct op *op);
void lists_status(struct coord *c, struct session *s, const struct op *op);
void lists_workers(struct coord *c, struct session *s, const struct op *op);
void lists_status_answer(struct coord *c, struct ask *ask);
void lists_workers_answer(struct coord *c, struct ask *ask);
void lists_fetch_answer(struct coord *c, struct ask *ask, struct records *r);
void lists_list_answer(struct coord *c, struct ask *ask, struct records *r);

/* ---- history.c ---- */
void history_take(struct coord *c, struct session *s, const struct op *op);
void history_answer(struct coord *c, struct ask *ask, struct records *r);

/* ---- tail.c ---- */
void tail_take(struct coord *c, struct session *s, const struct op *op);
void tail_data(struct coord *c, struct session *s, const struct op *op);
void tail_started(struct coord *c, struct attempt *a); /* it can be asked now */
void tail_stopped(struct coord *c, struct job *j, uint32_t elem);
void tail_begin(struct coord *c, struct ask *ask, job_id id);
void tail_durable(struct coord *c, struct job *j, uint32_t elem);
void tail_answer(struct coord *c, struct ask *ask, struct records *r);

/* ---- advance.c ---- */
void advance_take(struct coord *c, struct session *s, const struct op *op);
/* The attempt whose progress stands for the ref (elem 0: all of it); NULL: none
 * does. */
const struct attempt *advance_of(const struct coord *c, const struct job *j,
                                 uint32_t elem);

/* ---- schedule.c ---- */
void schedule(struct coord *c);
void schedule_send(struct coord *c, struct attempt *a); /* the ASSIGN */
struct lane *lane_get(struct coord *c, struct view fn); /* makes it */

/* ---- recover.c ---- */
void recover_begin(struct coord *c);
void recover_check(struct coord *c); /* whether it is over */
/* This boot has told what it holds, or will never come back. */
void recover_heard(struct coord *c, boot_id boot);
struct known *known_find(struct coord *c, boot_id boot);
void known_add(struct coord *c, boot_id boot, struct blob *name);
void known_drop(struct coord *c, struct known *k);

/* ---- keep.c ---- */
void keep_add(struct coord *c, struct promise p); /* lsn is filled in */
void keep_durable(struct coord *c, const struct coord_event *e);
void keep_ripe(struct coord *c); /* all that are true by now */

/* ---- answer.c ---- */
/* Send an answer that closes the request. */
void answer(struct coord *c, struct ask *ask, const struct op *op);
void answer_refuse(struct coord *c, struct ask *ask, enum err code,
                   uint32_t retry_ms, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Refuse an operation for which no request was opened. */
void answer_refuse_req(struct coord *c, struct session *s, uint64_t req,
                       enum err code, uint32_t retry_ms, const char *format,
                       ...) __attribute__((format(printf, 6, 7)));
/* Open a request; NULL: it is open already, or refused. */
struct ask *answer_open(struct coord *c, struct session *s, uint64_t req,
                        enum op_type type);

/* ---- reads.c ---- */
/* Ask the store on behalf of a request, or, type 0, answer it, when it is its
 * session's turn. */
void reads_ask(struct coord *c, struct ask *ask, struct query take);
void reads_give(struct coord *c); /* to the store, as many as it may have */
size_t reads_limit(const struct coord *c);
void reads_done(struct coord *c, const struct coord_event *e);

#endif
