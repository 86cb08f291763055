/* SPDX-License-Identifier: MIT */
/* private_file - files that hold secrets, or say who may come in. */
#ifndef PRIVATE_FILE_H
#define PRIVATE_FILE_H

#include "libcommon/buf.h"

/* Add the whole file to `out`, when nobody else can have written it, or read
 * it: it is a regular file of this user or root, as is a link to it, without
 * rights for others; the group may read it when root owns it, as Kubernetes
 * mounts secrets. `errmsg` says what to do.
 * ERR_ABSENT   there is none;
 * ERR_REFUSED  others may read or write it, or it is somebody else's;
 * ERR_LIMIT    longer than `max` bytes;  ERR_SYSTEM. */
enum err private_file_read(const char *path, size_t max, struct buf *out,
                           char *errmsg);

/* Whether only this user and root can put files into the folder `path`, and
 * take them away: whoever can renames an old list into the place of a new one.
 * `errmsg` says what to do.
 * ERR_ABSENT; ERR_REFUSED  others can, or it is somebody else's; ERR_SYSTEM. */
enum err private_folder_check(const char *path, char *errmsg);

/* Write it beside, sync, and put it in place, with rights for its owner only.
 * ERR_EXISTS  `fresh`, and there is one;  ERR_SYSTEM. */
enum err private_file_write(const char *path, struct view bytes, bool fresh,
                            char *errmsg);

#endif
