/* SPDX-License-Identifier: MIT */
/* address - the coordinator's address, from the environment when none is given.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#include "libcommon/err.h"

/* Bytes of a socket path, without its NUL: what the kernel takes. */
#define ADDRESS_PATH_MAX 107

/* The default directory of `yon up`: $XDG_STATE_HOME/yon, else
 * ~/.local/state/yon. The caller frees it.
 * ERR_ABSENT  neither variable is set. */
enum err address_directory(char **out, char *errmsg);

/* `server` if it is not NULL or empty, else $YON_SERVER, else the socket
 * yond.sock in $YON_DIR, else the first server of the file that $YON_ACCESS
 * names, else the socket in the default directory; when that is not there, the
 * first server of an access file (access_file.h). The caller frees it.
 * ERR_ABSENT; ERR_RANGE  the path of a socket is too long; of an access file
 * that is there the errors of access_file_read. */
enum err address_resolve(const char *server, char **out, char *errmsg);
/* The file of --access goes before the variables: it sets $YON_ACCESS, and
 * removes those that address_resolve prefers to it. All of this process, and
 * those that it makes, find it there. */
void address_use_access(const char *file);
/* Whether address_resolve takes $YON_SERVER. */
bool address_is_of_environment(const char *server);

#endif
