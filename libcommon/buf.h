/* SPDX-License-Identifier: MIT */
/* buf - bytes: a borrowed view, a growing buffer, a shared constant blob. Pure.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "libcommon/err.h"

/* Borrowed bytes. {NULL, 0} is the empty view. */
struct view {
    const uint8_t *data;
    size_t len; /* bytes */
};

struct view view_of(const void *data, size_t len);
struct view view_str(const char *text); /* NULL is empty; without the NUL */
bool view_equal(struct view a, struct view b);

/* Take len bytes from the front of `in`; they stay where `in` looks.
 * ERR_SHORT  fewer bytes are there; nothing is changed. */
enum err view_take(struct view *in, size_t len, struct view *out);
/* Take the next line of a text, which is returned without its newline. */
struct view view_line(struct view *text);

/* Growing bytes. Zeroed memory is an empty buf. The owner calls buf_fini. */
struct buf {
    uint8_t *data;
    size_t len; /* bytes used */
    size_t cap; /* bytes allocated */
};

void buf_fini(struct buf *b);  /* NULL and zeroed are fine; leaves it empty */
void buf_clear(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_view(struct buf *b, struct view v);
void buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
uint8_t *buf_room(struct buf *b,
                  size_t len); /* len more bytes, not counted yet */
/* buf_add for few bytes: most packed values are one byte. */
static inline void buf_append(struct buf *b, const void *data, size_t len)
{
    uint8_t *at = b->cap - b->len >= len ? b->data + b->len : buf_room(b, len);

    memcpy(at, data, len);
    b->len += len;
}
struct view buf_view(const struct buf *b);
/* The content with a NUL behind it (not counted); valid until the next change.
 */
const char *buf_text(struct buf *b);

/* Constant bytes with a count of users; safe to hand between threads. */
struct blob; /* opaque, see buf.c */

struct blob *blob_new(struct view bytes);    /* copies; one user */
struct blob *blob_ref(struct blob *b);       /* one user more; NULL is NULL */
void blob_unref(struct blob *b);             /* NULL is fine */
struct view blob_view(const struct blob *b); /* NULL is the empty view */

#endif
