/* SPDX-License-Identifier: MIT */
/* trace - lines of text from a core to an operator. */
#include "libcommon/trace.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/utf8.h"

#define CUT "..." /* in place of what did not fit */

static const char *const level_names[] = { [TRACE_OFF] = "off",
#define TRACE_NAME(name, text) [TRACE_##name] = (text),
                                           TRACE_LEVEL_LIST(TRACE_NAME)
#undef TRACE_NAME
};
_Static_assert(ARRAY_LEN(level_names) == TRACE_LEVEL_COUNT,
               "one name per level");

const char *trace_level_name(enum trace_level level)
{
    ASSERT(level < TRACE_LEVEL_COUNT);
    return level_names[level];
}

enum err trace_level_parse(const char *text, enum trace_level *out)
{
    for (unsigned l = TRACE_OFF + 1; l < TRACE_LEVEL_COUNT; l++)
        if (strcmp(text, level_names[l]) == 0) {
            *out = (enum trace_level)l;
            return ERR_NONE;
        }
    return ERR_FORMAT;
}

/* ---- formats ---- */

/* va_list may be an array, of which a parameter is no pointer to one. */
struct args {
    va_list list;
};

/* %[flags][width][.precision][length]type */
struct conversion {
    int width;
    int precision; /* -1: none */
    char length;   /* 'l', 'q' for ll, 'z', 'j', 't', or 0 */
    char type;
};

static int parse_int(const char **at, struct args *args)
{
    int n = 0;

    if (**at == '*') {
        ++*at;
        return va_arg(args->list, int);
    }
    while (isdigit((unsigned char)**at))
        n = n * 10 + (*(*at)++ - '0');
    return n;
}

/* `at` is behind the %. */
static struct conversion parse_conversion(const char **at, struct args *args)
{
    struct conversion c = { .precision = -1 };

    *at += strspn(*at, "-+ #0");
    c.width = parse_int(at, args);
    if (**at == '.') {
        ++*at;
        c.precision = parse_int(at, args);
    }
    for (; **at != '\0' && strchr("hlzjt", **at) != NULL; ++*at)
        if (**at != 'h') /* such an argument comes as an int */
            c.length = c.length == 'l' ? 'q' : **at;
    c.type = **at;
    if (c.type != '\0')
        ++*at;
    return c;
}

static intmax_t take_signed(struct args *args, char length)
{
    switch (length) {
    case 'l':
        return va_arg(args->list, long);
    case 'q':
        return va_arg(args->list, long long);
    case 'z':
    case 't':
        return va_arg(args->list, ptrdiff_t);
    case 'j':
        return va_arg(args->list, intmax_t);
    default:
        return va_arg(args->list, int);
    }
}

static uintmax_t take_unsigned(struct args *args, char length)
{
    switch (length) {
    case 'l':
        return va_arg(args->list, unsigned long);
    case 'q':
        return va_arg(args->list, unsigned long long);
    case 'z':
    case 't':
        return va_arg(args->list, size_t);
    case 'j':
        return va_arg(args->list, uintmax_t);
    default:
        return va_arg(args->list, unsigned);
    }
}

/* At most one byte more than a value may have, which tells that it was longer.
 */
static void add_text(struct buf *value, const char *text, int precision)
{
    size_t max = TRACE_VALUE_MAX + 1;

    if (precision >= 0 && (size_t)precision < max)
        max = (size_t)precision;
    if (text != NULL)
        buf_add(value, text, strnlen(text, max));
}

static void add_conversion(struct buf *value, const char **at,
                           struct args *args)
{
    struct conversion c = parse_conversion(at, args);

