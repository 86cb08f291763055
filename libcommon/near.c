/* SPDX-License-Identifier: MIT */
/* near - the name that was probably meant, for hints after a typing error. */
#include "libcommon/near.h"

#include <string.h>

#define NEAR_LEN_MAX 63

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions and replacements from a to b. */
static unsigned distance(const char *a, size_t a_len, const char *b,
                         size_t b_len)
{
    unsigned row[NEAR_LEN_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned above = row[j];
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = min(replaced, 1 + min(above, row[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

bool near_names(const char *typed, const char *name)
{
    size_t typed_len = strlen(typed), name_len = strlen(name);

    if (typed_len == 0 || typed_len > NEAR_LEN_MAX || name_len > NEAR_LEN_MAX)
        return false;
    if (typed_len >= 2 && strncmp(typed, name, typed_len) == 0)
        return true;
    return distance(typed, typed_len, name, name_len) <=
           (typed_len < 5 ? 1 : 2);
}
