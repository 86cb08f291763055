/* SPDX-License-Identifier: MIT */
/* rlimits - the limits of a process, by name. */
#include "libcommon/rt/os/rlimits.h"

#include "libcommon/check.h"

static const char *const names[RLIMITS_MAX] = {
    [RLIMIT_AS] = "as",
    [RLIMIT_CORE] = "core",
    [RLIMIT_CPU] = "cpu",
    [RLIMIT_DATA] = "data",
    [RLIMIT_FSIZE] = "fsize",
    [RLIMIT_LOCKS] = "locks",
    [RLIMIT_MEMLOCK] = "memlock",
    [RLIMIT_MSGQUEUE] = "msgqueue",
    [RLIMIT_NICE] = "nice",
    [RLIMIT_NOFILE] = "nofile",
    [RLIMIT_NPROC] = "nproc",
    [RLIMIT_RSS] = "rss",
    [RLIMIT_RTPRIO] = "rtprio",
    [RLIMIT_RTTIME] = "rttime",
    [RLIMIT_SIGPENDING] = "sigpending",
    [RLIMIT_STACK] = "stack",
};

const char *rlimits_name(unsigned resource)
{
    return resource < RLIMITS_MAX ? names[resource] : NULL;
}

static rlim_t limit_of(uint64_t n)
{
    return n == UINT64_MAX ? RLIM_INFINITY : (rlim_t)n;
}

bool rlimits_add(struct rlimits *l, struct view name, uint64_t soft,
                 uint64_t hard)
{
    for (unsigned i = 0; i < RLIMITS_MAX; i++) {
        if (names[i] == NULL || !view_equal(view_str(names[i]), name))
            continue;
        l->given |= UINT32_C(1) << i;
        l->at[i].rlim_cur = limit_of(soft < hard ? soft : hard);
        l->at[i].rlim_max = limit_of(hard);
        return true;
    }
    return false;
}

void rlimits_read(struct rlimits *out)
{
    *out = (struct rlimits){ 0 };
    for (unsigned i = 0; i < RLIMITS_MAX; i++)
        if (names[i] != NULL &&
            getrlimit((__rlimit_resource_t)i, &out->at[i]) == 0)
            out->given |= UINT32_C(1) << i;
}

static rlim_t lower(rlim_t a, rlim_t b)
{
    return a < b ? a : b; /* RLIM_INFINITY is the highest */
}

void rlimits_apply(const struct rlimits *l)
{
    for (unsigned i = 0; i < RLIMITS_MAX; i++) {
        struct rlimit want = l->at[i], now;

        if ((l->given >> i & 1) == 0 ||
            setrlimit((__rlimit_resource_t)i, &want) == 0 ||
            getrlimit((__rlimit_resource_t)i, &now) != 0)
            continue;
        want.rlim_max = lower(want.rlim_max, now.rlim_max);
        want.rlim_cur = lower(want.rlim_cur, want.rlim_max);
        (void)setrlimit((__rlimit_resource_t)i, &want);
    }
}
