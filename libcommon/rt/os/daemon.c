/* SPDX-License-Identifier: MIT */
/* daemon - the command line of a daemon: one table, into one struct. */
#include "libcommon/rt/os/daemon.h"

#include <stdio.h>

#include "libcommon/options.h"
#include "libcommon/rt/os/log.h"

/* Daemons use ids below these. */
enum { DAEMON_LOG_LEVEL = 1000, DAEMON_HELP, DAEMON_VERSION };

static const struct option shared[] = {
    { .id = DAEMON_LOG_LEVEL,
      .name = "log-level",
      .value = TRACE_LEVEL_CHOICES,
      .type = OPTION_CHOICE,
      .help = "what is logged (YON_LOG, else info)" },
    { .id = DAEMON_HELP, .letter = 'h', .name = "help", .help = "this text" },
    { .id = DAEMON_VERSION,
      .letter = 'V',
      .name = "version",
      .help = "the version" },
    OPTION_END,
};

static void print_help(const struct daemon *p)
{
    struct buf out = { 0 };

    buf_addf(&out, "%s - %s\n\nUsage: %s %s\n", p->name, p->summary, p->name,
             p->usage);
    option_add_help(&out, "Options", p->options);
    option_add_help(&out, "Common options", shared);
    if (p->notes != NULL)
        buf_addf(&out, "\n%s\n", p->notes);
    fputs(buf_text(&out), stdout);
    buf_fini(&out);
}

static enum err use(const struct daemon *p, const struct options *o,
                    void *config, char *errmsg)
{
    enum err err;

    if (o->n_args > 0 && p->take == NULL)
        return err_set(errmsg, ERR_FORMAT, "unexpected argument: \"%s\"",
                       o->args[0]);
    err = log_configure(options_text(o, DAEMON_LOG_LEVEL, NULL), errmsg);
    if (err == ERR_NONE)
        err = options_store(o, p->options, config, errmsg);
    for (size_t i = 0; err == ERR_NONE && i < o->n_args; i++)
        err = p->take(config, o->args[i], errmsg);
    if (err == ERR_NONE && p->check != NULL)
        err = p->check(config, errmsg);
    return err;
}

int daemon_read(const struct daemon *p, int argc, char **argv, void *config)
{
    struct options_rules rules = { .own = p->options,
                                   .shared = shared,
                                   .last_wins = true };
    char errmsg[ERRMSG_LEN] = "";
    struct options o;
    enum err err;
    int code = -1;

    options_init(&o, argc, argv);
    err = options_read(&o, &rules, errmsg);
    if (options_has(&o, DAEMON_HELP)) {
        print_help(p);
        code = 0;
    } else if (options_has(&o, DAEMON_VERSION)) {
        printf("%s %s\n", p->name, YON_VERSION);
        code = 0;
    } else if (err == ERR_NONE) {
        err = use(p, &o, config, errmsg);
    }
    options_fini(&o);
    if (code == -1 && err != ERR_NONE) {
        fprintf(stderr, "%s: %s\nTry `%s --help`.\n", p->name, errmsg, p->name);
        code = 2;
    }
    return code;
}
