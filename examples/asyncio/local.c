/* SPDX-License-Identifier: MIT */
/* local - what stays on the machine: a Unix socket, a pipe, a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yon/io.h>

static int greet(void *listener)
{
    yon_stream *peer;
    int err = yon_accept(listener, &peer);

    if (err != 0)
        return err;
    err = yon_write(peer, "hello\n", 6);
    yon_stream_close(peer);
    return err;
}

static int meet(const char *path)
{
    yon_listener *listener;
    yon_stream *server;
    const char *line;
    size_t len;
    int err = yon_unix_listen(path, &listener);

    if (err != 0)
        return err;
    yon_free(yon_spawn(greet, listener));
    err = yon_unix_connect(path, &server);
    if (err == 0) {
        err = yon_read_line(server, 100, &line, &len);
        if (err == 0)
            printf("%s\n", line);
        yon_stream_close(server);
    }
    yon_listener_close(listener);
    return err;
}

static int whisper(void)
{
    yon_stream *in, *out;
    const char *line;
    size_t len;
    int err = yon_pipe(&in, &out);

    if (err != 0)
        return err;
    err = yon_write(out, "psst\n", 5);
    yon_stream_close(out);
    if (err == 0 && (err = yon_read_line(in, 100, &line, &len)) == 0)
        printf("%s\n", line);
    yon_stream_close(in);
    return err;
}

static int keep(const char *path)
{
    const char *said = "as it was\n";
    void *data;
    size_t len;
    int err = yon_file_save(path, said, strlen(said), 0600);

    if (err == 0)
        err = yon_file_load(path, 100, &data, &len);
    if (err != 0)
        return err;
    printf("%s", (char *)data);
    free(data);
    return 0;
}

static int stay(void *arg)
{
    char dir[] = "/tmp/yon-local-XXXXXX";
    int err = mkdtemp(dir) == NULL || chdir(dir) != 0 ? YON_ESYSTEM : 0;

    (void)arg;
    if (err == 0)
        err = meet("socket");
    if (err == 0)
        err = whisper();
    if (err == 0)
        err = keep("file");
    unlink("file");
    rmdir(dir);
    return err;
}

int main(void)
{
    return yon_run(stay, NULL) == 0 ? 0 : 1;
}
