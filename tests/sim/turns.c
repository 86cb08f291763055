/* SPDX-License-Identifier: MIT */
/* turns - no session has two turns at the store while another one waits. */
#include "tests/sim/turns.h"

#include <stdlib.h>

#include "coordinator/core/coord_check.h"
#include "libcommon/mem.h"
#include "tests/sim/world.h"

#define ASKERS_MAX 64

struct reader {
    session_id session;
    uint64_t last;  /* the turn that it had last; 0: none */
    uint64_t since; /* it waits for one that comes after this */
    uint64_t seen;  /* the step after which it waited last */
};

static struct reader *reader_of(struct turns *t, session_id session)
{
    struct reader *r = map_get(&t->readers, session.n);

    if (r != NULL)
        return r;
    r = xcalloc(1, sizeof *r);
    r->session = session;
    map_put(&t->readers, session.n, r);
    return r;
}

void turns_begin(struct turns *t)
{
    turns_fini(t);
    *t = (struct turns){ 0 };
}

void turns_fini(struct turns *t)
{
    void *r;

    for (size_t at = 0; (r = map_next(&t->readers, &at)) != NULL;)
        free(r);
    map_fini(&t->readers);
}

void turns_told(struct turns *t, session_id session)
{
    reader_of(t, session)->seen = 0; /* it begins to wait anew */
}

/* Who has begun to wait in this step waits for what comes after it. */
static void note_waiting(struct world *w, size_t n_given)
{
    struct turns *t = &w->turns;
    session_id askers[ASKERS_MAX];
    size_t n = coord_list_readers(w->coord.core, askers, ASKERS_MAX);

    ASSERT(n <= ASKERS_MAX);
    t->n_steps++;
    for (size_t i = 0; i < n; i++) {
        struct reader *r = reader_of(t, askers[i]);

        if (r->seen + 1 != t->n_steps)
            r->since = t->n + n_given;
        r->seen = t->n_steps;
    }
}

static void take_turn(struct world *w, session_id session)
{
    struct turns *t = &w->turns;
    struct reader *r = reader_of(t, session);
    const struct reader *other;

    for (size_t at = 0; (other = map_next(&t->readers, &at)) != NULL;) {
        if (other->seen != t->n_steps || other == r)
            continue;
        w->report->cover.waited++;
        if (other->since < r->last)
            broken(w, READ_FAIR, "session %llu has another, %llu has none",
                   (unsigned long long)session.n,
                   (unsigned long long)other->session.n);
    }
    r->last = r->since = ++t->n;
}

void turns_check(struct world *w, const struct coord_actions *a)
{
    note_waiting(w, a->n_reads);
    for (size_t i = 0; i < a->n_reads; i++)
        take_turn(w, a->reads[i].session);
}
