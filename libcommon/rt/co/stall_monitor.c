/* SPDX-License-Identifier: MIT */
/* stall_monitor - see stall_monitor.h. */
#include "libcommon/rt/co/stall_monitor.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/symbol.h"

#define FRAMES_MAX 32
#define FRAMES_OF_SIGNAL 2 /* the handler, and how the kernel came to it */
#define NAME_LEN 256
#define LOOKS_PER_HOLD 4
#define TIMES_VERY_LONG 10
#define ANSWER_S                                                \
    1 /* for the handler; a thread in the kernel may not answer \
       */

/* Written by the handler, read when it has posted `taken`. */
struct sample {
    uint64_t count; /* of the loop */
    char holder[NAME_LEN];
    uintptr_t holder_entry; /* 0: it has a name */
    char name[NAME_LEN];    /* of the root, as what follows */
    uintptr_t entry;
    char label[NAME_LEN];
    void *arg;
    void *frames[FRAMES_MAX];
    int n_frames;
};

struct watchdog {
    struct loop *loop;
    int64_t slow_ms;
    watchdog_fn *fn;
    void *arg;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool stop;
    sem_t taken;
    struct sample sample;
    char *stack; /* of the hold that was reported */
};

static int watchdog_signal(void)
{
    return SIGRTMIN + 6;
}

/* ---- what is seen ---- */

enum hold_news hold_see(struct hold *h, uint64_t count, int64_t now_ms,
                        int64_t slow_ms, int64_t *held_ms)
{
    bool was_long = h->is_long;

    *held_ms = now_ms - h->since_ms;
    if (count != h->count) {
        *h = (struct hold){ .count = count, .since_ms = now_ms };
        return was_long ? HOLD_OVER : HOLD_NONE;
    }
    if ((count & 1) == 0)
        return HOLD_NONE;
    if (!was_long && *held_ms >= slow_ms) {
        h->is_long = true;
        return HOLD_LONG;
    }
    if (was_long && !h->is_very_long && *held_ms / TIMES_VERY_LONG >= slow_ms) {
        h->is_very_long = true;
        return HOLD_VERY_LONG;
    }
    return HOLD_NONE;
}

/* ---- on the loop's thread, in the signal ---- */

static void note(char to[NAME_LEN], const char *text)
{
    size_t i = 0;

    for (; i < NAME_LEN - 1 && text[i] != '\0'; i++)
        to[i] = text[i];
    to[i] = '\0';
}

static uint64_t count_of(struct loop *l)
{
    return atomic_load_explicit(&l->n_switches, memory_order_relaxed);
}

static void take_sample(int signo)
{
    int saved_errno = errno;
    struct coro *co = coro_current();
    struct watchdog *w = co == NULL ? NULL : co->loop->watchdog;

    (void)signo;
    if (w != NULL) {
        const struct coro *root = coro_root(co);
        struct sample *s = &w->sample;

        s->count = count_of(w->loop);
        note(s->holder, co->name);
        s->holder_entry = co->entry;
        note(s->name, root->name);
        s->entry = root->entry;
        note(s->label, root->label == NULL ? "" : root->label);
        s->arg = root->arg;
        s->n_frames = backtrace(s->frames, FRAMES_MAX);
        sem_post(&w->taken);
    }
    errno = saved_errno;
}

/* ---- on the watchdog's thread ---- */

/* Frames but the innermost are where it goes on after a call, which may be the
 * last one of its function. */
static void add_stack(struct buf *out, const struct sample *s,
                      const struct image_list *images)
{
    for (int i = FRAMES_OF_SIGNAL; i < s->n_frames; i++) {
        uintptr_t address = (uintptr_t)s->frames[i];

        if (i > FRAMES_OF_SIGNAL)
            buf_addf(out, " < ");
        symbol_add_address(out, images,
                           i > FRAMES_OF_SIGNAL ? address - 1 : address);
    }
}

/* Who has no name is called by its function. */
static void name_by_entry(char name[NAME_LEN], uintptr_t entry,
                          const struct image_list *images)
{
    struct buf text = { 0 };

    if (entry == 0)
        return;
    symbol_add_address(&text, images, entry);
    note(name, buf_text(&text));
    buf_fini(&text);
}

