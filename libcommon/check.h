/* SPDX-License-Identifier: MIT */
/* check - assertions that are always on, and small macros. Pure. */
#ifndef CHECK_H
#define CHECK_H

/* One condition, without effects. A false one ends the process with file, line
 * and condition on stderr. */
#define ASSERT(condition)                                 \
    do {                                                  \
        if (__builtin_expect(!(condition), 0))            \
            check_failed(__FILE__, __LINE__, #condition); \
    } while (0)
/* If the first holds, the second must. */
#define ASSERT_IF(if_this, then_that) ASSERT(!(if_this) || (then_that))
#define UNREACHABLE(why) check_failed(__FILE__, __LINE__, why)

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

_Noreturn void check_failed(const char *file, int line, const char *what);

#endif
