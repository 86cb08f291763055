/* SPDX-License-Identifier: MIT */
/* interpreter - programs that take a word of their command line as code. Pure.
 */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include <stdbool.h>

#include "libcommon/buf.h"

/* The program among the words, such as sh or python3, that takes one of the
 * words behind it as code in which the item of an element would stand; NULL:
 * none. */
const char *interpreter_find(char *const *words, size_t n_words);
/* Whether that is a shell. */
bool interpreter_is_shell(const char *program);

/* The name of the shell that takes what follows this part of a line of sh as
 * code: "sh", also "eval"; NULL: none. */
const char *interpreter_before(struct view line);

#endif
