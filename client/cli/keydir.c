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

#include "libcommon/check.h"
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

static bool is_there(const struct keydir *k, const char *name)
{
    char *path = path_of(k, name);
    bool is = access(path, F_OK) == 0;

    free(path);
    return is;
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
    enum err err;

    if (!is_there(k, SERVER_KEY))
        return server_make(k, errmsg);
    err = read_if_any(k, SERVER_KEY, &text, errmsg);
    if (err == ERR_NONE)
        err = server_take(k, &text, errmsg);
    buf_fini(&text);
    return err;
}

/* ---- the list ---- */

/* `text`, which moves here, is the list from now on. */
static enum err list_take(struct keydir *k, struct buf text, char *errmsg)
{
    buf_fini(&k->text);
    key_list_fini(&k->list);
    k->text = text;
    return key_list_parse(buf_view(&k->text), &k->list, errmsg);
}

/* The list is made before the coordinator's key: without it all keys that were
 * given out would be cut off by the next one. */
static enum err list_read(struct keydir *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err = read_if_any(k, LIST, &text, errmsg);
    bool is_new = text.len == 0;

    if (is_there(k, SERVER_KEY) && !is_there(k, LIST))
        return err_set(errmsg, ERR_ABSENT,
                       "%.150s/" LIST " is missing: put it back; an empty "
                       "one cuts off all keys",
                       k->path);
    if (is_new)
        buf_addf(&text, "# NAME KEY ROLES [expires=TIME], see yon key "
                        "--help\n");
    if (err == ERR_NONE) {
        err = list_take(k, text, errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "%s/" LIST, k->path);
    } else {
        buf_fini(&text);
    }
    if (err == ERR_NONE && is_new)
        err = write_file(k, LIST, buf_view(&k->text), errmsg);
    return err;
}

static enum err list_change(struct keydir *k, struct buf text, char *errmsg)
{
    enum err err = list_take(k, text, errmsg);

    return err == ERR_NONE ? write_file(k, LIST, buf_view(&k->text), errmsg)
                           : err;
}

int keydir_remove(const struct cli *c, struct keydir *k, char *const *names,
                  size_t n)
{
    char errmsg[ERRMSG_LEN];
    struct buf text = { 0 }, shorter = { 0 };
    enum err err;

    for (size_t i = 0; i < n; i++)
        if (key_list_named(&k->list, names[i]) == NULL)
            return cli_fail(c,
                            (struct fault){ EXITS_ABSENT, ERR_ABSENT,
                                            "yon key ls lists them" },
                            "there is no key named %s", names[i]);
    buf_add_view(&text, buf_view(&k->text));
    for (size_t i = 0; i < n; i++) {
        key_lines_copy(&shorter, buf_view(&text), names[i]);
        buf_fini(&text);
        text = shorter;
        shorter = (struct buf){ 0 }; /* owned by text */
    }
    err = list_change(k, text, errmsg);
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

void keydir_set_addresses(struct keydir *k, char *const *addresses, size_t n)
{
    ASSERT(n <= ACCESS_SERVERS_MAX);
    k->n_addresses = n;
    for (size_t i = 0; i < n; i++)
        snprintf(k->addresses[i], sizeof k->addresses[i], "%s", addresses[i]);
}

int keydir_write_addresses(const struct cli *c, const struct keydir *k)
{
    char errmsg[ERRMSG_LEN];
    struct buf text = { 0 };
    enum err err;

    for (size_t i = 0; i < k->n_addresses; i++)
        buf_addf(&text, "%s\n", k->addresses[i]);
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
    struct buf text = { 0 };
    struct curve_key secret;
    enum err err;

    if (k->list.n >= KEY_LIST_MAX)
        return cli_fail(c,
                        (struct fault){ EXITS_FAILED, ERR_LIMIT,
                                        "take one away first: yon key rm "
                                        "NAME" },
                        "there are %d keys, which is the most", KEY_LIST_MAX);
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
    if (err == ERR_NONE) {
        key_lines_copy(&text, buf_view(&k->text), NULL);
        key_entry_add(&text, &e);
        err = list_change(k, text, errmsg);
    }
    return err == ERR_NONE ? EXITS_DONE : fail(c, err, errmsg);
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
    err = private_folder_check(out->path, errmsg);
    if (err == ERR_NONE)
        err = list_read(out, errmsg);
    if (err == ERR_NONE)
        err = server_read(out, errmsg);
    if (err == ERR_NONE)
        err = addresses_read(out, errmsg);
    return err == ERR_NONE ? EXITS_DONE : fail(c, err, errmsg);
}

void keydir_close(struct keydir *k)
{
    free(k->path);
    buf_fini(&k->text);
    key_list_fini(&k->list);
    if (k->lock_fd >= 0)
        close(k->lock_fd);
    *k = (struct keydir){ .lock_fd = -1 };
}
