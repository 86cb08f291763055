/* SPDX-License-Identifier: MIT */
/* shell_line - a line for sh whose placeholders are data, never code. Pure.
 *
 * Each placeholder becomes a parameter of the shell: zcat {} > {.} becomes
 * sh -c 'zcat "$1" > "$2"' sh {} {.}. What stands in an item is not looked at
 * by the shell again.
 */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include "libcommon/buf.h"

/* The command for the line: its words, n_words of them, all owned; freed by
 * shell_line_free. ERR_FORMAT: a placeholder in a here-document, where no
 * quoting helps; errmsg says what to do. */
enum err shell_line_command(const char *line, char ***words, size_t *n_words,
                            char *errmsg);
void shell_line_free(char **words, size_t n_words);

/* The program among the words, such as sh or python3, that takes one of the
 * words behind it as code in which the item of an element would stand; NULL:
 * none. */
const char *shell_line_find_code(char *const *words, size_t n_words);
/* Whether that is a shell. */
bool shell_line_is_shell(const char *program);

#endif
