/* SPDX-License-Identifier: MIT */
/* yond_config - the settings of yond, from its command line. */
#ifndef YOND_CONFIG_H
#define YOND_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/store/retention.h"

#define YOND_LISTEN_MAX 8

struct yond_config {
    const char *listen[YOND_LISTEN_MAX]; /* endpoints */
    unsigned n_listen;
    const char *keys; /* directory of keyring.h; NULL: no tcp endpoint */
    const char *db;   /* path of the database */
    uint32_t lease_s;
    struct retention retention;
    uint64_t queue_max;       /* struct coord_config */
    uint64_t queue_bytes_max; /* likewise; 0: as much as memory allows */
    uint32_t sessions_max;
};

/* Read the command line. Returns -1 to go on, or the exit code with which to
 * end: 0 after --help and --version, 2 after a message about a wrong option.
 * The strings stay in argv. */
int yond_config_read(int argc, char **argv, struct yond_config *out);

#endif
