/* SPDX-License-Identifier: MIT */
/* worker_config - what yon-worker was told on its command line. */
#include "worker/shell/worker_config.h"

#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/endpoint.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/zmq/address.h"

/* Said by processes of a worker to those that they start (life/inherit.h), and
 * by nobody else. */
enum { OPTION_INHERIT = 256 };

static const struct option options[] = {
    { "server", required_argument, NULL, 's' },
    { "name", required_argument, NULL, 'n' },
    { "slots", required_argument, NULL, 'S' },
    { "calls", required_argument, NULL, 'C' },
    { "procs", required_argument, NULL, 'p' },
    { "stack-kb", required_argument, NULL, 'k' },
    { "inherit", required_argument, NULL, OPTION_INHERIT },
    { "slow-ms", required_argument, NULL, 'w' },
    { "grace-ms", required_argument, NULL, 'g' },
    { "cgroup", required_argument, NULL, 'c' },
    { "load", required_argument, NULL, 'l' },
    { "label", required_argument, NULL, 'L' },
    { "log-level", required_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static const char help_text[] =
    "yon-worker - runs the jobs that yond gives it\n"
    "\n"
    "Usage: yon-worker [OPTION]...\n"
    "\n"
    "  -s, --server ADDR  coordinator: ipc://PATH or tcp://HOST:PORT. Without "
    "it:\n"
    "                     $YON_SERVER, else yond.sock in $YON_DIR, else in "
    "the\n"
    "                     default directory\n"
    "  --name NAME        what people see (HOST-PID)\n"
    "  --slots N          commands that run at once (online cores)\n"
    "  --calls N          calls that run at once (4096)\n"
    "  --procs N          processes that share the slots, NAME.1 to NAME.N "
    "(online\n"
    "                     cores); calls: each of them so many. 0: this one "
    "alone,\n"
    "                     and nobody starts it again, or guards it\n"
    "  --stack-kb N       stack of each call, in KiB (64; a cpu call: at least "
    "1024)\n"
    "  --slow-ms N        a call that holds the loop so long is named (100; 0: "
    "none)\n"
    "  --grace-ms N       from SIGTERM to SIGKILL when a job is to end; a call "
    "that\n"
    "                     goes on longer loses its process (10000)\n"
    "  --cgroup DIR       make a cgroup (v2) for each command here, so that "
    "all "
    "it\n"
    "                     starts ends with it, whatever it does (the worker's "
    "own\n"
    "                     cgroup, where it may); none: do without\n"
    "  --load FILE.so     a module with functions to call; may be repeated\n"
    "  --label KEY=VALUE  for people and for placement; may be repeated\n"
    "  --log-level LEVEL  error|warn|info|debug ($YON_LOG, else info)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "SIGTERM or SIGINT: take nothing new, end when what runs has ended. A "
    "second\n"
    "one: kill what runs and end.\n";

static int usage_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static int usage_error(const char *format, ...)
{
    va_list args;

    fputs("yon-worker: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\nTry `yon-worker --help`.\n", stderr);
    return 2;
}

static int read_number(const char *option, const char *text, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > CONFIG_NUMBER_MAX)
        return usage_error("%s %s: a number, 0 to %d", option, text,
                           CONFIG_NUMBER_MAX);
    *out = (uint32_t)n;
    return -1;
}

/* What is for supervisors and their processes. */
static int read_process_option(int letter, struct config *out)
{
    switch (letter) {
    case 'p':
        return read_number("--procs", optarg, &out->procs);
    case OPTION_INHERIT:
        return read_number("--inherit", optarg, &out->inherit_fd);
    default:
        fputs("Try `yon-worker --help`.\n", stderr);
        return 2;
    }
}

static int read_label(const char *text, struct config *out)
{
    const char *equals = strchr(text, '=');
    struct label label;

    if (equals == NULL || equals == text)
        return usage_error("--label %s: not KEY=VALUE", text);
    label.key = view_of(text, (size_t)(equals - text));
    label.value = view_str(equals + 1);
    if (label.key.len > NAME_LEN_MAX || label.value.len > NAME_LEN_MAX)
        return usage_error("--label: key and value are at most %d bytes",
                           NAME_LEN_MAX);
    for (size_t i = 0; i < out->n_labels; i++)
        if (view_equal(out->labels[i].key, label.key))
            return usage_error("--label %s: this key was given before", text);
    if (out->n_labels == LABELS_MAX)
        return usage_error("--label: at most %d of them", LABELS_MAX);
    out->labels[out->n_labels++] = label;
    return -1;
}

static int read_load(const char *path, struct config *out)
{
    if (out->n_loads == CONFIG_LOADS_MAX)
        return usage_error("--load: at most %d of them", CONFIG_LOADS_MAX);
    out->loads[out->n_loads++] = path;
    return -1;
}

static void replace(char **text, const char *with)
{
    free(*text);
    *text = xstrdup(with);
}

static int read_option(int letter, struct config *out)
{
    switch (letter) {
    case 's':
        replace(&out->server, optarg);
        return -1;
    case 'n':
        replace(&out->name, optarg);
        return -1;
    case 'S':
        return read_number("--slots", optarg, &out->slots);
    case 'C':
        return read_number("--calls", optarg, &out->calls);
    case 'k':
        return read_number("--stack-kb", optarg, &out->stack_kb);
    case 'w':
        return read_number("--slow-ms", optarg, &out->slow_ms);
    case 'g':
        return read_number("--grace-ms", optarg, &out->grace_ms);
    case 'c':
        out->no_cgroup = strcmp(optarg, "none") == 0;
        out->cgroup = out->no_cgroup ? NULL : optarg;
        return -1;
    case 'l':
        return read_load(optarg, out);
    case 'L':
        return read_label(optarg, out);
    case 'v':
        out->log_level = optarg;
        return -1;
    case 'h':
        fputs(help_text, stdout);
        return 0;
    case 'V':
        puts("yon-worker " YON_VERSION);
        return 0;
    default:
        return read_process_option(letter, out);
    }
}

/* The cores that this process may use. */
static uint32_t count_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (uint32_t)CPU_COUNT(&set);
    return 1; /* more of them than the set can tell: say --slots */
}

