/* SPDX-License-Identifier: MIT */
/* pace - speed and time left, from looks at how much is done.
 *
 * The rate is that of the last 10 s, by looks at least 250 ms apart. Pure.
 */
#ifndef PACE_H
#define PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_WINDOW_MS 10000
#define PACE_LOOK_MS 250
#define PACE_LOOKS (PACE_WINDOW_MS / PACE_LOOK_MS + 1)

struct pace_look {
    int64_t at_ms;
    uint64_t done;
};

/* Zeroed memory has not begun. */
struct pace {
    struct pace_look looks[PACE_LOOKS];
    size_t n_looks; /* oldest first */
    uint64_t done;  /* newest */
};

/* A look. When less is done than before, it has begun anew. */
void pace_note(struct pace *p, int64_t now_ms, uint64_t done);
/* Per second; negative: not known yet. */
double pace_rate(const struct pace *p, int64_t now_ms);
/* ms until `total` is done; negative: not known. */
int64_t pace_left_ms(const struct pace *p, int64_t now_ms, uint64_t total);

#endif
