/* SPDX-License-Identifier: MIT */
/* command - commands and options as a table, and the parser that follows it.
 *
 * The one table (commands.c) generates parsing and help. Pure.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/err.h"

enum option_id {
    OPT_SERVER,
    OPT_OUTPUT,
    OPT_JSON,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_COLOR,
    OPT_TIMEOUT,
    OPT_HELP,
    OPT_VERSION,
    OPT_DETACH,
    OPT_DIR,
    OPT_PROCS,
    OPT_SLOTS,
    OPT_LOAD,
    OPT_LOG_LEVEL,
    OPT_ARRAY,
    OPT_EACH_LINE,
    OPT_CALL,
    OPT_ARGS,
    OPT_KEY,
    OPT_NAME,
    OPT_WAIT,
    OPT_PROGRESS,
    OPT_STATE,
    OPT_ALL,
    OPT_ANY,
    OPT_EXIT_ZERO,
    OPT_EACH,
    OPT_RAW,
    OPT_FOLLOW,
    OPT_STDERR,
    OPT_RETRY,
    OPT_BACKOFF,
    OPT_RETRY_ON,
    OPT_MAX_FAILS,
    OPT_AT_MOST_ONCE,
    OPT_QUEUE_TIMEOUT,
    OPT_START_TIMEOUT,
    OPT_RUN_TIMEOUT,
    OPT_IDLE_TIMEOUT,
    OPT_DEADLINE,
    OPT_DRY_RUN,
    OPT_YES,
    OPT_REASON,
};

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_NUMBER,   /* from min to max */
    OPTION_DURATION, /* duration.h; more than 0 */
    OPTION_CHOICE,   /* `value` has the choices, with | between */
};

struct option {
    enum option_id id;
    char letter;       /* 0: none */
    const char *name;  /* NULL ends a list */
    const char *value; /* what help shows for the value; NULL: a flag */
    const char *help;
    enum option_type type;
    int min, max;
    bool is_list; /* each value given counts, not only one */
};

struct cli;

struct command {
    const char *name; /* NULL ends a list */
    const char *group;
    const char *summary;
    const char *usage;    /* behind the name */
    const char *examples; /* lines: command, two blanks or more, what it does */
    const char *notes;    /* more to say behind the options, or NULL */
    const struct option *options;
    bool takes_command;        /* the first argument ends the options */
    bool is_run;               /* a failure of yon itself is EXITS_SELF */
    bool has_ids;              /* takes -o id */
    const char *json_by;       /* what has its JSON; NULL: it has itself */
    bool is_plain;             /* neither a coroutine nor a coordinator */
    int (*run)(struct cli *c); /* returns an exit code */
};

extern const struct command commands[];
extern const struct option global_options[];
const struct command *command_find(const char *name); /* NULL: none */
/* Say that there is none, and which one may have been meant. ERR_FORMAT. */
enum err command_unknown(const char *name, char *errmsg);

struct given {
    enum option_id id;
    const char *text; /* NULL for a flag */
};

/* What was typed; texts are borrowed from argv. Freed by options_fini. */
struct options {
    const struct command *command; /* NULL: none */
    struct given *given;           /* in order */
    size_t n_given;
    char **args; /* what is left: n_args and a NULL */
    size_t n_args;
};

/* Parse; on error errmsg says what is wrong and *out holds what was understood
 * before (free it as well). */
enum err options_parse(int argc, char **argv, struct options *out,
                       char *errmsg);
void options_fini(struct options *o);

bool options_has(const struct options *o, enum option_id id);
/* The text given, of a list the last, or `otherwise`. */
const char *options_text(const struct options *o, enum option_id id,
                         const char *otherwise);
int options_number(const struct options *o, enum option_id id, int otherwise);
int64_t options_duration(const struct options *o, enum option_id id,
                         int64_t otherwise);

#endif
