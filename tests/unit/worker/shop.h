/* SPDX-License-Identifier: MIT */
/* shop - a loop with commands on it, and what became of one. */
#ifndef SHOP_H
#define SHOP_H

#include "proto/body.h"
#include "proto/spec.h"
#include "worker/shell/exec/command.h"

struct shop {
    uv_loop_t loop;
    struct alarm_set alarms;
    struct forkserver forkserver;
    struct command_env env;
    /* What the next command is to be. */
    struct buf spec;
    struct assignment source;
    /* The last that was started, and how many have not ended. */
    struct command *command;
    int n_running;
    char errmsg[ERRMSG_LEN];
    /* How the last ended; the views look into what follows. */
    struct outcome outcome;
    struct body body;
    struct buf packed, out, reason, message;
    struct buf spooled; /* of stdout */
    /* What was tailed of stdout. */
    bool follow; /* ask for more after each answer */
    bool keeps;  /* ... and tells what it has */
    struct buf tailed;
    uint64_t tailed_to; /* offset behind the last byte tailed */
    uint64_t n_gaps;    /* bytes that no answer had */
    bool tail_ended;
};

struct shop *shop_new(void);
/* cgroup: where leaves are made for programs; NULL: nowhere. NULL is returned
 * when they cannot. */
struct shop *shop_new_in(const char *cgroup);
/* All commands have ended. */
void shop_free(struct shop *s);

/* Say what to run: argv up to a NULL. */
void shop_argv(struct shop *s, ...) __attribute__((sentinel));
void shop_spec(struct shop *s, const struct command_spec *spec);
/* Start it; then wait until all have ended. */
enum err shop_start(struct shop *s);
void shop_wait(struct shop *s);
void shop_run(struct shop *s);
/* sh -c SCRIPT */
void shop_run_script(struct shop *s, const char *script);
enum err shop_start_script(struct shop *s, const char *script);

/* Follow stdout from its beginning; wait until n bytes of it have come. */
void shop_follow(struct shop *s);
void shop_wait_for_output(struct shop *s, size_t n);

const char *shop_out(struct shop *s);

#endif
