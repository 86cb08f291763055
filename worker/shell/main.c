/* SPDX-License-Identifier: MIT */
/* yon-worker - runs the jobs that the coordinator gives it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "modules.h"
#include "serve.h"

/* Pipes of programs must not get the numbers 0 to 2. */
static void open_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Each program needs a few descriptors. Returns what programs shall get: the
 * limit as it was. */
static rlim_t raise_file_limit(void)
{
    struct rlimit limit;
    rlim_t before;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? before : 0;
}

static int load_and_serve(const struct config *config)
{
    struct modules modules = { 0 };
    char errmsg[ERRMSG_LEN];
    int code = 0;

    for (size_t i = 0; i < config->n_loads && code == 0; i++) {
        if (modules_load(&modules, config->loads[i], errmsg) != ERR_NONE) {
            fprintf(stderr, "yon-worker: %s\n", errmsg);
            code = 1;
        }
    }
    if (code == 0)
        code = serve(config, &modules, raise_file_limit());
    modules_fini(&modules);
    return code;
}

int main(int argc, char **argv)
{
    struct config config;
    int code;

    open_standard_files();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, the ends of programs would be lost */
    code = config_read(argc, argv, &config);
    if (code == -1)
        code = load_and_serve(&config);
    config_fini(&config);
    return code;
}
