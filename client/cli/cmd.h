/* SPDX-License-Identifier: MIT */
/* cmd - the commands, each in its cmd_*.c: they return an exit code. */
#ifndef CMD_H
#define CMD_H

#include "client/cli/cli.h"

/* To add a command: see commands.c. */
#define CMD_LIST(X) \
    X(up)           \
    X(down)         \
    X(key)          \
    X(run)          \
    X(call)         \
    X(submit)       \
    X(ls)           \
    X(show)         \
    X(wait)         \
    X(result)       \
    X(logs)         \
    X(cancel)       \
    X(retry)        \
    X(status)       \
    X(workers)      \
    X(functions)    \
    X(doctor)       \
    X(version)      \
    X(help)

#define CMD_DECLARE(name) int cmd_##name(struct cli *c);
CMD_LIST(CMD_DECLARE)
#undef CMD_DECLARE

#define CMD_ONE(name) +1
enum { CMD_COUNT = CMD_LIST(CMD_ONE) };
#undef CMD_ONE

#endif
