/* SPDX-License-Identifier: MIT */
/* submission - what run, call and submit hand in. */
#ifndef SUBMISSION_H
#define SUBMISSION_H

#include "client/cli/cli.h"
#include "client/cli/command_input.h"
#include "client/cli/items.h"

/* Zeroed memory is an empty one; freed by submission_fini. */
struct submission {
    enum job_kind kind;
    const char *fn;       /* of a call; borrowed */
    const char *program;  /* of a command: its name when it gets none */
    struct buf spec;      /* proto/spec.h */
    struct policy policy; /* borrowed */
    struct items items;   /* of an array; n = 0: a single job */
    struct command_input input;
    /* Of what is begun: who hears of its end, and what is followed of its
     * output (STREAM_BITs) meanwhile. */
    request_answer_fn *answer; /* NULL: nobody */
    void *arg;
    uint8_t follow;
    yon_promise *told; /* private */
    /* The receipt. */
    uint64_t job;
    bool existed;
};

void submission_fini(struct submission *s);

/* Fill kind, spec and policy; `of_items`: it will be an array. Return 0 or,
 * told, an exit code. The stdin of yon run is given to the program until
 * submission_fini. */
int submission_command(const struct cli *c, char *const *argv, size_t argc,
                       struct submission *s);
int submission_call(const struct cli *c, const char *fn, char *const *words,
                    size_t n_words, bool of_items, struct submission *s);

/* Send it, with --name and --key, and wait for the receipt; a Ctrl-C that is
 * caught does not end this, since what was sent may be accepted: c->interrupted
 * tells of it. Returns 0 or an exit code. Suspends. */
int submission_send_await(struct cli *c, struct submission *s);

/* The same; *out is the request that goes on until the job has ended, when
 * `answer` is set. The caller frees it, and it uses s until then. */
int submission_begin_await(struct cli *c, struct submission *s,
                           yon_future **out);

#endif
