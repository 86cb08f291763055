/* SPDX-License-Identifier: MIT */
/* yon key: keys of peers on other machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/cmd.h"
#include "client/cli/json.h"
#include "client/cli/keydir.h"
#include "client/cli/table.h"
#include "libcommon/utc.h"

static int fail_no_address(const struct cli *c)
{
    return cli_fail(c,
                    (struct fault){ EXITS_FAILED, ERR_ABSENT,
                                    "start it once with: yon up --listen "
                                    "[HOST][:PORT]" },
                    "nobody can connect from elsewhere yet");
}

/* ---- new ---- */

static int read_rights(const struct cli *c, struct key_entry *e)
{
    const char *roles = options_text(&c->options, OPT_ROLE, NULL);
    int64_t in_ms = options_duration(&c->options, OPT_EXPIRES, 0);
    char errmsg[ERRMSG_LEN];

    if (roles == NULL)
        return cli_usage(c, "--role is missing: work for a worker, admin for "
                            "commands");
    if (key_roles_parse(roles, &e->roles, errmsg) != ERR_NONE)
        return cli_usage(c, "--role: %s", errmsg);
    e->expires_ms = INT64_MAX;
    if (in_ms > 0)
        e->expires_ms = ((int64_t)time(NULL) + in_ms / 1000) * 1000;
    return EXITS_DONE;
}

static int read_name(const struct cli *c, struct key_entry *e)
{
    const char *name = c->options.n_args == 2 ? c->options.args[1] : "";

    if (c->options.n_args != 2)
        return cli_usage(c, "yon key new wants one name");
    if (!key_name_is_good(name))
        return cli_usage(c,
                         "\"%.70s\" is not a name: letters, digits and "
                         ". - _ @, at most %d",
                         name, KEY_NAME_MAX);
    snprintf(e->name, sizeof e->name, "%s", name);
    return EXITS_DONE;
}

static int key_new(struct cli *c, struct keydir *k)
{
    struct key_entry e = { 0 };
    char by_default[KEY_NAME_MAX + sizeof ".access"];
    const char *path;
    int code = read_name(c, &e);

    if (code == EXITS_DONE)
        code = read_rights(c, &e);
    if (code != EXITS_DONE)
        return code;
    if (k->n_addresses == 0)
        return fail_no_address(c);
    snprintf(by_default, sizeof by_default, "%s.access", e.name);
    path = options_text(&c->options, OPT_FILE, by_default);
    code = keydir_add(c, k, e, path);
    if (code != EXITS_DONE)
        return code;
    printf("%s\n", path);
    cli_say(c, "     it is all that a peer needs, and as secret as a "
               "password. There:");
    if (e.roles & KEY_ROLE_WORK)
        cli_say(c, "     yon-worker --access %s", path);
    if (e.roles & KEY_ROLE_ADMIN)
        cli_say(c, "     yon --access %s status", path);
    return EXITS_DONE;
}

/* ---- ls ---- */

static json_t *entry_doc(void *arg, const void *thing)
{
    const struct key_entry *e = thing;
    char text[KEY_TEXT_LEN];
    struct buf roles = { 0 }, expires = { 0 };
    json_t *doc;

    (void)arg;
    key_format(KEY_PUBLIC, &e->key, text);
    key_roles_add(&roles, e->roles);
    if (e->expires_ms != INT64_MAX)
        utc_add(&expires, e->expires_ms);
    doc = json_pack("{s:s, s:s, s:s, s:o}", "name", e->name, "key", text,
                    "roles", buf_text(&roles), "expires",
                    expires.len > 0 ? json_string(buf_text(&expires))
                                    : json_null());
    buf_fini(&roles);
    buf_fini(&expires);
    return doc;
}

static void entry_text(void *arg, const void *thing, struct buf *out)
{
    const struct key_entry *e = thing;
    struct table *t = arg;
    struct buf cell = { 0 };
    char text[KEY_TEXT_LEN];

    (void)out;
    table_add(t, view_str(e->name));
    key_roles_add(&cell, e->roles);
    table_add(t, buf_view(&cell));
    buf_clear(&cell);
    if (e->expires_ms == INT64_MAX)
        buf_addf(&cell, "never");
    else
        utc_add(&cell, e->expires_ms);
    table_add(t, buf_view(&cell));
    if (!key_entry_is_valid(e, (int64_t)time(NULL) * 1000))
        table_style(t, TABLE_RED);
    key_format(KEY_PUBLIC, &e->key, text);
    table_add(t, view_str(text));
    buf_fini(&cell);
}

static void entries_end(void *arg, struct buf *out)
{
    table_print(arg, 0, out);
}

static int key_ls(struct cli *c, struct keydir *k)
{
    static const char *const headings[] = { "NAME", "ROLES", "EXPIRES", "KEY",
                                            NULL };
    static const struct output_view view = { .text = entry_text,
                                             .end = entries_end,
                                             .doc = entry_doc,
                                             .schema = "yon.keys/1",
                                             .key = "keys" };
    struct output o;
    struct table t;

    if (c->options.n_args != 1)
        return cli_usage(c, "yon key ls takes no arguments");
    table_init(&t, headings);
    t.color = c->color_out;
    output_init(&o, c->output, &view, &t);
    for (size_t i = 0; i < k->list.n; i++)
        output_add(&o, &k->list.at[i]);
    output_end(&o);
    output_fini(&o);
    table_fini(&t);
    return EXITS_DONE;
}

/* ---- rm ---- */

static int key_rm(struct cli *c, struct keydir *k)
{
    const struct options *o = &c->options;
    int code;

    if (o->n_args < 2)
        return cli_usage(c, "yon key rm wants names");
    code = keydir_remove(c, k, o->args + 1, o->n_args - 1);
    if (code == EXITS_DONE)
        cli_say(c, "     whoever is connected with it is cut off now");
    return code;
}

/* ---- which ---- */

int cmd_key(struct cli *c)
{
    static const struct {
        const char *name;
        int (*run)(struct cli *c, struct keydir *k);
    } verbs[] = { { "new", key_new }, { "ls", key_ls }, { "rm", key_rm } };
    const char *verb = c->options.n_args > 0 ? c->options.args[0] : "";
    struct keydir k = { .lock_fd = -1 };
    struct rundir rundir = { .lock_fd = -1 };
    int code;

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, verb) != 0)
            continue;
        code = rundir_make(c, &rundir);
        if (code == EXITS_DONE)
            code = keydir_open(c, &rundir, &k);
        if (code == EXITS_DONE)
            code = verbs[i].run(c, &k);
        keydir_close(&k);
        rundir_fini(&rundir);
        return code;
    }
    return cli_usage(c, "yon key new, ls or rm?");
}
