/* SPDX-License-Identifier: MIT */
/* sample - records to test a store with, and their text to compare. */
#include "tests/unit/store/sample.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/rng.h"
#include "proto/frame.h"

/* Random in front, as in life; behind it the number, for people. */
static void spread(uint64_t n, uint8_t out[16])
{
    uint64_t words[2] = { hash_mix(n), n };

    memcpy(out, words, sizeof words);
}

static uint64_t number_of(const uint8_t id[16])
{
    uint64_t n;

    memcpy(&n, id + 8, sizeof n);
    return n;
}

job_key sample_key(uint64_t n)
{
    job_key key;

    spread(n, key.bytes);
    return key;
}

boot_id sample_boot(uint64_t n)
{
    boot_id boot;

    spread(n, boot.bytes);
    return boot;
}

struct blob *sample_blob(const char *text)
{
    return text == NULL ? NULL : blob_new(view_str(text));
}

struct blob *sample_bytes(size_t len)
{
    struct buf b = { 0 };

    if (len == 0)
        return NULL;
    memset(buf_room(&b, len), 'x', len);
    b.len += len;
    struct blob *out = blob_new(buf_view(&b));
    buf_fini(&b);
    return out;
}

static struct blob *sample_policy(uint64_t id)
{
    struct policy policy = { .retries = (uint32_t)id, .run_ms = 10 * id };
    struct buf bytes = { 0 };
    struct blob *blob;

    policy_encode(&bytes, &policy);
    blob = blob_new(buf_view(&bytes));
    buf_fini(&bytes);
    return blob;
}

struct record sample_job(uint64_t id)
{
    struct record rec = { .type = RECORD_JOB };

    rec.u.job.id.n = id;
    rec.u.job.key = sample_key(id);
    rec.u.job.hash = ~id; /* with its highest bit */
    rec.u.job.at_ms = (int64_t)id * 10;
    rec.u.job.lived_ms = rec.u.job.at_ms - 1;
    rec.u.job.kind = id % 2 == 0 ? KIND_CALL : KIND_COMMAND;
    rec.u.job.n = 1;
    rec.u.job.name = sample_blob(id % 3 == 0 ? "third" : NULL);
    rec.u.job.fn = sample_blob(id % 2 == 0 ? "resize" : NULL);
    rec.u.job.spec = sample_blob("spec");
    rec.u.job.policy = id % 4 == 0 ? sample_policy(id) : NULL;
    return rec;
}

struct record sample_array(uint64_t id, uint32_t n)
{
    struct record rec = sample_job(id);

    rec.u.job.array = true;
    rec.u.job.n = n;
    rec.u.job.first = -5;
    rec.u.job.step = 7;
    rec.u.job.items = sample_blob("items");
    return rec;
}

struct record sample_outcome(uint64_t id, uint32_t elem, size_t body_len)
{
    struct record rec = { .type = RECORD_OUTCOME };

    rec.u.outcome.task = (struct task_id){ { id }, elem };
    rec.u.outcome.state = STATE_DONE;
    rec.u.outcome.at_ms = (int64_t)(id * 100 + elem);
    rec.u.outcome.started_ms = rec.u.outcome.at_ms - elem;
    rec.u.outcome.gap = elem % 7 == 0;
    rec.u.outcome.lived_ms = rec.u.outcome.at_ms - 1;
    rec.u.outcome.body = sample_bytes(body_len);
    return rec;
}

struct record sample_attempt(uint64_t id, uint32_t elem, uint32_t tries,
                             size_t body_len)
{
    struct record rec = { .type = RECORD_ATTEMPT };

    rec.u.attempt.task = (struct task_id){ { id }, elem };
    rec.u.attempt.tries = tries;
    rec.u.attempt.blame =
        (uint8_t)(BLAME_FAILED + tries % (BLAME_COUNT - BLAME_FAILED));
    rec.u.attempt.at_ms = (int64_t)(id * 100 + tries);
    rec.u.attempt.again_ms = rec.u.attempt.at_ms + 5;
    rec.u.attempt.attempt = (struct attempt_id){ id, body_len };
    rec.u.attempt.body = sample_bytes(body_len);
    return rec;
}

struct record sample_piece(uint64_t id, uint32_t elem, uint64_t offset,
                           size_t len)
{
    struct record rec = { .type = RECORD_PIECE };

    rec.u.piece.task = (struct task_id){ { id }, elem };
    rec.u.piece.attempt = (struct attempt_id){ id, elem };
    rec.u.piece.stream = id % 2 == 0 ? STREAM_OUT : STREAM_ERR;
    rec.u.piece.offset = offset;
    rec.u.piece.len = (uint32_t)len;
    rec.u.piece.packing = PACKING_ZSTD;
    rec.u.piece.bytes = sample_bytes(len);
    return rec;
}

