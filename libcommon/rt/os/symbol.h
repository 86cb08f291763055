/* SPDX-License-Identifier: MIT */
/* symbol - names of functions for stacks: of static ones, too, which dladdr
 * does not know.
 *
 * The names are read from the files of the code at each call; nothing is kept.
 * Not for signal handlers.
 */
#ifndef SYMBOL_H
#define SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/buf.h"

/* Code of a file, where it lies in this process. */
struct image {
    uintptr_t low, end;
    uint64_t offset; /* of what is at low, in the file */
    uint64_t inode;  /* another file may have taken the path since */
    char *path;
};

struct image_list {
    struct image *at;
    size_t n;
};

/* All code of this process. */
void image_list_read(struct image_list *l);
void image_list_free(struct image_list *l); /* zeroed memory is fine */
/* NULL: it is in none. */
const struct image *image_find(const struct image_list *l, uintptr_t address);

/* Append the function that is at this offset of the file, "name+0x12", at its
 * beginning "name"; where the file does not say, "file+0x345". */
void symbol_add(struct buf *out, const char *path, uint64_t inode,
                uint64_t offset);
/* The same for the code at an address; "0x678": it is in no image. */
void symbol_add_address(struct buf *out, const struct image_list *l,
                        uintptr_t address);

#endif
