/* SPDX-License-Identifier: MIT */
/* network_fs - file systems of a network. */
#include "libcommon/network_fs.h"

#include <stddef.h>

#include "libcommon/check.h"

static const struct {
    const char *name;
    unsigned long magic;
} network[] = {
    { "NFS", 0x6969 },      { "SMB", 0x517b },        { "SMB", 0xfe534d42 },
    { "CIFS", 0xff534d42 }, { "FUSE", 0x65735546 },   { "9p", 0x01021997 },
    { "Ceph", 0x00c36400 }, { "AFS", 0x5346414f },    { "AFS", 0x6b414653 },
    { "GPFS", 0x47504653 }, { "Lustre", 0x0bd00bd3 },
};

const char *network_fs_name(unsigned long magic)
{
    for (size_t i = 0; i < ARRAY_LEN(network); i++)
        if (network[i].magic == (magic & 0xffffffff))
            return network[i].name;
    return NULL;
}
