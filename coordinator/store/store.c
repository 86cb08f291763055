/* SPDX-License-Identifier: MIT */
/* store - the functions that all kinds of store share. */
#include "coordinator/store/store.h"

#include <stdlib.h>

#include "libcommon/mem.h"

void store_report_fini(struct store_report *r)
{
    if (r == NULL)
        return;
    free(r->refused);
    *r = (struct store_report){ 0 };
}

void store_report_add(struct store_report *r, struct record_refusal refusal)
{
    size_t n = r->n_refused;

    if ((n & (n + 1)) == 0) /* full: n is 0 or one less than a power of two */
        r->refused = xrealloc(r->refused, (2 * n + 1) * sizeof *r->refused);
    r->refused[r->n_refused++] = refusal;
    if (refusal.why == ERR_FULL)
        r->full = true;
}

enum err store_load(struct store *s, const struct moment *now,
                    void (*each)(void *arg, struct record *rec), void *arg,
                    char *errmsg)
{
    return s->kind->load(s, now, each, arg, errmsg);
}

enum err store_commit(struct store *s, const struct records *batch,
                      struct store_report *report, char *errmsg)
{
    *report = (struct store_report){ 0 };
    return s->kind->commit(s, batch, report, errmsg);
}

enum err store_read(struct store *s, const struct query *q, struct records *out,
                    char *errmsg)
{
    return s->kind->read(s, q, out, errmsg);
}

void store_retain(struct store *s, const struct retention *rule)
{
    s->kind->retain(s, rule);
}

void store_use_memory(struct store *s, uint64_t bytes)
{
    s->kind->use_memory(s, bytes);
}

enum err store_tidy(struct store *s, const struct moment *now, bool *more,
                    char *errmsg)
{
    return s->kind->tidy(s, now, more, errmsg);
}

void store_close(struct store *s)
{
    if (s != NULL)
        s->kind->close(s);
}
