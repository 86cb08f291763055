/* SPDX-License-Identifier: MIT */
/* whys - two texts of errors: of what was said, and of what was heard. */
#include "libcommon/rt/co/whys.h"

#include <stddef.h>
#include <stdlib.h>

#include "libcommon/mem.h"

void whys_fini(struct whys *w)
{
    free(w->said.text);
    free(w->noted.text);
    *w = (struct whys){ 0 };
}

void whys_set(struct why *w, int code, const char *text)
{
    char *copy = text == NULL ? NULL : xstrdup(text);

    free(w->text); /* which `text` may be */
    *w = (struct why){ .code = code, .text = copy };
}

/* What was said comes first: it was meant for this code. */
struct why *whys_find(struct whys *w, int code)
{
    if (w->said.text != NULL && w->said.code == code)
        return &w->said;
    if (w->noted.text != NULL && w->noted.code == code)
        return &w->noted;
    return NULL;
}
