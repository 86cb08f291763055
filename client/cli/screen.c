/* SPDX-License-Identifier: MIT */
/* screen - progress on stderr, redrawn in place on a terminal. */
#include "client/cli/screen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "libcommon/check.h"

void screen_init(struct screen *s, bool utf8)
{
    const char *term = getenv("TERM");

    *s = (struct screen){
        .is_tty =
            isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0,
        .utf8 = utf8,
    };
}

int64_t screen_period_ms(const struct screen *s)
{
    return s->is_tty ? SCREEN_TTY_MS : SCREEN_PLAIN_MS;
}

static size_t n_lines(struct view text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n';
    return n;
}

static void add_clear(const struct screen *s, struct buf *out)
{
    ASSERT_IF(s->n_lines > 0, s->is_tty);
    if (s->n_lines > 0)
        buf_addf(out, "\x1b[%zuA\r\x1b[J", s->n_lines);
}

/* In one write: no flicker. */
static void put(struct buf *out)
{
    if (out->len > 0)
        fwrite(out->data, 1, out->len, stderr);
    buf_fini(out);
}

void screen_draw(struct screen *s, const struct progress *p, int64_t now_ms)
{
    struct progress_style style = { .utf8 = s->utf8, .plain = !s->is_tty };
    struct buf text = { 0 }, out = { 0 };

    if (s->is_tty)
        style.width = cli_width(STDERR_FILENO);
    progress_add(p, now_ms, style, &text);
    add_clear(s, &out);
    buf_add_view(&out, buf_view(&text));
    if (s->is_tty)
        s->n_lines = n_lines(buf_view(&text));
    put(&out);
    buf_fini(&text);
}

void screen_clear(struct screen *s)
{
    struct buf out = { 0 };

    add_clear(s, &out);
    put(&out);
    s->n_lines = 0;
}

void screen_leave(struct screen *s)
{
    s->n_lines = 0;
}
