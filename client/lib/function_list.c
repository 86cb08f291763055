/* SPDX-License-Identifier: MIT */
/* function_list - the functions of a module, one after the other. */
#include "client/lib/function_list.h"

#include <string.h>

#include "libcommon/num.h"

/* Of modules that do not say it. */
#define FIRST_SIZE        \
    (sizeof(struct {      \
        const char *name; \
        yon_job_fn *fn;   \
        int cpu;          \
    }))

bool function_list_at(const struct yon_module *m, size_t i,
                      struct yon_function *out)
{
    size_t size = m->function_size != 0 ? m->function_size : FIRST_SIZE;
    const char *at = (const char *)m->functions + i * size;

    memset(out, 0, sizeof *out);
    memcpy(out, at, num_min_size(size, sizeof *out));
    return out->name != NULL;
}
