/* SPDX-License-Identifier: MIT */
/* surroundings - environment, umask and limits of the submitter, for a spec. */
#include "client/cli/surroundings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/endpoint.h"
#include "libcommon/rt/zmq/address.h"

/* What names this machine, and means nothing on another. `yon run --help`
 * and docs/processes.md have the same list. */
static const char *const of_machine[] = {
    "HOSTNAME",        "DISPLAY", "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR", "TMPDIR",  "DBUS_SESSION_BUS_ADDRESS",
    "YON_ACCESS",
};
#define SSH_PREFIX "SSH_"
/* Those of them that another machine has for its own programs. */
static const struct view passed[] = {
    { (const uint8_t *)"HOSTNAME", 8 },
    { (const uint8_t *)"XDG_RUNTIME_DIR", 15 },
    { (const uint8_t *)"TMPDIR", 6 },
};

bool surroundings_are_here(const struct cli *c)
{
    const char *given = options_text(&c->options, OPT_SERVER, NULL);
    char *server = NULL;
    bool is_here = address_resolve(given, &server, NULL) != ERR_NONE ||
                   endpoint_is_here(server);

    free(server);
    return is_here;
}

/* The name in NAME=VALUE; the value follows its "=". */
static struct view name_of(const char *entry)
{
    const char *equals = strchr(entry, '=');

    return view_of(entry,
                   equals != NULL ? (size_t)(equals - entry) : strlen(entry));
}

static bool is_of_machine(struct view name)
{
    size_t len = sizeof SSH_PREFIX - 1;

    for (size_t i = 0; i < ARRAY_LEN(of_machine); i++)
        if (view_equal(name, view_str(of_machine[i])))
            return true;
    return name.len >= len && memcmp(name.data, SSH_PREFIX, len) == 0;
}

/* The place of a name in a list, or its end. */
static size_t find(const struct label *list, size_t n, struct view name)
{
    size_t i = 0;

    while (i < n && !view_equal(list[i].key, name))
        i++;
    return i;
}

/* ---- --env ---- */

static int read_given(const struct cli *c, struct surroundings *s,
                      struct labels *out)
{
    const struct options *o = &c->options;
    size_t n = 0;

    s->given = xcalloc(o->n_given + 1, sizeof *s->given);
    for (size_t i = 0; i < o->n_given; i++) {
        const char *text = o->given[i].text;
        struct view name;
        const char *value;
        size_t at;

        if (o->given[i].option->id != OPT_ENV)
            continue;
        name = name_of(text);
        if (name.len == 0)
            return cli_usage(c, "--env %s: a name is missing, as in K=V", text);
        value = text[name.len] == '=' ? text + name.len + 1 : getenv(text);
        if (value == NULL)
            return cli_usage(c,
                             "--env %s: no such variable here; with a value: "
                             "--env %s=VALUE",
                             text, text);
        at = find(s->given, n, name);
        s->given[at] = (struct label){ name, view_str(value) };
        n += at == n; /* the last one of a name counts */
    }
    *out = (struct labels){ s->given, n };
    return EXITS_DONE;
}

/* ---- what is there ---- */

static void read_env(const struct cli *c, struct surroundings *s,
                     struct command_spec *spec)
{
    bool is_here = surroundings_are_here(c);
    size_t n = 0, n_all = 0;

    while (environ[n_all] != NULL)
        n_all++;
    s->env = xcalloc(n_all + 1, sizeof *s->env);
    for (size_t i = 0; i < n_all; i++) {
        struct view name = name_of(environ[i]);

        if (name.len == 0 || environ[i][name.len] != '=' ||
            (!is_here && is_of_machine(name)) ||
            find(spec->env.at, spec->env.n, name) < spec->env.n)
            continue;
        s->env[n++] =
            (struct label){ name, view_str(environ[i] + name.len + 1) };
    }
    spec->around.has_env = true;
    spec->around.env = (struct labels){ s->env, n };
    if (!is_here)
        spec->around.pass = (struct names){ passed, ARRAY_LEN(passed) };
}

static void read_limits(struct surroundings *s, struct command_around *out)
{
    struct rlimits limits;
    mode_t mask = umask(0);
    size_t n = 0;

    umask(mask);
    out->has_umask = true;
    out->umask = mask & 0777;
    rlimits_read(&limits);
    for (unsigned i = 0; i < RLIMITS_MAX; i++)
        if (limits.given >> i & 1)
            s->ulimits[n++] = (struct command_ulimit){
                .name = view_str(rlimits_name(i)),
                .soft = limits.at[i].rlim_cur,
                .hard = limits.at[i].rlim_max,
            };
    out->ulimits = (struct command_ulimits){ s->ulimits, n };
}

/* What is written to one file, or to a terminal, stays in order. */
static bool is_one_output(void)
{
    struct stat out, err, null;

    return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           out.st_dev == err.st_dev && out.st_ino == err.st_ino &&
           !(stat("/dev/null", &null) == 0 && out.st_dev == null.st_dev &&
             out.st_ino == null.st_ino);
}

int surroundings_read(const struct cli *c, struct surroundings *s,
                      struct command_spec *spec)
{
    int code = read_given(c, s, &spec->env);

    if (code != EXITS_DONE)
        return code;
    if (!options_has(&c->options, OPT_CLEAN_ENV))
        read_env(c, s, spec);
    if (spec->around.env.n + spec->env.n > ARGV_MAX)
        return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "the environment has more than %d variables; "
                        "--clean-env goes without",
                        ARGV_MAX);
    read_limits(s, &spec->around);
    spec->around.one_output = c->command->is_run && is_one_output();
    return EXITS_DONE;
}

static void compress(struct surroundings *s, struct view map,
                     struct command_around *around)
{
    size_t room = ZSTD_compressBound(map.len);
    size_t n = ZSTD_compress(buf_room(&s->packed, room), room, map.data,
                             map.len, ZSTD_CLEVEL_DEFAULT);

    if (ZSTD_isError(n) || n >= map.len)
        return;
    s->packed.len = n;
    around->env_zstd = buf_view(&s->packed);
    around->has_env = false;
    around->env = (struct labels){ 0 };
}

int surroundings_pack(const struct cli *c, struct surroundings *s,
                      struct command_spec *spec)
{
    struct buf map = { 0 };
    int code = EXITS_DONE;

    if (!spec->around.has_env)
        return EXITS_DONE;
    command_env_encode(&map, &spec->around.env);
    if (map.len > SPEC_ENV_MAX)
        code = cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                        "the environment has %zu bytes, at most %u; "
                        "--clean-env goes without",
                        map.len, SPEC_ENV_MAX);
    else
        compress(s, buf_view(&map), &spec->around);
    buf_fini(&map);
    return code;
}

void surroundings_fini(struct surroundings *s)
{
    buf_fini(&s->packed);
    free(s->env);
    free(s->given);
    *s = (struct surroundings){ 0 };
}
