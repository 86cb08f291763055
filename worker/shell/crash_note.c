/* SPDX-License-Identifier: MIT */
/* crash_note - see crash_note.h. What the handler calls is async-signal-safe.
 */
#include "crash_note.h"

#include <execinfo.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "call.h"
#include "check.h"
#include "clock.h"
#include "coro.h"
#include "overflow.h"

#define FRAMES_OF_EXIT 3 /* ours, and of exit() */
#define FRAMES_MAX 16
#define OBJECTS_MAX 64
#define OBJECT_NAME_LEN 48

struct crash_note {
    _Atomic uint32_t written; /* set last */
    _Atomic uint32_t staying; /* an end was not meant so far */
    int32_t signo, code;
    struct held held;
    int64_t started_ms, ended_ms; /* wall clock */
    size_t len;
    char text[CRASH_NOTE_LEN];
};

/* Where code of the program, a library or a module lies. */
struct object {
    uintptr_t base, end;
    char name[OBJECT_NAME_LEN];
};

/* For the handler, which has no argument. */
static struct crash_note *note;
static struct object objects[OBJECTS_MAX];
static size_t n_objects;

/* ---- in the handler ---- */

static void add(const char *text)
{
    while (*text != '\0' && note->len < CRASH_NOTE_LEN)
        note->text[note->len++] = *text++;
}

static void add_number(uintptr_t n, unsigned base)
{
    char digits[32];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = "0123456789abcdef"[n % base];
    while ((n /= base) > 0);
    add(at);
}

static void add_frame(uintptr_t address)
{
    for (size_t i = 0; i < n_objects; i++) {
        if (address < objects[i].base || address >= objects[i].end)
            continue;
        add(objects[i].name);
        add("+");
        address -= objects[i].base;
        break;
    }
    add("0x");
    add_number(address, 16);
}

static const char *signal_name(int signo)
{
    const char *name = sigabbrev_np(signo);

    return name == NULL ? "?" : name;
}

static void describe(const struct crash *c)
{
    if (c->signo == 0) {
        add("exit(");
        add_number((uintptr_t)note->code, 10);
        add(")");
    } else {
        add("SIG");
        add(signal_name(c->signo));
    }
    add(" in function ");
    add(c->root->name);
    if (c->overflow) {
        add(", whose stack of ");
        add_number(c->stack_size, 10);
        add(" bytes is used up (yon-worker --stack-kb raises it)");
    }
    for (int i = 0; i < c->n_frames; i++) {
        add(i == 0 ? ": " : " < ");
        add_frame((uintptr_t)c->frames[i]);
    }
}

static void crashed(const struct crash *c)
{
    const yon_job *job;

    if (c->root == NULL || c->root->label == NULL)
        return; /* no call: nobody is to blame */
    job = c->root->arg;
    note->signo = c->signo;
    note->held = call_id(job);
    note->ended_ms = clock_wall_ms();
    note->started_ms =
        note->ended_ms - (clock_boot_ms() - call_started_ms(job));
    note->len = 0;
    describe(c);
    atomic_store(&note->written, 1);
}

/* A call has ended the process by exit(). Nothing else of what is done at an
 * exit shall run: the threads of this process still do. */
static void exited(int code, void *arg)
{
    const struct coro *co = coro_current();
    void *frames[FRAMES_OF_EXIT + FRAMES_MAX];
    struct crash crash = { .frames = frames + FRAMES_OF_EXIT };

    (void)arg;
    if (atomic_load(&note->staying) == 0 || co == NULL)
        return;
    note->code = code;
    crash.root = coro_root(co);
    crash.n_frames = backtrace(frames, ARRAY_LEN(frames)) - FRAMES_OF_EXIT;
    crashed(&crash);
    _exit(code);
}

/* ---- before and after ---- */

/* A line of /proc/self/maps that is code of a file. */
static void add_object(const char *line)
{
    struct object *o = &objects[n_objects];
    unsigned long start, end, offset;
    char mode[8];
    int at = 0;
    const char *slash;

    if (n_objects == OBJECTS_MAX ||
        sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &start, &end, mode, &offset,
               &at) != 4 ||
        at == 0 || mode[2] != 'x' || (slash = strrchr(line, '/')) == NULL)
        return;
    o->base = start - offset;
    o->end = end;
    snprintf(o->name, sizeof o->name, "%.*s", (int)strcspn(slash + 1, "\n"),
             slash + 1);
    n_objects++;
}

static void list_objects(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[4096];

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        add_object(line);
    if (maps != NULL)
        fclose(maps);
}

int crash_note_open(void)
{
    int fd = memfd_create("yon-crash-note", MFD_CLOEXEC);

    if (fd >= 0 && ftruncate(fd, sizeof(struct crash_note)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool crash_note_watch(int fd)
{
    void *at =
        mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return false;
    note = at;
    note->code = 0;
    atomic_store(&note->staying, 1);
    list_objects();
    crash_watch(crashed);
    on_exit(exited, NULL);
    return true;
}

void crash_note_leave(void)
{
    if (note != NULL)
        atomic_store(&note->staying, 0);
}

bool crash_note_has_left(int fd)
{
    struct crash_note seen;

    return pread(fd, &seen, sizeof seen, 0) != sizeof seen || seen.staying == 0;
}

bool crash_note_take(int fd, char text[CRASH_NOTE_LEN], struct outcome *out)
{
    struct crash_note seen, empty = { 0 };

    if (fd < 0 || pread(fd, &seen, sizeof seen, 0) != sizeof seen ||
        seen.written == 0 || seen.len > CRASH_NOTE_LEN ||
        pwrite(fd, &empty.written, sizeof empty.written, 0) < 0)
        return false;
    memcpy(text, seen.text, seen.len);
    *out = (struct outcome){ .job = seen.held.job,
                             .elem = seen.held.elem,
                             .epoch = seen.held.epoch,
                             .attempt = seen.held.attempt,
                             .state = STATE_FAILED,
                             .reason = view_str("crash"),
                             .message = view_of(text, seen.len),
                             .code = seen.code,
                             .signal = seen.signo,
                             .started_ms = seen.started_ms,
                             .ended_ms = seen.ended_ms };
    return true;
}
