/* SPDX-License-Identifier: MIT */
/* capture - what is kept of an output: its beginning and its end. */
#include "worker/shell/exec/capture.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void capture_fini(struct capture *c)
{
    buf_fini(&c->head);
    free(c->rest);
    *c = (struct capture){ 0 };
}

static void capture_check(const struct capture *c)
{
    ASSERT(c->head.len ==
           (c->len < CAPTURE_HEAD_MAX ? c->len : CAPTURE_HEAD_MAX));
    ASSERT((c->rest != NULL) == (c->len > CAPTURE_HEAD_MAX));
}

uint64_t capture_oldest_after(const struct capture *c, size_t n)
{
    uint64_t len = c->len + n;

    if (len < CAPTURE_HEAD_MAX + CAPTURE_REST_MAX)
        return CAPTURE_HEAD_MAX;
    return len - CAPTURE_REST_MAX;
}

uint64_t capture_oldest(const struct capture *c)
{
    return capture_oldest_after(c, 0);
}

/* Place of a byte behind the head. */
static size_t ring_place(uint64_t offset)
{
    ASSERT(offset >= CAPTURE_HEAD_MAX);
    return (size_t)((offset - CAPTURE_HEAD_MAX) % CAPTURE_REST_MAX);
}

static size_t smaller(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* Up to the end of the ring. Returns how many bytes were taken. */
static size_t add_to_ring(struct capture *c, struct view bytes)
{
    size_t place = ring_place(c->len);
    size_t n = smaller(bytes.len, CAPTURE_REST_MAX - place);

    if (c->rest == NULL)
        c->rest = xrealloc(NULL, CAPTURE_REST_MAX);
    memcpy(c->rest + place, bytes.data, n);
    return n;
}

void capture_add(struct capture *c, struct view bytes)
{
    while (bytes.len > 0) {
        size_t n;

        if (c->len < CAPTURE_HEAD_MAX) {
            n = smaller(bytes.len, CAPTURE_HEAD_MAX - c->len);
            buf_add(&c->head, bytes.data, n);
        } else {
            n = add_to_ring(c, bytes);
        }
        c->len += n;
        bytes.data += n;
        bytes.len -= n;
    }
    capture_check(c);
}

size_t capture_room(const struct capture *c, uint64_t offset)
{
    uint64_t oldest = capture_oldest(c);

    if (offset > c->len)
        offset = c->len;
    if (offset > oldest)
        oldest = offset;
    return (size_t)(oldest + CAPTURE_REST_MAX - c->len);
}

struct view capture_read(const struct capture *c, uint64_t offset, size_t max,
                         uint64_t *at)
{
    size_t place;

    *at = offset;
    if (offset >= c->len)
        return (struct view){ 0 };
    if (offset < c->head.len)
        return view_of(c->head.data + offset,
                       smaller(max, c->head.len - offset));
    if (offset < capture_oldest(c))
        *at = capture_oldest(c);
    place = ring_place(*at);
    max = smaller(max, c->len - *at);
    return view_of(c->rest + place, smaller(max, CAPTURE_REST_MAX - place));
}

uint64_t capture_kept(const struct capture *c, struct buf *out)
{
    uint64_t offset = 0, at;
    struct view piece;

    while ((piece = capture_read(c, offset, SIZE_MAX, &at)).len > 0) {
        buf_add_view(out, piece);
        offset = at + piece.len;
    }
    return c->len <= OUTPUT_LEN_MAX ? c->len : CAPTURE_HEAD_MAX;
}
