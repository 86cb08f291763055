/* SPDX-License-Identifier: MIT */
/* crash_note - what a process notes of its crash, for its successor. All that
 * the handler calls is async-signal-safe.
 */
#include "worker/shell/life/crash_note.h"

#include <execinfo.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/symbol.h"
#include "worker/shell/call/call.h"

#define FRAMES_OF_EXIT 3 /* ours, and of exit() */
#define FRAMES_MAX 16
#define PATH_LEN 256

/* A place in the code of a file; path "": the file is not known. */
struct crash_frame {
    uint64_t inode, offset;
    char path[PATH_LEN];
};

struct crash_note {
    _Atomic uint32_t written; /* set last */
    _Atomic uint32_t staying; /* an end now is not meant */
    int32_t signo, code;
    struct attempt_key id;
    int64_t started_ms, ended_ms; /* wall clock */
    size_t len, n_frames;
    char text[CRASH_NOTE_LEN];
    struct crash_frame frames[FRAMES_MAX];
};

/* For the handler, which has no argument. */
static struct crash_note *note;
static struct image_list images;

/* ---- in the handler ---- */

static void add(const char *text)
{
    while (*text != '\0' && note->len < CRASH_NOTE_LEN)
        note->text[note->len++] = *text++;
}

static void add_number(uintptr_t n)
{
    char digits[32];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    add(at);
}

static void note_frame(struct crash_frame *f, uintptr_t address)
{
    const struct image *i = image_find(&images, address);
    size_t len = 0;

    *f = (struct crash_frame){ .offset = address };
    if (i == NULL)
        return;
    f->inode = i->inode;
    f->offset = address - i->low + i->offset;
    for (; len < PATH_LEN - 1 && i->path[len] != '\0'; len++)
        f->path[len] = i->path[len];
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
        add_number((uintptr_t)note->code);
        add(")");
    } else {
        add("SIG");
        add(signal_name(c->signo));
    }
    add(c->place.in_thread ? " in a thread of function " : " in function ");
    add(c->place.root->name);
    if (c->overflow) {
        add(", whose stack of ");
        add_number(c->place.stack_size);
        /* Above: the stack of a cpu call may be larger than the option says. */
        add(" bytes is used up (yon-worker --stack-kb above ");
        add_number(c->place.stack_size >> 10);
        add(" raises it)");
    }
}

/* Each address but that of a signal is where a call returns to, which may lie
 * behind the end of its function: so one less is looked up. */
static void note_frames(const struct crash *c)
{
    note->n_frames = 0;
    for (int i = 0; i < c->n_frames && i < FRAMES_MAX; i++)
        note_frame(&note->frames[note->n_frames++],
                   (uintptr_t)c->frames[i] - (i > 0 || c->signo == 0));
}

static void crashed(const struct crash *c)
{
    const yon_job *job;

    if (c->place.root == NULL || c->place.root->label == NULL)
        return; /* no call: nobody is to blame */
    job = c->place.root->arg;
    note->signo = c->signo;
    note->id = call_id(job);
    note->ended_ms = clock_wall_ms();
    note->started_ms =
        note->ended_ms - (clock_boot_ms() - call_started_ms(job));
    note->len = 0;
    describe(c);
    note_frames(c);
    atomic_store(&note->written, 1);
}

/* A call has ended the process by exit(). No other handler of an exit shall
 * run, because the threads of this process still do. */
static void exited(int code, void *arg)
{
    void *frames[FRAMES_OF_EXIT + FRAMES_MAX];
    struct crash crash = { .place = coro_crash_place() };

    (void)arg;
    if (atomic_load(&note->staying) == 0 || crash.place.root == NULL)
        return;
    note->code = code;
    crash.frames = frames + FRAMES_OF_EXIT;
    crash.n_frames = backtrace(frames, ARRAY_LEN(frames)) - FRAMES_OF_EXIT;
    crashed(&crash);
    _exit(code);
}

/* ---- before and after ---- */

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
    image_list_read(&images);
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

/* Names are read from files, which is nothing for a handler. */
static void add_stack(struct buf *out, struct crash_note *seen)
{
    for (size_t i = 0; i < seen->n_frames; i++) {
        struct crash_frame *f = &seen->frames[i];

        f->path[PATH_LEN - 1] = '\0';
        buf_addf(out, i == 0 ? ": " : " < ");
        if (f->path[0] == '\0')
            buf_addf(out, "0x%" PRIx64, f->offset);
        else
            symbol_add(out, f->path, f->inode, f->offset);
    }
}

static size_t write_message(char text[CRASH_NOTE_LEN], struct crash_note *seen)
{
    struct buf b = { 0 };
    size_t len;

    buf_add(&b, seen->text, seen->len);
    add_stack(&b, seen);
    len = b.len < CRASH_NOTE_LEN ? b.len : CRASH_NOTE_LEN;
    memcpy(text, buf_text(&b), len);
    buf_fini(&b);
    return len;
}

bool crash_note_take(int fd, char text[CRASH_NOTE_LEN], struct outcome *out)
{
    struct crash_note seen;
    const uint32_t none = 0;
    size_t len;

    if (fd < 0 || pread(fd, &seen, sizeof seen, 0) != sizeof seen ||
        seen.written == 0 || seen.len > CRASH_NOTE_LEN ||
        seen.n_frames > FRAMES_MAX ||
        pwrite(fd, &none, sizeof none, offsetof(struct crash_note, written)) <
            0)
        return false;
    len = write_message(text, &seen);
    *out = (struct outcome){ .id = seen.id,
                             .state = STATE_FAILED,
                             .reason = view_str("crash"),
                             .message = view_of(text, len),
                             .code = seen.code,
                             .signal = seen.signo,
                             .started_ms = seen.started_ms,
                             .ended_ms = seen.ended_ms };
    return true;
}
