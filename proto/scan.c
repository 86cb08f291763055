/* SPDX-License-Identifier: MIT */
/* scan - from head to head over msgpack, which is, by its first byte:
 *
 *   00-7f positive int   80-8f map    90-9f array   a0-bf str   e0-ff negative
 *   c0 nil   c1 never    c2 c3 bool   c4-c6 bin     c7-c9 ext   ca cb float
 *   cc-cf uint  d0-d3 int   d4-d8 fixext  d9-db str  dc dd array  de df map
 */
#include "proto/scan.h"

#include "libcommon/check.h"

/* What stands behind the first byte of c0 .. df. */
enum scan_kind {
    SCAN_BAD,
    SCAN_BODY,  /* `extra` bytes, and as many as the count says */
    SCAN_ARRAY, /* as many values as the count says */
    SCAN_MAP,   /* twice as many */
};

static const struct scan_rule {
    uint8_t kind;
    uint8_t count_len; /* bytes of the count, big endian */
    uint8_t extra;
} rules[32] = {
    [0xc0 - 0xc0] = { SCAN_BODY, 0, 0 },
    [0xc2 - 0xc0] = { SCAN_BODY, 0, 0 },
    [0xc3 - 0xc0] = { SCAN_BODY, 0, 0 },
    [0xc4 - 0xc0] = { SCAN_BODY, 1, 0 },
    [0xc5 - 0xc0] = { SCAN_BODY, 2, 0 },
    [0xc6 - 0xc0] = { SCAN_BODY, 4, 0 },
    [0xc7 - 0xc0] = { SCAN_BODY, 1, 1 },
    [0xc8 - 0xc0] = { SCAN_BODY, 2, 1 },
    [0xc9 - 0xc0] = { SCAN_BODY, 4, 1 },
    [0xca - 0xc0] = { SCAN_BODY, 0, 4 },
    [0xcb - 0xc0] = { SCAN_BODY, 0, 8 },
    [0xcc - 0xc0] = { SCAN_BODY, 0, 1 },
    [0xcd - 0xc0] = { SCAN_BODY, 0, 2 },
    [0xce - 0xc0] = { SCAN_BODY, 0, 4 },
    [0xcf - 0xc0] = { SCAN_BODY, 0, 8 },
    [0xd0 - 0xc0] = { SCAN_BODY, 0, 1 },
    [0xd1 - 0xc0] = { SCAN_BODY, 0, 2 },
    [0xd2 - 0xc0] = { SCAN_BODY, 0, 4 },
    [0xd3 - 0xc0] = { SCAN_BODY, 0, 8 },
    [0xd4 - 0xc0] = { SCAN_BODY, 0, 1 + 1 },
    [0xd5 - 0xc0] = { SCAN_BODY, 0, 1 + 2 },
    [0xd6 - 0xc0] = { SCAN_BODY, 0, 1 + 4 },
    [0xd7 - 0xc0] = { SCAN_BODY, 0, 1 + 8 },
    [0xd8 - 0xc0] = { SCAN_BODY, 0, 1 + 16 },
    [0xd9 - 0xc0] = { SCAN_BODY, 1, 0 },
    [0xda - 0xc0] = { SCAN_BODY, 2, 0 },
    [0xdb - 0xc0] = { SCAN_BODY, 4, 0 },
    [0xdc - 0xc0] = { SCAN_ARRAY, 2, 0 },
    [0xdd - 0xc0] = { SCAN_ARRAY, 4, 0 },
    [0xde - 0xc0] = { SCAN_MAP, 2, 0 },
    [0xdf - 0xc0] = { SCAN_MAP, 4, 0 },
};

/* What is left of the input. */
struct scan_rest {
    const uint8_t *at, *end;
};

struct scan_head {
    bool container;
    uint64_t children; /* values that follow */
};

static uint64_t rest_len(const struct scan_rest *in)
{
    return (uint64_t)(in->end - in->at);
}

static enum err skip(struct scan_rest *in, uint64_t len)
{
    if (len > rest_len(in))
        return ERR_SHORT;
    in->at += len;
    return ERR_NONE;
}

static enum err take_count(struct scan_rest *in, size_t len, uint64_t *count)
{
    *count = 0;
    if (len > rest_len(in))
        return ERR_SHORT;
    for (size_t i = 0; i < len; i++)
        *count = *count << 8 | *in->at++;
    return ERR_NONE;
}

static enum err take_ruled(struct scan_rest *in, const struct scan_rule *rule,
                           struct scan_head *head)
{
    uint64_t n;
    enum err err = take_count(in, rule->count_len, &n);

    if (err != ERR_NONE)
        return err;
    switch (rule->kind) {
    case SCAN_BODY:
        return skip(in, n + rule->extra);
    case SCAN_ARRAY:
        *head = (struct scan_head){ true, n };
        return ERR_NONE;
    case SCAN_MAP:
        *head = (struct scan_head){ true, 2 * n };
        return ERR_NONE;
    default:
        return ERR_FORMAT;
    }
}

/* Take a value off `in`, but not the values inside it. */
static enum err take_head(struct scan_rest *in, struct scan_head *head)
{
    unsigned first;

    *head = (struct scan_head){ false, 0 };
    if (in->at == in->end)
        return ERR_SHORT;
    first = *in->at++;
    if (first < 0x80 || first >= 0xe0)
        return ERR_NONE;
    if (first >= 0xc0)
        return take_ruled(in, &rules[first - 0xc0], head);
    if (first >= 0xa0)
        return skip(in, first - 0xa0);
    head->container = true;
    head->children = first >= 0x90 ? first - 0x90 : 2 * (first - 0x80);
    return ERR_NONE;
}

/* `pending`: values that are still owed, by all open containers; `left`: by the
 * innermost, and outer[d] by the one at depth d. Each takes a byte at least, so
 * that more pending values than bytes are a lie. */
enum err scan_limited(struct view in, struct scan_limits limits,
                      struct scan_size *out)
{
    uint64_t outer[SCAN_DEPTH_MAX];
    uint64_t left = 1, pending = 1, values = 0;
    unsigned depth = 0;
    struct scan_rest rest = { in.data, in.data };

    ASSERT(limits.depth <= SCAN_DEPTH_MAX);
    if (in.len > 0) /* NULL + 0 is not defined in C */
        rest.end += in.len;
    while (pending > 0) {
        struct scan_head head;
        enum err err = take_head(&rest, &head);

        if (err != ERR_NONE)
            return err;
        if (++values > limits.values)
            return ERR_RANGE;
        pending += head.children - 1;
        if (pending > rest_len(&rest))
            return ERR_SHORT;
        left--;
        if (head.container) {
            if (depth == limits.depth)
                return ERR_RANGE;
            outer[depth++] = left;
            left = head.children;
        }
        while (left == 0 && depth > 0)
            left = outer[--depth];
    }
    *out = (struct scan_size){ in.len - (size_t)rest_len(&rest), values };
    return ERR_NONE;
}

enum err scan_value(struct view in, unsigned depth_max, size_t *len)
{
    struct scan_size size;
    enum err err =
        scan_limited(in, (struct scan_limits){ depth_max, UINT64_MAX }, &size);

    if (err == ERR_NONE)
        *len = size.len;
    return err;
}

enum err scan_one(struct view in, unsigned depth_max)
{
    size_t len;
    enum err err = scan_value(in, depth_max, &len);

    if (err == ERR_NONE && len < in.len)
        return ERR_FORMAT;
    return err;
}
