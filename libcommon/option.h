/* SPDX-License-Identifier: MIT */
/* option - one option as a row: its parser, its check, its help and its place.
 *
 * To add an option of yond or yon-worker:
 *   1. a field in struct config (coordinator/shell/yond_config.h,
 *      worker/shell/worker_config.h);
 *   2. a row in the table of the .c beside it: name, value, place, limits,
 *      default and help;
 *   3. its use, its test (tests/unit/coord/test_yond_config.c,
 *      tests/unit/worker/test_worker_config.c), CHANGELOG.md.
 * To add an option of a command of yon: client/cli/commands.c.
 *
 * Pure.
 */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"

enum option_type {
    OPTION_FLAG,     /* takes no value */
    OPTION_TEXT,     /* any */
    OPTION_NUMBER,   /* from min to max */
    OPTION_SIZE,     /* the same; K, M, G or T may follow, of 1024 each */
    OPTION_DURATION, /* duration.h; more than 0 */
    OPTION_CHOICE,   /* `value` has the choices, with | between */
};

/* Takes a value into the struct of the program. On error errmsg (ERRMSG_LEN)
 * says which option is wrong and why. */
typedef enum err option_read_fn(void *config, const char *text, char *errmsg);

struct option {
    int id;            /* for options_has and the like */
    char letter;       /* 0: none */
    const char *name;  /* NULL ends a list */
    const char *value; /* what help shows for the value; NULL: a flag */
    const char *help;  /* NULL: not shown */
    enum option_type type;
    int64_t min, max;
    bool is_list; /* each value given counts, not only one */

    /* For programs that read all into one struct. */
    const char *otherwise; /* the value when none is given; help shows it */
    option_read_fn *read;  /* NULL: the value goes into the field */
    size_t at, size;       /* the field in the program's struct; size 0: none */
};

#define OPTION_END   \
    {                \
        .name = NULL \
    }

/* The place of a row. A flag wants a bool, a text or a choice a const char *,
 * numbers, sizes and durations an integer of 4 or 8 bytes. */
#define OPTION_FIELD(type, field) \
    .at = offsetof(type, field), .size = sizeof(((type *)NULL)->field)

/* Whether the text is a value of the option.
 * ERR_FORMAT, ERR_RANGE  it is none; errmsg says why. */
enum err option_check(const struct option *opt, const char *text, char *errmsg);

/* Put a value that was checked where the row says; of a flag, text is NULL.
 * Only the row's own `read` can fail. */
enum err option_store(const struct option *opt, const char *text, void *config,
                      char *errmsg);

/* The number in a value that was checked. */
int64_t option_number(const struct option *opt, const char *text);

/* Lines for help: a title and what the rows say; nothing for an empty list. */
void option_add_help(struct buf *out, const char *title,
                     const struct option *list);

#endif
