/* SPDX-License-Identifier: MIT */
/* why - the texts of errors, kept with a coroutine or a thread. */
#include "libcommon/rt/co/why.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

/* Bytes of a text of the user, with its NUL. */
#define WHY_LEN_MAX 4096

static pthread_key_t of_thread;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void thread_ended(void *whys)
{
    whys_fini(whys);
    free(whys);
}

static void make_key(void)
{
    if (pthread_key_create(&of_thread, thread_ended) != 0)
        abort(); /* there are 1024 */
}

static struct whys *whys_here(void)
{
    struct coro *co = coro_current();
    struct whys *w;

    if (co != NULL)
        return &co->whys;
    pthread_once(&once, make_key);
    w = pthread_getspecific(of_thread);
    if (w == NULL) {
        w = xcalloc(1, sizeof *w);
        pthread_setspecific(of_thread, w);
    }
    return w;
}

void why_note(int code, const char *text)
{
    struct whys *w = whys_here();

    if (text != NULL || w->noted.code == code)
        whys_set(&w->noted, code, text);
}

const char *why_find(int code)
{
    const struct why *found = whys_find(whys_here(), code);

    return found != NULL ? found->text : NULL;
}

char *why_take(int code)
{
    struct whys *w = whys_here();
    struct why *found = whys_find(w, code);
    char *text = NULL;

    if (found != NULL) {
        text = found->text;
        found->text = NULL; /* the caller's */
    }
    whys_fini(w);
    return text;
}

/* ---- public: <yon/co.h> ---- */

int yon_explain(int code, const char *format, ...)
{
    char text[WHY_LEN_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    whys_set(&whys_here()->said, code, text);
    return code;
}

const char *yon_why(int code)
{
    const char *text = why_find(code);

    return text != NULL ? text : yon_strerror(code);
}
