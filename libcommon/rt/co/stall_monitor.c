/* SPDX-License-Identifier: MIT */
/* stall_monitor - a thread that looks at the count of a loop, and a signal that
 * takes a sample of the coroutine that holds it. One that sleeps in a system
 * call is looked at from outside, since a signal would cut that short. */
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
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/stall_sleeper.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/symbol.h"

#define FRAMES_MAX 32
#define FRAMES_OF_SIGNAL 2 /* the handler, and how the kernel came to it */
#define NAME_LEN 256
#define LOOKS_PER_HOLD 4
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

struct stall_monitor {
    struct loop_part part;
    struct stall_monitor *_Atomic next; /* in `monitors` */
    struct loop *loop;
    int64_t slow_ms;
    stall_report_fn *fn;
    void *arg;
    pid_t owner; /* the loop's thread, as the kernel names it */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool stop;
    sem_t taken;
    struct sample sample;
    char *stack; /* of the hold that was reported */
};

/* The monitors of the loops of this thread; the handler walks it at any moment.
 */
static _Thread_local struct stall_monitor *_Atomic monitors;

static int stall_monitor_signal(void)
{
    return SIGRTMIN + 6;
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

struct stall_monitor *stall_monitor_find(const struct loop *l)
{
    struct stall_monitor *m = atomic_load(&monitors);

    while (m != NULL && m->loop != l)
        m = atomic_load(&m->next);
    return m;
}

static void take_sample(int signo)
{
    int saved_errno = errno;
    struct coro *co = coro_current();
    struct stall_monitor *m = co == NULL ? NULL : stall_monitor_find(co->loop);

    (void)signo;
    if (m != NULL) {
        const struct coro *root = coro_root(co);
        struct sample *s = &m->sample;

        s->count = count_of(m->loop);
        note(s->holder, co->name);
        s->holder_entry = co->entry;
        note(s->name, root->name);
        s->entry = root->entry;
        note(s->label, root->label == NULL ? "" : root->label);
        s->arg = root->arg;
        s->n_frames = backtrace(s->frames, FRAMES_MAX);
        sem_post(&m->taken);
    }
    errno = saved_errno;
}

/* ---- on the stall monitor's thread ---- */

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

/* A coroutine without a name is called by its function. */
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
static char *complete(struct sample *s, const struct image_list *images)
{
    struct buf stack = { 0 };
    char *text;

    add_stack(&stack, s, images);
    name_by_entry(s->holder, s->holder_entry, images);
    name_by_entry(s->name, s->entry, images);
    text = xstrdup(buf_text(&stack));
    buf_fini(&stack);
    return text;
}

/* Up to its end, or as far as it can be read. */
static void peek_text(const char *from, char to[NAME_LEN])
{
    size_t i = 0;

    while (from != NULL && i < NAME_LEN - 1 &&
           stall_sleeper_peek(from + i, to + i, 1) && to[i] != '\0')
        i++;
    to[i] = '\0';
}

/* False: the coroutine has gone on meanwhile, and may have ended. */
static bool peek_coroutine(struct stall_monitor *m, uint64_t count)
{
    struct sample *s = &m->sample;
    struct coro co, root;

    if (!stall_sleeper_peek(atomic_load(&m->loop->runs), &co, sizeof co))
        return false;
    for (root = co; root.parent != NULL;)
        if (count_of(m->loop) != count ||
            !stall_sleeper_peek(root.parent, &root, sizeof root))
            return false;
    s->holder_entry = co.entry;
    s->entry = root.entry;
    s->arg = root.arg;
    peek_text(co.name, s->holder);
    peek_text(root.name, s->name);
    peek_text(root.label, s->label);
    return count_of(m->loop) == count;
}

/* The same as take_sample, but for a thread that sleeps. */
static bool see_sleeper(struct stall_monitor *m,
                        const struct stall_sleeper *sleeper,
                        const struct image_list *images, uint64_t count)
{
    struct sample *s = &m->sample;

    s->count = count;
    s->n_frames =
        FRAMES_OF_SIGNAL + stall_sleeper_frames(sleeper, images,
                                                s->frames + FRAMES_OF_SIGNAL,
                                                FRAMES_MAX - FRAMES_OF_SIGNAL);
    return peek_coroutine(m, count);
}

static bool signal_it(struct stall_monitor *m, uint64_t count)
{
    struct timespec until;

    while (sem_trywait(&m->taken) == 0) {
        /* an answer that came too late */
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_S;
    return pthread_kill(m->loop->owner, stall_monitor_signal()) == 0 &&
           sem_timedwait(&m->taken, &until) == 0 && m->sample.count == count;
}

/* Find out where the loop's thread is. False: it does not answer, or has gone
 * on. */
static bool ask(struct stall_monitor *m, uint64_t count)
{
    struct stall_sleeper sleeper;
    struct image_list images;
    bool found;

    image_list_read(&images);
    found = stall_sleeper_find(m->owner, &sleeper)
                ? see_sleeper(m, &sleeper, &images, count)
                : signal_it(m, count);
    free(m->stack);
    m->stack = found ? complete(&m->sample, &images) : xstrdup("");
    image_list_free(&images);
    return found;
}

static void look(struct stall_monitor *m, struct stall_track *h)
{
    uint64_t count = count_of(m->loop);
    struct stall_report report = { .since_ms = h->since_ms };
    enum stall_news news =
        stall_track_see(h, count, clock_boot_ms(), m->slow_ms, &report.held_ms);

    if (news == STALL_LONG)
        h->is_long = ask(m, count);
    if (news == STALL_NONE || (news == STALL_LONG && !h->is_long))
        return;
    report.news = news;
    report.holder = m->sample.holder;
    report.coroutine = m->sample.name;
    report.label = m->sample.label;
    report.arg = m->sample.arg;
    report.stack = m->stack;
    m->fn(m->arg, &report);
}

static struct timespec next_look(const struct stall_monitor *m)
{
    struct timespec t;
    int64_t pause_ns = m->slow_ms * 1000000 / LOOKS_PER_HOLD;

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
    struct stall_monitor *m = arg;
    struct stall_track h = { 0 };
    bool is_last = false; /* a look at what was over just before the stop */

    pthread_mutex_lock(&m->mutex);
    while (!is_last) {
        struct timespec until = next_look(m);

        if (!m->stop)
            pthread_cond_timedwait(&m->stopping, &m->mutex, &until);
        is_last = m->stop;
        pthread_mutex_unlock(&m->mutex);
        look(m, &h);
        pthread_mutex_lock(&m->mutex);
    }
    pthread_mutex_unlock(&m->mutex);
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
    sigaction(stall_monitor_signal(), &action, NULL);
}

static void init_waiting(struct stall_monitor *m)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&m->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&m->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sem_init(&m->taken, 0, 0);
}

static void stall_monitor_free(struct stall_monitor *m)
{
    pthread_cond_destroy(&m->stopping);
    pthread_mutex_destroy(&m->mutex);
    sem_destroy(&m->taken);
    free(m->stack);
    free(m);
}

static void enlist(struct stall_monitor *m)
{
    atomic_store(&m->next, atomic_load(&monitors));
    atomic_store(&monitors, m);
}

static void delist(struct stall_monitor *m)
{
    struct stall_monitor *_Atomic *at = &monitors;

    while (atomic_load(at) != m)
        at = &atomic_load(at)->next;
    atomic_store(at, atomic_load(&m->next));
}

static void stall_monitor_close(struct loop_part *part)
{
    struct stall_monitor *m = CONTAINER_OF(part, struct stall_monitor, part);

    pthread_mutex_lock(&m->mutex);
    m->stop = true;
    pthread_cond_signal(&m->stopping);
    pthread_mutex_unlock(&m->mutex);
    pthread_join(m->thread, NULL);
    delist(m);
    stall_monitor_free(m);
}

struct stall_monitor *stall_monitor_start(struct loop *l, int64_t slow_ms,
                                          stall_report_fn *fn, void *arg)
{
    struct stall_monitor *m = xcalloc(1, sizeof *m);
    sigset_t all, before;
    int failed;

    ASSERT(stall_monitor_find(l) == NULL && slow_ms > 0);
    m->loop = l;
    m->owner = gettid();
    m->slow_ms = slow_ms;
    m->fn = fn;
    m->arg = arg;
    m->part.close = stall_monitor_close;
    init_waiting(m);
    install_handler();
    enlist(m);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&m->thread, NULL, run, m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        delist(m);
        stall_monitor_free(m);
        return NULL;
    }
    loop_part_add(l, &m->part);
    return m;
}

void stall_monitor_stop(struct stall_monitor *m)
{
    if (m == NULL)
        return;
    loop_part_remove(&m->part);
    stall_monitor_close(&m->part);
}
