/* SPDX-License-Identifier: MIT */
/* Commands and items of any bytes: reading them does no harm, and all that was
 * read can be written and read again as the same. The first byte is the number
 * of items; 0: a command. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool copy_command(struct view in, struct buf *out)
{
    struct spec_arena arena = { 0 };
    struct command_spec spec;
    char errmsg[ERRMSG_LEN] = "";
    enum err err = command_spec_decode(&arena, in, &spec, errmsg);

    if (err == ERR_NONE)
        command_spec_encode(out, &spec);
    ASSERT((err == ERR_NONE) == (errmsg[0] == 0));
    spec_arena_fini(&arena);
    return err == ERR_NONE;
}

static bool copy_items(struct view in, uint32_t n, struct buf *out)
{
    struct view rest = in;

    if (items_check(in, n) != ERR_NONE)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        int64_t number = INT64_MIN;
        struct view item = items_take_numbered(&rest, &number);

        if (number != INT64_MIN)
            items_add_number(out, number);
        items_add(out, item);
    }
    ASSERT(rest.len == 0);
    return true;
}

static bool copy(struct view in, uint8_t n, struct buf *out)
{
    return n == 0 ? copy_command(in, out) : copy_items(in, n, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = { 0 }, twice = { 0 };

    if (size == 0)
        return 0;
    if (copy(view_of(data + 1, size - 1), data[0], &once)) {
        ASSERT(copy(buf_view(&once), data[0], &twice));
        ASSERT(view_equal(buf_view(&once), buf_view(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
