/* SPDX-License-Identifier: MIT */
/* Items of any bytes, as JSON: what is accepted becomes one msgpack value. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/jsonitem.h"
#include "proto/scan.h"
#include "proto/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf out = { 0 };
    enum err err =
        jsonitem_pack(&out, view_of(data, size), VALUE_DEPTH_MAX, errmsg);

    ASSERT((err == ERR_NONE) == (errmsg[0] == 0));
    ASSERT_IF(err == ERR_NONE,
              scan_one(buf_view(&out), VALUE_DEPTH_MAX) == ERR_NONE);
    buf_fini(&out);
    return 0;
}
