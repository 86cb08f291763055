/* SPDX-License-Identifier: MIT */
/* access - lines of WORD VALUE. */
#include "libcommon/access.h"

#include <stdio.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/utc.h"

#define HEAD "yon-access 1"
#define VALUE_MAX 319

/* Lines that may stand once. */
enum seen {
    SEEN_SERVER_KEY = 1,
    SEEN_NAME = 2,
    SEEN_SECRET = 4,
    SEEN_EXPIRES = 8
};

void access_wipe(struct access *a)
{
    explicit_bzero(a, sizeof *a);
}

static enum err server_take(struct access *a, const char *value, char *errmsg)
{
    if (a->n_servers == ACCESS_SERVERS_MAX)
        return err_set(errmsg, ERR_FORMAT, "more than %d servers",
                       ACCESS_SERVERS_MAX);
    snprintf(a->servers[a->n_servers++], sizeof a->servers[0], "%s", value);
    return ERR_NONE;
}

static enum err name_take(struct access *a, const char *value, char *errmsg)
{
    if (!key_name_is_good(value))
        return err_set(errmsg, ERR_FORMAT, "\"%.70s\" is not a name", value);
    snprintf(a->name, sizeof a->name, "%s", value);
    return ERR_NONE;
}

/* 0: of another line. */
static enum seen bit_of(const char *word)
{
    static const struct {
        const char *word;
        enum seen bit;
    } words[] = { { "server-key", SEEN_SERVER_KEY },
                  { "name", SEEN_NAME },
                  { "secret", SEEN_SECRET },
                  { "expires", SEEN_EXPIRES } };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].bit;
    return 0;
}

static enum err pair_take(struct access *a, unsigned *seen, const char *word,
                          const char *value, char *errmsg)
{
    enum seen bit = bit_of(word);

    if (*seen & bit)
        return err_set(errmsg, ERR_FORMAT, "%s stands there twice", word);
    *seen |= bit;
    if (bit == SEEN_SERVER_KEY)
        return key_parse(KEY_PUBLIC, value, &a->server, errmsg);
    if (bit == SEEN_SECRET)
        return key_parse(KEY_SECRET, value, &a->secret, errmsg);
    if (bit == SEEN_NAME)
        return name_take(a, value, errmsg);
    if (bit == SEEN_EXPIRES && utc_parse(value, &a->expires_ms) != ERR_NONE)
        return err_set(errmsg, ERR_FORMAT,
                       "expires wants a time like 2027-03-01T00:00:00Z");
    return strcmp(word, "server") == 0 ? server_take(a, value, errmsg)
                                       : ERR_NONE;
}

/* Without spaces at its ends and without comment. False: it is too long. */
static bool line_copy(struct view line, char out[VALUE_MAX * 2])
{
    size_t len = line.len;
    const uint8_t *at = line.data;

    while (len > 0 && strchr(" \t\r", at[len - 1]) != NULL)
        len--;
    while (len > 0 && strchr(" \t", *at) != NULL) {
        at++;
        len--;
    }
    if (len >= VALUE_MAX * 2 || memchr(at, '\0', len) != NULL)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

static enum err line_take(struct access *a, unsigned *seen, struct view line,
                          char *errmsg)
{
    char text[VALUE_MAX * 2];
    enum err err = ERR_NONE;
    char *value;

    if (!line_copy(line, text))
        return err_set(errmsg, ERR_FORMAT, "not a line of text");
    value = text + strcspn(text, " \t");
    if (text[0] != '#' && *value != '\0') {
        *value++ = '\0';
        value += strspn(value, " \t");
        err = strlen(value) > VALUE_MAX
                  ? err_set(errmsg, ERR_FORMAT, "%.20s is too long", text)
                  : pair_take(a, seen, text, value, errmsg);
    }
    explicit_bzero(text, sizeof text);
    return err;
}

static enum err check_whole(const struct access *a, unsigned seen, char *errmsg)
{
    const char *missing = a->n_servers == 0           ? "server"
                          : !(seen & SEEN_SERVER_KEY) ? "server-key"
                          : !(seen & SEEN_SECRET)     ? "secret"
                                                      : NULL;

    return missing == NULL ? ERR_NONE
                           : err_set(errmsg, ERR_FORMAT,
                                     "the line \"%s ...\" is missing", missing);
}

enum err access_parse(struct view text, struct access *out, char *errmsg)
{
    unsigned seen = 0;
    enum err err = ERR_NONE;

    *out = (struct access){ .expires_ms = INT64_MAX };
    if (!view_equal(view_line(&text), view_str(HEAD)))
        return err_set(errmsg, ERR_FORMAT,
                       "not an access file: its first line is \"" HEAD "\"");
    for (unsigned number = 2; err == ERR_NONE && text.len > 0; number++) {
        err = line_take(out, &seen, view_line(&text), errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "line %u", number);
    }
    if (err == ERR_NONE)
        err = check_whole(out, seen, errmsg);
    if (err != ERR_NONE)
        access_wipe(out);
    return err;
}

void access_add(struct buf *out, const struct access *a)
{
    char text[KEY_TEXT_LEN];

    buf_addf(out, HEAD "\n");
    for (size_t i = 0; i < a->n_servers; i++)
        buf_addf(out, "server %s\n", a->servers[i]);
    key_format(KEY_PUBLIC, &a->server, text);
    buf_addf(out, "server-key %s\nname %s\n", text, a->name);
    key_format(KEY_SECRET, &a->secret, text);
    buf_addf(out, "secret %s\n", text);
    explicit_bzero(text, sizeof text);
    if (a->expires_ms != INT64_MAX) {
        buf_addf(out, "expires ");
        utc_add(out, a->expires_ms);
        buf_addf(out, "\n");
    }
}
