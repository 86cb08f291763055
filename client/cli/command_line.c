/* SPDX-License-Identifier: MIT */
/* command_line - finds commands of yon, and reads its command line. */
#include "client/cli/command_line.h"

#include <string.h>

#include "client/cli/foreign.h"
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
    const char *here = foreign_command(name);

    if (here != NULL)
        return err_set(errmsg, ERR_FORMAT, "no command \"%s\": %s", name, here);
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        if (near_names(name, c->name))
            return err_set(errmsg, ERR_FORMAT,
                           "no command \"%s\"; did you mean \"%s\"?", name,
                           c->name);
    return err_set(errmsg, ERR_FORMAT, "no command \"%s\"", name);
}

/* Arguments of a call that look like options. */
static const char *option_instead(const char *who, const char *name)
{
    const char *here = foreign_option(who, name);

    if (here == NULL && who != NULL && strcmp(who, "call") == 0 &&
        name[1] == '-')
        return "arguments are KEY=TEXT and KEY:=JSON, without dashes";
    return here;
}

/* Before the name of a command it limits how long the coordinator may take;
 * behind it people mean something else. n_before: options before the name. */
static enum err check_timeout(const struct options *o, size_t n_before,
                              const struct cli_command *command, char *errmsg)
{
    bool waits = options_has(o, OPT_WAIT) || options_has(o, OPT_PROGRESS);

    for (size_t i = command->is_plain ? 0 : n_before;
         i < o->n_given && command->no_timeout != NULL && !waits; i++)
        if (o->given[i].option->id == OPT_TIMEOUT)
            return err_set(errmsg, ERR_FORMAT, "--timeout %s: %s",
                           o->given[i].text, command->no_timeout);
    return ERR_NONE;
}

enum err command_line_read(int argc, char **argv, struct options *out,
                           const struct cli_command **command, char *errmsg)
{
    struct options_rules rules = { .shared = global_options,
                                   .stop_at_word = true,
                                   .instead = foreign_option };
    const char *word;
    size_t n_before;
    enum err err;

    *command = NULL;
    options_init(out, argc, argv);
    err = options_read(out, &rules, errmsg);
    if (err != ERR_NONE || (word = options_take_word(out)) == NULL)
        return err;
    n_before = out->n_given;
    *command = command_find(word);
    if (*command == NULL)
        return command_unknown(word, errmsg);
    rules = (struct options_rules){ .who = (*command)->name,
                                    .own = (*command)->options,
                                    .shared = global_options,
                                    .stop_at_word = (*command)->takes_command,
                                    .instead = option_instead };
    err = options_read(out, &rules, errmsg);
    if (err == ERR_NONE && options_has(out, OPT_CALL)) {
        /* No command, whose options are its own, but words of a call. */
        rules.stop_at_word = false;
        rules.stop_at = ":::";
        err = options_read(out, &rules, errmsg);
    }
    if (err != ERR_NONE)
        return err;
    options_take_rest(out);
    return check_timeout(out, n_before, *command, errmsg);
}
