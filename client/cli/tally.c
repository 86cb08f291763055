/* SPDX-License-Identifier: MIT */
#include "client/cli/tally.h"

#include <inttypes.h>

void tally_fini(struct tally *t)
{
    for (size_t i = 0; i < t->n_kinds; i++)
        buf_fini(&t->kinds[i].what);
    *t = (struct tally){ 0 };
}

void tally_count(struct tally *t, struct view what)
{
    struct tally_kind *kind;

    for (size_t i = 0; i < t->n_kinds; i++) {
        if (view_equal(buf_view(&t->kinds[i].what), what)) {
            t->kinds[i].n++;
            return;
        }
    }
    if (t->n_kinds == TALLY_KINDS) {
        t->n_others++;
        return;
    }
    kind = &t->kinds[t->n_kinds++];
    buf_add_view(&kind->what, what);
    kind->n = 1;
}

/* The most frequent kind that comes after `before` in the order of frequency,
 * then of place; NULL: none. */
static const struct tally_kind *next(const struct tally *t,
                                     const struct tally_kind *before)
{
    const struct tally_kind *best = NULL;

    for (size_t i = 0; i < t->n_kinds; i++) {
        const struct tally_kind *k = &t->kinds[i];
        bool is_after = before == NULL || k->n < before->n ||
                        (k->n == before->n && k > before);

        if (is_after && (best == NULL || k->n > best->n))
            best = k;
    }
    return best;
}

void tally_add(const struct tally *t, size_t max, bool utf8, struct buf *out)
{
    const struct tally_kind *kind = NULL;
    bool is_single = t->n_kinds == 1 && t->kinds[0].n == 1;
    size_t i = 0;

    for (; i < max && (kind = next(t, kind)) != NULL; i++) {
        if (i > 0)
            buf_addf(out, ", ");
        if (!is_single)
            buf_addf(out, "%" PRIu32 " %s ", kind->n, utf8 ? "×" : "x");
        buf_add_view(out, buf_view(&kind->what));
    }
    if (i < t->n_kinds || t->n_others > 0)
        buf_addf(out, ", ...");
}
