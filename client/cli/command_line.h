/* SPDX-License-Identifier: MIT */
/* command_line - the commands of yon and their options: one table, commands.c,
 * which parsing and help follow. Pure.
 *
 * To add an option or a command: commands.c; one of a policy: policy_options.h.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include "client/cli/policy_options.h"
#include "libcommon/options.h"

enum option_id {
    OPT_SERVER,
    OPT_ACCESS,
    OPT_ROLE,
    OPT_EXPIRES,
    OPT_FILE,
    OPT_LISTEN,
    OPT_ADVERTISE,
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
    OPT_SH,
    OPT_PLACEHOLDER,
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
    OPT_PREFIX,
    OPT_RETRY,
    OPT_BACKOFF,
    OPT_RETRY_ON,
    OPT_MAX_FAILS,
#define POLICY_OPTION_ID(field, ID, ...) OPT_##ID,
    POLICY_SWITCH_LIST(POLICY_OPTION_ID) POLICY_LIMIT_LIST(POLICY_OPTION_ID)
#undef POLICY_OPTION_ID
        OPT_ENV,
    OPT_CLEAN_ENV,
    OPT_STDIN,
    OPT_STDOUT,
    OPT_APPEND,
    OPT_OUTPUT_LIMIT,
    OPT_DRY_RUN,
    OPT_YES,
    OPT_REASON,
};

struct cli;

struct cli_command {
    const char *name; /* NULL ends a list */
    const char *group;
    const char *summary;
    const char *usage;    /* behind the name */
    const char *examples; /* lines: command, two blanks or more, what it does */
    const char *notes;    /* more to say behind the options, or NULL */
    const struct option *options;
    bool takes_command;  /* the first argument ends the options */
    bool is_run;         /* a failure of yon itself is EXITS_SELF */
    bool has_ids;        /* takes -o id */
    const char *json_by; /* what has its JSON; NULL: it has itself */
    /* What to write in place of --timeout behind the name, unless -w or -p is
     * given; NULL: it ends the waiting of the command. */
    const char *no_timeout;
    bool is_plain;             /* neither a coroutine nor a coordinator */
    int (*run)(struct cli *c); /* returns an exit code */
};

extern const struct cli_command commands[];
extern const struct option global_options[];
const struct cli_command *command_find(const char *name); /* NULL: none */
/* Say that there is none, and which one may have been meant. ERR_FORMAT. */
enum err command_unknown(const char *name, char *errmsg);

/* Read a command line of yon: global options, a command, its options. Errors as
 * of options_read; *command is NULL when none was named or known. */
enum err command_line_read(int argc, char **argv, struct options *out,
                           const struct cli_command **command, char *errmsg);

#endif
