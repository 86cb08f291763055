/* SPDX-License-Identifier: MIT */
/* help - texts made from the table of commands. */
#include "client/cli/help.h"

#include <string.h>

static const char start_here[] =
    "Start here\n"
    "  yon up -d                           coordinator and a worker on this "
    "machine\n"
    "  yon run -- make -j4                 run a command, keep its exit "
    "code\n"
    "  yon call resize path=a.png w:=800   call a worker's function, print its "
    "result\n"
    "  yon submit --each-line urls.txt -- curl -sI {}\n";

static bool is_first_of_group(const struct cli_command *c)
{
    for (const struct cli_command *k = commands; k != c; k++)
        if (strcmp(k->group, c->group) == 0)
            return false;
    return true;
}

static void add_group(struct buf *out, const char *group)
{
    buf_addf(out, "\n%s\n", group);
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        if (strcmp(c->group, group) == 0)
            buf_addf(out, "  %-12s %s\n", c->name, c->summary);
}

void help_add_overview(struct buf *out)
{
    buf_addf(out,
             "yon - run jobs on a cluster and await their results\n\n"
             "Usage: yon [GLOBAL] COMMAND [ARGS]\n\n%s",
             start_here);
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        if (is_first_of_group(c))
            add_group(out, c->group);
    option_add_help(out, "Global options", global_options);
    buf_addf(out, "\nyon COMMAND --help shows examples first.\n");
}

static void add_indented(struct buf *out, const char *lines)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");

        buf_addf(out, "  %.*s\n", (int)len, lines);
        lines += len;
        lines += *lines == '\n';
    }
}

void help_add_command(struct buf *out, const struct cli_command *c)
{
    buf_addf(out, "yon %s - %s\n\nExamples\n", c->name, c->summary);
    add_indented(out, c->examples);
    buf_addf(out, "\nUsage: yon %s%s%s\n", c->name, *c->usage ? " " : "",
             c->usage);
    option_add_help(out, "Options", c->options);
    if (c->notes != NULL)
        buf_addf(out, "\n%s\n", c->notes);
    option_add_help(out, "Global options", global_options);
}
