/* SPDX-License-Identifier: MIT */
/* memory_room - asks the kernel for each limit, and for what is used of it. */
#include "libcommon/rt/os/memory_room.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libcommon/rt/os/cgroup_own.h"

/* The number in a file; UINT64_MAX: "max", or there is none. */
static uint64_t read_limit(const char *folder, int len, const char *name)
{
    char path[CGROUP_OWN_LEN + 32];
    uint64_t limit = UINT64_MAX;
    FILE *file;

    snprintf(path, sizeof path, "%.*s/%s", len, folder, name);
    file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    if (fscanf(file, "%" SCNu64, &limit) != 1)
        limit = UINT64_MAX;
    fclose(file);
    return limit;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t memory_room_of_cgroup(const char *folder, size_t mount_len)
{
    size_t len = strlen(folder);
    uint64_t least = UINT64_MAX;

    while (len >= mount_len && len > 0) {
        least = lesser(least, read_limit(folder, (int)len, "memory.max"));
        least = lesser(least, read_limit(folder, (int)len, "memory.high"));
        while (--len > 0 && folder[len] != '/')
            ;
    }
    return least;
}

/* What is used: sizes in /proc/self/status, in bytes. */
struct used {
    uint64_t space, data, resident;
};

static struct used read_used(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    struct used u = { 0 };
    char line[256];
    uint64_t kb;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmSize: %" SCNu64, &kb) == 1)
            u.space = kb << 10;
        else if (sscanf(line, "VmData: %" SCNu64, &kb) == 1)
            u.data = kb << 10;
        else if (sscanf(line, "VmRSS: %" SCNu64, &kb) == 1)
            u.resident = kb << 10;
    }
    if (file != NULL)
        fclose(file);
    return u;
}

static uint64_t resource_limit(int which)
{
    struct rlimit limit;

    return getrlimit((__rlimit_resource_t)which, &limit) == 0 &&
                   limit.rlim_cur != RLIM_INFINITY
               ? limit.rlim_cur
               : UINT64_MAX;
}

static uint64_t cgroup_limit(void)
{
    char folder[CGROUP_OWN_LEN];
    size_t mount_len;

    return cgroup_own(folder, &mount_len)
               ? memory_room_of_cgroup(folder, mount_len)
               : UINT64_MAX;
}

static uint64_t machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size
                                 : UINT64_MAX;
}

static void look(struct memory_room *room, uint64_t limit, uint64_t used,
                 const char *by)
{
    uint64_t left = limit > used ? limit - used : 0;

    if (limit == UINT64_MAX)
        return;
    if (left < room->bytes)
        *room = (struct memory_room){ left, by };
}

static uint64_t part_of(uint64_t limit, unsigned parts)
{
    return limit == UINT64_MAX ? limit : limit / parts;
}

struct memory_room memory_room_limited(unsigned parts)
{
    struct memory_room room = { UINT64_MAX, "nothing" };
    struct used used = read_used();

    look(&room, part_of(cgroup_limit(), parts), used.resident,
         "the cgroup's MemoryMax=");
    look(&room, resource_limit(RLIMIT_AS), used.space, "ulimit -v");
    look(&room, resource_limit(RLIMIT_DATA), used.data, "ulimit -d");
    return room;
}

struct memory_room memory_room(void)
{
    struct memory_room room = memory_room_limited(2);

    look(&room, machine_memory() / 2, read_used().resident,
         "the machine's memory");
    return room;
}

void memory_room_spare(void)
{
#ifdef M_ARENA_MAX
    if (resource_limit(RLIMIT_AS) != UINT64_MAX)
        mallopt(M_ARENA_MAX, 1);
#endif
}
