/* SPDX-License-Identifier: MIT */
/* budget - how many retries all jobs together may have: when everything fails
 * at once, retries must not become the load.
 *
 * A bucket of tokens. Each retry takes one; each start that is none brings a
 * part of one, and each second some, up to a maximum. A retry that finds none
 * waits: nothing is dropped. Pure.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget_rules {
    uint32_t first;      /* tokens at the beginning */
    uint32_t most;       /* kept for later */
    uint32_t per_second; /* at least 1 */
    uint32_t percent;    /* of the starts */
};

struct budget {
    struct budget_rules rules;
    int64_t parts;     /* a thousand make a token */
    int64_t filled_ms; /* brought up to date then */
};

void budget_init(struct budget *b, struct budget_rules rules, int64_t now_ms);
/* An element was started that is no retry. */
void budget_earn(struct budget *b);
/* Take a token; false: there is none. */
bool budget_take(struct budget *b, int64_t now_ms);
/* When there will be one by time alone. */
int64_t budget_next_ms(const struct budget *b);

#endif
