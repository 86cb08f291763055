/* SPDX-License-Identifier: MIT */
/* program - a command as the kernel takes it: arguments, environment, folder.
 */
#include "worker/shell/exec/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/render.h"
#include "proto/spec.h"
#include "worker/shell/exec/sweep.h"

#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"
#define PASS_MAX 64 /* names that a spec may leave to the worker */

/* Variables that a program gets from the worker, unless it has the environment
 * of its submitter. */
static const char *const inherited[] = { "PATH", "HOME",   "LANG", "LC_ALL",
                                         "TZ",   "TMPDIR", "USER", "LOGNAME" };
/* Variables that a job cannot set: the worker does. */
static const char *const identity[] = { "YON_JOB",      "YON_ATTEMPT",
                                        "YON_TRIES",    "YON_SERVER",
                                        SWEEP_VARIABLE, "YON_INDEX",
                                        "YON_ITEM" };

/* ---- lists of strings, ended by NULL ---- */

static void strings_free(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

/* ---- arguments ---- */

static enum err make_argv(const struct assignment *from, struct names argv,
                          struct program *out, char *errmsg)
{
    char number[ASSIGNMENT_NUMBER_LEN];
    struct render with = { .item = from->item,
                           .number = assignment_number(from, number),
                           .len_max = PROGRAM_LEN_MAX };
    struct buf text = { 0 };
    enum err err = ERR_NONE;

    out->argv = xcalloc(argv.n + 1, sizeof *out->argv);
    for (size_t i = 0; i < argv.n && err == ERR_NONE; i++) {
        buf_clear(&text);
        if (from->array)
            err = render_text(&text, argv.at[i], &with);
        else
            buf_add_view(&text, argv.at[i]);
        out->argv[i] = xmemdup0(text.data, text.len);
        with.len_max -= err == ERR_NONE ? text.len : 0;
    }
    buf_fini(&text);
    if (err != ERR_NONE)
        return err_set(errmsg, err, "the arguments are longer than %u bytes",
                       PROGRAM_LEN_MAX);
    return ERR_NONE;
}

static enum err make_file(const struct assignment *from, struct view name,
                          char **out, char *errmsg)
{
    char number[ASSIGNMENT_NUMBER_LEN];
    struct render with = { .item = from->item,
                           .number = assignment_number(from, number),
                           .len_max = PATH_MAX };
    struct buf text = { 0 };
    enum err err = ERR_NONE;

    if (name.len == 0)
        return ERR_NONE;
    if (from->array)
        err = render_text(&text, name, &with);
    else
        buf_add_view(&text, name);
    if (err == ERR_NONE)
        *out = xmemdup0(text.data, text.len);
    else
        err_set(errmsg, err,
                "the name of a file for its output is longer than %d bytes",
                PATH_MAX);
    buf_fini(&text);
    return err;
}

static enum err make_files(const struct assignment *from,
                           const struct command_spec *spec, struct program *out,
                           char *errmsg)
{
    enum err err = make_file(from, spec->out_file, &out->out_file, errmsg);

    if (err == ERR_NONE)
        err = make_file(from, spec->err_file, &out->err_file, errmsg);
    out->append = spec->append;
    return err;
}

/* ---- environment ---- */

struct env {
    char **list;
    size_t n, cap;
    size_t len; /* bytes of all entries */
};

static void env_add(struct env *env, struct view key, struct view value)
{
    struct buf text = { 0 };

    ASSERT(env->n + 1 < env->cap);
    buf_add_view(&text, key);
    buf_add(&text, "=", 1);
    buf_add_view(&text, value);
    env->list[env->n++] = xmemdup0(text.data, text.len);
    env->len += text.len;
    buf_fini(&text);
}

static void env_add_text(struct env *env, const char *key, const char *value)
{
    env_add(env, view_str(key), view_str(value));
}

static bool is_listed(const char *const *names, size_t n, struct view name)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal(view_str(names[i]), name))
            return true;
    return false;
}

static bool is_given(struct labels env, const char *name)
{
    for (size_t i = 0; i < env.n; i++)
        if (view_equal(env.at[i].key, view_str(name)))
            return true;
    return false;
}

/* A variable of the job replaces the worker's. */
static void add_inherited(struct env *env, const struct command_spec *spec)
{
    for (size_t k = 0; k < ARRAY_LEN(inherited); k++) {
        const char *value = getenv(inherited[k]);

        if (value != NULL && !is_given(spec->env, inherited[k]))
            env_add_text(env, inherited[k], value);
    }
}

/* What the submitter has left to the worker's machine. */
static void add_passed(struct env *env, struct names pass)
{
    for (size_t i = 0; i < pass.n && i < PASS_MAX; i++) {
        char *name = xmemdup0(pass.at[i].data, pass.at[i].len);
        const char *value = getenv(name);

        if (value != NULL &&
            !is_listed(identity, ARRAY_LEN(identity), pass.at[i]))
            env_add_text(env, name, value);
        free(name);
    }
}