struct record sample_cancel(uint64_t id, uint32_t first, uint32_t last)
{
    struct record rec = { .type = RECORD_CANCEL };

    rec.u.cancel.id.n = id;
    rec.u.cancel.first = first;
    rec.u.cancel.last = last;
    rec.u.cancel.state = id % 2 == 0 ? STATE_CANCELLED : STATE_EXPIRED;
    rec.u.cancel.at_ms = -1;
    rec.u.cancel.reason = sample_blob("enough");
    return rec;
}

struct record sample_end(uint64_t id, uint32_t n)
{
    struct record rec = { .type = RECORD_END };

    rec.u.end.id.n = id;
    rec.u.end.at_ms = 77;
    rec.u.end.lived_ms = 76;
    rec.u.end.counts.n = n;
    rec.u.end.counts.done = n;
    rec.u.end.counts.gaps = n / 7;
    return rec;
}

struct record sample_worker(enum record_type type, uint64_t n)
{
    struct record rec = { .type = type };

    rec.u.worker.boot = sample_boot(n);
    rec.u.worker.at_ms = (int64_t)n;
    rec.u.worker.name = sample_blob("node");
    return rec;
}

struct record sample_mark(enum record_type type, uint64_t upto)
{
    return (struct record){ .type = type, .u.mark.upto = upto };
}

/* ---- text ---- */

/* "-" for NULL, else length and hash: an empty blob is none. */
static void dump_blob(struct buf *out, const char *name, const struct blob *b)
{
    struct view v = blob_view(b);

    if (b == NULL)
        buf_addf(out, " %s -", name);
    else if (v.len <= 8)
        buf_addf(out, " %s '%.*s'", name, (int)v.len, (const char *)v.data);
    else
        buf_addf(out, " %s %zu:%08x", name, v.len, (unsigned)hash_bytes(v, 0));
}

/* A sample lived a little less than its wall clock shows. */
static void dump_lived(struct buf *out, int64_t beyond_ms)
{
    if (beyond_ms != -1)
        buf_addf(out, " lived %+" PRId64, beyond_ms);
}

static void dump_job(struct buf *out, const struct record *rec)
{
    buf_addf(out,
             "job %" PRIu64 " key %" PRIu64 " hash ~%" PRIu64 " at %" PRId64
             " kind %u%s n %" PRIu32 " first %" PRId64 " step %" PRId64,
             rec->u.job.id.n, number_of(rec->u.job.key.bytes), ~rec->u.job.hash,
             rec->u.job.at_ms, rec->u.job.kind,
             rec->u.job.array ? " array" : "", rec->u.job.n, rec->u.job.first,
             rec->u.job.step);
    dump_blob(out, "name", rec->u.job.name);
    dump_blob(out, "fn", rec->u.job.fn);
    dump_blob(out, "spec", rec->u.job.spec);
    dump_blob(out, "items", rec->u.job.items);
    if (rec->u.job.policy != NULL)
        dump_blob(out, "policy", rec->u.job.policy);
    dump_lived(out, rec->u.job.lived_ms - rec->u.job.at_ms);
}

static void dump_end(struct buf *out, const struct record *rec)
{
    const struct counts *c = &rec->u.end.counts;

    buf_addf(out,
             "end %" PRIu64 " at %" PRId64 " n %" PRIu32 " done %" PRIu32
             " failed %" PRIu32 " cancelled %" PRIu32 " expired %" PRIu32
             " lost %" PRIu32,
             rec->u.end.id.n, rec->u.end.at_ms, c->n, c->done, c->failed,
             c->cancelled, c->expired, c->lost);
    if (c->gaps > 0)
        buf_addf(out, " gaps %" PRIu32, c->gaps);
    dump_lived(out, rec->u.end.lived_ms - rec->u.end.at_ms);
}

