/* SPDX-License-Identifier: MIT */
/* worker_config - the table of yon-worker's options.
 *
 * How to add one: libcommon/option.h.
 */
#include "worker/shell/worker_config.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/daemon.h"
#include "libcommon/rt/os/endpoint.h"
#include "libcommon/rt/zmq/address.h"

static void replace(char **text, const char *with)
{
    free(*text);
    *text = xstrdup(with);
}

/* ---- values with rules of their own ---- */

static enum err read_server(void *config, const char *text, char *errmsg)
{
    struct config *c = config;

    (void)errmsg; /* check looks at it */
    replace(&c->server, text);
    return ERR_NONE;
}

static enum err read_access(void *config, const char *text, char *errmsg)
{
    (void)config;
    (void)errmsg;
    address_use_access(text);
    return ERR_NONE;
}

static enum err read_name(void *config, const char *text, char *errmsg)
{
    struct config *c = config;

    if (text[0] == '\0' || strlen(text) > NAME_LEN_MAX)
        return err_set(errmsg, ERR_RANGE, "--name wants 1 to %d bytes",
                       NAME_LEN_MAX);
    replace(&c->name, text);
    return ERR_NONE;
}

static enum err read_stack(void *config, const char *text, char *errmsg)
{
    struct config *c = config;
    unsigned long kb = strtoul(text, NULL, 10);

    if (kb != 0 && kb < CONFIG_STACK_KB_MIN)
        return err_set(errmsg, ERR_RANGE,
                       "--stack-kb wants a number from %d to %d, not \"%s\"",
                       CONFIG_STACK_KB_MIN, CONFIG_STACK_KB_MAX, text);
    c->stack_kb = (uint32_t)kb;
    return ERR_NONE;
}

static enum err read_cgroup(void *config, const char *text, char *errmsg)
{
    struct config *c = config;

    (void)errmsg; /* it is looked at when it is used */
    c->no_cgroup = strcmp(text, "none") == 0;
    c->cgroup = c->no_cgroup ? NULL : text;
    return ERR_NONE;
}

static enum err read_label(void *config, const char *text, char *errmsg)
{
    struct config *c = config;
    const char *equals = strchr(text, '=');
    struct label label;

    if (equals == NULL || equals == text)
        return err_set(errmsg, ERR_FORMAT,
                       "--label wants KEY=VALUE, not \"%s\"", text);
    label.key = view_of(text, (size_t)(equals - text));
    label.value = view_str(equals + 1);
    if (label.key.len > NAME_LEN_MAX || label.value.len > NAME_LEN_MAX)
        return err_set(errmsg, ERR_RANGE,
                       "--label: key and value have at most %d bytes",
                       NAME_LEN_MAX);
    for (size_t i = 0; i < c->n_labels; i++)
        if (view_equal(c->labels[i].key, label.key))
            return err_set(errmsg, ERR_EXISTS,
                           "--label %s: this key was given before", text);
    if (c->n_labels == LABELS_MAX)
        return err_set(errmsg, ERR_LIMIT, "--label: at most %d of them",
                       LABELS_MAX);
    c->labels[c->n_labels++] = label;
    return ERR_NONE;
}

static enum err read_load(void *config, const char *text, char *errmsg)
{
    struct config *c = config;

    if (c->n_loads == CONFIG_LOADS_MAX)
        return err_set(errmsg, ERR_LIMIT, "--load: at most %d of them",
                       CONFIG_LOADS_MAX);
    c->loads[c->n_loads++] = text;
    return ERR_NONE;
}

/* ---- the table ---- */

#define FIELD(field) OPTION_FIELD(struct config, field)
#define NUMBER(NAME, PLACE, OTHERWISE, HELP)                                  \
    {                                                                         \
        .name = NAME, .value = "N", .type = OPTION_NUMBER,                    \
        .max = CONFIG_NUMBER_MAX, .otherwise = OTHERWISE, .help = HELP, PLACE \
    }
#define READ(NAME, VALUE, READER, HELP)                                    \
    {                                                                      \
        .name = NAME, .value = VALUE, .type = OPTION_TEXT, .read = READER, \
        .help = HELP                                                       \
    }
