/* SPDX-License-Identifier: MIT */
/* memory_room - how much memory this process can still get.
 *
 * The least of what its limits leave: the address space (ulimit -v), its data
 * (ulimit -d), and of what it shares with others half: the memory of its cgroup
 * and of those around it (MemoryMax=, MemoryHigh=), and of the machine.
 */
#ifndef MEMORY_ROOM_H
#define MEMORY_ROOM_H

#include <stddef.h>
#include <stdint.h>

struct memory_room {
    uint64_t bytes;
    const char *by; /* the limit that leaves least, for people */
};

struct memory_room memory_room(void);
/* The same without the machine: what was limited on purpose. Of the cgroup's
 * memory, which is shared, one part in so many is ours. */
struct memory_room memory_room_limited(unsigned parts);
/* Let the C library take no more of a limited address space than it needs: 64
 * MiB for each thread. Before threads start. */
void memory_room_spare(void);

/* The least limit on the way from the cgroup in this folder up to the first
 * mount_len bytes of its name; UINT64_MAX: none. */
uint64_t memory_room_of_cgroup(const char *folder, size_t mount_len);

#endif
