/* SPDX-License-Identifier: MIT */
/* keydir - files of keys. */
#include "client/cli/keydir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/private_file.h"
#include "libcommon/rt/zmq/curve.h"

#define SERVER_KEY "server.key"
#define LIST "authorized_keys"
#define ADDRESSES "addresses"
#define FILE_MAX (4u << 20)

static int fail(const struct cli *c, enum err err, const char *errmsg)
{
    return cli_fail(c, (struct fault){ EXITS_FAILED, err, "" }, "%s", errmsg);
}

static char *path_of(const struct keydir *k, const char *name)
{
    struct buf b = { 0 };
    char *path;

    buf_addf(&b, "%s/%s", k->path, name);
    path = xstrdup(buf_text(&b));
    buf_fini(&b);
    return path;
}

/* Of a file that is not there: nothing, and ERR_NONE. */
static enum err read_if_any(const struct keydir *k, const char *name,
                            struct buf *out, char *errmsg)
{
    char *path = path_of(k, name);
    enum err err = private_file_read(path, FILE_MAX, out, errmsg);

    free(path);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err write_file(const struct keydir *k, const char *name,
                           struct view bytes, char *errmsg)
{
    char *path = path_of(k, name);
    enum err err = private_file_write(path, bytes, false, errmsg);

    free(path);
    return err;
}

/* ---- the coordinator's key ---- */

static enum err server_make(struct keydir *k, char *errmsg)
{
    char text[KEY_TEXT_LEN + 1];
    struct curve_key secret;
    enum err err = curve_make(&k->server, &secret);

    if (err != ERR_NONE)
        return err_set(errmsg, err, "this libzmq was built without CURVE");
    key_format(KEY_SECRET, &secret, text);
    text[KEY_TEXT_LEN - 1] = '\n';
    err = write_file(k, SERVER_KEY, view_of(text, KEY_TEXT_LEN), errmsg);
    explicit_bzero(text, sizeof text);
    explicit_bzero(&secret, sizeof secret);
    k->is_new = err == ERR_NONE;
    return err;
}

static enum err server_take(struct keydir *k, struct buf *text, char *errmsg)
{
    struct curve_key secret;
    enum err err;

