/* SPDX-License-Identifier: MIT */
/* program_output - one output of a program. */
#include "worker/shell/exec/program_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/spawn.h"
#include "worker/core/tails.h"

#define READ_LEN (64u << 10)
/* Then the loop turns, for the others. */
#define READS_PER_TURN 4
/* Bytes that are still read in a hurry: more than a pipe holds. A process that
 * left the group and goes on writing must not hold the job. */
#define HURRIED_LEN (1u << 20)
/* What a pipe holds, unless the program has changed that. */
#define PIPE_LEN (64u << 10)

struct tail_request {
    struct list place;
    uint64_t tail;
    uint64_t offset;
    uint32_t max;
};

static void program_output_check(const struct program_output *s)
{
    ASSERT_IF(s->reading, s->fd >= 0);
    ASSERT_IF(s->hurried, s->hurried_left <= HURRIED_LEN);
}

/* ---- the pipe ---- */

/* What a follower needs is not overwritten, and there is always room for what
 * the pipe holds: so nobody waits for followers when the program has ended. */
static size_t room_for_followers(const struct program_output *s)
{
    size_t n = capture_room(&s->capture, s->keep);

    return n > PIPE_LEN ? n - PIPE_LEN : 0;
}

static size_t room(const struct program_output *s)
{
    size_t n = READ_LEN;

    if (s->followed && !s->hurried && room_for_followers(s) < n)
        n = room_for_followers(s);
    /* Of what is followed, nothing is dropped that a follower has not got. */
    if (s->tailed && !(s->followed && s->hurried) &&
        capture_room(&s->capture, s->tailed_at) < n)
        n = capture_room(&s->capture, s->tailed_at);
    if (s->hurried && s->hurried_left < n)
        n = s->hurried_left;
    return n;
}

static void poll_told(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an error shows when reading */
    (void)events;
    program_output_read(CONTAINER_OF(poll, struct program_output, poll));
}

static void pause_reading(struct program_output *s)
{
    if (s->reading)
        uv_poll_stop(&s->poll);
    s->reading = false;
}

static void go_on_reading(struct program_output *s)
{
    if (s->reading || s->fd < 0 || room(s) == 0)
        return;
    s->reading = true;
    uv_poll_start(&s->poll, UV_READABLE, poll_told);
    /* An empty pipe with live writers wakes nobody, and in a hurry that is
     * the end. */
    if (s->hurried)
        alarm_start(s->alarms, &s->again, 0, s->again.fn);
}

static void close_pipe(struct program_output *s)
{
    alarm_clear(s->alarms, &s->again);
    uv_close((uv_handle_t *)&s->poll, s->events->closed);
    close(s->fd);
    s->fd = -1;
    s->reading = false;
}

/* What so many more bytes will overwrite goes to the file. Returns the offset
 * of the first byte that does not. */
static uint64_t spool_oldest(struct program_output *s, size_t n)
{
    uint64_t at = capture_oldest(&s->capture);
    uint64_t to = capture_oldest_after(&s->capture, n);

    while (at < to && s->spool.end == at && at < s->spool.end_max) {
        uint64_t found;
        struct view bytes = capture_read(&s->capture, at, to - at, &found);

        ASSERT(found == at && bytes.len > 0);
        spool_add(&s->spool, s->spool_dir, bytes);
        at = s->spool.end;
    }
    return at;
}

/* Take these bytes; what is overwritten, and was neither read nor spooled, is
 * counted. */
static void take(struct program_output *s, struct view bytes)
{
    uint64_t from = spool_oldest(s, bytes.len), to;

    capture_add(&s->capture, bytes);
    to = capture_oldest(&s->capture);
    if (from < s->taken)
        from = s->taken;
    if (from < to)
        s->dropped += to - from;
    s->hurried_left -= s->hurried ? bytes.len : 0;
}

