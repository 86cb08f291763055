/* SPDX-License-Identifier: MIT */
/* base64 - RFC 4648, with padding. */
#include "client/cli/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, struct view bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        char quad[4];

        if (n > 1)
            bits |= (uint32_t)bytes.data[i + 1] << 8;
        if (n > 2)
            bits |= bytes.data[i + 2];
        quad[0] = digits[bits >> 18];
        quad[1] = digits[bits >> 12 & 63];
        quad[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
        quad[3] = n > 2 ? digits[bits & 63] : '=';
        buf_add(out, quad, sizeof quad);
    }
}

enum err base64_decode(struct buf *out, struct view text)
{
    if (text.len % 4 != 0)
        return ERR_FORMAT;
    for (size_t i = 0; i < text.len; i += 4) {
        const uint8_t *quad = text.data + i;
        bool end = i + 4 == text.len;
        size_t pad = end ? (size_t)(quad[3] == '=') + (quad[2] == '=') : 0;
        uint8_t bytes[3];
        uint32_t bits = 0;

        if (pad > 0 && quad[3] != '=')
            return ERR_FORMAT;
        for (size_t k = 0; k < 4 - pad; k++) {
            const char *at = quad[k] ? strchr(digits, quad[k]) : NULL;

            if (at == NULL)
                return ERR_FORMAT;
            bits |= (uint32_t)(at - digits) << (18 - 6 * k);
        }
        bytes[0] = (uint8_t)(bits >> 16);
        bytes[1] = (uint8_t)(bits >> 8);
        bytes[2] = (uint8_t)bits;
        buf_add(out, bytes, 3 - pad);
    }
    return ERR_NONE;
}
