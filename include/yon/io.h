/* SPDX-License-Identifier: MIT */
/* io.h - awaitable I/O: streams, files, names, processes, signals.
 *
 * Plain calls that suspend the coroutine until the work is done. Each obeys
 * time limits and cancellation (YON_ETIMEOUT, YON_ECANCELLED) and works only
 * inside a coroutine (YON_ESTATE elsewhere). Streams, files and processes
 * belong to the loop they were made on: close them before yon_run ends.
 *
 * Errors of the system become YON_EABSENT, YON_EEXISTS, YON_EREFUSED (also: not
 * allowed), YON_EUNREACHABLE, YON_ECLOSED (the peer is gone), YON_EFULL,
 * YON_ELIMIT (too many open files) or YON_EMEMORY where one of these fits, else
 * YON_ESYSTEM; yon_io_error() has the text.
 */
#ifndef YON_IO_H
#define YON_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h> /* struct sockaddr_storage */

#include <yon/co.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Text of the last error of the system in this coroutine; "": none. Lives until
 * the next one. */
const char *yon_io_error(void);

/* ---- streams ----
 *
 * One coroutine may read a stream while another writes it. A second reader, or
 * a second writer, gets YON_EBUSY. From the first stream on the process ignores
 * SIGPIPE, unless it has a handler.
 */

typedef struct yon_stream yon_stream;
typedef struct yon_listener yon_listener;

/* Connect to the first address of the host that answers. service: a number or a
 * name. The caller closes the stream. The errors of yon_lookup; YON_EREFUSED,
 * YON_EUNREACHABLE. Suspends. */
int yon_tcp_connect(const char *host, const char *service, yon_stream **out);
/* Connect to a Unix socket. YON_ERANGE: a path longer than 107 bytes;
 * YON_EABSENT; YON_EREFUSED: nobody listens; YON_EBUSY: too many wait for it.
 * Suspends. */
int yon_unix_connect(const char *path, yon_stream **out);
/* Listen. host NULL: 127.0.0.1, for this machine alone; "0.0.0.0" and "::" are
 * for all. port 0: one is chosen. The caller closes the listener. YON_EEXISTS:
 * the port is taken; YON_ERANGE: above 65535. Suspends, to look up the host. */
int yon_tcp_listen(const char *host, unsigned port, yon_listener **out);
/* Listen at a path, which the close removes. YON_EEXISTS: it is there already;
 * YON_EABSENT: its folder is not; YON_ERANGE: longer than 107 bytes. */
int yon_unix_listen(const char *path, yon_listener **out);
/* The port it listens at; 0: not TCP. */
unsigned yon_listener_port(const yon_listener *l);
/* Wait for the next connection; the caller closes the stream. YON_ECLOSED: the
 * listener was closed; YON_EBUSY: another coroutine accepts. Suspends. */
int yon_accept(yon_listener *l, yon_stream **out);
/* Close and free it; a coroutine that accepts gets YON_ECLOSED. NULL is fine.
 */
void yon_listener_close(yon_listener *l);
/* Make two ends: what is written to the second is read from the first. The
 * caller closes both. YON_ELIMIT: no descriptors are left; YON_ESYSTEM. */
int yon_pipe(yon_stream **read_end, yon_stream **write_end);

/* Read at least one byte, at most len; *got = 0: the end. A read that ends with
 * an error has taken nothing; the bytes are there for the next read.
 * YON_ECLOSED: closed by another coroutine, or broken off by the peer.
 * Suspends. */
int yon_read(yon_stream *s, void *out, size_t len, size_t *got);
/* Read len bytes. YON_ESHORT: the end comes earlier; else like yon_read. An
 * error has taken nothing. Suspends. */
int yon_read_exactly(yon_stream *s, void *out, size_t len);
/* Read a line: *len bytes without the newline, a NUL behind them; they live
 * until the next yon_read_line or the close. A last line needs no newline.
 * YON_EEXHAUSTED: the end. YON_ELIMIT: longer than max bytes, and still there.
 * Suspends. */
int yon_read_line(yon_stream *s, size_t max, const char **line, size_t *len);
/* Write all of the data. After an error, part of it may be on its way.
 * YON_ECLOSED: closed, also by yon_shutdown, or the peer is gone. Suspends
 * while the peer is slow. */
int yon_write(yon_stream *s, const void *data, size_t len);
/* No more writes: the peer sees the end. Twice is harmless. Suspends. */
int yon_shutdown(yon_stream *s);
/* Close and free it; coroutines that wait get YON_ECLOSED. NULL is fine. */
void yon_stream_close(yon_stream *s);

/* ---- files ----
 *
 * Files on disks, not terminals or pipes. The work is done by libuv's pool of 4
 * threads ($UV_THREADPOOL_SIZE, read at the first use), which also looks up
 * names. A call that was cancelled or timed out may still do its work.
 */

