/* SPDX-License-Identifier: MIT */
/* content - the input of a job, and the result that it must give.
 *
 * A result names its job, its element and a digest of its input, so that a
 * result in the wrong place is noticed.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "proto/op.h"

struct content {
    uint8_t kind;
    bool array;
    uint32_t n; /* elements, 1 for a single job */
    int64_t first, step;
    struct view name, fn, spec, items;
    struct policy policy;
};

uint64_t content_digest(const struct content *c);

/* The input of one element. */
struct input {
    struct task_id task;
    uint8_t kind;
    struct view fn, spec, item, number;
};

#define CONTENT_RESULT_LEN 22
/* A msgpack value; a command writes the same bytes to stdout. */
void content_result(const struct input *in, uint8_t out[CONTENT_RESULT_LEN]);

#endif
