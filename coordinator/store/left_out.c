/* SPDX-License-Identifier: MIT */
/* left_out - ids of the jobs whose submit was refused. */
#include "coordinator/store/left_out.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/mem.h"

/* Place of the first id that is not less. */
static size_t left_out_place(const struct left_out *l, uint64_t id)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void left_out_fini(struct left_out *l)
{
    free(l->ids);
    *l = (struct left_out){ 0 };
}

void left_out_add(struct left_out *l, job_id id)
{
    size_t place = left_out_place(l, id.n);

    if (place < l->n && l->ids[place] == id.n)
        return;
    l->ids = vec_grow(l->ids, &l->cap, l->n + 1, sizeof *l->ids);
    memmove(&l->ids[place + 1], &l->ids[place],
            (l->n - place) * sizeof *l->ids);
    l->ids[place] = id.n;
    l->n++;
}

bool left_out_has(const struct left_out *l, job_id id)
{
    if (l->n == 0)
        return false; /* nearly always */
    size_t place = left_out_place(l, id.n);
    return place < l->n && l->ids[place] == id.n;
}

static void left_out_cut(struct left_out *l, size_t from, size_t to)
{
    memmove(&l->ids[from], &l->ids[to], (l->n - to) * sizeof *l->ids);
    l->n -= to - from;
}

void left_out_undo(struct left_out *l, const struct store_report *report)
{
    for (size_t i = report->n_refused; i > 0; i--) { /* the newest is last */
        uint64_t id = report->refused[i - 1].id.n;
        size_t place = left_out_place(l, id);
        if (place < l->n && l->ids[place] == id)
            left_out_cut(l, place, place + 1);
    }
}

void left_out_prune(struct left_out *l, uint64_t upto)
{
    if (l->n > 0 && l->ids[0] < upto)
        left_out_cut(l, 0, left_out_place(l, upto));
}
