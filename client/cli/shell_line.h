/* SPDX-License-Identifier: MIT */
/* shell_line - a line for sh whose placeholders are data, never code. Pure.
 *
 * Each placeholder becomes a variable of the shell: zcat {} > {.} becomes
 * sh -c 'yon1=$1 yon2=$2; zcat "${yon1}" > "${yon2}"' sh {} {.}. What stands in
 * an item is not looked at by the shell again.
 */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include "libcommon/buf.h"

/* The command for the line: its words, n_words of them, all owned; freed by
 * shell_line_free. `name`: the placeholder of -I, or NULL for {} and the like.
 * ERR_FORMAT: a placeholder where no quoting helps, or none can be told, as in
 * a here-document or in code of another shell; errmsg says what to do. */
enum err shell_line_command(const char *line, const char *name, char ***words,
                            size_t *n_words, char *errmsg);
/* The same for one that is no array: nothing in the line is replaced. */
void shell_line_plain(const char *line, char ***words, size_t *n_words);
void shell_line_free(char **words, size_t n_words);

#endif
