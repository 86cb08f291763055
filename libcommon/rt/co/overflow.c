/* SPDX-License-Identifier: MIT */
/* overflow - the handler of signals that end the process. Everything in it is
 * async-signal-safe. */
#include "libcommon/rt/co/overflow.h"

#include <execinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/pool.h"

/* For the handler itself, above what the kernel stores there. */
#define HANDLER_STACK (64u << 10)
#define FRAMES_MAX 16
#define FRAMES_OF_SIGNAL 2 /* the handler, and how the kernel came to it */

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static crash_fn *told; /* a handler has no argument */

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));

    (void)written; /* nobody to tell */
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

/* Where one without a name began. */
static void say_entry(const struct coro *co)
{
    void *entry = (void *)co->entry;

    if (entry == NULL)
        return;
    say("yon: it began at ");
    backtrace_symbols_fd(&entry, 1, STDERR_FILENO);
}

static bool is_in_guard(const struct coro *co, uintptr_t address)
{
    uintptr_t low = (uintptr_t)co->stack;

    return address < low && low - address <= co->loop->stacks.guard_size;
}

struct crash crash_here(void)
{
    const struct coro *co = coro_current();
    struct crash crash = { 0 };

    crash.root = co != NULL ? coro_root(co) : pool_root_here();
    crash.in_thread = co == NULL && crash.root != NULL;
    return crash;
}

static void handle(int signo, siginfo_t *info, void *context)
{
    const struct coro *co = coro_current();
    void *frames[FRAMES_OF_SIGNAL + FRAMES_MAX];
    struct crash crash = crash_here();

    (void)context;
    crash.signo = signo;
    crash.frames = frames + FRAMES_OF_SIGNAL;
    if (co != NULL) {
        crash.overflow =
            signo == SIGSEGV && is_in_guard(co, (uintptr_t)info->si_addr);
        crash.stack_size = co->loop->stacks.size;
    }
    if (crash.overflow) {
        say("yon: stack overflow in coroutine '");
        say(co->name);
        say("', whose stack has ");
        say_number(co->loop->stacks.size);
        say(told == NULL ? " bytes (YON_STACK_KB raises it)\n" : " bytes\n");
        say_entry(co);
    }
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

void *overflow_watch(void)
{
    long from_kernel = sysconf(_SC_MINSIGSTKSZ);
    size_t size = HANDLER_STACK + (from_kernel > 0 ? (size_t)from_kernel : 0);
    stack_t before, ours = { .ss_size = size };

    handler_install(SIGSEGV);
    if (sigaltstack(NULL, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0)
        return NULL;
    ours.ss_sp = xcalloc(1, size);
    sigaltstack(&ours, NULL);
    return ours.ss_sp;
}

void overflow_unwatch(void *signal_stack)
{
    stack_t now, none = { .ss_flags = SS_DISABLE };

    if (signal_stack == NULL)
        return;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == signal_stack)
        sigaltstack(&none, NULL);
    free(signal_stack);
}
