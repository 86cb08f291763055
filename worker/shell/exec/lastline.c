/* SPDX-License-Identifier: MIT */
/* lastline - the last line that a program wrote, for people. */
#include "worker/shell/exec/lastline.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

/* Bytes of the UTF-8 character that v begins with; 0: it is none, or a control
 * character. */
static size_t character_len(struct view v)
{
    static const uint32_t smallest[] = { 0, 0x20, 0xa0, 0x800, 0x10000 };
    uint8_t first = v.data[0];
    size_t len = first < 0x80             ? 1
                 : (first & 0xe0) == 0xc0 ? 2
                 : (first & 0xf0) == 0xe0 ? 3
                 : (first & 0xf8) == 0xf0 ? 4
                                          : 0;
    uint32_t c = len == 1 ? first : first & (0x7fu >> len);

    if (len == 0 || len > v.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((v.data[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (v.data[i] & 0x3f);
    }
    if (c < smallest[len] || c == 0x7f || c > 0x10ffff ||
        (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return len;
}

/* Take the last line that is not blank from the end of `text`, without the
 * blanks around it; empty: there is none. */
static struct view take_line(struct view *text)
{
    size_t end = text->len, start, next;

    while (end > 0 && is_blank(text->data[end - 1]))
        end--;
    start = end;
    while (start > 0 && text->data[start - 1] != '\n')
        start--;
    next = start;
    while (start < end && is_blank(text->data[start]))
        start++;
    text->len = next;
    return view_of(text->data + start, end - start);
}

/* Compilers show the place below what they say, with a margin: "   12 | int x"
 * and "      |     ^". */
static bool is_excerpt(struct view line)
{
    size_t at = 0;

    while (at < line.len && line.data[at] >= '0' && line.data[at] <= '9')
        at++;
    while (at < line.len && is_blank(line.data[at]))
        at++;
    return at < line.len && line.data[at] == '|';
}

static struct view find(struct view text)
{
    struct view last = take_line(&text), line = last;

    while (line.len > 0 && is_excerpt(line))
        line = take_line(&text);
    return line.len > 0 ? line : last;
}

void lastline_add(struct buf *out, struct view text)
{
    size_t limit = out->len + LASTLINE_LEN_MAX;

    if (text.len == 0)
        return;
    for (struct view line = find(text); line.len > 0;) {
        size_t len = character_len(line);
        size_t step = len == 0 ? 1 : len;

        if (out->len + step > limit)
            return;
        buf_add(out, len == 0 ? (const uint8_t *)"?" : line.data, step);
        line = view_of(line.data + step, line.len - step);
    }
}
