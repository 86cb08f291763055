/* SPDX-License-Identifier: MIT */
/* What the limits of this process leave of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/memory_room.h"

#define MIB (UINT64_C(1) << 20)

static void put(const char *top, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", top, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_least_limit_of_all_cgroups_around_counts(void **state)
{
    char top[] = "/tmp/yon-memory-XXXXXX", folder[128], command[64];

    (void)state;
    assert_non_null(mkdtemp(top));
    snprintf(folder, sizeof folder, "%s/a", top);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(folder, sizeof folder, "%s/a/b", top);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(memory_room_of_cgroup(folder, strlen(top)), UINT64_MAX);
    put(folder, "memory.max", "max\n");
    put(folder, "memory.high", "7000000\n");
    assert_int_equal(memory_room_of_cgroup(folder, strlen(top)), 7000000);
    put(top, "a/memory.max", "5000000\n");
    assert_int_equal(memory_room_of_cgroup(folder, strlen(top)), 5000000);
    put(top, "memory.max", "3000000\n");
    assert_int_equal(memory_room_of_cgroup(folder, strlen(top)), 3000000);
    assert_int_equal(memory_room_of_cgroup(folder, strlen(top) + 2), 5000000);
    snprintf(command, sizeof command, "rm -r %s", top);
    assert_int_equal(system(command), 0);
}

/* In a child, for the limit stays. */
static int room_below(int which, uint64_t left)
{
    struct memory_room before = memory_room(), room;
    struct rlimit limit;
    pid_t child = fork();
    int status;

    assert_true(child >= 0 && before.bytes > left);
    if (child > 0) {
        assert_int_equal(waitpid(child, &status, 0), child);
        return status;
    }
    getrlimit((__rlimit_resource_t)which, &limit);
    limit.rlim_cur = 4096 * MIB;
    setrlimit((__rlimit_resource_t)which, &limit);
    room = memory_room();
    limit.rlim_cur = (4096 * MIB - room.bytes) + left;
    if (strncmp(room.by, "ulimit", 6) != 0) /* the machine has less */
        _exit(0);
    setrlimit((__rlimit_resource_t)which, &limit);
    room = memory_room();
    _exit(room.bytes > left || room.bytes < left / 2);
}

static void limits_of_the_process_count_less_what_it_uses(void **state)
{
    (void)state;
    assert_int_equal(room_below(RLIMIT_AS, 100 * MIB), 0);
    assert_int_equal(room_below(RLIMIT_DATA, 100 * MIB), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_limit_of_all_cgroups_around_counts),
        cmocka_unit_test(limits_of_the_process_count_less_what_it_uses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
