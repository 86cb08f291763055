/* SPDX-License-Identifier: MIT */
/* sample - records to test a store with, and their text to compare. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "coordinator/store/lived.h"
#include "coordinator/store/store.h"

job_key sample_key(uint64_t n);
boot_id sample_boot(uint64_t n);
struct blob *sample_blob(const char *text); /* NULL for NULL */
struct blob *sample_bytes(size_t len);      /* NULL for 0 */

/* A job has the key sample_key(id), and its id in most of its fields. */
struct record sample_job(uint64_t id);
struct record sample_array(uint64_t id, uint32_t n);
struct record sample_outcome(uint64_t id, uint32_t elem, size_t body_len);
struct record sample_attempt(uint64_t id, uint32_t elem, uint32_t tries,
                             size_t body_len);
/* Of the start (id, elem), on a stream that depends on the id. */
struct record sample_piece(uint64_t id, uint32_t elem, uint64_t offset,
                           size_t len);
struct record sample_cancel(uint64_t id, uint32_t first, uint32_t last);
struct record sample_end(uint64_t id, uint32_t n); /* all of them done */
struct record sample_worker(enum record_type type, uint64_t n);
struct record sample_mark(enum record_type type, uint64_t upto);

/* Everything that a record says, a line each. */
void sample_dump(struct buf *out, const struct records *r);
void sample_dump_report(struct buf *out, const struct store_report *r);

/* Both clocks at this time, of one machine. */
struct moment sample_moment(int64_t now_ms);
/* Load a store at moment 1 and add the text of all that is played back. */
enum err sample_load(struct store *s, struct buf *out, char *errmsg);
/* Ask a store and add the text of its answer. */
enum err sample_read(struct store *s, const struct query *q, struct buf *out,
                     char *errmsg);
/* Commit the batch, which is emptied, and assert that it went well. */
void sample_commit(struct store *s, struct records *batch);
/* Assert that these are the texts of a load and of an answer. */
void sample_expect_load(struct store *s, const char *text);
void sample_expect_read(struct store *s, const struct query *q,
                        const char *text);

#endif
