/* SPDX-License-Identifier: MIT */
/* yond - the coordinator. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "config.h"
#include "serve.h"

int main(int argc, char **argv)
{
    struct config config;
    char errmsg[ERRMSG_LEN] = "";
    int end = config_read(argc, argv, &config);

    if (end != -1)
        return end;
    signal(SIGPIPE, SIG_IGN);
    umask(0077); /* jobs are nobody else's business */
    if (serve(&config, errmsg) != ERR_NONE) {
        fprintf(stderr, "yond: %s\n", errmsg);
        return 1;
    }
    return 0;
}
