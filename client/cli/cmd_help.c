/* SPDX-License-Identifier: MIT */
/* yon help, yon version: what needs no coordinator. */
#include <jansson.h>

#include "cmd.h"
#include "help.h"

/* The command that the help is about; NULL: all of them. */
static const struct command *topic(const struct cli *c)
{
    const struct options *o = &c->options;

    if (o->command == NULL || o->command->run != cmd_help)
        return o->command;
    return o->n_args > 0 ? command_find(o->args[0]) : NULL;
}

int cmd_help(struct cli *c)
{
    const struct command *command = topic(c);
    const struct options *o = &c->options;
    struct buf text = { 0 };

    if (command == NULL && o->command != NULL && o->command->run == cmd_help &&
        o->n_args > 0)
        return cli_usage(c, "no command \"%s\"", o->args[0]);
    if (command != NULL)
        help_add_command(&text, command);
    else
        help_add_overview(&text);
    cli_put(c, buf_view(&text));
    buf_fini(&text);
    return EXITS_DONE;
}

int cmd_version(struct cli *c)
{
    struct buf text = { 0 };

    if (cli_is_json(c)) {
        cli_put_json(c, json_pack("{s:s, s:s}", "schema", "yon.version/1",
                                  "version", yon_version()));
        return EXITS_DONE;
    }
    buf_addf(&text, "yon %s\n", yon_version());
    cli_put(c, buf_view(&text));
    buf_fini(&text);
    return EXITS_DONE;
}
