/* SPDX-License-Identifier: MIT */
/* why - the texts of errors, from where they happen to where they are read:
 * yon_why and yon_explain of <yon/co.h>.
 *
 * A coroutine, and a thread outside of coroutines, keeps two: what it has said
 * itself, and what the latest failure that it was told of says.
 */
#ifndef WHY_H
#define WHY_H

/* A failure that the running coroutine, or this thread, is told of. text:
 * copied; NULL: there is none, which forgets an older one of this code. */
void why_note(int code, const char *text);
/* What there is for this code; NULL: none. Lives as that of yon_why. */
const char *why_find(int code);
/* What there is for this code, which the caller frees; NULL: none. Forgets the
 * others. At the end of a function of the user. */
char *why_take(int code);

#endif
