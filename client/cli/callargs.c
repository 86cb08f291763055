/* SPDX-License-Identifier: MIT */
/* callargs - the argument of a call from what was typed. */
#include "client/cli/callargs.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/item_values.h"
#include "client/cli/json.h"
#include "libcommon/mem.h"
#include "proto/bounds.h"
#include "proto/scan.h"
#include "proto/spec.h"

/* ---- words ---- */

struct word {
    struct view key, text;
    bool is_json;
};

/* What is typed as JSON; `of_items`: with placeholders in it. */
static enum err typed_value(struct view text, const char *word, bool of_items,
                            json_t **out, char *errmsg)
{
    struct buf marked = { 0 };
    enum err err = ERR_NONE;

    if (of_items) {
        err = item_values_mark(&marked, text, errmsg);
        text = buf_view(&marked);
    }
    if (err == ERR_NONE)
        err = json_read(text, word, out, errmsg);
    else
        err = err_wrap(errmsg, err, "%s", word);
    if (err == ERR_FORMAT && word[0] != ':')
        err = err_wrap(errmsg, err, "KEY:= wants JSON, KEY= a text");
    buf_fini(&marked);
    return err;
}

static enum err word_split(const char *word, struct word *out, char *errmsg)
{
    const char *equals = strchr(word, '=');
    size_t len;

    if (equals == NULL || equals == word)
        return err_set(errmsg, ERR_FORMAT,
                       "\"%s\" is neither KEY=TEXT nor KEY:=JSON%s", word,
                       word[0] == '-'
                           ? "; options stand before those"
                           : "; one value for all is :=JSON, as in :=[1,2]");
    len = (size_t)(equals - word);
    out->is_json = word[len - 1] == ':';
    out->key = view_of(word, len - out->is_json);
    out->text = view_str(equals + 1);
    return ERR_NONE;
}

static enum err word_value(const struct word *w, const char *word,
                           bool of_items, json_t **out, char *errmsg)
{
    if (w->is_json)
        return typed_value(w->text, word, of_items, out, errmsg);
    *out = json_bytes(w->text);
    return ERR_NONE;
}

static enum err word_put(const char *word, bool of_items, json_t *map,
                         char *errmsg)
{
    struct word w = { 0 };
    json_t *value = NULL;
    char *key;
    enum err err = word_split(word, &w, errmsg);

    if (err == ERR_NONE && w.key.len == 0)
        err = err_set(errmsg, ERR_FORMAT,
                      "\"%s\" is the whole argument: nothing may stand "
                      "beside it",
                      word);
    if (err == ERR_NONE)
        err = word_value(&w, word, of_items, &value, errmsg);
    if (err != ERR_NONE)
        return err;
    key = xmemdup0(w.key.data, w.key.len);
    if (json_object_get(map, key) != NULL) {
        err = err_set(errmsg, ERR_FORMAT, "%s is given twice", key);
        json_decref(value);
    } else if (json_object_set_new(map, key, value) != 0)
        err = err_set(errmsg, ERR_FORMAT, "\"%s\": the key is not UTF-8", word);
    free(key);
    return err;
}

static enum err words_to_json(char *const *words, size_t n, bool of_items,
                              json_t **out, char *errmsg)
{
    enum err err = ERR_NONE;

    if (n == 0) {
        *out = json_null();
        return ERR_NONE;
    }
    if (n == 1 && strncmp(words[0], ":=", 2) == 0)
        return typed_value(view_str(words[0] + 2), words[0], of_items, out,
                           errmsg);
    *out = json_object();
    for (size_t i = 0; i < n && err == ERR_NONE; i++)
        err = word_put(words[i], of_items, *out, errmsg);
    return err;
}

enum err callargs_from_words(char *const *words, size_t n, bool of_items,
                             struct buf *out, char *errmsg)
{
    json_t *value = NULL;
    enum err err = words_to_json(words, n, of_items, &value, errmsg);

    if (err == ERR_NONE)
        err = json_to_msgpack(value, out, errmsg);
    json_decref(value);
    return err;
}

/* ---- files ---- */

static enum err read_all(FILE *in, const char *path, struct buf *out,
                         char *errmsg)
{
    size_t len;

    do {
        len = fread(buf_room(out, 8192), 1, 8192, in);
        out->len += len;
        if (out->len > SPEC_LEN_MAX)
            return err_set(errmsg, ERR_LIMIT, "%s: larger than %u MiB", path,
                           SPEC_LEN_MAX >> 20);
    } while (len > 0);
    if (ferror(in))
        return err_set(errmsg, ERR_IO, "%s: %s", path, strerror(errno));
    return ERR_NONE;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static enum err bytes_to_args(struct view bytes, const char *path,
                              struct buf *out, char *errmsg)
{
    json_t *value = NULL;
    enum err err;

    if (ends_with(path, ".msgpack")) {
        if (scan_one(bytes, VALUE_DEPTH_MAX) != ERR_NONE)
            return err_set(errmsg, ERR_FORMAT, "%s is not one msgpack value",
                           path);
        buf_add_view(out, bytes);
        return ERR_NONE;
    }
    err = json_read(bytes, path, &value, errmsg);
    if (err == ERR_NONE)
        err = json_to_msgpack(value, out, errmsg);
    json_decref(value);
    return err;
}

enum err callargs_from_file(const char *path, struct buf *out, char *errmsg)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    struct buf bytes = { 0 };
    enum err err;

    if (in == NULL)
        return err_set(errmsg, ERR_IO, "--args %s: %s", path, strerror(errno));
    err = read_all(in, path, &bytes, errmsg);
    if (err == ERR_NONE)
        err = bytes_to_args(buf_view(&bytes), path, out, errmsg);
    if (!is_stdin)
        fclose(in);
    buf_fini(&bytes);
    return err;
}