static void dump_record(struct buf *out, const struct record *rec)
{
    switch (rec->type) {
    case RECORD_JOB:
        dump_job(out, rec);
        break;
    case RECORD_OUTCOME:
        buf_addf(out,
                 "outcome %" PRIu64 ".%" PRIu32 " state %u %" PRId64
                 " to %" PRId64 "%s",
                 rec->u.outcome.task.job.n, rec->u.outcome.task.elem,
                 rec->u.outcome.state, rec->u.outcome.started_ms,
                 rec->u.outcome.at_ms, rec->u.outcome.gap ? " gap" : "");
        dump_blob(out, "body", rec->u.outcome.body);
        dump_lived(out, rec->u.outcome.lived_ms - rec->u.outcome.at_ms);
        break;
    case RECORD_ATTEMPT:
        buf_addf(out,
                 "attempt %" PRIu64 ".%" PRIu32 " tries %" PRIu32
                 " blame %u at %" PRId64 " again %" PRId64 " id %" PRIu64
                 ".%" PRIu64,
                 rec->u.attempt.task.job.n, rec->u.attempt.task.elem,
                 rec->u.attempt.tries, rec->u.attempt.blame,
                 rec->u.attempt.at_ms, rec->u.attempt.again_ms,
                 rec->u.attempt.attempt.epoch, rec->u.attempt.attempt.n);
        dump_blob(out, "body", rec->u.attempt.body);
        break;
    case RECORD_PIECE:
        buf_addf(out,
                 "piece %" PRIu64 ".%" PRIu32 " stream %u at %" PRIu64
                 " len %" PRIu32 " packing %u id %" PRIu64 ".%" PRIu64,
                 rec->u.piece.task.job.n, rec->u.piece.task.elem,
                 rec->u.piece.stream, rec->u.piece.offset, rec->u.piece.len,
                 rec->u.piece.packing, rec->u.piece.attempt.epoch,
                 rec->u.piece.attempt.n);
        dump_blob(out, "bytes", rec->u.piece.bytes);
        break;
    case RECORD_CANCEL:
        buf_addf(out, "cancel %" PRIu64 " %" PRIu32 "-%" PRIu32 " at %" PRId64,
                 rec->u.cancel.id.n, rec->u.cancel.first, rec->u.cancel.last,
                 rec->u.cancel.at_ms);
        dump_blob(out, "reason", rec->u.cancel.reason);
        break;
    case RECORD_END:
        dump_end(out, rec);
        break;
    case RECORD_IDS:
        buf_addf(out, "ids %" PRIu64, rec->u.mark.upto);
        break;
    case RECORD_LOW_WATER:
        buf_addf(out, "low water %" PRIu64, rec->u.mark.upto);
        break;
    case RECORD_EPOCH:
        buf_addf(out, "epoch %" PRIu64, rec->u.mark.upto);
        break;
    case RECORD_CLOCK:
        if (rec->u.clock.ahead_ms == -1 && rec->u.clock.uncounted_ms == 0)
            return; /* nothing was lived before */
        buf_addf(out, "clock %" PRId64 " uncounted %" PRId64,
                 rec->u.clock.ahead_ms, rec->u.clock.uncounted_ms);
        break;
    case RECORD_WORKER_UP:
    case RECORD_WORKER_GONE:
        buf_addf(out, "worker %" PRIu64 " at %" PRId64,
                 number_of(rec->u.worker.boot.bytes), rec->u.worker.at_ms);
        dump_blob(out, "name", rec->u.worker.name);
        break;
    }
    buf_addf(out, "\n");
}

void sample_dump(struct buf *out, const struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        dump_record(out, &r->at[i]);
}

void sample_dump_report(struct buf *out, const struct store_report *r)
{
    for (size_t i = 0; i < r->n_refused; i++)
        buf_addf(out, "%" PRIu64 " refused, %s, %" PRIu64 "\n",
                 r->refused[i].id.n, err_text(r->refused[i].why),
                 r->refused[i].existing.n);
    if (r->full)
        buf_addf(out, "full\n");
    if (r->pieces_left_out)
        buf_addf(out, "pieces left out\n");
}

/* ---- stores ---- */

static void dump_each(void *arg, struct record *rec)
{
    dump_record(arg, rec);
}

struct moment sample_moment(int64_t now_ms)
{
    return (
        struct moment){ .machine = 1, .boot_ms = now_ms, .wall_ms = now_ms };
}

enum err sample_load(struct store *s, struct buf *out, char *errmsg)
{
    struct moment now = sample_moment(1);

    return store_load(s, &now, dump_each, out, errmsg);
}

enum err sample_read(struct store *s, const struct query *q, struct buf *out,
                     char *errmsg)
{
    struct records records = { 0 };
    enum err err = store_read(s, q, &records, errmsg);

    sample_dump(out, &records);
    records_fini(&records);
    return err;
}

static void expect_none(enum err err, const char *errmsg)
{
    if (err != ERR_NONE)
        fail_msg("%s: %s", err_text(err), errmsg);
}

void sample_commit(struct store *s, struct records *batch)
{
    char errmsg[ERRMSG_LEN] = "";
    struct store_report report;
    enum err err = store_commit(s, batch, &report, errmsg);

    expect_none(err, errmsg);
    assert_int_equal(report.n_refused, 0);
    records_clear(batch);
    records_fini(batch);
}

void sample_expect_load(struct store *s, const char *text)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf b = { 0 };

    expect_none(sample_load(s, &b, errmsg), errmsg);
    assert_string_equal(buf_text(&b), text);
    buf_fini(&b);
}

void sample_expect_read(struct store *s, const struct query *q,
                        const char *text)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf b = { 0 };

    expect_none(sample_read(s, q, &b, errmsg), errmsg);
    assert_string_equal(buf_text(&b), text);
    buf_fini(&b);
}
