/* SPDX-License-Identifier: MIT */
/* utf8 - text of unknown origin on a terminal. */
#include "libcommon/utf8.h"

#include "libcommon/check.h"

#define RUNE_NONE UINT32_MAX

struct range {
    uint32_t first, last;
};

/* Marks that stand on the character before them. */
static const struct range zero_wide[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
    { 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x0e34, 0x0e3a },
    { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f },
    { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

/* East Asian and pictures: two columns. */
static const struct range double_wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
    { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool is_in(const struct range *ranges, size_t n, uint32_t rune)
{
    for (size_t i = 0; i < n; i++)
        if (rune >= ranges[i].first && rune <= ranges[i].last)
            return true;
    return false;
}

static bool is_control(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0x2028 ||
           rune == 0x2029 || (rune >= 0x202a && rune <= 0x202e) ||
           (rune >= 0x2066 && rune <= 0x2069);
}

/* Bytes of a sequence by its first byte; 0: it cannot be the first. */
static size_t sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The first character and its bytes; RUNE_NONE and one byte: it is not UTF-8.
 */
static uint32_t rune_first(struct view text, size_t *len)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = sequence_len(text.data[0]);
    uint32_t rune;

    *len = 1;
    if (n == 1)
        return text.data[0];
    if (n == 0 || n > text.len)
        return RUNE_NONE;
    rune = text.data[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text.data[i] & 0xc0) != 0x80)
            return RUNE_NONE;
        rune = rune << 6 | (text.data[i] & 0x3fu);
    }
    if (rune < lowest[n] || rune > 0x10ffff ||
        (rune >= 0xd800 && rune <= 0xdfff))
        return RUNE_NONE;
    *len = n;
    return rune;
}

static size_t rune_width(uint32_t rune)
{
    if (is_in(zero_wide, ARRAY_LEN(zero_wide), rune))
        return 0;
    return is_in(double_wide, ARRAY_LEN(double_wide), rune) ? 2 : 1;
}

static struct view skip(struct view text, size_t len)
{
    return (struct view){ text.data + len, text.len - len };
}

bool utf8_is_valid(struct view text)
{
    while (text.len > 0) {
        size_t len;

        if (rune_first(text, &len) == RUNE_NONE)
            return false;
        text = skip(text, len);
    }
    return true;
}

size_t utf8_width(struct view text)
{
    size_t width = 0;

    while (text.len > 0) {
        size_t len;

        width += rune_width(rune_first(text, &len));
        text = skip(text, len);
    }
    return width;
}

static void add_escaped(struct buf *out, struct view bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        switch (bytes.data[i]) {
        case '\n':
            buf_addf(out, "\\n");
            break;
        case '\t':
            buf_addf(out, "\\t");
            break;
        case '\r':
            buf_addf(out, "\\r");
            break;
        default:
            buf_addf(out, "\\x%02x", bytes.data[i]);
        }
    }
}

void utf8_add_safe(struct buf *out, struct view text)
{
    while (text.len > 0) {
        size_t len;
        uint32_t rune = rune_first(text, &len);
        struct view bytes = { text.data, len };

        if (rune == RUNE_NONE || is_control(rune))
            add_escaped(out, bytes);
        else
            buf_add_view(out, bytes);
        text = skip(text, len);
    }
}

size_t utf8_cut(struct view text, size_t columns)
{
    size_t at = 0, width = 0;

    while (at < text.len) {
        size_t len;

        width += rune_width(rune_first(skip(text, at), &len));
        if (width > columns)
            break;
        at += len;
    }
    return at;
}
