/* SPDX-License-Identifier: MIT */
/* end_note - outcomes that a process leaves to its successor: a list, each
 * behind its length; a length of 0 is the end. */
#include "worker/shell/life/end_note.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proto/frame.h"

#define NOTE_AT (1 << 20) /* behind any struct crash_note */

/* Length of the entry at *at; 0: there is none. */
static uint32_t entry_len(int fd, off_t at)
{
    uint32_t len;

    return pread(fd, &len, sizeof len, at) == sizeof len ? len : 0;
}

bool end_note_add(int fd, const struct outcome *o)
{
    struct buf entry = { 0 };
    uint32_t len = 0;
    off_t at = NOTE_AT;
    bool added;

    while ((len = entry_len(fd, at)) > 0)
        at += (off_t)(sizeof len + len);
    buf_add(&entry, &len, sizeof len);
    outcome_encode(&entry, o);
    len = (uint32_t)(entry.len - sizeof len);
    memcpy(entry.data, &len, sizeof len);
    added = pwrite(fd, entry.data, entry.len, at) == (ssize_t)entry.len;
    if (!added && ftruncate(fd, at) != 0)
        errno = 0; /* a part of it stays, and is left out when it is read */
    buf_fini(&entry);
    return added;
}

static void read_entry(int fd, off_t at, uint32_t len, struct frame_reader *r,
                       void (*each)(void *arg, const struct outcome *o),
                       void *arg)
{
    struct buf bytes = { 0 };
    struct outcome o;

    if (pread(fd, buf_room(&bytes, len), len, at) != (ssize_t)len)
        len = 0; /* its process was killed while it wrote */
    bytes.len = len;
    if (outcome_decode(r, buf_view(&bytes), &o) == ERR_NONE &&
        state_is_terminal(o.state))
        each(arg, &o);
    buf_fini(&bytes);
}

void end_note_take(int fd, void (*each)(void *arg, const struct outcome *o),
                   void *arg)
{
    struct frame_reader *r = frame_reader_new();
    uint32_t len;
    off_t at = NOTE_AT;

    while (fd >= 0 && (len = entry_len(fd, at)) > 0 && len <= FRAME_LEN_MAX) {
        at += (off_t)sizeof len;
        read_entry(fd, at, len, r, each, arg);
        at += (off_t)len;
    }
    if (at > NOTE_AT && ftruncate(fd, NOTE_AT) != 0)
        errno = 0; /* told again, of attempts that nobody knows by then */
    frame_reader_free(r);
}
