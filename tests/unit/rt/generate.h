/* SPDX-License-Identifier: MIT */
/* generate - what the tests of generators share. */
#ifndef GENERATE_H
#define GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yon/co.h>

struct record {
    yon_gen *gen;
    yon_event *event;
    int codes[10];
    intptr_t got[10];
    int inside[4];  /* what the body saw */
    bool has_begun; /* the body */
    bool was_given; /* the caller has the value */
    int n_cleanups;
    void *before, *after; /* results */
};

static inline void *number(intptr_t n)
{
    return (void *)n;
}

/* Record what next says. */
static inline void next_into(struct record *r, size_t i)
{
    void *value = NULL;

    r->codes[i] = yon_next(r->gen, &value);
    r->got[i] = (intptr_t)value;
}

static inline void count_cleanup(void *arg)
{
    ((struct record *)arg)->n_cleanups++;
}

static inline int count_to_three(yon_gen *g, void *arg)
{
    (void)arg;
    for (intptr_t i = 1; i <= 3; i++) {
        yon_pause();
        yon_yield(g, number(i), NULL);
    }
    yon_gen_return(g, number(9));
    return 0;
}

static inline int clean_up_when_closed(yon_gen *g, void *arg)
{
    struct record *r = arg;

    yon_defer(count_cleanup, r);
    r->inside[0] = yon_yield(g, NULL, NULL);
    r->inside[1] = yon_pause();
    return r->inside[0];
}

#endif
