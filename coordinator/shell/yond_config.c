/* SPDX-License-Identifier: MIT */
/* yond_config - see yond_config.h. */
#include "coordinator/shell/yond_config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/coord.h"
#include "libcommon/duration.h"
#include "libcommon/rt/os/log.h"

#define LEASE_MIN_S 1
#define LEASE_MAX_S 3600
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define KEEP_LEAST_MS 60000 /* who waits for an end has time to fetch it */

static const struct retention retention_default = {
    .keep_ms = { [STATE_DONE] = 7 * DAY_MS,
                 [STATE_FAILED] = 30 * DAY_MS,
                 [STATE_CANCELLED] = 7 * DAY_MS,
                 [STATE_EXPIRED] = 30 * DAY_MS,
                 [STATE_LOST] = 30 * DAY_MS },
    .jobs_max = 10 * 1000 * 1000,
    .bytes_max = UINT64_C(16) << 30,
    .least_ms = KEEP_LEAST_MS,
};

static const struct option options[] = {
    { "listen", required_argument, NULL, 'l' },
    { "db", required_argument, NULL, 'd' },
    { "lease", required_argument, NULL, 'L' },
    { "keep", required_argument, NULL, 'k' },
    { "keep-jobs", required_argument, NULL, 'j' },
    { "keep-bytes", required_argument, NULL, 'b' },
    { "queue-jobs", required_argument, NULL, 'q' },
    { "queue-bytes", required_argument, NULL, 'Q' },
    { "sessions", required_argument, NULL, 's' },
    { "log-level", required_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static const char help_text[] =
    "yond - the coordinator of yon: keeps jobs, gives them to workers\n"
    "\n"
    "Usage: yond --listen ENDPOINT --db FILE [OPTIONS]\n"
    "\n"
    "  --listen ENDPOINT  ipc://PATH, or tcp://127.0.0.1:PORT (loopback only: "
    "yon\n"
    "                     does not encrypt yet)\n"
    "  --db FILE          the database; made when it does not exist\n"
    "  --lease SECONDS    silence after which a worker counts as lost (10); "
    "make "
    "it\n"
    "                     shorter only when no worker runs\n"
    "  --keep STATE=TIME,...\n"
    "                     how long what has ended is kept, by its state, or\n"
    "                     `ever` "
    "(done=7d,cancelled=7d,failed=30d,expired=30d,\n"
    "                     lost=30d)\n"
    "  --keep-jobs N      jobs and arrays that are kept at most: the oldest "
    "that\n"
    "                     have ended go first (10000000; 0: any number)\n"
    "  --keep-bytes SIZE  the same for the size of the database (16G)\n"
    "  --queue-jobs N     jobs and elements that have not ended, at most; who\n"
    "                     submits more has to wait (100000000)\n"
    "  --queue-bytes SIZE the same for their arguments and items (4G)\n"
    "  --sessions N       clients and workers at once (65536)\n"
    "  --log-level LEVEL  error|warn|info|debug ($YON_LOG, else info)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "To try yon out, `yon up` starts yond and workers together.\n";

static int usage_error(const char *what)
{
    fprintf(stderr, "yond: %s\nTry `yond --help`.\n", what);
    return 2;
}

static int read_lease(const char *text, struct config *out)
{
    char *end;
    long s = strtol(text, &end, 10);

    if (end == text || *end != '\0' || s < LEASE_MIN_S || s > LEASE_MAX_S)
        return usage_error("--lease: a number of seconds, 1 to 3600");
    out->lease_ms = s * 1000;
    return -1;
}

static unsigned state_of(const char *name, size_t len)
{
    for (unsigned s = STATE_DONE; s < STATE_COUNT; s++)
        if (strlen(state_name(s)) == len &&
            strncmp(state_name(s), name, len) == 0)
            return s;
    return 0;
}

/* One "failed=30d"; -1 when it was taken. */
static int read_keep_one(char *rule, struct retention *out)
{
    char *value = strchr(rule, '=');
    unsigned state = value == NULL ? 0 : state_of(rule, (size_t)(value - rule));
    int64_t ms = 0;

    if (state == 0)
        return usage_error("--keep: STATE=TIME, where STATE is done, failed, "
                           "cancelled, expired or lost");
    if (strcmp(value + 1, "ever") != 0 &&
        (duration_parse(value + 1, &ms) != ERR_NONE || ms < 1000))
        return usage_error("--keep: a time is such as 90s, 12h, 30d, at least "
                           "1s, or `ever`");
    out->keep_ms[state] = ms;
    return -1;
}

static int read_keep(char *text, struct retention *out)
{
    char *save = NULL;
    int end = -1;

    for (char *rule = strtok_r(text, ",", &save); rule != NULL && end == -1;
         rule = strtok_r(NULL, ",", &save))
        end = read_keep_one(rule, out);
    return end;
}

/* A number, with one of `units` behind it, each 1024 times the one before. */
static int read_number(const char *text, const char *units, uint64_t *out,
                       const char *complaint)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    const char *unit = *end == '\0' ? NULL : strchr(units, *end);
    unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);

    if (*text < '0' || *text > '9' || (*end != '\0' && unit == NULL) ||
        (unit != NULL && end[1] != '\0') || n > UINT64_MAX >> shift)
        return usage_error(complaint);
    *out = n << shift;
    return -1;
}

