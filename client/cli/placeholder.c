/* SPDX-License-Identifier: MIT */
/* placeholder - the placeholders in a word of a command line. */
#include "client/cli/placeholder.h"

#include <ctype.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/render.h"

/* The number is the last. */
static const char *const texts[] = {
    "{}", "{.}", "{/}", "{//}", "{/.}", "{#}"
};

static bool is_in(const char *word, const char *const *some, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(word, some[i]) != NULL)
            return true;
    return false;
}

bool placeholder_is_in(const char *word)
{
    static const char *const names[] = { "YON_ITEM", "YON_INDEX" };

    return is_in(word, texts, ARRAY_LEN(texts)) ||
           is_in(word, names, ARRAY_LEN(names));
}

bool placeholder_has_item(const char *word)
{
    return is_in(word, texts, ARRAY_LEN(texts) - 1);
}

size_t placeholder_len(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (strncmp(text, texts[i], strlen(texts[i])) == 0)
            return strlen(texts[i]);
    return 0;
}

bool placeholder_rename(struct buf *out, const char *word, const char *name)
{
    const char *found;
    bool any = false;

    while ((found = strstr(word, name)) != NULL) {
        render_escape(out, view_of(word, (size_t)(found - word)));
        buf_addf(out, "{}");
        word = found + strlen(name);
        any = true;
    }
    render_escape(out, view_str(word));
    return any;
}

/* {1} at `brace`, in a word from `word` on. */
static bool is_number(const char *word, const char *brace, size_t len)
{
    return len > 0 && strspn(brace + 1, "0123456789") == len &&
           (brace == word || strchr(" /=:,", brace[-1]) != NULL);
}

static bool is_name(const char *word, const char *brace, size_t len)
{
    for (size_t i = 1; i <= len; i++)
        if (!isalnum((unsigned char)brace[i]) && brace[i] != '_')
            return false;
    return len > 0 && brace[len + 2] == '\0' &&
           (brace == word || brace[-1] == '=');
}

struct view placeholder_find_unknown(const char *word, bool names)
{
    for (const char *at = strchr(word, '{'); at != NULL;
         at = strchr(at + 1, '{')) {
        size_t len = strcspn(at + 1, "{}");

        if (at[len + 1] == '}' &&
            (is_number(word, at, len) || (names && is_name(word, at, len))))
            return view_of(at, len + 2);
    }
    return (struct view){ 0 };
}
