/* SPDX-License-Identifier: MIT */
/* key_text - CURVE keys as people copy them: "ykp1..." public, "yks1..."
 * secret.
 *
 * Bech32m (BIP 350): lower-case letters and digits that no shell, YAML or
 * systemd unit minds, and a checksum that finds each typing error of up to four
 * characters. The prefix keeps a secret key from being given for a public one.
 * Pure.
 */
#ifndef KEY_TEXT_H
#define KEY_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/err.h"

#define KEY_LEN 32      /* bytes of a key of either kind */
#define KEY_TEXT_LEN 63 /* bytes of its text, with the NUL */

struct curve_key {
    uint8_t bytes[KEY_LEN];
};

enum key_kind { KEY_PUBLIC, KEY_SECRET };

void key_format(enum key_kind kind, const struct curve_key *key,
                char out[KEY_TEXT_LEN]);
/* `errmsg` (NULL or char[ERRMSG_LEN]) never repeats what may be a secret.
 * ERR_FORMAT  not a key, a key of the other kind, or one with a typing error.
 */
enum err key_parse(enum key_kind kind, const char *text, struct curve_key *out,
                   char *errmsg);
bool curve_key_equal(const struct curve_key *a, const struct curve_key *b);

#endif
