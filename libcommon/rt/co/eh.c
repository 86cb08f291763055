/* SPDX-License-Identifier: MIT */
/* eh - finds the C++ runtime of the process, if it has one. */
#include "libcommon/rt/co/eh.h"

#include <dlfcn.h>

#include "libcommon/check.h"

typedef struct eh *eh_fn(void);

/* NULL: the program has no C++. */
extern struct eh *__cxa_get_globals(void) __attribute__((weak));

/* Where it is when only modules have it, which were loaded apart. */
static const char *const runtimes[] = { "libstdc++.so.6", "libc++abi.so.1",
                                        "libc++.so.1" };

static eh_fn *in_library;

static eh_fn *find_in(void *library)
{
    eh_fn *fn = NULL;

    *(void **)&fn = dlsym(library, "__cxa_get_globals");
    return fn;
}

void eh_look_in(void *library)
{
    if (in_library == NULL)
        in_library = find_in(library);
}

static eh_fn *find_loaded(void)
{
    for (size_t i = 0; i < ARRAY_LEN(runtimes); i++) {
        void *library = dlopen(runtimes[i], RTLD_LAZY | RTLD_NOLOAD);

        if (library != NULL)
            return find_in(library); /* kept loaded, as it is in use */
    }
    return NULL;
}

struct eh *eh_here(void)
{
    eh_fn *fn = __cxa_get_globals;

    if (fn == NULL)
        fn = in_library;
    if (fn == NULL)
        fn = find_loaded();
    return fn != NULL ? fn() : NULL;
}
