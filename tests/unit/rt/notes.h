/* SPDX-License-Identifier: MIT */
/* notes - what a coroutine under test met, by name and in order: a test reads
 * it as a story when the coroutine is over.
 *
 *     sleep: cancelled
 *     members ended: 1
 *     leave: job lost
 */
#ifndef NOTES_H
#define NOTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/err.h>

#include "libcommon/buf.h"

/* "what: text of the code". Returns the code. */
static inline int note(struct buf *notes, const char *what, int code)
{
    buf_addf(notes, "%s: %s\n", what, code == 0 ? "ok" : yon_strerror(code));
    return code;
}

static inline void note_number(struct buf *notes, const char *what, int64_t n)
{
    buf_addf(notes, "%s: %lld\n", what, (long long)n);
}

static inline void note_truth(struct buf *notes, const char *what, int is_true)
{
    buf_addf(notes, "%s: %s\n", what, is_true ? "yes" : "no");
}

/* On the main stack, once. */
static inline void assert_notes(struct buf *notes, const char *expected)
{
    assert_string_equal(buf_text(notes), expected);
    buf_fini(notes);
}

#endif
