/* SPDX-License-Identifier: MIT */
/* crash - the handler of signals that end the process. Everything in it is
 * async-signal-safe. */
#include "libcommon/rt/co/crash.h"

#include <execinfo.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

/* For the handler itself, above what the kernel stores there. */
#define HANDLER_STACK (64u << 10)
#define FRAMES_MAX 16
#define FRAMES_OF_SIGNAL 2 /* the handler, and how the kernel came to it */

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* A handler has no argument. */
static crash_fn *told;
static crash_place_fn *_Atomic place_here;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));

    (void)written; /* no one to tell */
}

static void say_number(size_t n)
{
    char digits[24];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    say(at);
}

static void say_overflow(const struct crash_place *place)
{
    void *entry = (void *)place->entry;

    say("yon: stack overflow in coroutine '");
    say(place->name);
    say("', whose stack has ");
    say_number(place->stack_size);
    say(told == NULL ? " bytes (YON_STACK_KB raises it)\n" : " bytes\n");
    if (entry == NULL)
        return;
    say("yon: it began at ");
    backtrace_symbols_fd(&entry, 1, STDERR_FILENO);
}

static bool is_in_guard(const struct crash_place *place, uintptr_t address)
{
    uintptr_t low = (uintptr_t)place->stack;

    return address < low && low - address <= place->guard_size;
}

static void handle(int signo, siginfo_t *info, void *context)
{
    crash_place_fn *place = atomic_load(&place_here);
    void *frames[FRAMES_OF_SIGNAL + FRAMES_MAX];
    struct crash crash = { .signo = signo };

    (void)context;
    crash.frames = frames + FRAMES_OF_SIGNAL;
    if (place != NULL)
        crash.place = place();
    crash.overflow =
        signo == SIGSEGV && is_in_guard(&crash.place, (uintptr_t)info->si_addr);
    if (crash.overflow)
        say_overflow(&crash.place);
    if (told != NULL) {
        crash.n_frames =
            backtrace(frames, ARRAY_LEN(frames)) - FRAMES_OF_SIGNAL;
        told(&crash);
    }
    /* For good, when the handler has returned. */
    signal(signo, SIG_DFL);
    raise(signo);
}

static void handler_install(int signo)
{
    struct sigaction ours = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct sigaction before;

    if (sigaction(signo, NULL, &before) != 0 || before.sa_handler != SIG_DFL ||
        (before.sa_flags & SA_SIGINFO) != 0)
        return;
    ours.sa_sigaction = handle;
    sigemptyset(&ours.sa_mask);
    sigaction(signo, &ours, NULL);
}

void crash_watch(crash_fn *fn)
{
    void *warm_up[1];

    /* The first call loads the unwinder, which a handler must not do. */
    backtrace(warm_up, 1);
    told = fn;
    for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
        handler_install(crash_signals[i]);
}

void crash_mask_others(sigset_t *out)
{
    sigfillset(out);
    for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
        sigdelset(out, crash_signals[i]);
}

void *crash_thread_begin(crash_place_fn *place)
{
    long from_kernel = sysconf(_SC_MINSIGSTKSZ);
    size_t size = HANDLER_STACK + (from_kernel > 0 ? (size_t)from_kernel : 0);
    stack_t before, ours = { .ss_size = size };

    atomic_store(&place_here, place);
    handler_install(SIGSEGV);
    if (sigaltstack(NULL, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0)
        return NULL;
    ours.ss_sp = xcalloc(1, size);
    sigaltstack(&ours, NULL);
    return ours.ss_sp;
}

void crash_thread_end(void *signal_stack)
{
    stack_t now, none = { .ss_flags = SS_DISABLE };

    if (signal_stack == NULL)
        return;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == signal_stack)
        sigaltstack(&none, NULL);
    free(signal_stack);
}
