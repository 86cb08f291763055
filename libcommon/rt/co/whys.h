/* SPDX-License-Identifier: MIT */
/* whys - the texts of errors that a coroutine or a thread keeps (why.h). */
#ifndef WHYS_H
#define WHYS_H

struct why {
    int code;
    char *text; /* NULL: none */
};

/* Zeroed memory is none. */
struct whys {
    struct why said, noted;
};
void whys_fini(struct whys *w);
void whys_set(struct why *w, int code, const char *text);
/* NULL: there is none for this code. */
struct why *whys_find(struct whys *w, int code);

#endif
