/* SPDX-License-Identifier: MIT */
/* spool - the part of an output that memory has no room for: a file without a
 * name, until the coordinator has it.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "libcommon/buf.h"
#include "libcommon/err.h"

/* The bytes from `from` to `end` of a stream. */
struct spool {
    int fd; /* -1: no file yet */
    uint64_t from, end;
    uint64_t end_max; /* it takes none behind this */
};

/* Empty; makes no file yet. */
void spool_init(struct spool *s, uint64_t from, uint64_t end_max);
void spool_close(struct spool *s);
/* Take what stands at `end`, as far as there may be and is room for it; the
 * first that is not taken is the last. dir: for a file; NULL: SPOOL_DIR. */
void spool_add(struct spool *s, const char *dir, struct view bytes);

/* Of the environment of the worker, else this. */
#define SPOOL_DIR_VARIABLE "TMPDIR"
#define SPOOL_DIR "/var/tmp"

/* Read this part of it. False: it cannot be read. */
bool spool_read(const struct spool *s, uint64_t offset, uint8_t *to,
                size_t len);
/* Append this part, at most PIECE_LEN_MAX bytes, as one zstd frame. False: it
 * cannot be read. */
bool spool_pack(const struct spool *s, uint64_t offset, uint32_t len,
                struct buf *out);

#endif