typedef struct yon_file yon_file;

/* Open a file: flags and mode as for open(2); closed by exec. The caller closes
 * it. YON_EABSENT, YON_EEXISTS, YON_EREFUSED. Suspends. */
int yon_file_open(const char *path, int flags, int mode, yon_file **out);
/* Read at most len bytes, and at most 1 MiB; *got = 0: the end. offset -1: go
 * on where the last such read or write ended. YON_EBUSY: that one is still
 * under way; YON_ERANGE: another negative offset. Suspends. */
int yon_file_read(yon_file *f, void *out, size_t len, int64_t offset,
                  size_t *got);
/* Write all of the data; offset as for yon_file_read. YON_EFULL. After an
 * error, part of it may be written. Suspends. */
int yon_file_write(yon_file *f, const void *data, size_t len, int64_t offset);
/* The size of the file in bytes. Suspends. */
int yon_file_size(yon_file *f, uint64_t *size);
/* Sync: afterwards, what was written is on the disk. Suspends. */
int yon_file_sync(yon_file *f);
/* Free it. The file is closed in the background, when what is under way has
 * ended. NULL is fine. */
void yon_file_close(yon_file *f);

/* Read a whole file of at most max bytes, with a NUL behind it; the caller
 * frees *data with free. YON_ELIMIT: the file is longer; YON_EABSENT. Suspends.
 */
int yon_file_load(const char *path, size_t max, void **data, size_t *len);
/* Replace a whole file, durably: written beside it, synced, renamed. A reader
 * sees the old file or the new one. mode as for chmod(2). YON_EFULL. Suspends.
 */
int yon_file_save(const char *path, const void *data, size_t len, int mode);

/* ---- names ---- */

/* The addresses of a host for streams: at most max, *n of them. service: a
 * number, a name, NULL: none. YON_EABSENT: no such host or service;
 * YON_EUNREACHABLE: nobody could say. Suspends. */
int yon_lookup(const char *host, const char *service,
               struct sockaddr_storage *out, size_t max, size_t *n);

/* ---- processes ---- */

typedef struct yon_process yon_process;

struct yon_process_options {
    size_t size YON_SIZE_OF(yon_process_options); /* set by YON_PROCESS */
    const char *const *argv; /* ended by NULL; [0] is looked up in its PATH */
    const char *const *env;  /* "NAME=value", ended by NULL; NULL: ours */
    const char *cwd;         /* NULL: ours */
    int pipe_in, pipe_out, pipe_err; /* not 0: a stream; 0: shared with us */
    int spare;                       /* 0 */
};
/* How to start a program, by the names of its fields: YON_PROCESS(.argv = v).
 */
#define YON_PROCESS(...)                                        \
    (struct yon_process_options)                                \
    {                                                           \
        .size = sizeof(struct yon_process_options), __VA_ARGS__ \
    }

/* Start a program, without a shell. It gets our descriptors 0, 1 and 2 and no
 * others; no signal is blocked or ignored. The caller frees it with
 * yon_process_free. YON_EABSENT: no such program. */
int yon_process_start(const struct yon_process_options *o, yon_process **out);
/* Its stdin (fd 0, to write), stdout, stderr (1, 2, to read), as far as piped;
 * else NULL. Borrowed; yon_process_free closes them. */
yon_stream *yon_process_stream(yon_process *p, int fd);
/* Send it a signal. YON_EABSENT: it has ended; YON_ERANGE: no such signal. */
int yon_process_kill(yon_process *p, int signal);
/* Wait for its end. *code: its exit code, 0 when a signal ended it; *signal:
 * that signal, else 0; NULL is fine for both. Any number may wait. Read its
 * streams meanwhile, or it waits for you. YON_ELOST: other code of this process
 * has waited for it. Suspends. */
int yon_process_wait(yon_process *p, int *code, int *signal);
/* A future that ends with the process, for yon_all, yon_any, groups ...; free
 * it with yon_free. Its value is the exit code ("i"), 128 + n for signal n.
 * YON_ELOST: as with yon_process_wait. yon_cancel kills the process (SIGKILL);
 * the future then ends with YON_ECANCELLED. */
yon_future *yon_process_future(yon_process *p);
/* Close its streams, kill it (SIGKILL) if it still runs, wait until it has
 * ended, whatever is cancelled meanwhile, and free it. Only inside a coroutine.
 * NULL is fine. Suspends. */
void yon_process_free(yon_process *p);

/* ---- signals ---- */

/* Wait for one of n signals: *got. From the first wait for a signal on, it has
 * no other effect until the loop ends; one that comes while nobody waits is
 * kept for the next wait. All that wait get it. YON_ERANGE: n is 0, or a signal
 * that cannot be waited for. Suspends. */
int yon_signal_wait(const int *signals, size_t n, int *got);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
