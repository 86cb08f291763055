/* SPDX-License-Identifier: MIT */
/* text - small pieces of the sentences that people read: numbers, frequencies,
 * words of a shell. */
#include "client/cli/text.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/duration.h"

void text_add_part(struct buf *out, const char *before, uint64_t n,
                   const char *what)
{
    if (n == 0)
        return;
    buf_addf(out, "%s%s", out->len > 0 ? ", " : "", before);
    duration_add_number(out, n);
    buf_addf(out, " %s", what);
}

/* ---- frequencies ---- */

void text_tally_fini(struct text_tally *t)
{
    for (size_t i = 0; i < t->n_kinds; i++)
        buf_fini(&t->kinds[i].what);
    *t = (struct text_tally){ 0 };
}

void text_tally_count(struct text_tally *t, struct view what)
{
    struct text_tally_kind *kind;

    for (size_t i = 0; i < t->n_kinds; i++) {
        if (view_equal(buf_view(&t->kinds[i].what), what)) {
            t->kinds[i].n++;
            return;
        }
    }
    if (t->n_kinds == TEXT_TALLY_KINDS) {
        t->n_others++;
        return;
    }
    kind = &t->kinds[t->n_kinds++];
    ASSERT(kind->what.len == 0 && kind->n == 0);
    buf_add_view(&kind->what, what);
    kind->n = 1;
}

/* The most frequent kind that comes after `before` in the order of frequency,
 * then of place; NULL: none. */
const struct text_tally_kind *
text_tally_next(const struct text_tally *t,
                const struct text_tally_kind *before)
{
    const struct text_tally_kind *best = NULL;

    for (size_t i = 0; i < t->n_kinds; i++) {
        const struct text_tally_kind *k = &t->kinds[i];
        bool is_after = before == NULL || k->n < before->n ||
                        (k->n == before->n && k > before);

        if (is_after && (best == NULL || k->n > best->n))
            best = k;
    }
    return best;
}

void text_tally_add(const struct text_tally *t, size_t max, bool utf8,
                    struct buf *out)
{
    const struct text_tally_kind *kind = NULL;
    bool is_single = t->n_kinds == 1 && t->kinds[0].n == 1;
    size_t i = 0;

    for (; i < max && (kind = text_tally_next(t, kind)) != NULL; i++) {
        if (i > 0)
            buf_addf(out, ", ");
        if (!is_single)
            buf_addf(out, "%" PRIu32 " %s ", kind->n, utf8 ? "×" : "x");
        buf_add_view(out, buf_view(&kind->what));
    }
    if (i < t->n_kinds || t->n_others > 0)
        buf_addf(out, ", ...");
}

/* ---- words of a shell ---- */

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

void text_add_shellword(struct buf *out, struct view word)
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
