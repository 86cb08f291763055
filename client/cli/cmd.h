/* SPDX-License-Identifier: MIT */
/* cmd - the commands, each in its cmd_*.c: they return an exit code. */
#ifndef CMD_H
#define CMD_H

#include "client/cli/cli.h"

int cmd_up(struct cli *c);
int cmd_down(struct cli *c);
int cmd_run(struct cli *c);
int cmd_call(struct cli *c);
int cmd_submit(struct cli *c);
int cmd_ls(struct cli *c);
int cmd_show(struct cli *c);
int cmd_wait(struct cli *c);
int cmd_result(struct cli *c);
int cmd_logs(struct cli *c);
int cmd_cancel(struct cli *c);
int cmd_retry(struct cli *c);
int cmd_status(struct cli *c);
int cmd_workers(struct cli *c);
int cmd_functions(struct cli *c);
int cmd_version(struct cli *c);
int cmd_help(struct cli *c);

#endif
