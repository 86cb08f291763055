/* SPDX-License-Identifier: MIT */
#include "client/cli/shellword.h"

#include <string.h>

static bool is_plain(struct view word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_@%+=:,./-{}#";

    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] == 0 || strchr(plain, word.data[i]) == NULL)
            return false;
    return word.len > 0 && word.data[0] != '#';
}

void shellword_add(struct buf *out, struct view word)
{
    if (is_plain(word)) {
        buf_add_view(out, word);
        return;
    }
    buf_addf(out, "'");
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '\'')
            buf_addf(out, "'\\''");
        else
            buf_add(out, &word.data[i], 1);
    }
    buf_addf(out, "'");
}
