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
    bool is_new;             /* it has made the coordinator's key */
    int lock_fd;             /* held against others that change it; -1: not */
    struct curve_key server; /* public */
    struct key_list list;
    char addresses[ACCESS_SERVERS_MAX][ACCESS_ADDRESS_MAX + 1];
    size_t n_addresses;
};

/* Open it, make what is missing, and lock it. Returns 0 or an exit code, told.
 * Only in a process without sockets, see curve_make. Freed by keydir_close. */
int keydir_open(const struct cli *c, const struct rundir *r,
                struct keydir *out);
void keydir_close(struct keydir *k);

/* Write the addresses, or the list: the coordinator sees it at once. Return 0
 * or an exit code, told. */
int keydir_set_addresses(const struct cli *c, struct keydir *k,
                         char *const *addresses, size_t n);
int keydir_write_list(const struct cli *c, const struct keydir *k);

/* Make a key of these rights, let it in, and write its access file to `path`,
 * which must not exist. */
int keydir_add(const struct cli *c, struct keydir *k, struct key_entry e,
               const char *path);

#endif