static int check(const struct config *out, int n_left)
{
    if (n_left > 0)
        return usage_error("there are no arguments without an option");
    if (out->listen == NULL)
        return usage_error("--listen ENDPOINT is missing");
    if (out->db == NULL)
        return usage_error("--db FILE is missing");
    if (out->queue_max == 0 || out->queue_bytes_max == 0 ||
        out->sessions_max == 0)
        return usage_error("--queue-jobs, --queue-bytes and --sessions begin "
                           "with 1");
    return -1;
}

static struct config defaults(void)
{
    const struct coord_config *core = &coord_config_default;

    return (struct config){ .lease_ms = core->lease_ms,
                            .queue_max = core->queue_max,
                            .queue_bytes_max = core->queue_bytes_max,
                            .sessions_max = core->sessions_max,
                            .retention = retention_default };
}

int config_read(int argc, char **argv, struct config *out)
{
    const char *log_level = NULL;
    char errmsg[ERRMSG_LEN];
    int letter, end = -1;

    *out = defaults();
    while (end == -1 &&
           (letter = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
        switch (letter) {
        case 'l':
            out->listen = optarg;
            break;
        case 'd':
            out->db = optarg;
            break;
        case 'L':
            end = read_lease(optarg, out);
            break;
        case 'k':
            end = read_keep(optarg, &out->retention);
            break;
        case 'j':
            end = read_number(optarg, "", &out->retention.jobs_max,
                              "--keep-jobs: a number, or 0");
            break;
        case 'b':
            end = read_number(optarg, "KMGT", &out->retention.bytes_max,
                              "--keep-bytes: a size such as 500M or 16G, or 0");
            break;
        case 'q':
            end = read_number(optarg, "", &out->queue_max,
                              "--queue-jobs: a number");
            break;
        case 'Q':
            end = read_number(optarg, "KMGT", &out->queue_bytes_max,
                              "--queue-bytes: a size such as 500M or 4G");
            break;
        case 's':
            end = read_number(optarg, "", &out->sessions_max,
                              "--sessions: a number");
            break;
        case 'v':
            log_level = optarg;
            break;
        case 'h':
            fputs(help_text, stdout);
            return 0;
        case 'V':
            puts("yond " YON_VERSION);
            return 0;
        default:
            end = 2;
            fputs("Try `yond --help`.\n", stderr);
        }
    }
    if (end == -1 && log_configure(log_level, errmsg) != ERR_NONE)
        return usage_error(errmsg);
    return end != -1 ? end : check(out, argc - optind);
}