static char *default_name(void)
{
    char host[HOST_NAME_MAX + 1] = "";
    struct buf text = { 0 };
    char *name;

    gethostname(host, HOST_NAME_MAX);
    buf_addf(&text, "%s-%d", host[0] == '\0' ? "worker" : host, getpid());
    name = xstrdup(buf_text(&text));
    buf_fini(&text);
    return name;
}

/* Programs get the address in their environment and start in other folders. */
static void make_absolute(struct config *c)
{
    static const char scheme[] = "ipc://";
    struct buf text = { 0 };
    char *here = NULL;

    if (strncmp(c->server, scheme, 6) != 0 || c->server[6] == '/')
        return;
    here = getcwd(NULL, 0);
    if (here != NULL)
        buf_addf(&text, "%s%s/%s", scheme, here, c->server + 6);
    if (text.len > 0 && text.len <= 6 + ENDPOINT_PATH_MAX)
        replace(&c->server, buf_text(&text));
    free(here);
    buf_fini(&text);
}

static int check(struct config *c, int n_left)
{
    char errmsg[ERRMSG_LEN];
    struct endpoint endpoint;
    char *server = NULL;

    if (n_left > 0)
        return usage_error("there are no arguments without an option");
    if (log_configure(c->log_level, errmsg) != ERR_NONE)
        return usage_error("%s", errmsg);
    if (c->name[0] == '\0' || strlen(c->name) > NAME_LEN_MAX)
        return usage_error("--name: 1 to %d bytes", NAME_LEN_MAX);
    if (c->stack_kb != 0 && (c->stack_kb < CONFIG_STACK_KB_MIN ||
                             c->stack_kb > CONFIG_STACK_KB_MAX))
        return usage_error("--stack-kb: %d to %d", CONFIG_STACK_KB_MIN,
                           CONFIG_STACK_KB_MAX);
    if (address_resolve(c->server, &server, errmsg) != ERR_NONE)
        return usage_error("%s", errmsg);
    free(c->server);
    c->server = server;
    if (endpoint_for_connect(c->server, &endpoint, errmsg) != ERR_NONE)
        return usage_error("%s", errmsg);
    make_absolute(c);
    return -1;
}

int config_read(int argc, char **argv, struct config *out)
{
    int letter, end = -1;

    *out = (struct config){ .slots = count_cores(),
                            .calls = CONFIG_CALLS_DEFAULT,
                            .slow_ms = CONFIG_SLOW_MS_DEFAULT,
                            .procs = count_cores(),
                            .argv = argv,
                            .name = default_name() };
    while (end == -1 &&
           (letter = getopt_long(argc, argv, "s:hV", options, NULL)) != -1)
        end = read_option(letter, out);
    return end != -1 ? end : check(out, argc - optind);
}

void config_fini(struct config *c)
{
    free(c->server);
    free(c->name);
}
