/* SPDX-License-Identifier: MIT */
/* commands - the one table of commands and options of yon.
 *
 * To add an option to a command:
 *   1. its OPT_ in command_line.h, unless another command has one of that name;
 *   2. its row in the list of the command below: parser, --help and "did you
 *      mean" follow it;
 *   3. its use in cmd_NAME.c: options_has, options_text, options_number or
 *      options_duration. The test cli_options_used fails without 2 or 3;
 *   4. tests/e2e, CHANGELOG.md.
 * One of the policy of a submit: policy_options.h.
 *
 * To add a command:
 *   1. its name in CMD_LIST of cmd.h;
 *   2. its row below: without it this does not compile;
 *   3. cmd_NAME.c: without it nothing links. output.h: how it shows things;
 *   4. tests/e2e, CHANGELOG.md.
 */
#include "client/cli/command_line.h"

#include "client/cli/cmd.h"
#include "libcommon/check.h"
#include "libcommon/trace.h"
#include "proto/bounds.h"

#define END OPTION_END
#define FLAG(ID, LETTER, NAME, HELP)                           \
    {                                                          \
        .id = ID, .letter = LETTER, .name = NAME, .help = HELP \
    }
#define TEXT(ID, LETTER, NAME, VALUE, HELP)                     \
    {                                                           \
        .id = ID, .letter = LETTER, .name = NAME, .help = HELP, \
        .value = VALUE, .type = OPTION_TEXT                     \
    }
#define LIST(ID, NAME, VALUE, HELP)                           \
    {                                                         \
        .id = ID, .name = NAME, .help = HELP, .value = VALUE, \
        .type = OPTION_TEXT, .is_list = true                  \
    }
#define NUMBER(ID, LETTER, NAME, VALUE, MIN, MAX, HELP)               \
    {                                                                 \
        .id = ID, .letter = LETTER, .name = NAME, .help = HELP,       \
        .value = VALUE, .type = OPTION_NUMBER, .min = MIN, .max = MAX \
    }
#define SIZE(ID, NAME, MIN, MAX, HELP)                         \
    {                                                          \
        .id = ID, .name = NAME, .help = HELP, .value = "SIZE", \
        .type = OPTION_SIZE, .min = MIN, .max = MAX            \
    }
#define DURATION(ID, LETTER, NAME, HELP)                        \
    {                                                           \
        .id = ID, .letter = LETTER, .name = NAME, .help = HELP, \
        .value = "DUR", .type = OPTION_DURATION                 \
    }
#define CHOICE(ID, LETTER, NAME, CHOICES, HELP)                 \
    {                                                           \
        .id = ID, .letter = LETTER, .name = NAME, .help = HELP, \
        .value = CHOICES, .type = OPTION_CHOICE                 \
    }

#define RETRY_ON_HELP                                                       \
    "... only for these, with commas between: exit=N, exit=A-B, signal=N, " \
    "error=NAME (or a part of its text), start-timeout, run-timeout, "      \
    "idle-timeout; or any: exit, signal, error, start, function, limit "    \
    "(lost and crash: done anyway)"
