/* SPDX-License-Identifier: MIT */
/* yond_config - the table of yond's options.
 *
 * How to add one: libcommon/option.h.
 */
#include "coordinator/shell/yond_config.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/daemon.h"

#define LEASE_MAX_S 3600
#define LEASE_HERE_S 40
#define LEASE_TCP_S 60 /* a network may be away for half a minute */
#define KEEP_LEAST_MS                                      \
    60000 /* a client that waits has time to fetch its end \
           */
#define KEEP_MIN_MS 1000

/* ---- --keep ---- */

static unsigned state_of(const char *name, size_t len)
{
    for (unsigned s = STATE_DONE; s < STATE_COUNT; s++)
        if (strlen(state_name(s)) == len &&
            strncmp(state_name(s), name, len) == 0)
            return s;
    return 0;
}

/* One "failed=30d". */
static enum err read_keep_rule(const char *rule, struct retention *out,
                               char *errmsg)
{
    const char *value = strchr(rule, '=');
    unsigned state = value == NULL ? 0 : state_of(rule, (size_t)(value - rule));
    int64_t ms = 0; /* for ever */

    if (state == 0)
        return err_set(errmsg, ERR_FORMAT,
                       "--keep wants STATE=TIME,... where STATE is done, "
                       "failed, cancelled, expired or lost, not \"%s\"",
                       rule);
    if (strcmp(value + 1, "ever") != 0 &&
        (duration_parse(value + 1, &ms) != ERR_NONE || ms < KEEP_MIN_MS))
        return err_set(errmsg, ERR_FORMAT,
                       "--keep wants a time like 90s, 12h or 30d, at least 1s, "
                       "or ever, not \"%s\"",
                       value + 1);
    out->keep_ms[state] = ms;
    return ERR_NONE;
}

static enum err read_keep(void *config, const char *text, char *errmsg)
{
    struct yond_config *c = config;
    enum err err = ERR_NONE;

    while (*text != '\0' && err == ERR_NONE) {
        size_t len = strcspn(text, ", ");
        char *rule = xmemdup0(text, len);

        if (len > 0)
            err = read_keep_rule(rule, &c->retention, errmsg);
        free(rule);
        text += len + (text[len] != '\0');
    }
    return err;
}

/* ---- --listen ---- */

static enum err read_listen(void *config, const char *text, char *errmsg)
{
    struct yond_config *c = config;

    if (c->n_listen == YOND_LISTEN_MAX)
        return err_set(errmsg, ERR_LIMIT, "--listen: at most %d endpoints",
                       YOND_LISTEN_MAX);
    c->listen[c->n_listen++] = text;
    return ERR_NONE;
}

/* ---- the table ---- */

#define FIELD(field) OPTION_FIELD(struct yond_config, field)
#define TEXT(NAME, VALUE, PLACE, HELP)                                         \
    {                                                                          \
        .name = NAME, .value = VALUE, .type = OPTION_TEXT, .help = HELP, PLACE \
    }
#define NUMBER(TYPE, NAME, VALUE, PLACE, MIN, MAX, OTHERWISE, HELP)         \
    {                                                                       \
        .name = NAME, .value = VALUE, .type = TYPE, .min = MIN, .max = MAX, \
        .otherwise = OTHERWISE, .help = HELP, PLACE                         \
    }

static const struct option options[] = {
    { .name = "listen",
      .value = "ENDPOINT",
      .type = OPTION_TEXT,
      .is_list = true,
      .read = read_listen,
      .help = "ipc://PATH for this user, or tcp://ADDRESS:PORT for the keys in "
              "--keys; may be given again" },
    TEXT("keys", "DIR", FIELD(keys),
         "has server.key and authorized_keys, as yon key makes them; SIGHUP "
         "reads the list again"),
    TEXT("db", "FILE", FIELD(db), "the database; made when it does not exist"),
    NUMBER(OPTION_NUMBER, "lease", "SECONDS", FIELD(lease_s), 1, LEASE_MAX_S,
           NULL,
           "silence after which a worker counts as lost (40; 60 with a tcp "
           "endpoint); make it shorter only when no worker runs"),
    { .name = "keep",
      .value = "STATE=TIME,...",
      .type = OPTION_TEXT,
      .is_list = true,
      .read = read_keep,
      .otherwise = "done=7d, cancelled=7d, failed=30d, expired=30d, lost=30d",
      .help = "how long an ended job is kept, by its state; TIME may be ever" },
    { .name = "trust-clock",
      .type = OPTION_FLAG,
      .help = "the clock is right about how long the machine was down: count "
              "all of it, not an hour at most, for --keep and deadlines",
      FIELD(retention.trust_wall) },
    NUMBER(OPTION_NUMBER, "keep-jobs", "N", FIELD(retention.jobs_max), 0,
           INT64_MAX, "10000000",
           "most jobs and arrays that are kept: the oldest ended ones go "
           "first; 0: no limit"),
    NUMBER(OPTION_SIZE, "keep-bytes", "SIZE", FIELD(retention.bytes_max), 0,
           INT64_MAX, "16G", "the same for the size of the database"),
    NUMBER(OPTION_NUMBER, "queue-jobs", "N", FIELD(queue_max), 1, INT64_MAX,
           "100000000",
           "most jobs and elements that have not ended: further submits have "
           "to wait"),
    NUMBER(OPTION_SIZE, "queue-bytes", "SIZE", FIELD(queue_bytes_max), 1,
           INT64_MAX, NULL,
           "the same for the memory that they take, arguments and items "
           "included; default: half of what yond can get, 4G at most"),
    NUMBER(OPTION_NUMBER, "sessions", "N", FIELD(sessions_max), 1, UINT32_MAX,
           "65536", "clients and workers at once"),
    OPTION_END,
};

static bool is_tcp(const char *endpoint)
{
    return strncmp(endpoint, "tcp:", 4) == 0;
}

static enum err check(void *config, char *errmsg)
{
    struct yond_config *c = config;
    bool has_tcp = false;

    if (c->n_listen == 0)
        return err_set(errmsg, ERR_SHORT, "--listen ENDPOINT is missing");
    for (unsigned i = 0; i < c->n_listen; i++) {
        has_tcp |= is_tcp(c->listen[i]);
        if (c->keys == NULL && is_tcp(c->listen[i]))
            return err_set(errmsg, ERR_SHORT,
                           "--listen %.80s: whoever may connect there runs "
                           "commands as you, so it takes keys: give --keys "
                           "DIR, or start it with `yon up --listen`",
                           c->listen[i]);
    }
    if (c->lease_s == 0)
        c->lease_s = has_tcp ? LEASE_TCP_S : LEASE_HERE_S;
    if (c->db == NULL)
        return err_set(errmsg, ERR_SHORT, "--db FILE is missing");
    return ERR_NONE;
}

static const struct daemon about = {
    .name = "yond",
    .summary = "the coordinator of yon: keeps jobs, gives them to workers",
    .usage = "--listen ENDPOINT --db FILE [OPTIONS]",
    .options = options,
    .notes = "To try yon out, `yon up` starts yond and workers together.",
    .check = check,
};

int yond_config_read(int argc, char **argv, struct yond_config *out)
{
    *out = (struct yond_config){ .retention.least_ms = KEEP_LEAST_MS };
    return daemon_read(&about, argc, argv, out);
}
