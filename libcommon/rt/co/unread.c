/* SPDX-License-Identifier: MIT */
/* unread - a line on stderr, unless the program has a log. */
#include "libcommon/rt/co/unread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/symbol.h"

static void write_line(const struct unread *u)
{
    const char *code = err_text(u->err);

    fprintf(stderr, "yon: nobody has read the error of %s: %s%s%s\n", u->what,
            code, strcmp(code, u->text) != 0 ? ": " : "",
            strcmp(code, u->text) != 0 ? u->text : "");
}

static unread_fn *told = write_line;

void unread_set(unread_fn *fn)
{
    told = fn;
}

bool unread_is_on(void)
{
    const char *text = getenv("YON_UNREAD");

    return told != NULL && (text == NULL || strcmp(text, "0") != 0);
}

void unread_tell(const char *what, enum err err, const char *text)
{
    told(&(struct unread){ .what = what,
                           .err = err,
                           .text = text != NULL ? text : err_text(err),
                           .job = coro_label_here() });
}

/* Names are read from files: the last one is kept, for many that fail alike. */
void unread_name(struct buf *out, const char *what, uintptr_t function)
{
    static _Thread_local uintptr_t last;
    static _Thread_local char name[128];
    struct image_list images = { 0 };
    struct buf text = { 0 };

    if (last != function) {
        image_list_read(&images);
        symbol_add_address(&text, &images, function);
        image_list_free(&images);
        snprintf(name, sizeof name, "%s", buf_text(&text));
        buf_fini(&text);
        last = function;
    }
    buf_addf(out, "%s %s", what, name);
}
