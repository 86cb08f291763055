/* SPDX-License-Identifier: MIT */
/* curve - libzmq's key functions, which speak Z85, with keys as bytes. */
#include "libcommon/rt/zmq/curve.h"

#include <string.h>

#include <zmq.h>

#include "libcommon/check.h"

#define Z85_LEN (KEY_LEN * 5 / 4 + 1)

enum err curve_make(struct curve_key *public_key, struct curve_key *secret)
{
    char public_text[Z85_LEN], secret_text[Z85_LEN];

    if (zmq_curve_keypair(public_text, secret_text) != 0)
        return ERR_SYSTEM;
    zmq_z85_decode(public_key->bytes, public_text);
    zmq_z85_decode(secret->bytes, secret_text);
    explicit_bzero(secret_text, sizeof secret_text);
    return ERR_NONE;
}

void curve_public_of(const struct curve_key *secret, struct curve_key *out)
{
    char public_text[Z85_LEN], secret_text[Z85_LEN];
    int bad;

    zmq_z85_encode(secret_text, secret->bytes, KEY_LEN);
    bad = zmq_curve_public(public_text, secret_text);
    explicit_bzero(secret_text, sizeof secret_text);
    ASSERT(bad == 0); /* nothing was asked of the system */
    zmq_z85_decode(out->bytes, public_text);
}
