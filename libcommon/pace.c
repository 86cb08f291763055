/* SPDX-License-Identifier: MIT */
/* pace - speed and time left, from looks at how much is done. */
#include "libcommon/pace.h"

#include <string.h>

static void drop_oldest(struct pace *p)
{
    p->n_looks--;
    memmove(p->looks, p->looks + 1, p->n_looks * sizeof p->looks[0]);
}

void pace_note(struct pace *p, int64_t now_ms, uint64_t done)
{
    if (done < p->done)
        p->n_looks = 0;
    p->done = done;
    if (p->n_looks > 0 &&
        now_ms - p->looks[p->n_looks - 1].at_ms < PACE_LOOK_MS)
        return;
    if (p->n_looks == PACE_LOOKS)
        drop_oldest(p);
    p->looks[p->n_looks++] = (struct pace_look){ now_ms, done };
    /* One look at or before the start of the window stays: it is the base. */
    while (p->n_looks > 2 && p->looks[1].at_ms <= now_ms - PACE_WINDOW_MS)
        drop_oldest(p);
}

double pace_rate(const struct pace *p, int64_t now_ms)
{
    const struct pace_look *first = &p->looks[0];

    if (p->n_looks < 2 || now_ms - first->at_ms < PACE_LOOK_MS)
        return -1;
    return (double)(p->done - first->done) * 1000 /
           (double)(now_ms - first->at_ms);
}

int64_t pace_left_ms(const struct pace *p, int64_t now_ms, uint64_t total)
{
    double rate = pace_rate(p, now_ms);

    if (total < p->done || rate <= 0)
        return -1;
    return (int64_t)((double)(total - p->done) / rate * 1000);
}
