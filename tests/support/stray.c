/* SPDX-License-Identifier: MIT */
/* stray - a program with processes that do not want to end, for tests.
 *
 *   stray HOW MARK
 *
 * MARK is in the command line of all of them. They are deaf to SIGTERM, SIGHUP
 * and SIGINT, keep stdout open, and say "ready" there when it is done:
 *
 *   deaf     one process, which stays
 *   daemon   forked twice, in a session of its own; the first one ends
 *   both     the same, but the first one stays
 *   clean    as daemon, and with an empty environment
 *   hop      as daemon, and each process is followed by its child, for ever
 *   bomb     each has two children, each in a session of its own, up to N_BOMB
 *
 * No process lives longer than LIFE_S, whatever a test does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIFE_S = 300, N_BOMB = 2000, N_READY = 50 };

static void say_ready(void)
{
    static const char text[] = "ready\n";

    if (write(STDOUT_FILENO, text, sizeof text - 1) < 0)
        _exit(3);
}

static void harden(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    alarm(LIFE_S); /* not inherited */
}

static _Noreturn void stay(void)
{
    for (;;)
        pause();
}

/* Go on as a grandchild. The first process ends, or stays, once the grandchild
 * has closed the returned descriptor. */
static int escape(int first_stays)
{
    int escaped[2];
    char byte;

    if (pipe2(escaped, O_CLOEXEC) != 0)
        _exit(3);
    if (fork() > 0) {
        close(escaped[1]);
        if (read(escaped[0], &byte, 1) == 0 && !first_stays)
            _exit(0);
        stay();
    }
    close(escaped[0]);
    setsid();
    if (fork() > 0)
        _exit(0);
    setsid();
    harden();
    return escaped[1];
}

static _Noreturn void hop(void)
{
    for (;;) {
        if (fork() > 0)
            _exit(0);
        setsid();
        harden();
    }
}

static _Noreturn void explode(void)
{
    atomic_int *n = mmap(NULL, sizeof *n, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int n_children = 0;

    while (n_children < 2 && *n < N_BOMB) {
        if (fork() > 0) {
            n_children++;
            continue;
        }
        n_children = 0;
        setsid();
        harden();
        if (atomic_fetch_add(n, 1) == N_READY)
            say_ready();
    }
    stay();
}

int main(int argc, char **argv)
{
    const char *how = argc == 3 ? argv[1] : "";
    char *none[] = { NULL };
    int first = -1;

    harden();
    if (strcmp(how, "bomb") == 0)
        explode();
    if (strcmp(how, "deaf") != 0)
        first = escape(strcmp(how, "both") == 0);
    if (strcmp(how, "clean") == 0) {
        memcpy(argv[1], "deaf", sizeof "deaf"); /* it has escaped */
        execve("/proc/self/exe", argv, none);
        _exit(2);
    }
    say_ready();
    close(first);
    if (strcmp(how, "hop") == 0)
        hop();
    stay();
}