    switch (c.type) {
    case 's':
        add_text(value, va_arg(args->list, const char *), c.precision);
        break;
    case 'd':
    case 'i':
        buf_addf(value, "%jd", take_signed(args, c.length));
        break;
    case 'u':
        buf_addf(value, "%ju", take_unsigned(args, c.length));
        break;
    case 'x':
    case 'X':
        buf_addf(value, "%0*jx", c.width, take_unsigned(args, c.length));
        break;
    case 'c':
        buf_addf(value, "%c", va_arg(args->list, int));
        break;
    case 'e':
    case 'f':
    case 'g':
        buf_addf(value, "%.*f", c.precision < 0 ? 6 : c.precision,
                 va_arg(args->list, double));
        break;
    case '%':
        buf_add(value, "%", 1);
        break;
    default:
        UNREACHABLE("a conversion that traces do not know");
    }
}

/* ---- fields ---- */

static bool is_plain(struct view text, struct view safe)
{
    if (text.len == 0 || safe.len != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (strchr(" \"\\=", text.data[i]) != NULL)
            return false;
    return true;
}

static void add_quoted(struct buf *out, struct view text)
{
    buf_add(out, "\"", 1);
    while (text.len > 0) {
        struct view part = { text.data, 0 };

        while (part.len < text.len && text.data[part.len] != '"' &&
               text.data[part.len] != '\\')
            part.len++;
        utf8_add_safe(out, part);
        text = view_of(text.data + part.len, text.len - part.len);
        if (text.len > 0) {
            buf_addf(out, "\\%c", text.data[0]);
            text = view_of(text.data + 1, text.len - 1);
        }
    }
    buf_add(out, "\"", 1);
}

static void add_value(struct buf *out, struct buf *value)
{
    struct buf safe = { 0 };

    if (value->len > TRACE_VALUE_MAX) {
        value->len = TRACE_VALUE_MAX - strlen(CUT);
        buf_add(value, CUT, strlen(CUT));
    }
    utf8_add_safe(&safe, buf_view(value));
    if (is_plain(buf_view(value), buf_view(&safe)))
        buf_add_view(out, buf_view(value));
    else
        add_quoted(out, buf_view(value));
    buf_fini(&safe);
}

/* " key=value" of one field; `value` is room for it. */
static const char *add_field(struct buf *out, struct buf *value, const char *at,
                             struct args *args)
{
    size_t key_len = strcspn(at, "=");

    ASSERT(at[key_len] == '=' && memchr(at, '%', key_len) == NULL);
    buf_add(out, " ", 1);
    buf_add(out, at, key_len + 1);
    at += key_len + 1;
    buf_clear(value);
    while (*at != '\0' && *at != ' ') {
        if (*at != '%') {
            buf_add(value, at++, 1);
            continue;
        }
        at++;
        add_conversion(value, &at, args);
    }
    add_value(out, value);
    return *at == ' ' ? at + 1 : at;
}

/* ---- lines ---- */

void trace_add(struct buf *out, enum trace_level level, const char *event,
               const char *format, va_list list)
{
    size_t begin = out->len;
    struct buf value = { 0 };
    struct args args;

    va_copy(args.list, list);
    buf_addf(out, "%s %s", trace_level_name(level), event);
    while (format != NULL && *format != '\0') {
        size_t before = out->len;

        format = add_field(out, &value, format, &args);
        if (out->len - begin > TRACE_LINE_MAX - strlen(" " CUT "\n")) {
            out->len = before;
            buf_add(out, " " CUT, strlen(" " CUT));
            break;
        }
    }
    buf_add(out, "\n", 1);
    va_end(args.list);
    buf_fini(&value);
    ASSERT(out->len - begin <= TRACE_LINE_MAX);
}

void trace_line(struct trace *t, enum trace_level level, const char *event,
                const char *format, ...)
{
    va_list args;

    if (!trace_is_on(t, level))
        return;
    va_start(args, format);
    trace_add(&t->lines, level, event, format, args);
    va_end(args);
}

void trace_clear(struct trace *t)
{
    buf_clear(&t->lines);
}

void trace_fini(struct trace *t)
{
    if (t == NULL)
        return;
    buf_fini(&t->lines);
    *t = (struct trace){ 0 };
}
