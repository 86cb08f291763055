/* SPDX-License-Identifier: MIT */
/* function_list - the functions of a module, which may have been built with an
 * older or newer <yon/job.h>: there a struct yon_function may be shorter or
 * longer than ours. Pure.
 */
#ifndef FUNCTION_LIST_H
#define FUNCTION_LIST_H

#include <stdbool.h>

#include <yon/job.h>

/* The i-th function, counted from 0; fields that the module does not know are
 * zero. false: there are no more. */
bool function_list_at(const struct yon_module *m, size_t i,
                      struct yon_function *out);

#endif
