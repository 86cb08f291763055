/* SPDX-License-Identifier: MIT */
/* yond - the coordinator. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "coordinator/shell/yond.h"
#include "coordinator/shell/yond_config.h"
#include "libcommon/rt/os/stdfiles.h"

/* Each connection needs a descriptor: as many as we may have. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer are better than none */
}

int main(int argc, char **argv)
{
    struct yond_config config;
    char errmsg[ERRMSG_LEN] = "";
    int end;

    stdfiles_open();
    end = yond_config_read(argc, argv, &config);
    if (end != -1)
        return end;
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    umask(0077); /* jobs are nobody else's business */
    if (serve(&config, errmsg) != ERR_NONE) {
        fprintf(stderr, "yond: %s\n", errmsg);
        return 1;
    }
    return 0;
}
