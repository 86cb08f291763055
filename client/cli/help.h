/* SPDX-License-Identifier: MIT */
/* help - texts made from the table of commands. Pure. */
#ifndef HELP_H
#define HELP_H

#include "client/cli/command_line.h"
#include "libcommon/buf.h"

/* yon --help */
void help_add_overview(struct buf *out);
/* yon COMMAND --help: examples first. */
void help_add_command(struct buf *out, const struct cli_command *command);

#endif
