/* SPDX-License-Identifier: MIT */
/* keyring - numbers for the keys of a file that is read again. */
#include "coordinator/shell/keyring.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/private_file.h"

#define LIST_FILE_MAX (4u << 20) /* bytes */
#define SECRET_FILE_MAX 256

struct numbered { /* its number is its place, from 1 on */
    struct key_entry entry;
    bool has_rights;
};

struct keyring {
    char *dir;
    struct curve_key secret;
    struct numbered *at;
    size_t n, cap;
};

static enum err file_read(const char *dir, const char *name, size_t max,
                          struct buf *out, char *errmsg)
{
    struct buf path = { 0 };
    enum err err = private_folder_check(dir, errmsg);

    buf_addf(&path, "%s/%s", dir, name);
    if (err == ERR_NONE)
        err = private_file_read(buf_text(&path), max, out, errmsg);
    buf_fini(&path);
    return err;
}

static enum err secret_read(struct keyring *k, char *errmsg)
{
    struct buf text = { 0 };
    enum err err =
        file_read(k->dir, KEYRING_SERVER_KEY, SECRET_FILE_MAX, &text, errmsg);

    if (err == ERR_NONE) {
        buf_add(&text, "", 1);
        text.data[strcspn((char *)text.data, "\r\n")] = '\0';
        err = key_parse(KEY_SECRET, (char *)text.data, &k->secret, errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "%s/%s", k->dir, KEYRING_SERVER_KEY);
    }
    if (text.cap > 0)
        explicit_bzero(text.data, text.cap);
    buf_fini(&text);
    return err;
}

static enum err list_read(const struct keyring *k, struct key_list *out,
                          char *errmsg)
{
    struct buf text = { 0 };
    enum err err =
        file_read(k->dir, KEYRING_LIST, LIST_FILE_MAX, &text, errmsg);

    if (err == ERR_NONE) {
        err = key_list_parse(buf_view(&text), out, errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "%s/%s", k->dir, KEYRING_LIST);
    }
    buf_fini(&text);
    return err;
}

static bool has_same_rights(const struct key_entry *a,
                            const struct key_entry *b)
{
    return a->roles == b->roles && strcmp(a->name, b->name) == 0;
}

/* It keeps its number, or gets a new one. */
static void entry_put(struct keyring *k, const struct key_entry *e)
{
    for (size_t i = 0; i < k->n; i++) {
        struct numbered *n = &k->at[i];

        if (n->has_rights && curve_key_equal(&n->entry.key, &e->key)) {
            n->entry.expires_ms = e->expires_ms;
            return;
        }
    }
    ASSERT(k->n < UINT32_MAX);
    k->at = vec_grow(k->at, &k->cap, k->n + 1, sizeof *k->at);
    k->at[k->n++] = (struct numbered){ *e, true };
}

static void list_apply(struct keyring *k, const struct key_list *list,
                       keyring_revoked_fn *revoked, void *arg)
{
    for (size_t i = 0; i < k->n; i++) {
        struct numbered *n = &k->at[i];
        const struct key_entry *e = key_list_find(list, &n->entry.key);

        if (!n->has_rights || (e != NULL && has_same_rights(e, &n->entry)))
            continue;
        n->has_rights = false;
        revoked(arg, (uint32_t)i + 1);
    }
    for (size_t i = 0; i < list->n; i++)
        entry_put(k, &list->at[i]);
}

enum err keyring_reload(struct keyring *k, keyring_revoked_fn *revoked,
                        void *arg, char *errmsg)
{
    struct key_list list;
    enum err err = list_read(k, &list, errmsg);

    if (err == ERR_NONE) {
        list_apply(k, &list, revoked, arg);
        key_list_fini(&list);
    }
    return err;
}

enum err keyring_open(const char *dir, struct keyring **out, char *errmsg)
{
    struct keyring *k = xcalloc(1, sizeof *k);
    enum err err;

    k->dir = xstrdup(dir);
    err = secret_read(k, errmsg);
    if (err == ERR_NONE)
        err = keyring_reload(k, NULL, NULL, errmsg); /* nobody has a number */
    if (err == ERR_NONE)
        *out = k;
    else
        keyring_free(k);
    return err;
}

void keyring_free(struct keyring *k)
{
    if (k == NULL)
        return;
    explicit_bzero(&k->secret, sizeof k->secret);
    free(k->dir);
    free(k->at);
    free(k);
}

const struct curve_key *keyring_secret(const struct keyring *k)
{
    return &k->secret;
}

uint32_t keyring_admit(const struct keyring *k, const struct curve_key *key,
                       int64_t wall_ms)
{
    for (size_t i = 0; i < k->n; i++) {
        const struct numbered *n = &k->at[i];

        if (n->has_rights && curve_key_equal(&n->entry.key, key))
            return key_entry_is_valid(&n->entry, wall_ms) ? (uint32_t)i + 1 : 0;
    }
    return 0;
}

bool keyring_look(const struct keyring *k, uint32_t number, int64_t wall_ms,
                  struct principal *out)
{
    const struct numbered *n;

    ASSERT(number >= 1 && number <= k->n);
    n = &k->at[number - 1];
    if (!n->has_rights || !key_entry_is_valid(&n->entry, wall_ms))
        return false;
    *out = (struct principal){ .number = number, .roles = n->entry.roles };
    memcpy(out->name, n->entry.name, sizeof out->name);
    return true;
}

void keyring_expire(struct keyring *k, int64_t wall_ms,
                    keyring_revoked_fn *revoked, void *arg)
{
    for (size_t i = 0; i < k->n; i++) {
        struct numbered *n = &k->at[i];

        if (!n->has_rights || key_entry_is_valid(&n->entry, wall_ms))
            continue;
        n->has_rights = false;
        revoked(arg, (uint32_t)i + 1);
    }
}

size_t keyring_n(const struct keyring *k)
{
    size_t n = 0;

    for (size_t i = 0; i < k->n; i++)
        n += k->at[i].has_rights;
    return n;
}