#define AND_SWITCH(field, ID, NAME, key, text, HELP) \
    , FLAG(OPT_##ID, 0, NAME, HELP)
#define AND_LIMIT(field, ID, NAME, key, HELP) \
    , DURATION(OPT_##ID, 0, NAME, HELP)

/* The policy of a submit. */
#define POLICY_OPTIONS                                                      \
    NUMBER(OPT_RETRY, 0, "retry", "N", 0, 1000000,                          \
           "start it again after a failure, up to N times"),                \
        TEXT(OPT_BACKOFF, 0, "backoff", "MIN..MAX",                         \
             "... after a random part of MIN, doubled each time up to MAX " \
             "(1s..60s)"),                                                  \
        TEXT(OPT_RETRY_ON, 0, "retry-on", "LIST", RETRY_ON_HELP)            \
            POLICY_SWITCH_LIST(AND_SWITCH) POLICY_LIMIT_LIST(AND_LIMIT)

/* What a command finds around it. */
#define AROUND_OPTIONS                                                       \
    LIST(OPT_ENV, "env", "K[=V]",                                            \
         "set a variable for the command; without =V as it is here; may be " \
         "repeated"),                                                        \
        FLAG(OPT_CLEAN_ENV, 0, "clean-env",                                  \
             "only --env and the worker's PATH, HOME, LANG ... instead of "  \
             "this environment")

/* Where its output goes. */
#define FILES_OPTIONS                                                         \
    TEXT(OPT_STDOUT, 0, "stdout", "FILE",                                     \
         "write its stdout to a file where it runs, from its folder on; yon " \
         "keeps none of it"),                                                 \
        TEXT(OPT_STDERR, 0, "stderr", "FILE",                                 \
             "the same for stderr; the same FILE for both is one"),           \
        FLAG(OPT_APPEND, 0, "append",                                         \
             "add to these files; else each start empties them"),             \
        SIZE(OPT_OUTPUT_LIMIT, "output-limit", OUTPUT_LEN_MAX, INT64_MAX,     \
             "keep so much of stdout, and of stderr (64M), as far as its "    \
             "worker does")

const struct option global_options[] = {
    TEXT(OPT_SERVER, 's', "server", "ADDR",
         "the coordinator: ipc://PATH or tcp://HOST:PORT (YON_SERVER, "
         "YON_DIR)"),
    TEXT(OPT_ACCESS, 0, "access", "FILE",
         "for a coordinator on tcp: its addresses and your key, as `yon key "
         "new` makes it (YON_ACCESS)"),
    CHOICE(OPT_OUTPUT, 'o', "output", "table|json|jsonl|id", "output format"),
    FLAG(OPT_JSON, 0, "json", "the same as -o json"),
    FLAG(OPT_QUIET, 'q', "quiet",
         "no hints, no progress: only data and errors"),
    FLAG(OPT_VERBOSE, 'v', "verbose", "say more on stderr"),
    CHOICE(OPT_COLOR, 0, "color", "auto|always|never",
           "colours; auto: on a terminal"),
    DURATION(OPT_TIMEOUT, 0, "timeout",
             "stop waiting after this time, exit 124; the jobs go on"),
    FLAG(OPT_HELP, 'h', "help", "print this help"),
    FLAG(OPT_VERSION, 'V', "version", "print the version"),
    END,
};

static const struct option key_options[] = {
    TEXT(OPT_ROLE, 0, "role", "ROLES",
         "what it is for: work (a worker), admin (commands: submit, read and "
         "cancel all jobs), or work,admin (a worker whose jobs submit jobs)"),
    DURATION(OPT_EXPIRES, 0, "expires", "let it in for this long (for ever)"),
    TEXT(OPT_FILE, 0, "file", "FILE",
         "write the access file there (NAME.access)"),
    TEXT(OPT_DIR, 0, "dir", "DIR", "directory of yon up (YON_DIR)"),
    END,
};

static const struct option up_options[] = {
    FLAG(OPT_DETACH, 'd', "detach",
         "run in the background; return when it is ready"),
    TEXT(OPT_DIR, 0, "dir", "DIR",
         "directory of socket, database and logs (YON_DIR)"),
    NUMBER(OPT_PROCS, 0, "procs", "N", 0, 1024,
           "processes of the worker (one a core; 0: no worker)"),
    NUMBER(OPT_SLOTS, 0, "slots", "N", 1, 65536,
           "commands and cpu calls at a time, in all of them (cores)"),
    TEXT(OPT_LISTEN, 0, "listen", "[HOST][:PORT]",
         "take peers from other machines, with the keys of yon key; HOST is "
         "an address of this machine (all), PORT 7667"),
    LIST(OPT_ADVERTISE, "advertise", "HOST[:PORT]",
         "how they reach it, for access files (the name of this host)"),
    LIST(OPT_LOAD, "load", "FILE.so",
         "module with functions for yon call; may be repeated"),
    CHOICE(OPT_LOG_LEVEL, 0, "log-level", TRACE_LEVEL_CHOICES,
           "what yond and workers log (YON_LOG; info)"),
    END,
};

static const struct option down_options[] = {
    TEXT(OPT_DIR, 0, "dir", "DIR", "directory of yon up (YON_DIR)"),
    END,
};

static const struct option run_options[] = {
    TEXT(OPT_SH, 0, "sh", "LINE", "run a line of sh instead of a command"),
    TEXT(OPT_NAME, 'n', "name", "NAME", "display name"),
    AROUND_OPTIONS,
    TEXT(OPT_STDIN, 0, "stdin", "FILE|-|none",
         "its stdin: a file, this one as it is, or none (the default: this "
         "one, unless it is a terminal)"),
    FILES_OPTIONS,
    POLICY_OPTIONS,
    END,
};

static const struct option call_options[] = {
    TEXT(OPT_ARGS, 0, "args", "FILE",
         "the argument: JSON, or msgpack in FILE.msgpack"),
    TEXT(OPT_NAME, 'n', "name", "NAME", "display name"),
    FLAG(OPT_RAW, 0, "raw", "print the result as msgpack bytes"),
    POLICY_OPTIONS,
    END,
};

static const struct option submit_options[] = {
    TEXT(OPT_ARRAY, 0, "array", "A-B[:STEP]",
         "one job for each number, as in 1-1_000:2"),
    TEXT(OPT_EACH_LINE, 0, "each-line", "FILE|-",
         "one job for each line of a file, - is stdin"),
    TEXT(OPT_SH, 0, "sh", "LINE",
         "run a line of sh, in which each placeholder is one word"),
    TEXT(OPT_PLACEHOLDER, 'I', "placeholder", "STR",
         "STR is the item, and {} and the like are what they are"),
    TEXT(OPT_CALL, 0, "call", "FN",
         "call a function instead; arguments as for yon call"),
    TEXT(OPT_ARGS, 0, "args", "FILE", "with --call: the argument, as there"),
    TEXT(OPT_KEY, 0, "key", "STR",
         "idempotency key: the same key is the same job"),
    TEXT(OPT_NAME, 'n', "name", "NAME", "display name"),
    AROUND_OPTIONS,
    TEXT(OPT_STDIN, 0, "stdin", "FILE|-|none",
         "its stdin: all of a file or of this one, stored for all elements; "
         "or none (the default)"),
    FILES_OPTIONS,
    POLICY_OPTIONS,
    TEXT(OPT_MAX_FAILS, 0, "max-fails", "N|P%",
         "end an array after so many failures"),
    FLAG(OPT_WAIT, 'w', "wait", "wait for the end; exit as yon wait does"),
    FLAG(OPT_PROGRESS, 'p', "progress", "the same, and show progress"),
    END,
};

static const struct option ls_options[] = {
    CHOICE(OPT_STATE, 0, "state",
           "waiting|running|retrying|done|failed|cancelled|expired|lost",
           "only these"),
    FLAG(OPT_ALL, 0, "all", "all jobs, not only the active and the last 10"),
    END,
};

static const struct option wait_options[] = {
    FLAG(OPT_ALL, 0, "all", "until all have ended (the default)"),
    FLAG(OPT_ANY, 0, "any",
         "until one of them has ended, of an array one element; print it"),
    FLAG(OPT_PROGRESS, 'p', "progress", "show progress on stderr"),
    FLAG(OPT_EXIT_ZERO, 0, "exit-zero", "exit 0 also when jobs failed"),
    END,
};

static const struct option result_options[] = {
    FLAG(OPT_EACH, 0, "each", "JSON Lines, one for each element, in order"),
    FLAG(OPT_RAW, 0, "raw", "bytes: stdout of commands, msgpack of calls"),
    END,
};

static const struct option logs_options[] = {
    FLAG(OPT_FOLLOW, 'f', "follow",
         "follow the output until the job has ended; exit as yon wait does"),
    FLAG(OPT_EXIT_ZERO, 0, "exit-zero",
         "with -f: exit 0 also when jobs failed"),
    FLAG(OPT_STDERR, 0, "stderr", "stderr instead of stdout"),
    FLAG(OPT_PREFIX, 0, "prefix",
         "in front of each line the job that wrote it, as in 42.7: "),
    END,
};

static const struct option cancel_options[] = {
    CHOICE(OPT_STATE, 0, "state", "waiting|running|retrying", "only these"),
    FLAG(OPT_DRY_RUN, 0, "dry-run", "only print how many jobs it would be"),
    FLAG(OPT_YES, 0, "yes", "do not ask before more than 100 jobs"),
    TEXT(OPT_REASON, 0, "reason", "TEXT", "the reason to record"),
    END,
};

static const struct option retry_options[] = {
    CHOICE(OPT_STATE, 0, "state", "failed|lost|expired|cancelled",
           "only what ended so (what failed, was lost, expired)"),
    FLAG(OPT_DRY_RUN, 0, "dry-run", "only print how many jobs it would be"),
    FLAG(OPT_YES, 0, "yes", "do not ask before more than 100 jobs"),
    END,
};

static const struct option no_options[] = { END };

#define JOBS "Jobs"
#define CLUSTER "Cluster"
#define ADMIN "Admin"

#define SELECTORS                                                             \
    "JOBS are 42, 42.7 (element 7 of array 42), 42.1-100:5, 1,3,5-8, last,\n" \
    "last:3, last.7, name:sweep or all. Elements go by the numbers that "     \
    "--array\n"                                                               \
    "gave them (--array 10-12: 42.10 to 42.12; -2-2: 42.-2 to 42.2), else "   \
    "from\n"                                                                  \
    "1 on; yon retry keeps them."

#define SURROUNDINGS                                                        \
    "The command runs in this folder, with this environment, umask and "    \
    "limits\n"                                                              \
    "(ulimit), as far as its worker may. With a coordinator of another\n"   \
    "machine what names this one is left out: HOSTNAME, DISPLAY, SSH_*,\n"  \
    "WAYLAND_DISPLAY, XDG_RUNTIME_DIR, TMPDIR, DBUS_SESSION_BUS_ADDRESS,\n" \
    "YON_ACCESS.\n"                                                         \
    "YON_JOB, YON_ATTEMPT, YON_TRIES, YON_SERVER and YON_WORKER are the\n"  \
    "worker's."

#define FILES                                                                 \
    "Files of --stdout and --stderr are opened where the command runs, in "   \
    "its folder;\none that cannot be opened fails the job, reason start. Of " \
    "an array each job\nneeds a file of its own, by a placeholder, or "       \
    "--append."

#define PLACEHOLDERS                                                          \
    "In the command, and in texts among the arguments of a call, the item "   \
    "of\n"                                                                    \
    "an array replaces {}; {.} is the item without its extension, {/} "       \
    "without\n"                                                               \
    "its folder, {//} the folder, {/.} neither folder nor extension, {#} "    \
    "the\n"                                                                   \
    "element's number: that of --array, else from 1. Jobs also find the "     \
    "item\n"                                                                  \
    "in YON_ITEM, the number in YON_INDEX, themselves in YON_JOB and\n"       \
    "YON_ATTEMPT, and in YON_TRIES which start it is. A command without any " \
    "of\n"                                                                    \
    "these gets the item behind its last argument. Where it has a {} of its " \
    "own, -I\n"                                                               \
    "gives the item another name. In --sh 'LINE' each placeholder is one "    \
    "word for the\n"                                                          \
    "shell, quoted or not, whatever the item has in it.\n\n"                  \
    "For a call KEY={} is the item as text; KEY:={} is the number, list or "  \
    "whatever\n"                                                              \
    "else it is in JSON, and {#} the number of the element. An empty object " \
    "beside\n"                                                                \
    "items is { }."

const struct cli_command commands[] = {
    {
        .name = "submit",
        .group = JOBS,
        .summary = "submit a job or an array of jobs, print its id",
        .usage = "[OPTIONS] [--] COMMAND... [::: ITEM...]",
        .examples =
            "yon submit -- make -j4\n"
            "yon submit --array 1-100 -p -- ./sim --seed {}\n"
            "yon submit --each-line urls.txt -- curl -sI {}\n"
            "find . -name '*.png' | yon submit --each-line - -- "
            "optipng {}\n"
            "yon submit -w echo {/} ::: /a/b /c/d\n"
            "yon submit --sh 'zcat {} > {.}' ::: *.gz\n"
            "yon submit -I % --array 1-9 -- find run% -exec touch {} +\n"
            "yon submit --call resize path={} w:=800 ::: *.png\n"
            "yon submit --call square n:={} --array 1-100\n"
            "yon submit --retry 3 --max-fails 5% --array 1-100 -- ./get {}\n"
            "yon submit --stdout out.{#} --array 1-100 -- ./sim {}\n",
        .notes = SURROUNDINGS "\n\n" PLACEHOLDERS "\n\n" FILES,
        .no_timeout =
            "yon submit waits with -w or -p only; a limit for the job is "
            "--run-timeout DUR, for its time in the queue --queue-timeout DUR",
        .options = submit_options,
        .takes_command = true,
        .has_ids = true,
        .run = cmd_submit,
    },
    {
        .name = "run",
        .group = JOBS,
        .summary = "run a command, show its output, keep its exit code",
        .usage = "[OPTIONS] [--] COMMAND...",
        .examples = "yon run -- make -j4\n"
                    "yon run --sh 'echo hi; exit 3'\n",
        .notes = SURROUNDINGS
        "\n\n"
        "Its stdin is that of yon run itself: a file, a pipe, a socket; "
        "what it does not\nread stays there. A terminal is none, unless "
        "--stdin - says so. It lives as long\nas yon run does: one that "
        "ends before the command starts fails it. When a worker\nis lost, "
        "a file is read once more; with a pipe the command does not start a\n"
        "second time, and yon run exits with 125.\n\n"
        "yon run exits with the command's exit code, with 128 + n when signal "
        "n ended\nit, with 127 when there is no such program, with 126 when "
        "it may not be run,\nand with 125 when yon itself fails. Ctrl-C, "
        "SIGTERM and SIGHUP cancel the\ncommand and wait for its end; a "
        "second Ctrl-C leaves at once. A reader that has\ngone cancels it, "
        "too, as in yon run ... | head. With --retry, the output of a\nfailed "
        "attempt is shown as far as it could be followed; that of the last "
        "one is\nkept. The command waits for who reads its output. If some is "
        "lost nevertheless,\nyon run says where, and exits with 125."
        "\n\nWhen stderr is no terminal it has what the command "
        "writes, and errors of yon;\nnotes about waiting and lost contact come "
        "with -v.",
        .options = run_options,
        .takes_command = true,
        .is_run = true,
        .json_by = "yon submit --json -w, then yon result --json ID",
        .run = cmd_run,
    },
    {
        .name = "call",
        .group = JOBS,
        .summary = "call a worker's function, print its result",
        .usage = "[OPTIONS] FUNCTION [KEY=TEXT | KEY:=JSON]...",
        .examples = "yon call resize path=a.png w:=800\n"
                    "yon call add :=[1,2]                the argument is an "
                    "array\n"
                    "yon call sum --args numbers.json\n",
        .notes = "The argument is the map of what is given; without any it "
                 "is nil. yon functions\nlists what can be called.\n"
                 "The value is printed as JSON; with --json a document with "
                 "id, state and value.",
        .options = call_options,
        .run = cmd_call,
    },
    {
        .name = "ls",
        .group = JOBS,
        .summary = "list jobs",
        .usage = "[OPTIONS]",
        .examples = "yon ls                              active jobs, and the "
                    "last 10\n"
                    "yon ls --state failed               all that failed\n"
                    "yon ls -o id --state running | xargs yon cancel\n",
        .notes = "With --state failed, cancelled, expired or lost the elements "
                 "of arrays\nthat ended so are listed one by one.",
        .options = ls_options,
        .has_ids = true,
        .run = cmd_ls,
    },
    {
        .name = "show",
        .group = JOBS,
        .summary = "all details of a job on one page",
        .usage = "JOBS...",
        .examples = "yon show last\n"
                    "yon show 42.7\n",
        .notes = SELECTORS,
        .options = no_options,
        .run = cmd_show,
    },
    {
        .name = "wait",
        .group = JOBS,
        .summary = "wait for jobs; the exit code says how they ended",
        .usage = "[OPTIONS] JOBS...",
        .examples = "yon wait -p last\n"
                    "yon wait --any 42 43\n"
                    "yon wait --timeout 10m name:sweep\n",
        .notes = SELECTORS "\nHere all means those that have not ended."
                           "\n\nExit code 0: all done; 1: one failed, expired "
                           "or was lost, or\noutput was dropped; 7: some were "
                           "cancelled, none failed; 124: --timeout;\n130: "
                           "Ctrl-C (the jobs go on).",
        .options = wait_options,
        .has_ids = true,
        .run = cmd_wait,
    },
    {
        .name = "logs",
        .group = JOBS,
        .summary = "output of commands and calls, also while they run",
        .usage = "[OPTIONS] JOBS...",
        .examples = "yon logs 42.7\n"
                    "yon logs -f last\n"
                    "yon logs --stderr 42\n",
        .notes =
            "The output of the last attempt is kept; of earlier ones -f shows "
            "what it\nfollowed. Of one that still waits -f shows all: the "
            "command waits for who\nreads it. Of an array up to 1000 are "
            "followed at once, in whole lines.\n"
            "What is missing is told; then the exit code is 1.\n"
            "Of a call it is all that it has printed, with time and "
            "job.\n\n" SELECTORS,
        .options = logs_options,
        .json_by = "yon result --json",
        .run = cmd_logs,
    },
    {
        .name = "result",
        .group = JOBS,
        .summary = "print the results of ended jobs",
        .usage = "[OPTIONS] JOBS...",
        .examples = "yon result 42                       as JSON\n"
                    "yon result 42 --each | jq -r .stdout\n"
                    "yon result 42.7 --raw > out\n",
        .notes = SELECTORS,
        .options = result_options,
        .run = cmd_result,
    },
    {
        .name = "cancel",
        .group = JOBS,
        .summary = "cancel jobs",
        .usage = "[OPTIONS] [JOBS...]",
        .examples = "yon cancel 42\n"
                    "yon cancel 42.5-10 name:sweep --reason 'wrong input'\n"
                    "yon cancel --state waiting --yes\n",
        .notes =
            "A waiting job ends at once. A running one is asked to end: a "
            "program by SIGTERM,\na call by an error of whatever it awaits. "
            "One that does not end soon is killed.\n\n" SELECTORS,
        .options = cancel_options,
        .run = cmd_cancel,
    },
    {
        .name = "retry",
        .group = JOBS,
        .summary = "run what failed again, as a new job",
        .usage = "[OPTIONS] JOBS...",
        .examples = "yon retry 42                        what failed of it\n"
                    "yon retry 42 --state cancelled\n"
                    "yon wait -p $(yon retry last)\n",
        .notes =
            "Ended jobs stay as they are: the failed elements become a new "
            "array with the\nsame items, numbers, command, name and policy. "
            "The same retry again is\nthe same new job. Elements "
            "that --max-fails ended are taken, too; those that\nsomebody "
            "cancelled are not. An array that has not ended is left out; "
            "alone it\nis a conflict. A --max-fails of 5% is 5% of the new "
            "array.\n\n" SELECTORS,
        .no_timeout =
            "yon retry does not wait: yon wait --timeout DUR $(yon retry "
            "JOBS); the limits of the jobs are those that they had",
        .options = retry_options,
        .has_ids = true,
        .run = cmd_retry,
    },
    {
        .name = "status",
        .group = CLUSTER,
        .summary = "coordinator summary",
        .usage = "",
        .examples = "yon status\n",
        .options = no_options,
        .run = cmd_status,
    },
    {
        .name = "workers",
        .group = CLUSTER,
        .summary = "list connected workers",
        .usage = "",
        .examples = "yon workers\n",
        .options = no_options,
        .has_ids = true,
        .run = cmd_workers,
    },
    {
        .name = "functions",
        .group = CLUSTER,
        .summary = "list the functions that workers offer",
        .usage = "",
        .examples = "yon functions\n",
        .options = no_options,
        .run = cmd_functions,
    },
    {
        .name = "up",
        .group = ADMIN,
        .summary = "start a coordinator and a worker on this machine",
        .usage = "[OPTIONS]",
        .examples = "yon up                              until Ctrl-C\n"
                    "yon up -d --load ./libimg_jobs.so   in the background\n"
                    "yon up -d --dir /tmp/try --procs 2 --slots 4\n",
        .notes = "Others find it through -s, YON_SERVER, YON_DIR or the "
                 "default directory.",
        .options = up_options,
        .is_plain = true,
        .run = cmd_up,
    },
    {
        .name = "down",
        .group = ADMIN,
        .summary = "stop what yon up started",
        .usage = "[--dir DIR]",
        .examples = "yon down\n",
        .notes =
            "What runs may end by itself; after 30 s it is killed, and starts "
            "again with the\nnext yon up. A second yon down, meanwhile, kills "
            "it "
            "at once.",
        .options = down_options,
        .run = cmd_down,
    },
    {
        .name = "doctor",
        .group = ADMIN,
        .summary = "look for what is wrong here, and say what helps",
        .usage = "",
        .examples = "yon doctor\n"
                    "yon doctor -q                       only what is wrong\n"
                    "yon doctor --json | jq '.checks[] | select(.state != "
                    "\"ok\")'\n",
        .notes = "Exit code 1: something fails; 0: all is well, or there are "
                 "only warnings.",
        .options = no_options,
        .has_ids = true,
        .run = cmd_doctor,
    },
    {
        .name = "key",
        .group = ADMIN,
        .summary = "keys for workers and commands on other machines",
        .usage = "new NAME --role ROLES | ls | rm NAME...",
        .examples = "yon up -d --listen :7667\n"
                    "yon key new farm --role work        writes farm.access; "
                    "copy it to a machine:\n"
                    "yon-worker --access farm.access     ... and start this "
                    "there\n"
                    "yon key new alice --role admin --expires 90d\n"
                    "yon key rm farm                     cut it off\n",
        .notes = "An access file has the addresses of the coordinator, its "
                 "public key and a secret\nkey: whoever has it may do what its "
                 "roles say. A worker's key may run jobs and\nreport any "
                 "result for them; an admin's may run commands on all workers. "
                 "What a\nkey that was taken away ran starts again elsewhere.",
        .no_timeout = "yon key does not wait",
        .options = key_options,
        .is_plain = true,
        .run = cmd_key,
    },
    {
        .name = "version",
        .group = ADMIN,
        .summary = "print the version",
        .usage = "",
        .examples = "yon version\n",
        .no_timeout = "yon version does not wait",
        .options = no_options,
        .is_plain = true,
        .run = cmd_version,
    },
    {
        .name = "help",
        .group = ADMIN,
        .summary = "help for a command",
        .usage = "[COMMAND]",
        .examples = "yon help submit\n",
        .no_timeout = "yon help does not wait",
        .options = no_options,
        .is_plain = true,
        .run = cmd_help,
    },
    END,
};
_Static_assert(ARRAY_LEN(commands) == CMD_COUNT + 1, "one row per command");
