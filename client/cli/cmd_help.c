/* SPDX-License-Identifier: MIT */
/* yon help, yon version: what needs no coordinator. */
#include "client/cli/cmd.h"
#include "client/cli/help.h"

/* The command that the help is about; NULL: all of them. */
static const struct cli_command *topic(const struct cli *c)
{
    const struct options *o = &c->options;

    if (c->command == NULL || c->command->run != cmd_help)
        return c->command;
    return o->n_args > 0 ? command_find(o->args[0]) : NULL;
}

int cmd_help(struct cli *c)
{
    const struct cli_command *command = topic(c);
    const struct options *o = &c->options;
    bool is_topic =
        c->command != NULL && c->command->run == cmd_help && o->n_args > 0;
    char errmsg[ERRMSG_LEN] = "";
    struct buf text = { 0 };

    if (is_topic && command == NULL) {
        (void)command_unknown(o->args[0], errmsg);
        c->command = NULL; /* the overview names what there is */
        return cli_usage(c, "%s", errmsg);
    }
    if (is_topic && o->n_args > 1)
        return cli_usage(c, "help is about one command at a time");
    if (command != NULL)
        help_add_command(&text, command);
    else
        help_add_overview(&text);
    output_put(buf_view(&text));
    buf_fini(&text);
    return EXITS_DONE;
}

static json_t *version_doc(void *arg, const void *thing)
{
    (void)arg;
    return json_pack("{s:s, s:s}", "schema", "yon.version/1", "version", thing);
}

static void version_text(void *arg, const void *thing, struct buf *out)
{
    (void)arg;
    buf_addf(out, "yon %s\n", (const char *)thing);
}

int cmd_version(struct cli *c)
{
    static const struct output_view view = { .doc = version_doc,
                                             .text = version_text };

    if (c->command != NULL && c->command->run == cmd_version &&
        c->options.n_args > 0)
        return cli_no_args(c);
    output_one(c->output, &view, NULL, yon_version());
    return EXITS_DONE;
}