static const struct option options[] = {
    { .letter = 's',
      .name = "server",
      .value = "ADDR",
      .type = OPTION_TEXT,
      .read = read_server,
      .help = "coordinator: ipc://PATH or tcp://HOST:PORT. Without it: "
              "YON_SERVER, else yond.sock in YON_DIR, else in the default "
              "directory" },
    READ("access", "FILE", read_access,
         "for a coordinator on tcp: its addresses, and the key of this worker, "
         "as `yon key new` makes it (YON_ACCESS, else ~/.config/yon/access or "
         "/etc/yon/access)"),
    READ("name", "NAME", read_name, "what people see (HOST-PID)"),
    NUMBER("slots", FIELD(slots), NULL,
           "commands that run at once (online cores)"),
    NUMBER("calls", FIELD(calls), "4096", "calls that run at once"),
    NUMBER(
        "procs", FIELD(procs), NULL,
        "processes that share the slots, NAME.1 to NAME.N (online cores); "
        "calls: each of them so many. 0: this one alone, and nobody starts it "
        "again, or guards it"),
    { .name = "stack-kb",
      .value = "N",
      .type = OPTION_NUMBER,
      .max = CONFIG_STACK_KB_MAX,
      .read = read_stack,
      .help = "stack of each call, in KiB (64; a cpu call: at least 1024)" },
    NUMBER("slow-ms", FIELD(slow_ms), "100",
           "a call that holds the loop so long is named; 0: none"),
    NUMBER("grace-ms", FIELD(grace_ms), NULL,
           "from SIGTERM to SIGKILL when a job is to end; a call that goes on "
           "longer loses its process (10000)"),
    READ("cgroup", "DIR", read_cgroup,
         "make a cgroup (v2) for each command here, so that all it starts ends "
         "with it, whatever it does (the worker's own cgroup, where it may); "
         "none: do without"),
    { .name = "output-limit",
      .value = "SIZE",
      .type = OPTION_SIZE,
      .min = OUTPUT_LEN_MAX,
      .max = INT64_MAX,
      .otherwise = "1G",
      .help = "keep at most so much of stdout, and of stderr, of a command, "
              "whatever yon submit --output-limit wants",
      FIELD(output_max) },
    { .name = "spool",
      .value = "DIR",
      .type = OPTION_TEXT,
      .help = "for outputs beyond 1 MiB, until the coordinator has them "
              "(TMPDIR, else /var/tmp)",
      FIELD(spool) },
    READ("load", "FILE.so", read_load,
         "a module with functions to call, as FILE.so alone; may be repeated. "
         "The file is copied "
         "now, and again at SIGHUP: it may be replaced at any time"),
    READ("label", "KEY=VALUE", read_label,
         "for people and for placement; may be repeated"),
    /* From a process of a worker to those that it starts (life/inherit.h). */
    { .name = "inherit",
      .value = "FD",
      .type = OPTION_NUMBER,
      .max = CONFIG_NUMBER_MAX,
      FIELD(inherit_fd) },
    /* From a program that starts one worker after another (procs.h). */
    { .name = "before",
      .value = "FD",
      .type = OPTION_NUMBER,
      .max = CONFIG_NUMBER_MAX,
      FIELD(before_fd) },
    OPTION_END,
};

/* ---- what was not given ---- */

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

static enum err check(void *config, char *errmsg)
{
    struct config *c = config;
    struct endpoint endpoint;
    char *server = NULL;
    bool of_environment;
    enum err err = address_resolve(c->server, &server, errmsg);

    if (err != ERR_NONE)
        return err;
    of_environment = address_is_of_environment(c->server);
    free(c->server);
    c->server = server;
    err = endpoint_for_connect(c->server, &endpoint, errmsg);
    if (err != ERR_NONE && of_environment)
        err_wrap(errmsg, err, "YON_SERVER");
    if (err == ERR_NONE)
        make_absolute(c);
    return err;
}

static const struct daemon about = {
    .name = "yon-worker",
    .summary = "runs the jobs that yond gives it",
    .usage = "[OPTIONS] [FILE.so...]",
    .options = options,
    .notes =
        "SIGTERM or SIGINT: take nothing new, end when what runs has ended. "
        "A second\none: kill what runs and end. SIGHUP: read the modules "
        "anew; one process after\nthe other drains and is replaced. Modules "
        "that do not load change nothing.",
    .take = read_load,
    .check = check,
};

int config_read(int argc, char **argv, struct config *out)
{
    *out = (struct config){ .slots = count_cores(),
                            .procs = count_cores(),
                            .argv = argv,
                            .name = default_name() };
    return daemon_read(&about, argc, argv, out);
}

void config_fini(struct config *c)
{
    free(c->server);
    free(c->name);
}
