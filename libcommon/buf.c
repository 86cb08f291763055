/* SPDX-License-Identifier: MIT */
/* buf - bytes: a borrowed view, a growing buffer, a shared constant blob. */
#include "libcommon/buf.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

/* The first allocation of a buf: most messages fit without a second one. */
#define BUF_CAP_MIN 64

struct blob {
    atomic_size_t n_users;
    size_t len;
    uint8_t data[];
};

struct view view_of(const void *data, size_t len)
{
    return (struct view){ data, len };
}

struct view view_str(const char *text)
{
    return view_of(text, text != NULL ? strlen(text) : 0);
}

bool view_equal(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

enum err view_take(struct view *in, size_t len, struct view *out)
{
    if (len > in->len)
        return ERR_SHORT;
    *out = view_of(in->data, len);
    if (len > 0) /* NULL + 0 is not defined in C */
        in->data += len;
    in->len -= len;
    return ERR_NONE;
}

struct view view_line(struct view *text)
{
    const uint8_t *end =
        text->len == 0 ? NULL : memchr(text->data, '\n', text->len);
    struct view line = { 0 }, newline;

    view_take(text, end == NULL ? text->len : (size_t)(end - text->data),
              &line);
    view_take(text, end == NULL ? 0 : 1, &newline);
    return line;
}

void buf_fini(struct buf *b)
{
    if (b == NULL)
        return;
    free(b->data);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

uint8_t *buf_room(struct buf *b, size_t len)
{
    size_t cap = b->cap > 0 ? b->cap : BUF_CAP_MIN;

    ASSERT(len <= SIZE_MAX / 2 - b->len);
    while (cap < b->len + len)
        cap *= 2;
    if (cap > b->cap) {
        b->data = xrealloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(buf_room(b, len), data, len);
    b->len += len;
}

void buf_add_view(struct buf *b, struct view v)
{
    buf_add(b, v.data, v.len);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(len >= 0);

    va_start(args, format);
    vsnprintf((char *)buf_room(b, (size_t)len + 1), (size_t)len + 1, format,
              args);
    va_end(args);
    b->len += (size_t)len;
}

struct view buf_view(const struct buf *b)
{
    return view_of(b->data, b->len);
}

const char *buf_text(struct buf *b)
{
    *buf_room(b, 1) = '\0';
    return (const char *)b->data;
}

struct blob *blob_new(struct view bytes)
{
    struct blob *b;

    ASSERT(bytes.len <= SIZE_MAX - sizeof *b);
    b = xcalloc(1, sizeof *b + bytes.len);
    atomic_init(&b->n_users, 1);
    b->len = bytes.len;
    if (bytes.len > 0)
        memcpy(b->data, bytes.data, bytes.len);
    return b;
}

struct blob *blob_ref(struct blob *b)
{
    if (b != NULL)
        atomic_fetch_add_explicit(&b->n_users, 1, memory_order_relaxed);
    return b;
}

void blob_unref(struct blob *b)
{
    size_t before;

    if (b == NULL)
        return;
    /* Release: our reads are over before another frees. Acquire: the last user
     * frees after the reads of all others. */
    before = atomic_fetch_sub_explicit(&b->n_users, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before == 1)
        free(b);
}

struct view blob_view(const struct blob *b)
{
    return b != NULL ? view_of(b->data, b->len) : view_of(NULL, 0);
}
