/* SPDX-License-Identifier: MIT */
/* keyring - the keys that may connect, as the file authorized_keys says, and
 * the coordinator's own.
 *
 * A key gets a number when the file first names it, which it keeps while its
 * name and roles stay; so a number stands for one set of rights.
 */
#ifndef KEYRING_H
#define KEYRING_H

#include "coordinator/core/model/principal.h"
#include "libcommon/key_list.h"

#define KEYRING_SERVER_KEY "server.key"
#define KEYRING_LIST "authorized_keys"

struct keyring; /* opaque */

/* Read both files of a directory. `errmsg` says what to do.
 * ERR_ABSENT, ERR_REFUSED, ERR_FORMAT, ERR_LIMIT, ERR_SYSTEM. */
enum err keyring_open(const char *dir, struct keyring **out, char *errmsg);
void keyring_free(struct keyring *k); /* NULL is fine */

/* The coordinator's own, secret; wiped by keyring_free. */
const struct curve_key *keyring_secret(const struct keyring *k);

/* Read the list again. `revoked` is called for each number that has no rights
 * any more. On an error, as above, all stays as it was. */
typedef void keyring_revoked_fn(void *arg, uint32_t number);
enum err keyring_reload(struct keyring *k, keyring_revoked_fn *revoked,
                        void *arg, char *errmsg);

/* The number of a key that may connect now; 0: it may not. */
uint32_t keyring_admit(const struct keyring *k, const struct curve_key *key,
                       int64_t wall_ms);
/* Whose it is. False: it has no rights any more. */
bool keyring_look(const struct keyring *k, uint32_t number, int64_t wall_ms,
                  struct principal *out);
/* Take the rights of the keys that have expired; `revoked` is called for each.
 */
void keyring_expire(struct keyring *k, int64_t wall_ms,
                    keyring_revoked_fn *revoked, void *arg);

size_t keyring_n(const struct keyring *k); /* keys with rights */

#endif
