/* SPDX-License-Identifier: MIT */
/* jsonitem - a reader of JSON that writes msgpack as it goes. */
#include "proto/jsonitem.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/utf8.h"
#include "proto/mp.h"

struct jsonitem_reader {
    struct view rest; /* of the text */
    struct buf *out;
    unsigned depth, depth_max; /* containers around, and how many may be */
    char *errmsg;
};

static enum err fail(struct jsonitem_reader *r, const char *why)
{
    return err_set(r->errmsg, ERR_FORMAT, "%s", why);
}

/* ---- characters ---- */

/* The next byte; 0: there is none, or a NUL, which is nowhere allowed. */
static uint8_t next(const struct jsonitem_reader *r)
{
    return r->rest.len > 0 ? *r->rest.data : 0;
}

static void skip(struct jsonitem_reader *r, size_t len)
{
    r->rest = view_of(r->rest.data + len, r->rest.len - len);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct jsonitem_reader *r)
{
    while (is_blank(next(r)))
        skip(r, 1);
}

static bool take(struct jsonitem_reader *r, const char *word)
{
    size_t len = strlen(word);

    if (r->rest.len < len || memcmp(r->rest.data, word, len) != 0)
        return false;
    skip(r, len);
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- numbers ---- */

static bool take_digits(struct jsonitem_reader *r)
{
    bool any = is_digit(next(r));

    while (is_digit(next(r)))
        skip(r, 1);
    return any;
}

/* Skip a number as JSON writes it. */
static bool take_number(struct jsonitem_reader *r, bool *is_real)
{
    bool ok;

    *is_real = false;
    (void)take(r, "-");
    ok = take(r, "0") ? !is_digit(next(r)) : take_digits(r);
    if (ok && take(r, ".")) {
        *is_real = true;
        ok = take_digits(r);
    }
    if (ok && (take(r, "e") || take(r, "E"))) {
        *is_real = true;
        if (!take(r, "+"))
            (void)take(r, "-");
        ok = take_digits(r);
    }
    return ok;
}

/* A module may have set a locale whose point is a comma. */
static double real_of(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double d = strtod_l(text, NULL, c);

    freelocale(c);
    return d;
}

static enum err read_number(struct jsonitem_reader *r)
{
    const uint8_t *from = r->rest.data;
    struct buf text = { 0 };
    bool is_real, fits = true;

    if (!take_number(r, &is_real))
        return fail(r, "a number is malformed");
    buf_add(&text, from, (size_t)(r->rest.data - from));
    if (is_real) {
        double d = real_of(buf_text(&text));

        fits = isfinite(d);
        mp_pack_double(r->out, d);
    } else {
        long long n;

        errno = 0;
        n = strtoll(buf_text(&text), NULL, 10);
        fits = errno == 0;
        mp_pack_int64(r->out, n);
    }
    buf_fini(&text);
    return fits ? ERR_NONE
                : err_set(r->errmsg, ERR_RANGE, "a number is too large");
}

/* ---- strings ---- */

static bool take_hex(struct jsonitem_reader *r, unsigned *out)
{
    static const char digits[] = "0123456789abcdef";

    *out = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = next(r);
        const char *at =
            c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c | 32 : c);

        if (at == NULL)
            return false;
        *out = *out << 4 | (unsigned)(at - digits);
        skip(r, 1);
    }
    return true;
}

static void add_utf8(struct buf *out, unsigned c)
{
    static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    uint8_t bytes[4];

    for (size_t i = len; i > 1; i--, c >>= 6)
        bytes[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
    bytes[0] = (uint8_t)((len == 1 ? 0u : first[len]) | c);
    buf_append(out, bytes, len);
}

static bool is_high(unsigned c)
{
    return c >= 0xd800 && c < 0xdc00;
}

static bool is_low(unsigned c)
{
    return c >= 0xdc00 && c < 0xe000;
}

/* Behind \u: one, or two that are a pair. */
static enum err read_code(struct jsonitem_reader *r, struct buf *text)
{
    unsigned c, low = 0;
    bool ok = take_hex(r, &c);

    if (ok && is_high(c))
        ok = take(r, "\\u") && take_hex(r, &low) && is_low(low);
    else if (ok)
        ok = !is_low(c);
    if (!ok)
        return fail(r, "\\u in a string is no character");
    if (c == 0)
        return fail(r, "a string has a NUL");
    if (is_high(c))
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    add_utf8(text, c);
    return ERR_NONE;
}

static enum err read_escape(struct jsonitem_reader *r, struct buf *text)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint8_t c = next(r);
    const char *at = c == 0 ? NULL : strchr(names, c);

    if (take(r, "u"))
        return read_code(r, text);
    if (at == NULL)
        return fail(r, "\\ in a string is followed by nothing that JSON has");
    skip(r, 1);
    buf_append(text, &values[at - names], 1);
    return ERR_NONE;
}