/* True: that was the end. */
static bool read_once(struct program_output *s, size_t len)
{
    uint8_t bytes[READ_LEN];
    ssize_t n;

    ASSERT(len > 0 && len <= sizeof bytes);
    n = read(s->fd, bytes, len);
    if (n > 0) {
        take(s, view_of(bytes, (size_t)n));
        return false;
    }
    if (n < 0 && errno == EINTR)
        return false;
    return n == 0 || errno != EAGAIN || s->hurried;
}

/* True: there is nothing to read for now, or for ever (*end). */
static bool read_step(struct program_output *s, bool *end)
{
    uint64_t before = s->capture.len;
    size_t len = room(s);

    if (s->hurried && s->hurried_left == 0) {
        *end = true;
    } else if (len == 0) {
        pause_reading(s);
    } else {
        *end = read_once(s, len);
    }
    return *end || s->capture.len == before;
}

static void answer(struct program_output *s);

void program_output_read(struct program_output *s)
{
    bool end = false;

    if (s->fd < 0)
        return;
    for (int i = 0; s->hurried || i < READS_PER_TURN; i++)
        if (read_step(s, &end))
            break;
    if (end)
        close_pipe(s);
    program_output_check(s);
    answer(s);
    if (end)
        s->events->end(s->events->arg, s);
}

static void read_again(struct alarm *a)
{
    program_output_read(CONTAINER_OF(a, struct program_output, again));
}

void program_output_hurry(struct program_output *s)
{
    if (s->hurried || s->fd < 0)
        return;
    s->hurried = true;
    s->hurried_left = HURRIED_LEN;
    program_output_read(s);
}

bool program_output_has_ended(const struct program_output *s)
{
    return s->fd < 0;
}

/* ---- readers ---- */

static void patience_over(struct alarm *a)
{
    struct program_output *s = CONTAINER_OF(a, struct program_output, patience);

    if (!list_is_empty(&s->requests)) {
        alarm_start(s->alarms, a, PROGRAM_OUTPUT_TAIL_PATIENCE_MS,
                    patience_over);
        return;
    }
    s->tailed = false;
    go_on_reading(s);
}

/* A reader is attached and has received everything before `at`. */
static void note_tailer(struct program_output *s, uint64_t at)
{
    s->tailed = true;
    s->tailed_at = at;
    alarm_clear(s->alarms, &s->patience);
    if (s->fd >= 0)
        alarm_start(s->alarms, &s->patience, PROGRAM_OUTPUT_TAIL_PATIENCE_MS,
                    patience_over);
}

/* As capture_read; what that has dropped may be in the file, and is read into
 * `room`, of at least max bytes. */
static struct view read_at(const struct program_output *s, uint64_t offset,
                           size_t max, uint8_t *room, uint64_t *at)
{
    *at = offset;
    if (offset < s->spool.from || offset >= s->spool.end ||
        offset >= capture_oldest(&s->capture))
        return capture_read(&s->capture, offset, max, at);
    if (max > s->spool.end - offset)
        max = (size_t)(s->spool.end - offset);
    if (spool_read(&s->spool, offset, room, max))
        return view_of(room, max);
    return capture_read(&s->capture, offset, max, at);
}

/* Answer one request, if any can be answered. */
static bool answer_one(struct program_output *s)
{
    uint8_t room[TAIL_ANSWER_MAX];

    LIST_EACH (it, save, &s->requests) {
        struct tail_request *r = LIST_ENTRY(it, struct tail_request, place);
        uint64_t id = r->tail, at;
        struct view bytes = read_at(s, r->offset, r->max, room, &at);
        bool ended = s->fd < 0 && at + bytes.len >= s->capture.len;

        if (bytes.len == 0 && !ended)
            continue;
        ASSERT(bytes.len <= r->max);
        list_remove(&r->place);
        free(r);
        note_tailer(s, at + bytes.len);
        s->events->tail(s->events->arg, id, at, bytes, ended);
        return true; /* tail() may have changed the list */
    }
    return false;
}