    buf_add(text, "", 1);
    text->data[strcspn((char *)text->data, "\r\n")] = '\0';
    err = key_parse(KEY_SECRET, (char *)text->data, &secret, errmsg);
    if (err == ERR_NONE)
        curve_public_of(&secret, &k->server);
    else
        err_wrap(errmsg, err, "%s/" SERVER_KEY, k->path);
    explicit_bzero(&secret, sizeof secret);
    explicit_bzero(text->data, text->cap);
    return err;
}

static enum err server_read(struct keydir *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err = read_if_any(k, SERVER_KEY, &text, errmsg);

    if (err == ERR_NONE)
        err = text.len == 0 ? server_make(k, errmsg)
                            : server_take(k, &text, errmsg);
    buf_fini(&text);
    return err;
}

/* ---- the list ---- */

static enum err list_write(const struct keydir *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err;

    buf_addf(&text, "# NAME KEY ROLES [expires=TIME], see yon key --help\n");
    for (size_t i = 0; i < k->list.n; i++)
        key_entry_add(&text, &k->list.at[i]);
    err = write_file(k, LIST, buf_view(&text), errmsg);
    buf_fini(&text);
    return err;
}

static enum err list_read(struct keydir *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err = read_if_any(k, LIST, &text, errmsg);

    if (err == ERR_NONE)
        err = key_list_parse(buf_view(&text), &k->list, errmsg);
    if (err != ERR_NONE)
        err_wrap(errmsg, err, "%s/" LIST, k->path);
    else if (text.len == 0)
        err = list_write(k, errmsg);
    buf_fini(&text);
    return err;
}

int keydir_write_list(const struct cli *c, const struct keydir *k)
{
    char errmsg[ERRMSG_LEN];
    enum err err = list_write(k, errmsg);

    return err == ERR_NONE ? EXITS_DONE : fail(c, err, errmsg);
}

/* ---- addresses ---- */

static enum err addresses_read(struct keydir *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err = read_if_any(k, ADDRESSES, &text, errmsg);
    char *rest = NULL, *line;

    if (err == ERR_NONE) {
        buf_add(&text, "", 1);
        line = strtok_r((char *)text.data, "\n", &rest);
        for (; line != NULL && k->n_addresses < ACCESS_SERVERS_MAX;
             line = strtok_r(NULL, "\n", &rest))
            snprintf(k->addresses[k->n_addresses++], sizeof k->addresses[0],
                     "%s", line);
    }
    buf_fini(&text);
    return err;
}

int keydir_set_addresses(const struct cli *c, struct keydir *k,
                         char *const *addresses, size_t n)
{
    char errmsg[ERRMSG_LEN];
    struct buf text = { 0 };
    enum err err;

    k->n_addresses = 0;
    for (size_t i = 0; i < n && i < ACCESS_SERVERS_MAX; i++) {
        snprintf(k->addresses[k->n_addresses++], sizeof k->addresses[0], "%s",
                 addresses[i]);
        buf_addf(&text, "%s\n", addresses[i]);
    }
    err = write_file(k, ADDRESSES, buf_view(&text), errmsg);
    buf_fini(&text);
    return err == ERR_NONE ? EXITS_DONE : fail(c, err, errmsg);
}

/* ---- a new key ---- */

/* The access file first: a key in the list that nobody has would be worse than
 * a file that is not let in. */
static enum err access_write(const struct keydir *k, const struct key_entry *e,
                             const struct curve_key *secret, const char *path,
                             char *errmsg)
{
    struct access a = { .n_servers = k->n_addresses,
                        .server = k->server,
                        .secret = *secret,
                        .expires_ms = e->expires_ms };
    struct buf text = { 0 };
    enum err err;

    memcpy(a.servers, k->addresses, sizeof a.servers);
    memcpy(a.name, e->name, sizeof a.name);
    access_add(&text, &a);
    err = private_file_write(path, buf_view(&text), true, errmsg);
    explicit_bzero(text.data, text.cap);
    buf_fini(&text);
    access_wipe(&a);
    return err;
}

int keydir_add(const struct cli *c, struct keydir *k, struct key_entry e,
               const char *path)
{
    char errmsg[ERRMSG_LEN];
    struct curve_key secret;
    enum err err;

    if (key_list_named(&k->list, e.name) != NULL)
        return cli_fail(c,
                        (struct fault){ EXITS_CONFLICT, ERR_EXISTS,
                                        "take another name, or take this one "
                                        "away first: yon key rm NAME" },
                        "there is a key named %s", e.name);
    err = curve_make(&e.key, &secret);
    if (err == ERR_NONE)
        err = access_write(k, &e, &secret, path, errmsg);
    else
        err_set(errmsg, err, "this libzmq was built without CURVE");
    explicit_bzero(&secret, sizeof secret);
    if (err != ERR_NONE)
        return fail(c, err, errmsg);
    k->list.at =
        vec_grow(k->list.at, &k->list.cap, k->list.n + 1, sizeof *k->list.at);
    k->list.at[k->list.n++] = e;
    return keydir_write_list(c, k);
}

/* ---- opening ---- */

static int lock(const struct cli *c, struct keydir *k)
{
    k->lock_fd = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->lock_fd < 0 || flock(k->lock_fd, LOCK_EX) != 0)
        return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "%s: %s", k->path, strerror(errno));
    return EXITS_DONE;
}

int keydir_open(const struct cli *c, const struct rundir *r, struct keydir *out)
{
    char errmsg[ERRMSG_LEN];
    struct buf path = { 0 };
    enum err err;
    int code;

    *out = (struct keydir){ .lock_fd = -1 };
    buf_addf(&path, "%s/keys", r->dir);
    out->path = xstrdup(buf_text(&path));
    buf_fini(&path);
    if (mkdir(out->path, 0700) != 0 && errno != EEXIST)
        return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "%s: %s", out->path, strerror(errno));
    code = lock(c, out);
    if (code != EXITS_DONE)
        return code;
    err = server_read(out, errmsg);
    if (err == ERR_NONE)
        err = list_read(out, errmsg);
    if (err == ERR_NONE)
        err = addresses_read(out, errmsg);
    return err == ERR_NONE ? EXITS_DONE : fail(c, err, errmsg);
}

void keydir_close(struct keydir *k)
{
    free(k->path);
    key_list_fini(&k->list);
    if (k->lock_fd >= 0)
        close(k->lock_fd);
    *k = (struct keydir){ .lock_fd = -1 };
}
