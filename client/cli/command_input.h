/* SPDX-License-Identifier: MIT */
/* command_input - the stdin of a command that is handed in: --stdin, and what
 * yon run itself has. */
#ifndef COMMAND_INPUT_H
#define COMMAND_INPUT_H

#include "client/cli/cli.h"
#include "client/cli/give_stdin.h"

/* Zeroed memory: none. */
struct command_input {
    struct buf stored;       /* handed in with the job */
    struct give_stdin *give; /* else given to its program; NULL: nothing is */
    struct give_ticket ticket;
};

/* Read what is stored, or begin to give it. Returns 0 or, told, an exit code.
 * Inside a coroutine. */
int command_input_begin(const struct cli *c, struct command_input *out);
void command_input_fini(struct command_input *in);

#endif