static void answer(struct program_output *s)
{
    while (answer_one(s)) {
    }
    go_on_reading(s);
}

void program_output_tail(struct program_output *s, uint64_t tail,
                         uint64_t offset, uint32_t max)
{
    struct tail_request *r = xcalloc(1, sizeof *r);

    ASSERT(max <= TAIL_ANSWER_MAX);
    r->tail = tail;
    r->offset = offset;
    r->max = max;
    list_init(&r->place);
    list_insert(&s->requests, &r->place);
    note_tailer(s, offset);
    answer(s);
}

static void forget_tails(struct program_output *s)
{
    LIST_EACH (it, save, &s->requests) {
        list_remove(it);
        free(LIST_ENTRY(it, struct tail_request, place));
    }
}

/* ---- followers ---- */

void program_output_keep(struct program_output *s, uint64_t keep)
{
    if (!s->followed)
        return;
    s->keep = keep;
    if (keep > s->taken)
        s->taken = keep;
    go_on_reading(s);
}

void program_output_follow(struct program_output *s, bool followed,
                           uint64_t keep)
{
    alarm_clear(s->alarms, &s->let_go);
    s->parting = false;
    s->followed = followed;
    program_output_keep(s, keep);
    go_on_reading(s);
}

static void let_go(struct alarm *a)
{
    program_output_follow(CONTAINER_OF(a, struct program_output, let_go), false,
                          0);
}

void program_output_session_over(struct program_output *s)
{
    forget_tails(s);
    if (!s->followed || s->parting)
        return;
    s->parting = true;
    alarm_start(s->alarms, &s->let_go, PROGRAM_OUTPUT_FOLLOW_PATIENCE_MS,
                let_go);
}

void program_output_rejoin(struct program_output *s)
{
    if (!s->parting)
        return;
    alarm_clear(s->alarms, &s->let_go);
    alarm_start(s->alarms, &s->let_go, PROGRAM_OUTPUT_REJOIN_PATIENCE_MS,
                let_go);
}

/* ---- life ---- */

void program_output_init(struct program_output *s, struct alarm_set *alarms,
                         const struct program_output_events *events)
{
    *s =
        (struct program_output){ .alarms = alarms, .events = events, .fd = -1 };
    list_init(&s->requests);
    s->again.fn = read_again;
    spool_init(&s->spool, CAPTURE_HEAD_MAX, CAPTURE_HEAD_MAX);
}

void program_output_limit(struct program_output *s, uint64_t max,
                          const char *spool_dir)
{
    uint64_t more = max > OUTPUT_LEN_MAX ? max - OUTPUT_LEN_MAX : 0;

    ASSERT(s->capture.len == 0);
    spool_init(&s->spool, CAPTURE_HEAD_MAX, CAPTURE_HEAD_MAX + more);
    s->spool_dir = spool_dir;
}

enum err program_output_open(struct program_output *s, uv_loop_t *loop,
                             int *write_end, char *errmsg)
{
    int fds[2], error = spawn_pipe(fds);

    ASSERT(s->fd < 0 && s->capture.len == 0);
    /* This makes our end non-blocking, and only that: a program may not know
     * how to handle it. */
    if (error == 0)
        error = -uv_poll_init(loop, &s->poll, fds[0]);
    if (error != 0) {
        for (int i = 0; i < 2; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        return err_set(errmsg, spawn_error(error), "no pipe for its output: %s",
                       strerror(error));
    }
    s->fd = fds[0];
    s->reading = true;
    uv_poll_start(&s->poll, UV_READABLE, poll_told);
    *write_end = fds[1];
    return ERR_NONE;
}

void program_output_fini(struct program_output *s)
{
    if (s->fd >= 0)
        close_pipe(s);
    alarm_clear(s->alarms, &s->patience);
    alarm_clear(s->alarms, &s->let_go);
    forget_tails(s);
    spool_close(&s->spool);
    capture_fini(&s->capture);
}