/* What no handler can find out. */
static char *complete(struct sample *s)
{
    struct image_list images;
    struct buf stack = { 0 };
    char *text;

    image_list_read(&images);
    add_stack(&stack, s, &images);
    name_by_entry(s->holder, s->holder_entry, &images);
    name_by_entry(s->name, s->entry, &images);
    image_list_free(&images);
    text = xstrdup(buf_text(&stack));
    buf_fini(&stack);
    return text;
}

/* Ask the loop's thread where it is. False: it does not say, or has gone on. */
static bool ask(struct watchdog *w, uint64_t count)
{
    struct timespec until;

    while (sem_trywait(&w->taken) == 0) {
        /* an answer that came too late */
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_S;
    free(w->stack);
    w->stack = xstrdup("");
    if (pthread_kill(w->loop->owner, watchdog_signal()) != 0 ||
        sem_timedwait(&w->taken, &until) != 0 || w->sample.count != count)
        return false;
    free(w->stack);
    w->stack = complete(&w->sample);
    return true;
}

static void look(struct watchdog *w, struct hold *h)
{
    uint64_t count = count_of(w->loop);
    struct watchdog_report report = { .since_ms = h->since_ms };
    enum hold_news news =
        hold_see(h, count, clock_boot_ms(), w->slow_ms, &report.held_ms);

    if (news == HOLD_LONG)
        h->is_long = ask(w, count);
    if (news == HOLD_NONE || (news == HOLD_LONG && !h->is_long))
        return;
    report.news = news;
    report.holder = w->sample.holder;
    report.coroutine = w->sample.name;
    report.label = w->sample.label;
    report.arg = w->sample.arg;
    report.stack = w->stack;
    w->fn(w->arg, &report);
}

static struct timespec next_look(const struct watchdog *w)
{
    struct timespec t;
    int64_t pause_ns = w->slow_ms * 1000000 / LOOKS_PER_HOLD;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += pause_ns / 1000000000;
    t.tv_nsec += pause_ns % 1000000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void *run(void *arg)
{
    struct watchdog *w = arg;
    struct hold h = { 0 };
    bool is_last = false; /* a look at what was over just before the stop */

    pthread_mutex_lock(&w->mutex);
    while (!is_last) {
        struct timespec until = next_look(w);

        if (!w->stop)
            pthread_cond_timedwait(&w->stopping, &w->mutex, &until);
        is_last = w->stop;
        pthread_mutex_unlock(&w->mutex);
        look(w, &h);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* ---- life ---- */

static void install_handler(void)
{
    struct sigaction action = { .sa_handler = take_sample,
                                .sa_flags = SA_ONSTACK | SA_RESTART };
    void *warm_up[1];

    /* The first call loads the unwinder, which a handler must not do. */
    backtrace(warm_up, 1);
    sigemptyset(&action.sa_mask);
    sigaction(watchdog_signal(), &action, NULL);
}

static void init_waiting(struct watchdog *w)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sem_init(&w->taken, 0, 0);
}

static void watchdog_free(struct watchdog *w)
{
    pthread_cond_destroy(&w->stopping);
    pthread_mutex_destroy(&w->mutex);
    sem_destroy(&w->taken);
    free(w->stack);
    free(w);
}

struct watchdog *watchdog_start(struct loop *l, int64_t slow_ms,
                                watchdog_fn *fn, void *arg)
{
    struct watchdog *w = xcalloc(1, sizeof *w);
    sigset_t all, before;
    int failed;

    ASSERT(l->watchdog == NULL && slow_ms > 0);
    w->loop = l;
    w->slow_ms = slow_ms;
    w->fn = fn;
    w->arg = arg;
    init_waiting(w);
    install_handler();
    l->watchdog = w;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        return w;
    l->watchdog = NULL;
    watchdog_free(w);
    return NULL;
}

void watchdog_stop(struct watchdog *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_signal(&w->stopping);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    w->loop->watchdog = NULL;
    watchdog_free(w);
}
