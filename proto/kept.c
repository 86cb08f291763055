/* SPDX-License-Identifier: MIT */
/* kept - arithmetic of a beginning, a gap and an end. */
#include "proto/kept.h"

struct kept kept_of(struct view bytes, uint64_t len, uint64_t head_len,
                    uint64_t stored)
{
    if (head_len > bytes.len || len < bytes.len || stored > len - bytes.len)
        return (struct kept){ bytes, { 0 }, bytes.len, 0 };
    if (len == bytes.len || head_len == bytes.len)
        return (struct kept){ bytes, { 0 }, len, stored };
    return (struct kept){ view_of(bytes.data, head_len),
                          view_of(bytes.data + head_len, bytes.len - head_len),
                          len, stored };
}

uint64_t kept_gap(const struct kept *k)
{
    return k->len - k->head.len - k->stored - k->end.len;
}

struct view kept_read(const struct kept *k, uint64_t offset, size_t max,
                      uint64_t *at)
{
    uint64_t end_at = k->len - k->end.len;
    struct view bytes = k->head;
    size_t skip;

    *at = offset;
    if (offset >= k->len)
        return (struct view){ 0 };
    if (offset >= k->head.len) {
        bytes = k->end;
        *at = offset < end_at ? end_at : offset;
        skip = (size_t)(*at - end_at);
    } else {
        skip = (size_t)offset;
    }
    if (bytes.len == 0) /* the gap goes on to the end */
        return bytes;
    bytes = view_of(bytes.data + skip, bytes.len - skip);
    if (bytes.len > max)
        bytes.len = max;
    return bytes;
}
