/* SPDX-License-Identifier: MIT */
/* keydir - the keys of one `yon up`: the coordinator's, the list of those that
 * may connect, and the addresses that go into access files.
 *
 *     DIR/keys/server.key        secret
 *     DIR/keys/authorized_keys   key_list.h
 *     DIR/keys/addresses         tcp://HOST:PORT, one a line
 */
#ifndef KEYDIR_H
#define KEYDIR_H

#include "client/cli/rundir.h"
#include "libcommon/access.h"

struct keydir {
    char *path;
    int lock_fd;             /* held against others that change it; -1: not */
    struct curve_key server; /* public */
    struct buf text;         /* of authorized_keys, with its comments */
    struct key_list list;    /* what it says */
    char addresses[ACCESS_SERVERS_MAX][ACCESS_ADDRESS_MAX + 1];
    size_t n_addresses;
};

/* Open it, make what is missing, and lock it. Returns 0 or an exit code, told.
 * Only in a process without sockets, see curve_make. Freed by keydir_close. */
int keydir_open(const struct cli *c, const struct rundir *r,
                struct keydir *out);
void keydir_close(struct keydir *k);

/* At most ACCESS_SERVERS_MAX: copied, for the access files made from now on. */
void keydir_set_addresses(struct keydir *k, char *const *addresses, size_t n);
/* ... and for those of later runs. Returns 0 or an exit code, told. */
int keydir_write_addresses(const struct cli *c, const struct keydir *k);

/* Make a key of these rights, let it in, and write its access file to `path`,
 * which must not exist. Returns 0 or an exit code, told. */
int keydir_add(const struct cli *c, struct keydir *k, struct key_entry e,
               const char *path);
/* Take keys away, all or none; a name may stand there twice. The coordinator
 * sees it at once. Returns 0 or an exit code, told. */
int keydir_remove(const struct cli *c, struct keydir *k, char *const *names,
                  size_t n);

#endif
