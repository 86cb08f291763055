/* SPDX-License-Identifier: MIT */
/* eh - what the C++ runtime knows of the exceptions of a thread, for each
 * coroutine its own.
 *
 * The runtime has a list of the exceptions that are being handled (`throw;`,
 * std::current_exception) and a count of those in flight, and believes that
 * they nest in one stack. So a switch to another stack changes them, too. Where
 * there is no C++ runtime that costs one comparison; with one, a nanosecond.
 */
#ifndef EH_H
#define EH_H

#include <stddef.h>

/* The same in the ABI of C++ (2.2.2), which all runtimes follow. A stack that
 * is left keeps its own. */
struct eh {
    void *caught;
    unsigned uncaught;
};

/* That of this thread, for all its life; NULL: no C++ runtime is loaded. */
struct eh *eh_here(void);
/* Also look for the C++ runtime in `library`, a handle of dlopen. Before the
 * first loop. */
void eh_look_in(void *library);

/* As if nothing were thrown; returns what was. */
static inline struct eh eh_take(struct eh *here)
{
    struct eh was = { 0 };

    if (here == NULL)
        return was;
    was = *here;
    *here = (struct eh){ 0 };
    return was;
}

static inline void eh_put(struct eh *here, struct eh was)
{
    if (here != NULL)
        *here = was;
}

#endif
