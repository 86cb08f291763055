/* SPDX-License-Identifier: MIT */
/* jobs - the calls of the chaos test, as `attempt` is its command.
 *
 * { dir, mode, ms, item } -> [ hash of item, attempt ]. A call writes its start
 * into dir/starts, and the earlier attempts that still run into dir/overlaps.
 * mode: ok; fail; refuse: fails, for good; again: asks twice for another start,
 * in ms.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yon/job.h>

struct attempt {
    const char *dir, *mode, *item, *id;
    int64_t ms;
    char ref[64];
};

/* One line, in one write, so that lines of others do not mix with it. */
static void note(const char *dir, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(const char *dir, const char *file, const char *format, ...)
{
    char text[512];
    va_list args;
    int fd, len;

    snprintf(text, sizeof text, "%s/%s", dir, file);
    fd = open(text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (fd < 0 || write(fd, text, (size_t)len) != len)
        abort();
    close(fd);
}

struct process {
    char state;
    unsigned long long start; /* tells it from another with its number */
};

static bool process_read(long pid, struct process *out)
{
    char path[64];
    FILE *file;
    bool is;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    is = file != NULL &&
         fscanf(file,
                "%*d (%*[^)]) %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
                "%*u %*d %*d %*d %*d %*d %*d %llu",
                &out->state, &out->start) == 2;
    if (file != NULL)
        fclose(file);
    return is;
}

/* A stopped one does not count: its machine sleeps. */
static bool is_awake(long pid, unsigned long long start)
{
    struct process p;

    return process_read(pid, &p) && p.start == start &&
           strchr("ZXTt", p.state) == NULL;
}

static bool has_ended(const struct attempt *a, const char *id)
{
    char path[512];

    snprintf(path, sizeof path, "%s/pids/%s.%s", a->dir, a->ref, id);
    return access(path, F_OK) == 0;
}

static void look_for_others(const struct attempt *a)
{
    char path[512], id[64];
    unsigned long long start;
    long pid;
    FILE *file;

    snprintf(path, sizeof path, "%s/pids/%s", a->dir, a->ref);
    file = fopen(path, "re");
    while (file != NULL && fscanf(file, "%ld %llu %63s", &pid, &start, id) == 3)
        if (!has_ended(a, id) && is_awake(pid, start))
            note(a->dir, "overlaps", "%s %s %ld %s\n", a->ref, id, pid, a->id);
    if (file != NULL)
        fclose(file);
}

static void note_start(const struct attempt *a)
{
    char file[128];
    const char *worker = getenv("YON_CHAOS_WORKER");
    struct process self;
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    snprintf(file, sizeof file, "pids/%s", a->ref);
    if (!process_read(getpid(), &self))
        abort();
    note(a->dir, file, "%ld %llu %s\n", (long)getpid(), self.start, a->id);
    note(a->dir, "starts", "%s %s %ld %s %" PRId64 ".%02ld\n", a->ref, a->id,
         (long)getpid(), worker, (int64_t)now.tv_sec, now.tv_nsec / 10000000);
}

static void note_end(const struct attempt *a)
{
    char file[160];

    snprintf(file, sizeof file, "pids/%s.%s", a->ref, a->id);
    note(a->dir, file, "\n");
}

static int begin(yon_job *job, struct attempt *a)
{
    int err = yon_args(job, "{sssssssI}", "dir", &a->dir, "mode", &a->mode,
                       "item", &a->item, "ms", &a->ms);

    if (err != 0)
        return err;
    a->id = yon_job_attempt(job);
    /* An item ends with the number of its element, which a retry keeps. */
    snprintf(a->ref, sizeof a->ref,
             yon_job_elem(job) == 0 ? "%" PRIu64 : "%" PRIu64 "%s",
             yon_job_id(job), strrchr(a->item, '-'));
    if (yon_job_elem(job) != 0)
        *strchr(a->ref, '-') = '.';
    look_for_others(a);
    note_start(a);
    return 0;
}

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h;
}

/* How often that was asked for. An attempt that is killed in between has asked,
 * and perhaps nobody heard it. */
static int64_t n_asked(const struct attempt *a)
{
    char path[512];
    struct stat st;

    snprintf(path, sizeof path, "%s/pids/%s.asked", a->dir, a->ref);
    return stat(path, &st) == 0 ? st.st_size : 0;
}

static int ask_again(yon_job *job, const struct attempt *a)
{
    char file[160];

    snprintf(file, sizeof file, "pids/%s.asked", a->ref);
    note(a->dir, file, "\n");
    return yon_retry(job, a->ms, "as wanted: %s", a->item);
}

static int finish(yon_job *job, const struct attempt *a)
{
    char text[32];

    if (strcmp(a->mode, "fail") == 0)
        return yon_fail(job, "as wanted: %s", a->item);
    if (strcmp(a->mode, "refuse") == 0)
        return yon_give_up(job, "as wanted: %s", a->item);
    if (strcmp(a->mode, "again") == 0 && n_asked(a) < 2)
        return ask_again(job, a);
    snprintf(text, sizeof text, "%016" PRIx64, hash(a->item));
    return yon_return(job, "[ss]", text, a->id);
}

static int waits(yon_job *job)
{
    struct attempt a;
    int err = begin(job, &a);

    if (err != 0)
        return err;
    err = yon_sleep(a.ms);
    note_end(&a);
    return err != 0 ? err : finish(job, &a);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Holds its CPU, in a process for such calls. */
static int computes(yon_job *job)
{
    struct attempt a;
    int err = begin(job, &a);
    int64_t end = now_ms() + a.ms;

    if (err != 0)
        return err;
    while (now_ms() < end && !yon_is_cancelled())
        continue;
    note_end(&a);
    return yon_is_cancelled() ? YON_ECANCELLED : finish(job, &a);
}

/* Takes its process down; only this call must be blamed. */
static int crashes(yon_job *job)
{
    struct attempt a;
    int err = begin(job, &a);

    if (err != 0)
        return err;
    abort(); /* sanitizers leave that signal alone */
}

YON_MODULE({ "waits", waits }, { "computes", computes, .cpu = 1 },
           { "crashes", crashes })
