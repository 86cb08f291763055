/* SPDX-License-Identifier: MIT */
/* access - the file that lets one peer in: where the coordinator is, its key,
 * and the peer's own. Pure.
 *
 *     yon-access 1
 *     server tcp://login1.cluster:7667
 *     server-key ykp1...
 *     name farm
 *     secret yks1...
 *     expires 2027-03-01T00:00:00Z
 *
 * A newer yon may add lines: unknown ones are skipped. The servers are tried in
 * turn; each other line stands there once.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "libcommon/buf.h"
#include "libcommon/key_list.h"
#include "libcommon/key_text.h"

#define ACCESS_SERVERS_MAX 8
#define ACCESS_ADDRESS_MAX 319
#define ACCESS_FILE_MAX 16384 /* bytes */

struct access {
    char servers[ACCESS_SERVERS_MAX][ACCESS_ADDRESS_MAX + 1];
    size_t n_servers;
    struct curve_key server; /* public */
    struct curve_key secret; /* of the peer: wipe it, see access_wipe */
    char name[KEY_NAME_MAX + 1];
    int64_t expires_ms; /* for people; the server decides. INT64_MAX: never */
};

/* ERR_FORMAT  not an access file, or a line is wrong or missing: `errmsg` names
 *             it, and never repeats a secret. */
enum err access_parse(struct view text, struct access *out, char *errmsg);
void access_add(struct buf *out, const struct access *a);
/* Overwrite all of it. */
void access_wipe(struct access *a);

#endif
