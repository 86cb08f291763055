/* SPDX-License-Identifier: MIT */
/* tail - the output of a job, followed while it runs. */
#ifndef TAIL_H
#define TAIL_H

#include "client/cli/cli.h"

/* Several tails write to one file: whole lines, one after the other. */
struct tail_mix {
    yon_mutex *mutex;
};

struct tail {
    struct cli *c;
    uint64_t job;
    uint32_t elem;
    enum stream stream;
    FILE *to;
    int64_t idle_ms; /* stop after so long without output; 0: at the end */
    uint64_t offset; /* of what comes next ... */
    uint64_t epoch, attempt; /* ... in the output of this attempt; 0: any */
    bool follows; /* the worker is to drop nothing before it was copied; else
                   * the caller has seen to that, or it does not matter */
    struct tail_mix *mix; /* NULL: nobody else writes there */
    const char *id;       /* what messages call it; NULL: nothing */
    const char *prefix;   /* in front of each line; NULL: nothing */
    bool has_ended;
    uint64_t missing; /* bytes that were gone */
    int error;        /* of writing: errno */
    /* private */
    bool is_over; /* all of that attempt was read, and the job goes on */
    uint64_t at;  /* where `bytes` stand */
    struct buf bytes, body;
    struct buf lines;      /* not written yet: the last one has no end */
    bool in_line;          /* the last byte was not the end of a line */
    struct view unwritten; /* what a thread writes now */
};

/* Copy the stream from `offset` on, until its end. Bytes that are gone are
 * reported on stderr, and counted. Returns 0 or a negative YON_E... code, which
 * was printed unless it is YON_ECANCELLED: no message when the reader has
 * closed the pipe. Suspends. */
int tail_await(struct tail *t);
/* Report that so many bytes of a stream (of `id`, which may be NULL) were
 * written and are not kept. */
void tail_say_gap(struct cli *c, const char *id, enum stream stream,
                  uint64_t len);
/* Add the bytes, with the prefix (NULL: none) in front of each line. *in_line:
 * whether the last line goes on; false at first. */
void tail_add_lines(struct buf *out, const char *prefix, bool *in_line,
                    struct view bytes);

#endif
