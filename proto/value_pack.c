/* SPDX-License-Identifier: MIT */
/* value_pack - writing values by format. */
#include "proto/value.h"

#include <stdbool.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/builder.h"
#include "proto/format.h"
#include "proto/mp.h"

struct writing {
    struct buf *out;
    const char *at; /* in the format, which was checked */
    va_list args;
    char *errmsg;
};

static enum err check_bytes(struct writing *w, const void *data, size_t len)
{
    if (len > FRAME_LEN_MAX)
        return err_set(w->errmsg, ERR_LIMIT, "string of %zu bytes, at most %u",
                       len, FRAME_LEN_MAX);
    if (data == NULL && len > 0)
        return err_set(w->errmsg, ERR_FORMAT, "string is NULL");
    return ERR_NONE;
}

static enum err write_bytes(struct writing *w, char letter)
{
    const void *data = va_arg(w->args, const void *);
    size_t len = va_arg(w->args, size_t);
    enum err err = check_bytes(w, data, len);

    if (err != ERR_NONE)
        return err;
    if (letter == 'S')
        mp_pack_text(w->out, view_of(data, len));
    else
        mp_pack_bytes(w->out, view_of(data, len));
    return ERR_NONE;
}

static enum err write_string(struct writing *w)
{
    const char *text = va_arg(w->args, const char *);
    enum err err = check_bytes(w, text, text != NULL ? strlen(text) : 1);

    if (err == ERR_NONE)
        mp_pack_text(w->out, view_str(text));
    return err;
}

static enum err write_built(struct writing *w)
{
    const yon_builder *b = va_arg(w->args, const yon_builder *);
    struct view value;
    enum err err;

    if (b == NULL)
        return err_set(w->errmsg, ERR_FORMAT, "builder is NULL");
    err = builder_value(b, &value, w->errmsg);
    if (err == ERR_NONE)
        buf_add_view(w->out, value);
    return err;
}

static enum err write_values(struct writing *w, unsigned n);

static enum err write_container(struct writing *w, char letter)
{
    unsigned n = format_count(w->at);
    enum err err;

    if (letter == '[')
        mp_pack_array(w->out, n);
    else
        mp_pack_map(w->out, n / 2);
    err = write_values(w, n);
    format_take(&w->at); /* what closes it */
    return err;
}

static enum err write_value(struct writing *w)
{
    char letter = format_take(&w->at);

    switch (letter) {
    case 'b':
        mp_pack_flag(w->out, va_arg(w->args, int) != 0);
        return ERR_NONE;
    case 'i':
        mp_pack_int64(w->out, va_arg(w->args, int));
        return ERR_NONE;
    case 'I':
        mp_pack_int64(w->out, va_arg(w->args, int64_t));
        return ERR_NONE;
    case 'U':
        mp_pack_uint64(w->out, va_arg(w->args, uint64_t));
        return ERR_NONE;
    case 'd':
        mp_pack_double(w->out, va_arg(w->args, double));
        return ERR_NONE;
    case 'n':
        mp_pack_nil(w->out);
        return ERR_NONE;
    case 's':
        return write_string(w);
    case 'S':
    case 'B':
        return write_bytes(w, letter);
    case 'V':
        return write_built(w);
    case '[':
    case '{':
        return write_container(w, letter);
    default:
        UNREACHABLE("a checked format");
    }
}

static enum err write_values(struct writing *w, unsigned n)
{
    enum err err = ERR_NONE;

    for (unsigned i = 0; err == ERR_NONE && i < n; i++)
        err = write_value(w);
    return err;
}

/* n: values at the top. */
static enum err write_all(struct writing *w, unsigned n, va_list args)
{
    enum err err;

    va_copy(w->args, args);
    err = write_values(w, n);
    va_end(w->args);
    return err;
}

enum err value_pack(struct buf *out, const char *format, va_list args,
                    char *errmsg)
{
    struct writing w = { .out = out, .at = format, .errmsg = errmsg };
    size_t len_before = out->len;
    unsigned n = format_count(format);
    enum err err = format_check(format, FORMAT_WRITE, errmsg);

    if (err != ERR_NONE)
        return err;
    if (n == 0)
        mp_pack_nil(out);
    else if (n > 1)
        mp_pack_array(out, n);
    err = write_all(&w, n, args);
    if (err != ERR_NONE)
        out->len = len_before;
    return err;
}

enum err value_pack_each(struct buf *out, const char *format, va_list args,
                         char *errmsg)
{
    struct writing w = { .out = out, .at = format, .errmsg = errmsg };
    size_t len_before = out->len;
    enum err err = format_check(format, FORMAT_WRITE, errmsg);

    if (err == ERR_NONE)
        err = write_all(&w, format_count(format), args);
    if (err != ERR_NONE)
        out->len = len_before;
    return err;
}
