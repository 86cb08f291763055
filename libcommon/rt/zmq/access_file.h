/* SPDX-License-Identifier: MIT */
/* access_file - the access file of this process: where it is, and what it says.
 */
#ifndef ACCESS_FILE_H
#define ACCESS_FILE_H

#include "libcommon/access.h"

/* The path: $YON_ACCESS, else the first there is of ~/.config/yon/access
 * ($XDG_CONFIG_HOME) and /etc/yon/access. The caller frees it; NULL: none. */
char *access_file_path(void);

/* Read the file: wipe it, see access.h. `errmsg` names it.
 * ERR_REFUSED  there is none, the text says how to name one; or others may read
 *              it;  ERR_ABSENT  the one that is named;  ERR_FORMAT, ERR_LIMIT,
 * ERR_SYSTEM. */
enum err access_file_read(struct access *out, char *errmsg);

#endif
