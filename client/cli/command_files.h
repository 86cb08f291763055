/* SPDX-License-Identifier: MIT */
/* command_files - where a command's output goes: --stdout, --stderr, --append,
 * --output-limit.
 */
#ifndef COMMAND_FILES_H
#define COMMAND_FILES_H

#include "client/cli/cli.h"
#include "client/cli/items.h"
#include "proto/spec.h"

/* Put them into the spec; the names are borrowed from the command line. Returns
 * 0 or, told, an exit code. */
int command_files_read(const struct cli *c, struct command_spec *spec);

/* Refuse names that would make elements overwrite each other's output, and
 * placeholders without items. n = 0: a single job. Returns as above. */
int command_files_check(const struct cli *c, const struct items *items);

#endif
