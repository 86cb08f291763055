/* SPDX-License-Identifier: MIT */
/* reaper - a process that watches others to their end. */
#include "worker/shell/exec/reaper.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* For the handler, which has no argument. */
static volatile sig_atomic_t is_alone;

static void noticed(int signo)
{
    if (signo == SIGHUP)
        is_alone = 1;
}

/* Handlers only run within reaper_wait. Nothing is ignored: programs would
 * inherit that. */
static void set_signals(void)
{
    struct sigaction action = { .sa_handler = noticed };
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void reaper_begin(const char *name, pid_t parent)
{
    set_signals();
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (getppid() != parent)
        is_alone = 1; /* it died before that */
}

bool reaper_wait(int sock, int ms)
{
    struct pollfd fd = { .fd = sock, .events = POLLIN };
    struct timespec limit = { .tv_sec = ms / 1000,
                              .tv_nsec = ms % 1000 * 1000000L };
    sigset_t all_but_ours;

    sigfillset(&all_but_ours);
    sigdelset(&all_but_ours, SIGCHLD);
    sigdelset(&all_but_ours, SIGHUP);
    return ppoll(&fd, 1, ms < 0 ? NULL : &limit, &all_but_ours) > 0;
}

bool reaper_is_alone(void)
{
    return is_alone != 0;
}
