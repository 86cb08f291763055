/* SPDX-License-Identifier: MIT */
/* misuse - says what a program has done wrong, and ends it. */
#include "libcommon/rt/co/misuse.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/rt/os/symbol.h"

void misuse_name(struct buf *out, uintptr_t function)
{
    struct image_list images = { 0 };

    image_list_read(&images);
    symbol_add_address(out, &images, function);
    image_list_free(&images);
}

_Noreturn void misuse(const char *function, const char *what,
                      struct misuse_place place)
{
    struct buf where = { 0 };

    if (place.entry != 0) {
        buf_addf(&where, ", in coroutine ");
        misuse_name(&where, place.entry);
    } else if (place.name != NULL) {
        buf_addf(&where, ", in coroutine '%s'", place.name);
    }
    fprintf(stderr, "yon: misuse: %s: %s%s\n", function, what,
            buf_text(&where));
    abort();
}
