/* SPDX-License-Identifier: MIT */
/* modules - shared objects with functions that others call.
 *
 * They are loaded at the start, from copies of the files on the command line
 * (call/module_files.h) and never from the network, and never unloaded.
 */
#ifndef MODULES_H
#define MODULES_H

#include <yon/job.h>

#include "libcommon/buf.h"
#include "worker/shell/call/module_files.h"

struct module_function {
    struct view name; /* lies in the module */
    yon_job_fn *fn;
    bool cpu; /* runs in a process apart */
    const struct module_file *file;
};

/* Zeroed memory is an empty list. */
struct modules {
    const struct module_files *files; /* that were loaded; borrowed */
    struct module_function *at;       /* sorted by name */
    size_t n;
    size_t names_len; /* bytes of all names */
};

void modules_fini(struct modules *m);

/* Load a module. `file` must live as long as the list.
 * ERR_FORMAT   it cannot be loaded, or is no module;
 * ERR_VERSION  it was built for another yon;
 * ERR_RANGE    a name is empty or too long, or there are too many functions;
 * ERR_EXISTS   a function of this name is there already.
 * errmsg says what; functions before the one in error are in the list. */
enum err modules_load(struct modules *m, const struct module_file *file,
                      char *errmsg);

/* NULL: no such function. */
const struct module_function *modules_find(const struct modules *m,
                                           struct view name);
/* ERR_ABSENT: no such function, which errmsg says. */
enum err modules_get(const struct modules *m, struct view name,
                     const struct module_function **out, char *errmsg);

#endif
