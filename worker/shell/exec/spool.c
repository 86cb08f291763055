/* SPDX-License-Identifier: MIT */
/* spool - written once, read in pieces, gone with its descriptor. */
#include "worker/shell/exec/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/spawn.h"
#include "proto/bounds.h"

/* Fast: the loop does it, between other things. */
#define LEVEL 1

_Static_assert(ZSTD_COMPRESSBOUND(PIECE_LEN_MAX) <= PIECE_PACKED_MAX,
               "a piece has room for what cannot be compressed");

void spool_init(struct spool *s, uint64_t from, uint64_t end_max)
{
    *s = (struct spool){
        .fd = -1, .from = from, .end = from, .end_max = end_max
    };
}

void spool_close(struct spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Where there are no files without a name, one is removed at once. 0 or an
 * errno. */
static int open_in(const char *dir, int *fd)
{
    struct buf path = { 0 };
    int error = 0;

    *fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        buf_addf(&path, "%s/yon-spool.XXXXXX", dir);
        buf_text(&path);
        *fd = mkostemp((char *)path.data, O_CLOEXEC);
        if (*fd >= 0)
            unlink((char *)path.data);
    }
    error = *fd < 0 ? errno : spawn_raise_fd(fd);
    buf_fini(&path);
    return error;
}

static bool has_file(struct spool *s, const char *dir)
{
    int error = 0;

    if (dir == NULL)
        dir = getenv(SPOOL_DIR_VARIABLE);
    if (dir == NULL || *dir == '\0')
        dir = SPOOL_DIR;
    if (s->fd < 0)
        error = open_in(dir, &s->fd);
    if (error != 0)
        log_line(TRACE_WARN, "no-spool", "dir=%s error=%s effect=%s", dir,
                 strerror(error), "the middle of a large output is dropped");
    return error == 0;
}

void spool_add(struct spool *s, const char *dir, struct view bytes)
{
    uint64_t room = s->end_max - s->end;

    ASSERT(s->end <= s->end_max);
    if (bytes.len > room) {
        bytes.len = (size_t)room;
        s->end_max = s->end + room;
    }
    if (bytes.len > 0 && !has_file(s, dir))
        s->end_max = s->end;
    while (bytes.len > 0 && s->end < s->end_max) {
        ssize_t n =
            pwrite(s->fd, bytes.data, bytes.len, (off_t)(s->end - s->from));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            log_line(TRACE_WARN, "spool-full", "error=%s effect=%s",
                     strerror(errno),
                     "the middle of a large output is dropped");
            s->end_max = s->end;
            return;
        }
        s->end += (uint64_t)n;
        bytes = view_of(bytes.data + n, bytes.len - (size_t)n);
    }
}

bool spool_read(const struct spool *s, uint64_t offset, uint8_t *to, size_t len)
{
    ASSERT(offset >= s->from && offset + len <= s->end);
    while (len > 0) {
        ssize_t n = pread(s->fd, to, len, (off_t)(offset - s->from));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

bool spool_pack(const struct spool *s, uint64_t offset, uint32_t len,
                struct buf *out)
{
    uint8_t *bytes;
    size_t n = 0;
    bool good;

    ASSERT(len > 0 && len <= PIECE_LEN_MAX);
    bytes = xrealloc(NULL, len);
    good = spool_read(s, offset, bytes, len);
    if (good) {
        n = ZSTD_compress(buf_room(out, PIECE_PACKED_MAX), PIECE_PACKED_MAX,
                          bytes, len, LEVEL);
        good = !ZSTD_isError(n);
    }
    if (good)
        out->len += n;
    free(bytes);
    return good;
}
