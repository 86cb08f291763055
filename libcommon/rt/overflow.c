/* SPDX-License-Identifier: MIT */
/* overflow - the handler of SIGSEGV. Everything in it is async-signal-safe. */
#include "overflow.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coro.h"
#include "mem.h"

/* For the handler itself, above what the kernel stores there. */
#define HANDLER_STACK (16u << 10)

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

static bool is_in_guard(const struct coro *co, uintptr_t address)
{
    uintptr_t low = (uintptr_t)co->stack;

    return address < low && low - address <= co->loop->stacks.guard_size;
}

static void segv_handle(int signo, siginfo_t *info, void *context)
{
    const struct coro *co = coro_current();

    (void)context;
    if (co != NULL && is_in_guard(co, (uintptr_t)info->si_addr)) {
        say("yon: stack overflow in coroutine '");
        say(co->name);
        say("', whose stack has ");
        say_number(co->loop->stacks.size);
        say(" bytes\n");
    }
    /* The same instruction faults again, now for good. */
    signal(signo, SIG_DFL);
}

static void handler_install(void)
{
    struct sigaction ours = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct sigaction before;

    if (sigaction(SIGSEGV, NULL, &before) != 0 ||
        before.sa_handler != SIG_DFL || (before.sa_flags & SA_SIGINFO) != 0)
        return;
    ours.sa_sigaction = segv_handle;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGSEGV, &ours, NULL);
}

void *overflow_watch(void)
{
    long from_kernel = sysconf(_SC_MINSIGSTKSZ);
    size_t size = HANDLER_STACK + (from_kernel > 0 ? (size_t)from_kernel : 0);
    stack_t before, ours = { .ss_size = size };

    handler_install();
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
