/* SPDX-License-Identifier: MIT */
/* selector - which jobs people mean: 42, 42.7, 42.1-100:5, 1,3,5-8, last,
 * last:3, last.7, name:sweep, all. Elements go by the numbers that people gave
 * them, which can be 0 or less: 42.-5--1. Pure.
 */
#ifndef SELECTOR_H
#define SELECTOR_H

#include <stdbool.h>

#include "libcommon/buf.h"
#include "libcommon/ids.h"

#define SELECTOR_PARTS_MAX 4096

enum selector_what {
    SELECT_JOBS,     /* ids first..last, step */
    SELECT_ELEMENTS, /* those with the numbers first..last, step of job */
    SELECT_LAST,     /* the newest n */
    SELECT_NAME,
    SELECT_ALL,
};

struct selector_part {
    enum selector_what what;
    uint64_t job; /* of elements; 0: the newest */
    int64_t first, last, step;
    uint32_t n;
    struct view name; /* in the text that was parsed */
};

struct selector {
    struct selector_part *at; /* owned */
    size_t n;
};

/* Parse texts, each one or several parts with commas; they must stay while the
 * selector is used. A name goes to the end of its text: it may have commas.
 * Freed by selector_fini, also after an error. ERR_FORMAT, ERR_RANGE: errmsg
 * says what is wrong. */
enum err selector_parse(char *const *texts, size_t n, struct selector *out,
                        char *errmsg);
void selector_fini(struct selector *s);

/* "1_000-2_000:2" and "-5-5": first, last and step (1 when missing). first may
 * be above last only when step is negative, as in "10-1:-1". ERR_FORMAT,
 * ERR_RANGE: more than ELEM_MAX numbers. */
struct number_range {
    int64_t first, last, step;
};
enum err number_range_parse(const char *text, struct number_range *out,
                            char *errmsg);
/* How many numbers the range has. */
uint64_t number_range_count(struct number_range r);

#endif