static void add_labels(struct env *env, struct labels from)
{
    for (size_t i = 0; i < from.n; i++)
        if (!is_listed(identity, ARRAY_LEN(identity), from.at[i].key))
            env_add(env, from.at[i].key, from.at[i].value);
}

static bool has_path(const struct env *env)
{
    for (size_t i = 0; i < env->n; i++)
        if (strncmp(env->list[i], "PATH=", 5) == 0)
            return true;
    return false;
}

static void add_identity(struct env *env, const struct assignment *from)
{
    const char *mark = getenv(SWEEP_VARIABLE);
    unsigned long long job = from->id.job;
    char number[ASSIGNMENT_NUMBER_LEN], text[sizeof number + 32];

    assignment_number(from, number);
    if (from->array)
        snprintf(text, sizeof text, "%llu.%s", job, number);
    else
        snprintf(text, sizeof text, "%llu", job);
    env_add_text(env, "YON_JOB", text);
    snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)from->id.epoch,
             (unsigned long long)from->id.attempt);
    env_add_text(env, "YON_ATTEMPT", text);
    snprintf(text, sizeof text, "%u", from->tries);
    env_add_text(env, "YON_TRIES", text);
    env_add_text(env, "YON_SERVER", from->server);
    if (mark != NULL)
        env_add_text(env, SWEEP_VARIABLE, mark);
    if (!from->array)
        return;
    env_add_text(env, "YON_INDEX", number);
    env_add(env, view_str("YON_ITEM"), from->item);
}

static enum err make_envp(const struct assignment *from,
                          const struct command_spec *spec, struct program *out,
                          char *errmsg)
{
    const struct command_around *around = &spec->around;
    struct env env = { .cap = ARRAY_LEN(inherited) + ARRAY_LEN(identity) +
                              PASS_MAX + around->env.n + spec->env.n + 2 };

    env.list = xcalloc(env.cap, sizeof *env.list);
    out->envp = env.list;
    if (around->has_env)
        add_passed(&env, around->pass);
    else
        add_inherited(&env, spec);
    add_labels(&env, around->env);
    add_labels(&env, spec->env);
    if (!has_path(&env))
        env_add_text(&env, "PATH", PATH_DEFAULT);
    add_identity(&env, from);
    if (env.len > PROGRAM_LEN_MAX)
        return err_set(errmsg, ERR_LIMIT,
                       "the environment is longer than %u bytes",
                       PROGRAM_LEN_MAX);
    return ERR_NONE;
}

/* ---- limits ---- */

static void make_limits(const struct command_around *around,
                        struct program *out)
{
    out->umask = around->has_umask ? (int)around->umask : -1;
    for (size_t i = 0; i < around->ulimits.n; i++) {
        const struct command_ulimit *limit = &around->ulimits.at[i];

        /* One that this system does not know limits nothing here. */
        (void)rlimits_add(&out->limits, limit->name, limit->soft, limit->hard);
    }
}

/* ---- the environment ---- */

/* `room` holds what the list looks into. */
static enum err unpack_env(struct command_around *around,
                           struct spec_arena *arena, struct buf *room,
                           char *errmsg)
{
    struct view in = around->env_zstd;
    unsigned long long len;
    size_t n;

    if (in.len == 0)
        return ERR_NONE;
    len = ZSTD_getFrameContentSize(in.data, in.len);
    if (len > SPEC_ENV_MAX) /* errors are the largest numbers */
        return err_set(errmsg, ERR_FORMAT,
                       "the environment is damaged, or too large");
    n = ZSTD_decompress(buf_room(room, len), len, in.data, in.len);
    if (n != len)
        return err_set(errmsg, ERR_FORMAT, "the environment is damaged");
    room->len = n;
    around->has_env = true;
    return command_env_decode(arena, buf_view(room), &around->env, errmsg);
}

/* ---- all of it ---- */

enum err program_make(const struct assignment *from, struct program *out,
                      char *errmsg)
{
    struct spec_arena arena = { 0 };
    struct buf env = { 0 };
    struct command_spec spec;
    enum err err;

    *out = (struct program){ 0 };
    err = command_spec_decode(&arena, from->spec, &spec, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = unpack_env(&spec.around, &arena, &env, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = make_argv(from, spec.argv, out, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = make_envp(from, &spec, out, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = make_files(from, &spec, out, errmsg);
    if (err != ERR_NONE)
        goto out;
    if (spec.cwd.len > 0)
        out->cwd = xmemdup0(spec.cwd.data, spec.cwd.len);
    make_limits(&spec.around, out);
    out->one_output = spec.around.one_output && out->out_file == NULL &&
                      out->err_file == NULL;
    out->output_limit = spec.output_limit;
    out->input = spec.input;
    out->ticket = spec.ticket;
out:
    if (err != ERR_NONE)
        program_fini(out);
    spec_arena_fini(&arena);
    buf_fini(&env);
    return err;
}

void program_fini(struct program *p)
{
    strings_free(p->argv);
    strings_free(p->envp);
    free(p->cwd);
    free(p->out_file);
    free(p->err_file);
    *p = (struct program){ 0 };
}
