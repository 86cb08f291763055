/* SPDX-License-Identifier: MIT */
/* command_line - finds commands of yon, and reads its command line. */
#include "client/cli/command_line.h"

#include <string.h>

#include "libcommon/near.h"

const struct cli_command *command_find(const char *name)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

enum err command_unknown(const char *name, char *errmsg)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        if (near_names(name, c->name))
            return err_set(errmsg, ERR_FORMAT,
                           "no command \"%s\"; did you mean \"%s\"?", name,
                           c->name);
    return err_set(errmsg, ERR_FORMAT, "no command \"%s\"", name);
}

enum err command_line_read(int argc, char **argv, struct options *out,
                           const struct cli_command **command, char *errmsg)
{
    struct options_rules rules = { .shared = global_options,
                                   .stop_at_word = true };
    const char *word;
    enum err err;

    *command = NULL;
    options_init(out, argc, argv);
    err = options_read(out, &rules, errmsg);
    if (err != ERR_NONE || (word = options_take_word(out)) == NULL)
        return err;
    *command = command_find(word);
    if (*command == NULL)
        return command_unknown(word, errmsg);
    rules = (struct options_rules){ .who = (*command)->name,
                                    .own = (*command)->options,
                                    .shared = global_options,
                                    .stop_at_word = (*command)->takes_command };
    err = options_read(out, &rules, errmsg);
    if (err == ERR_NONE && options_has(out, OPT_CALL)) {
        /* No command, whose options are its own, but words of a call. */
        rules.stop_at_word = false;
        rules.stop_at = ":::";
        err = options_read(out, &rules, errmsg);
    }
    if (err == ERR_NONE)
        options_take_rest(out);
    return err;
}
