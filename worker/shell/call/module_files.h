/* SPDX-License-Identifier: MIT */
/* module_files - the modules of a worker as they were when it read them.
 *
 * A file on disk may be replaced at any time, also in place, which would change
 * code that runs. So the first process of a worker takes a copy of each into
 * memory that nobody can change, and all processes load that: they run the same
 * version, also one that starts later.
 */
#ifndef MODULE_FILES_H
#define MODULE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/err.h"

#define MODULE_FILES_MAX 256
#define MODULE_BUILD_LEN 12 /* digits */

struct module_file {
    const char *path; /* for messages, as it was given; borrowed */
    int fd;           /* of the copy; closed by exec */
    /* The beginning of its GNU build-id; when it has none, of a hash of the
     * file. */
    char build[MODULE_BUILD_LEN + 1];
};

/* Zeroed memory is an empty list. */
struct module_files {
    struct module_file *at;
    size_t n;
};

/* Its name without folder. */
const char *module_file_name(const struct module_file *f);
/* Copy the file. ERR_ABSENT, ERR_IO: it cannot be read; ERR_BUSY: it changes
 * meanwhile; ERR_SYSTEM: there is no memory for it. errmsg says why. */
enum err module_files_read(struct module_files *f, const char *path,
                           char *errmsg);
/* Take over a copy that another process of this worker has made. */
void module_files_adopt(struct module_files *f, const char *path, int fd);
/* Give the descriptors numbers from `low` on. False: there are none left. */
bool module_files_raise(struct module_files *f, int low);
void module_files_fini(struct module_files *f); /* closes them */

#endif
