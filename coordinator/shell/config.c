/* SPDX-License-Identifier: MIT */
/* config - see config.h. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define LEASE_MIN_S 1
#define LEASE_MAX_S 3600

static const struct option options[] = {
    { "listen", required_argument, NULL, 'l' },
    { "db", required_argument, NULL, 'd' },
    { "lease", required_argument, NULL, 'L' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static const char help_text[] =
    "yond - the coordinator of yon: keeps jobs, gives them to workers\n"
    "\n"
    "Usage: yond --listen ENDPOINT --db FILE [--lease SECONDS]\n"
    "\n"
    "  --listen ENDPOINT  ipc://PATH, or tcp://127.0.0.1:PORT (loopback only: "
    "yon\n"
    "                     does not encrypt yet)\n"
    "  --db FILE          the database; made when it does not exist\n"
    "  --lease SECONDS    silence after which a worker counts as lost (10)\n"
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

static int check(const struct config *out, int n_left)
{
    if (n_left > 0)
        return usage_error("there are no arguments without an option");
    if (out->listen == NULL)
        return usage_error("--listen ENDPOINT is missing");
    if (out->db == NULL)
        return usage_error("--db FILE is missing");
    return -1;
}

int config_read(int argc, char **argv, struct config *out)
{
    int letter, end = -1;

    *out = (struct config){ .lease_ms = 10000 };
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
    return end != -1 ? end : check(out, argc - optind);
}
