/* SPDX-License-Identifier: MIT */
/* call_output - streams of stdio whose lines become those of the log.
 *
 * They have no buffer: what a call writes is seen within its own coroutine, and
 * waits here for the end of its line only.
 */
#include "worker/shell/call/call_output.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/list.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/log.h"

/* An unfinished line is logged when it is so long. */
#define LINE_MAX_LEN (64 << 10)

/* The beginning of a line. */
struct unfinished {
    struct list place;
    const char *label;  /* of the call; NULL: none, or a thread writes it */
    const char *stream; /* "stdout" */
    struct buf text;
};

static call_output_fn *heard_fn;
static struct list all = { &all, &all };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* The log fails within this thread, and says so on stderr. */
static _Thread_local bool is_logging;

static struct unfinished *find(const char *label, const char *stream)
{
    LIST_EACH (it, save, &all) {
        struct unfinished *u = LIST_ENTRY(it, struct unfinished, place);

        if (u->label == label && u->stream == stream)
            return u;
    }
    return NULL;
}

static struct unfinished *get(const char *label, const char *stream)
{
    struct unfinished *u = find(label, stream);

    if (u != NULL)
        return u;
    u = xcalloc(1, sizeof *u);
    u->label = label;
    u->stream = stream;
    list_init(&u->place);
    list_insert(&all, &u->place);
    return u;
}

/* Log it, and free it. */
static void put(struct unfinished *u)
{
    if (u->text.len > 0)
        log_text(TRACE_INFO, u->label, u->stream, buf_view(&u->text));
    if (u->text.len > 0 && u->label != NULL)
        heard_fn(u->label, buf_view(&u->text));
    list_remove(&u->place);
    buf_fini(&u->text);
    free(u);
}

static void add(const char *stream, struct view text)
{
    const uint8_t *end = memrchr(text.data, '\n', text.len);
    size_t n = end != NULL ? (size_t)(end - text.data) + 1 : 0;
    struct unfinished *u = get(coro_label_here(), stream);

    buf_add(&u->text, text.data, n > 0 ? n : text.len);
    if (n == 0 && u->text.len < LINE_MAX_LEN)
        return;
    put(u);
    if (n > 0 && n < text.len)
        buf_add(&get(coro_label_here(), stream)->text, text.data + n,
                text.len - n);
}

static ssize_t stream_write(void *stream, const char *text, size_t len)
{
    if (is_logging)
        return write(STDERR_FILENO, text, len);
    is_logging = true;
    pthread_mutex_lock(&mutex);
    if (len > 0)
        add(stream, view_of(text, len));
    pthread_mutex_unlock(&mutex);
    is_logging = false;
    return (ssize_t)len;
}

static FILE *stream_open(const char *name)
{
    FILE *f = fopencookie((void *)(uintptr_t)name, "w",
                          (cookie_io_functions_t){ .write = stream_write });

    if (f != NULL)
        setvbuf(f, NULL, _IONBF, 0);
    return f;
}

void call_output_begin(call_output_fn *heard)
{
    heard_fn = heard;
#ifdef __GLIBC__ /* where these are variables */
    FILE *out = stream_open("stdout"), *err = stream_open("stderr");

    if (out != NULL && err != NULL) {
        stdout = out;
        stderr = err;
        return;
    }
#endif
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void call_output_finish(const char *label)
{
    is_logging = true;
    pthread_mutex_lock(&mutex);
    LIST_EACH (it, save, &all) {
        struct unfinished *u = LIST_ENTRY(it, struct unfinished, place);

        if (u->label == label)
            put(u);
    }
    pthread_mutex_unlock(&mutex);
    is_logging = false;
}
