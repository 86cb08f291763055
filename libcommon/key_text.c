/* SPDX-License-Identifier: MIT */
/* key_text - Bech32m of 32 bytes. */
#include "libcommon/key_text.h"

#include <string.h>

#define PREFIX_LEN 4                  /* "ykp1" */
#define WORDS ((KEY_LEN * 8 + 4) / 5) /* of five bits */
#define CHECK_WORDS 6
#define BECH32M 0x2bc830a3u

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char *const prefixes[] = {
    [KEY_PUBLIC] = "ykp1", [KEY_SECRET] = "yks1"
};

/* The checksum goes on over five more bits. */
static uint32_t check_add(uint32_t sum, uint8_t word)
{
    static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                          0x3d4233dd, 0x2a1462b3 };
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ word;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            sum ^= generator[i];
    return sum;
}

/* Over the prefix without its "1", and all words. */
static uint32_t check_of(const char *prefix, const uint8_t *words, size_t n)
{
    uint32_t sum = 1;

    for (size_t i = 0; i < PREFIX_LEN - 1; i++)
        sum = check_add(sum, (uint8_t)prefix[i] >> 5);
    sum = check_add(sum, 0);
    for (size_t i = 0; i < PREFIX_LEN - 1; i++)
        sum = check_add(sum, (uint8_t)prefix[i] & 31);
    for (size_t i = 0; i < n; i++)
        sum = check_add(sum, words[i]);
    return sum;
}

/* Bit i of the key, its first one the highest; 0 behind the end. */
static unsigned bit_of(const struct curve_key *key, size_t i)
{
    return i < KEY_LEN * 8 ? (unsigned)key->bytes[i / 8] >> (7 - i % 8) & 1 : 0;
}

void key_format(enum key_kind kind, const struct curve_key *key,
                char out[KEY_TEXT_LEN])
{
    uint8_t words[WORDS + CHECK_WORDS] = { 0 };
    uint32_t sum;

    for (size_t i = 0; i < WORDS * 5; i++)
        words[i / 5] = (uint8_t)((unsigned)words[i / 5] << 1 | bit_of(key, i));
    sum = check_of(prefixes[kind], words, WORDS + CHECK_WORDS) ^ BECH32M;
    for (size_t i = 0; i < CHECK_WORDS; i++)
        words[WORDS + i] = sum >> 5 * (CHECK_WORDS - 1 - i) & 31;
    memcpy(out, prefixes[kind], PREFIX_LEN);
    for (size_t i = 0; i < WORDS + CHECK_WORDS; i++)
        out[PREFIX_LEN + i] = alphabet[words[i]];
    out[KEY_TEXT_LEN - 1] = '\0';
}

static bool words_of(const char *text, uint8_t words[WORDS + CHECK_WORDS])
{
    for (size_t i = 0; i < WORDS + CHECK_WORDS; i++) {
        const char *at = strchr(alphabet, text[i]);

        if (at == NULL || text[i] == '\0')
            return false;
        words[i] = (uint8_t)(at - alphabet);
    }
    return true;
}

/* False: bits behind the end are not 0. */
static bool bytes_of(const uint8_t *words, struct curve_key *out)
{
    *out = (struct curve_key){ 0 };
    for (size_t i = 0; i < WORDS * 5; i++) {
        unsigned bit = (unsigned)words[i / 5] >> (4 - i % 5) & 1;

        if (i < KEY_LEN * 8)
            out->bytes[i / 8] |= (uint8_t)(bit << (7 - i % 8));
        else if (bit != 0)
            return false;
    }
    return true;
}

enum err key_parse(enum key_kind kind, const char *text, struct curve_key *out,
                   char *errmsg)
{
    enum key_kind other = kind == KEY_PUBLIC ? KEY_SECRET : KEY_PUBLIC;
    uint8_t words[WORDS + CHECK_WORDS];

    if (strncmp(text, prefixes[other], PREFIX_LEN) == 0)
        return err_set(errmsg, ERR_FORMAT,
                       kind == KEY_PUBLIC
                           ? "a secret key (yks1...) stands where a public "
                             "one (ykp1...) belongs: keep it to yourself"
                           : "a public key (ykp1...) stands where a secret "
                             "one (yks1...) belongs");
    if (strncmp(text, prefixes[kind], PREFIX_LEN) != 0 ||
        strlen(text) != KEY_TEXT_LEN - 1 || !words_of(text + PREFIX_LEN, words))
        return err_set(errmsg, ERR_FORMAT,
                       "not a key: it begins with %s and has %d lower-case "
                       "letters and digits",
                       prefixes[kind], KEY_TEXT_LEN - 1);
    if (check_of(prefixes[kind], words, WORDS + CHECK_WORDS) != BECH32M ||
        !bytes_of(words, out))
        return err_set(errmsg, ERR_FORMAT,
                       "a key with a typing error: copy all of it again");
    return ERR_NONE;
}

bool curve_key_equal(const struct curve_key *a, const struct curve_key *b)
{
    return memcmp(a->bytes, b->bytes, KEY_LEN) == 0;
}
