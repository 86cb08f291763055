/* SPDX-License-Identifier: MIT */
/* key_list - lines of NAME KEY ROLES [WORD=VALUE]. */
#include "libcommon/key_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/utc.h"

#define LINE_MAX_LEN 1023
#define SPACES " \t\r"

static const struct {
    unsigned bit;
    const char *name;
} roles[] = {
#define KEY_ROLE_ROW(NAME, bit, text) { bit, text },
    KEY_ROLE_LIST(KEY_ROLE_ROW)
#undef KEY_ROLE_ROW
};

void key_list_fini(struct key_list *list)
{
    free(list->at);
    *list = (struct key_list){ 0 };
}

bool key_name_is_good(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@");

    return len > 0 && len <= KEY_NAME_MAX && name[len] == '\0';
}

static unsigned role_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (strlen(roles[i].name) == len &&
            memcmp(roles[i].name, name, len) == 0)
            return roles[i].bit;
    return 0;
}

void key_roles_add(struct buf *out, unsigned bits)
{
    const char *comma = "";

    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (!(bits & roles[i].bit))
            continue;
        buf_addf(out, "%s%s", comma, roles[i].name);
        comma = ",";
    }
}

enum err key_roles_parse(const char *text, unsigned *out, char *errmsg)
{
    unsigned bits = 0;

    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        unsigned bit = role_of(at, len);

        if (bit == 0)
            return err_set(errmsg, ERR_FORMAT,
                           "\"%.40s\" is not a role: work or admin, or both "
                           "with a comma between",
                           text);
        bits |= bit;
        at += len;
        if (*at == '\0')
            break;
    }
    *out = bits;
    return ERR_NONE;
}

/* ---- lines ---- */

static enum err word_parse(const char *word, struct key_entry *out,
                           char *errmsg)
{
    static const char expires[] = "expires=";

    if (strncmp(word, expires, sizeof expires - 1) != 0)
        return err_set(errmsg, ERR_FORMAT,
                       "\"%.40s\" is not understood: expires=TIME may stand "
                       "behind the roles",
                       word);
    if (utc_parse(word + sizeof expires - 1, &out->expires_ms) != ERR_NONE)
        return err_set(errmsg, ERR_FORMAT,
                       "\"%.60s\": a time looks like 2027-03-01T00:00:00Z",
                       word);
    return ERR_NONE;
}

/* The line is cut into its words. */
static enum err line_parse(char *line, struct key_entry *out, char *errmsg)
{
    char *rest = NULL;
    const char *name = strtok_r(line, SPACES, &rest);
    const char *key = strtok_r(NULL, SPACES, &rest);
    const char *role = strtok_r(NULL, SPACES, &rest);
    const char *word;
    enum err err;

    *out = (struct key_entry){ .expires_ms = INT64_MAX };
    if (role == NULL)
        return err_set(errmsg, ERR_FORMAT,
                       "a line is NAME KEY ROLES, as `yon key` writes it");
    if (!key_name_is_good(name))
        return err_set(errmsg, ERR_FORMAT,
                       "\"%.70s\" is not a name: letters, digits and . - _ @, "
                       "at most %d",
                       name, KEY_NAME_MAX);
    snprintf(out->name, sizeof out->name, "%s", name);
    err = key_parse(KEY_PUBLIC, key, &out->key, errmsg);
    if (err == ERR_NONE)
        err = key_roles_parse(role, &out->roles, errmsg);
    while (err == ERR_NONE && (word = strtok_r(NULL, SPACES, &rest)) != NULL)
        err = word_parse(word, out, errmsg);
    return err;
}

static enum err entry_put(struct key_list *list, const struct key_entry *e,
                          char *errmsg)
{
    if (list->n == KEY_LIST_MAX)
        return err_set(errmsg, ERR_LIMIT, "more than %d keys", KEY_LIST_MAX);
    if (key_list_named(list, e->name) != NULL)
        return err_set(errmsg, ERR_EXISTS, "there are two keys named %s",
                       e->name);
    if (key_list_find(list, &e->key) != NULL)
        return err_set(errmsg, ERR_EXISTS, "%s has the key of %s", e->name,
                       key_list_find(list, &e->key)->name);
    list->at = vec_grow(list->at, &list->cap, list->n + 1, sizeof *list->at);
    list->at[list->n++] = *e;
    return ERR_NONE;
}

static enum err line_take(struct key_list *list, struct view line, char *errmsg)
{
    char text[LINE_MAX_LEN + 1];
    struct key_entry e;
    enum err err;

    if (line.len > LINE_MAX_LEN || memchr(line.data, '\0', line.len) != NULL)
        return err_set(errmsg, ERR_FORMAT, "not a line of text");
    memcpy(text, line.data, line.len);
    text[line.len] = '\0';
    text[strcspn(text, "#")] = '\0';
    if (text[strspn(text, SPACES)] == '\0')
        return ERR_NONE;
    err = line_parse(text, &e, errmsg);
    return err == ERR_NONE ? entry_put(list, &e, errmsg) : err;
}

enum err key_list_parse(struct view text, struct key_list *out, char *errmsg)
{
    enum err err = ERR_NONE;

    *out = (struct key_list){ 0 };
    for (unsigned number = 1; err == ERR_NONE && text.len > 0; number++) {
        err = line_take(out, view_line(&text), errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "line %u", number);
    }
    if (err != ERR_NONE)
        key_list_fini(out);
    return err;
}

/* Whether it is the line of the entry of this name. */
static bool line_is_of(struct view line, const char *name)
{
    size_t at = 0, len = strlen(name);

    while (at < line.len && strchr(SPACES, line.data[at]) != NULL)
        at++;
    return line.len - at > len && memcmp(line.data + at, name, len) == 0 &&
           strchr(SPACES, line.data[at + len]) != NULL;
}

void key_lines_copy(struct buf *out, struct view text, const char *without)
{
    while (text.len > 0) {
        struct view line = view_line(&text);

        if (without != NULL && line_is_of(line, without))
            continue;
        buf_add(out, line.data, line.len);
        buf_addf(out, "\n");
    }
}

void key_entry_add(struct buf *out, const struct key_entry *e)
{
    char text[KEY_TEXT_LEN];

    key_format(KEY_PUBLIC, &e->key, text);
    buf_addf(out, "%s %s ", e->name, text);
    key_roles_add(out, e->roles);
    if (e->expires_ms != INT64_MAX) {
        buf_addf(out, " expires=");
        utc_add(out, e->expires_ms);
    }
    buf_addf(out, "\n");
}

/* ---- looking up ---- */

const struct key_entry *key_list_find(const struct key_list *list,
                                      const struct curve_key *key)
{
    for (size_t i = 0; i < list->n; i++)
        if (curve_key_equal(&list->at[i].key, key))
            return &list->at[i];
    return NULL;
}

const struct key_entry *key_list_named(const struct key_list *list,
                                       const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return &list->at[i];
    return NULL;
}

bool key_entry_is_valid(const struct key_entry *e, int64_t wall_ms)
{
    return wall_ms < e->expires_ms;
}