/* What stands between the quotes, of which the first was taken. */
static enum err read_quoted(struct jsonitem_reader *r, struct buf *text)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !take(r, "\"")) {
        uint8_t c = next(r);

        if (r->rest.len == 0)
            return fail(r, "a string does not end");
        if (c < ' ')
            return fail(r, "a string has a control character");
        skip(r, 1);
        if (c == '\\')
            err = read_escape(r, text);
        else
            buf_append(text, &c, 1);
    }
    if (err == ERR_NONE && !utf8_is_valid(buf_view(text)))
        return fail(r, "a string is not UTF-8");
    return err;
}

static enum err read_string(struct jsonitem_reader *r)
{
    struct buf text = { 0 };
    enum err err = read_quoted(r, &text);

    if (err == ERR_NONE)
        mp_pack_text(r->out, buf_view(&text));
    buf_fini(&text);
    return err;
}

/* ---- containers ---- */

static enum err read_value(struct jsonitem_reader *r);

static enum err read_key(struct jsonitem_reader *r)
{
    enum err err;

    skip_blanks(r);
    if (!take(r, "\""))
        return fail(r, "a key in quotes is missing");
    err = read_string(r);
    skip_blanks(r);
    if (err == ERR_NONE && !take(r, ":"))
        return fail(r, "a : is missing");
    return err;
}

/* Values up to the bracket that closes; *n: how many, or pairs. */
static enum err read_list(struct jsonitem_reader *r, bool is_map, size_t *n)
{
    const char *end = is_map ? "}" : "]";
    enum err err = ERR_NONE;

    *n = 0;
    skip_blanks(r);
    if (take(r, end))
        return ERR_NONE;
    do {
        if (is_map)
            err = read_key(r);
        if (err == ERR_NONE)
            err = read_value(r);
        if (err != ERR_NONE)
            return err;
        ++*n;
        skip_blanks(r);
    } while (take(r, ","));
    return take(r, end) ? ERR_NONE
                        : fail(r, "a , or a closing bracket is missing");
}

/* The head says how many there are, and comes first. */
static enum err read_container(struct jsonitem_reader *r, bool is_map)
{
    struct buf *out = r->out, values = { 0 };
    enum err err;
    size_t n;

    if (r->depth == r->depth_max)
        return err_set(r->errmsg, ERR_RANGE, "it is nested too deep");
    r->depth++;
    r->out = &values;
    err = read_list(r, is_map, &n);
    r->out = out;
    r->depth--;
    if (is_map)
        mp_pack_map(out, n);
    else
        mp_pack_array(out, n);
    buf_add_view(out, buf_view(&values));
    buf_fini(&values);
    return err;
}

static enum err read_value(struct jsonitem_reader *r)
{
    skip_blanks(r);
    if (take(r, "{"))
        return read_container(r, true);
    if (take(r, "["))
        return read_container(r, false);
    if (take(r, "\""))
        return read_string(r);
    if (is_digit(next(r)) || next(r) == '-')
        return read_number(r);
    if (take(r, "null"))
        mp_pack_nil(r->out);
    else if (take(r, "true"))
        mp_pack_flag(r->out, true);
    else if (take(r, "false"))
        mp_pack_flag(r->out, false);
    else
        return fail(r, r->rest.len == 0 ? "a value is missing"
                                        : "a value begins with nothing that "
                                          "JSON has; a text wants quotes");
    return ERR_NONE;
}

enum err jsonitem_pack(struct buf *out, struct view text, unsigned depth_max,
                       char *errmsg)
{
    struct jsonitem_reader r = {
        .rest = text, .out = out, .depth_max = depth_max, .errmsg = errmsg
    };
    enum err err = read_value(&r);

    skip_blanks(&r);
    if (err == ERR_NONE && r.rest.len > 0)
        return fail(&r, "something stands behind the value");
    return err;
}
