/* SPDX-License-Identifier: MIT */
/* echo_server - a TCP server with one coroutine for each connection, and a
 * client that talks to it: both wait, neither blocks the other. */
#include <stdio.h>
#include <yon/io.h>

enum { LINE_LEN_MAX = 1000 };

static int echo(void *arg)
{
    yon_stream *peer = arg;
    const char *line;
    size_t len;
    int err;

    while ((err = yon_read_line(peer, LINE_LEN_MAX, &line, &len)) == 0) {
        err = yon_write(peer, line, len);
        if (err == 0)
            err = yon_write(peer, "\n", 1);
        if (err != 0)
            break;
    }
    yon_stream_close(peer);
    return err == YON_EEXHAUSTED ? 0 : err;
}

static int serve(void *arg)
{
    yon_listener *listener = arg;
    yon_stream *peer;
    int err;

    while ((err = yon_accept(listener, &peer)) == 0)
        yon_free(yon_spawn(echo, peer));
    return err;
}

static int talk(unsigned port)
{
    static const char said[] = "hello\nis there anybody?\ngood bye\n";
    yon_stream *server;
    const char *line;
    char service[16];
    size_t len;
    int err;

    snprintf(service, sizeof service, "%u", port);
    err = yon_tcp_connect("127.0.0.1", service, &server);
    if (err != 0) {
        fprintf(stderr, "echo_server: %s\n", yon_io_error());
        return err;
    }
    err = yon_write(server, said, sizeof said - 1);
    if (err == 0)
        err = yon_shutdown(server);
    while (err == 0 &&
           (err = yon_read_line(server, LINE_LEN_MAX, &line, &len)) == 0)
        printf("%s\n", line);
    yon_stream_close(server);
    return err == YON_EEXHAUSTED ? 0 : err;
}

static int run(void *arg)
{
    yon_listener *listener;
    yon_future *server;
    int err = yon_tcp_listen(NULL, 0, &listener);

    (void)arg;
    if (err != 0)
        return err;
    server = yon_spawn(serve, listener);
    err = talk(yon_listener_port(listener));
    yon_cancel(server);
    yon_await(server);
    yon_free(server);
    yon_listener_close(listener);
    return err;
}

int main(void)
{
    return yon_run(run, NULL) == 0 ? 0 : 1;
}
