/* SPDX-License-Identifier: MIT */
/* items - what the elements of an array are made from: numbers, words, lines.
 */
#include "client/cli/items.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/spec.h"

#define READ_LEN 8192

void items_fini(struct items *items)
{
    buf_fini(&items->packed);
    *items = (struct items){ 0 };
}

void items_from_range(struct items *items, struct number_range range)
{
    ASSERT(items->n == 0 && number_range_count(range) <= ELEM_MAX);
    items->n = (uint32_t)number_range_count(range);
    items->first = range.first;
    items->step = range.step;
}

enum err items_append(struct items *items, struct view item, char *errmsg)
{
    if (items->n == ELEM_MAX)
        return err_set(errmsg, ERR_LIMIT,
                       "more than %" PRIu32
                       " items; split the list and submit the parts",
                       ELEM_MAX);
    /* Five bytes are the longest head of a packed item. */
    if (item.len > ITEMS_LEN_MAX ||
        items->packed.len + item.len + 5 > ITEMS_LEN_MAX)
        return err_set(errmsg, ERR_LIMIT,
                       "the items are larger than %u MiB together (at item "
                       "%" PRIu32 "); split the list and submit the parts",
                       ITEMS_LEN_MAX >> 20, items->n + 1);
    ASSERT(items->step == 0); /* it is no range */
    items_add(&items->packed, item);
    items->n++;
    return ERR_NONE;
}

enum err items_append_numbered(struct items *items, int64_t number,
                               struct view item, char *errmsg)
{
    ASSERT(items->n == 0 || items->first == 1);
    items->first = 1; /* there are numbers: as in a SUBMIT */
    items_add_number(&items->packed, number);
    return items_append(items, item, errmsg);
}

static enum err line_end(struct items *items, struct buf *line, char *errmsg)
{
    enum err err;

    if (line->len > 0 && memchr(line->data, '\0', line->len) != NULL)
        return err_set(errmsg, ERR_FORMAT,
                       "line %" PRIu32
                       " contains a NUL byte, which no argument can carry: "
                       "each item ends with a newline, not as of -print0; "
                       "one that has a newline goes behind :::",
                       items->n + 1);
    items->n_cr += line->len > 0 && line->data[line->len - 1] == '\r';
    err = items_append(items, buf_view(line), errmsg);
    buf_clear(line);
    return err;
}

static enum err chunk_add(struct items *items, struct buf *line,
                          struct view chunk, char *errmsg)
{
    enum err err = ERR_NONE;

    while (chunk.len > 0 && err == ERR_NONE) {
        const uint8_t *end = memchr(chunk.data, '\n', chunk.len);
        size_t len = end != NULL ? (size_t)(end - chunk.data) : chunk.len;

        buf_add(line, chunk.data, len);
        if (end != NULL)
            err = line_end(items, line, errmsg);
        else if (line->len > ITEMS_LEN_MAX)
            err = items_append(items, buf_view(line), errmsg);
        len += end != NULL;
        chunk = (struct view){ chunk.data + len, chunk.len - len };
    }
    return err;
}

enum err items_read(struct items *items, FILE *in, char *errmsg)
{
    struct buf line = { 0 };
    enum err err = ERR_NONE;
    char bytes[READ_LEN];
    size_t len;

    while (err == ERR_NONE && (len = fread(bytes, 1, sizeof bytes, in)) > 0)
        err = chunk_add(items, &line, view_of(bytes, len), errmsg);
    if (err == ERR_NONE && ferror(in))
        err = err_set(errmsg, ERR_IO, "%s", strerror(errno));
    if (err == ERR_NONE && line.len > 0)
        err = line_end(items, &line, errmsg);
    buf_fini(&line);
    return err;
}
