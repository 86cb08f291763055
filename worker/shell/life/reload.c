/* SPDX-License-Identifier: MIT */
/* reload - reads the modules of a worker anew. */
#include "worker/shell/life/reload.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/log.h"
#include "worker/shell/call/modules.h"

#define CHECK_S 60 /* a module may compute something when it is loaded */

static void log_failure(const char *why)
{
    log_line(TRACE_ERROR, "reload-failed", "error=%s effect=%s", why,
             "the modules of before go on serving");
}

/* In a process of its own, which ends with an exit code or is ended. */
static _Noreturn void check(const struct module_files *files,
                            const sigset_t *mask)
{
    struct modules modules = { .files = files };
    char errmsg[ERRMSG_LEN];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    alarm(CHECK_S);
    for (size_t i = 0; i < files->n; i++)
        if (modules_load(&modules, &files->at[i], errmsg) != ERR_NONE) {
            log_failure(errmsg);
            _exit(1);
        }
    _exit(0);
}

static bool read_files(struct module_files *out, const struct module_files *now)
{
    char errmsg[ERRMSG_LEN];

    for (size_t i = 0; i < now->n; i++)
        if (module_files_read(out, now->at[i].path, errmsg) != ERR_NONE) {
            log_failure(errmsg);
            module_files_fini(out);
            return false;
        }
    return true;
}

void reload_begin(struct reload *r, const struct module_files *now,
                  const sigset_t *mask)
{
    r->again = r->pid != 0;
    if (r->again || !read_files(&r->next, now))
        return;
    r->pid = fork();
    if (r->pid == 0)
        check(&r->next, mask);
    if (r->pid > 0)
        return;
    r->pid = 0;
    log_failure(strerror(errno));
    module_files_fini(&r->next);
}

bool reload_ended(struct reload *r, int status, struct module_files *now,
                  const sigset_t *mask)
{
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    ASSERT(r->pid > 0);
    r->pid = 0;
    if (WIFSIGNALED(status))
        log_failure(WTERMSIG(status) == SIGALRM
                        ? "a module takes too long to load"
                        : "a module ends the process that loads it");
    else if (WEXITSTATUS(status) > 1)
        log_failure("a module calls exit() when it is loaded");
    if (good) {
        module_files_fini(now);
        *now = r->next;
        r->next = (struct module_files){ 0 }; /* owned by now */
    }
    module_files_fini(&r->next);
    if (r->again)
        reload_begin(r, now, mask);
    return good;
}

void reload_fini(struct reload *r)
{
    module_files_fini(&r->next);
}
