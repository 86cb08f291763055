/* SPDX-License-Identifier: MIT */
/* said_note - lines of calls in two halves; in each an entry behind the other,
 * and a length of 0 at the end. */
#include "worker/shell/life/said_note.h"

#include <unistd.h>

#include "libcommon/check.h"
#include "proto/bounds.h"

/* Behind any struct crash_note. */
#define NOTE_AT (256 << 10)
#define ROUND_LEN sizeof(uint64_t) /* in front of each half: its number */

struct entry_head {
    uint32_t len; /* of the text behind it; 0: the end */
    struct attempt_key id;
};

static off_t half_at(uint64_t round)
{
    return NOTE_AT + (off_t)(round % 2) * SAID_NOTE_HALF;
}

/* A note that cannot be written is none: there is nobody to tell. */
static void put(int fd, const void *bytes, size_t len, off_t at)
{
    if (pwrite(fd, bytes, len, at) < 0)
        return;
}

static void begin_half(struct said_note *n)
{
    struct buf head = { 0 };
    const uint32_t end = 0;

    n->round++;
    n->used = ROUND_LEN;
    buf_add(&head, &n->round, sizeof n->round);
    buf_add(&head, &end, sizeof end);
    put(n->fd, head.data, head.len, half_at(n->round));
    buf_fini(&head);
}

void said_note_add(struct said_note *n, struct attempt_key id,
                   struct view lines)
{
    const size_t around = sizeof(struct entry_head) + sizeof(uint32_t);
    const size_t room = SAID_NOTE_HALF - ROUND_LEN - around;
    struct entry_head head = { .id = id };
    struct buf entry = { 0 };

    if (n->fd < 0)
        return;
    if (lines.len > room) /* its end counts */
        lines = view_of(lines.data + lines.len - room, room);
    if (n->used == 0 || n->used + lines.len + around > SAID_NOTE_HALF)
        begin_half(n);
    head.len = (uint32_t)lines.len;
    buf_add(&entry, &head, sizeof head);
    buf_add_view(&entry, lines);
    buf_add(&entry, &(uint32_t){ 0 }, sizeof(uint32_t));
    put(n->fd, entry.data, entry.len, half_at(n->round) + (off_t)n->used);
    n->used += entry.len - sizeof(uint32_t);
    ASSERT(n->used + sizeof(uint32_t) <= SAID_NOTE_HALF);
    buf_fini(&entry);
}

/* ---- in the next process ---- */

/* 0: there is none. */
static uint64_t round_of(int fd, uint64_t half)
{
    uint64_t round;

    return pread(fd, &round, sizeof round, half_at(half)) == sizeof round
               ? round
               : 0;
}

static void read_half(int fd, uint64_t half, struct attempt_key id,
                      struct buf *out)
{
    size_t at = ROUND_LEN;
    struct entry_head head;

    while (at + sizeof head < SAID_NOTE_HALF &&
           pread(fd, &head, sizeof head, half_at(half) + (off_t)at) ==
               sizeof head &&
           head.len > 0 && head.len < SAID_NOTE_HALF - at - sizeof head) {
        at += sizeof head;
        if (attempt_key_equal(head.id, id) &&
            pread(fd, buf_room(out, head.len), head.len,
                  half_at(half) + (off_t)at) == (ssize_t)head.len)
            out->len += head.len;
        at += head.len;
    }
}

void said_note_read(int fd, struct attempt_key id, struct buf *out)
{
    uint64_t rounds[2];

    if (fd < 0)
        return;
    for (uint64_t half = 0; half < 2; half++)
        rounds[half] = round_of(fd, half);
    for (uint64_t i = 0; i < 2; i++) { /* the older one first */
        uint64_t half = rounds[0] > rounds[1] ? 1 - i : i;

        if (rounds[half] > 0)
            read_half(fd, half, id, out);
    }
}

void said_note_clear(int fd)
{
    const uint64_t none = 0;

    for (uint64_t half = 0; fd >= 0 && half < 2; half++)
        put(fd, &none, sizeof none, half_at(half));
}
