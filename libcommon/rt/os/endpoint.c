/* SPDX-License-Identifier: MIT */
/* endpoint - "ipc://PATH" and "tcp://HOST:PORT". */
#include "libcommon/rt/os/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPC_PREFIX "ipc://"
#define TCP_PREFIX "tcp://"
#define PORT_MAX 65535

/* The parts of "tcp://HOST:PORT". */
struct tcp_parts {
    char host[ENDPOINT_HOST_MAX + 1]; /* without brackets */
    bool is_bracketed;
    unsigned port;
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static enum err not_an_endpoint(const char *text, char *errmsg)
{
    return err_set(
        errmsg, ERR_FORMAT,
        "\"%.100s\" is not an address like ipc://PATH or tcp://HOST:PORT",
        text);
}

/* '@' is the abstract name space, which knows no permissions, and '*' would be
 * a name that ZeroMQ chooses. */
static enum err ipc_parse(const char *text, struct endpoint *out, char *errmsg)
{
    const char *path = text + strlen(IPC_PREFIX);
    size_t len = strlen(path);

    if (len == 0 || path[0] == '@' || strcmp(path, "*") == 0)
        return not_an_endpoint(text, errmsg);
    if (len > ENDPOINT_PATH_MAX)
        return err_set(errmsg, ERR_RANGE,
                       "socket path has %zu bytes, the system allows %d; use "
                       "a directory with a shorter name: %.80s...",
                       len, ENDPOINT_PATH_MAX, path);
    snprintf(out->text, sizeof out->text, "%s", text);
    out->path = out->text + strlen(IPC_PREFIX);
    return ERR_NONE;
}

static bool port_parse(const char *text, unsigned *port)
{
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > strlen("65535") || text[len] != '\0')
        return false;
    *port = (unsigned)strtoul(text, NULL, 10);
    return *port <= PORT_MAX;
}

/* Only what names and addresses are made of: ZeroMQ gives a meaning to others,
 * such as ';'. */
static bool host_is_sane(const struct tcp_parts *tcp)
{
    const char *name_chars = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    struct in6_addr address;

    if (tcp->is_bracketed)
        return inet_pton(AF_INET6, tcp->host, &address) == 1;
    return tcp->host[0] != '\0' &&
           tcp->host[strspn(tcp->host, name_chars)] == '\0';
}

static bool tcp_parse(const char *text, struct tcp_parts *tcp)
{
    const char *host = text + strlen(TCP_PREFIX);
    const char *colon = strrchr(host, ':');
    size_t len;

    if (colon == NULL || !port_parse(colon + 1, &tcp->port))
        return false;
    len = (size_t)(colon - host);
    tcp->is_bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    if (tcp->is_bracketed) {
        host++;
        len -= 2;
    }
    if (len > ENDPOINT_HOST_MAX)
        return false;
    snprintf(tcp->host, sizeof tcp->host, "%.*s", (int)len, host);
    return host_is_sane(tcp);
}

static bool is_address(const struct tcp_parts *tcp)
{
    struct in_addr v4;

    return tcp->is_bracketed || inet_pton(AF_INET, tcp->host, &v4) == 1;
}

static bool is_loopback(const struct tcp_parts *tcp)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (tcp->is_bracketed)
        return inet_pton(AF_INET6, tcp->host, &v6) == 1 &&
               IN6_IS_ADDR_LOOPBACK(&v6);
    return inet_pton(AF_INET, tcp->host, &v4) == 1 &&
           ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* In the words of ZeroMQ: the port "*" is one that the system chooses. */
static void tcp_format(const struct tcp_parts *tcp, struct endpoint *out)
{
    char port[16] = "*";

    if (tcp->port != 0)
        snprintf(port, sizeof port, "%u", tcp->port);
    snprintf(out->text, sizeof out->text,
             tcp->is_bracketed ? TCP_PREFIX "[%s]:%s" : TCP_PREFIX "%s:%s",
             tcp->host, port);
    out->is_ipv6 = tcp->is_bracketed;
}

enum err endpoint_for_bind(const char *text, struct endpoint *out, char *errmsg)
{
    struct tcp_parts tcp;

    *out = (struct endpoint){ 0 };
    if (has_prefix(text, IPC_PREFIX))
        return ipc_parse(text, out, errmsg);
    if (!has_prefix(text, TCP_PREFIX) || !tcp_parse(text, &tcp))
        return not_an_endpoint(text, errmsg);
    if (strcmp(tcp.host, "localhost") == 0)
        snprintf(tcp.host, sizeof tcp.host, "127.0.0.1");
    if (!is_address(&tcp))
        return err_set(errmsg, ERR_FORMAT,
                       "\"%.100s\": to listen, give an address of this machine "
                       "(0.0.0.0: all of them)",
                       text);
    tcp_format(&tcp, out);
    return ERR_NONE;
}

enum err endpoint_for_connect(const char *text, struct endpoint *out,
                              char *errmsg)
{
    struct tcp_parts tcp;

    *out = (struct endpoint){ 0 };
    if (has_prefix(text, IPC_PREFIX))
        return ipc_parse(text, out, errmsg);
    if (!has_prefix(text, TCP_PREFIX) || !tcp_parse(text, &tcp) ||
        tcp.port == 0)
        return not_an_endpoint(text, errmsg);
    tcp_format(&tcp, out);
    return ERR_NONE;
}

bool endpoint_is_here(const char *text)
{
    struct tcp_parts tcp;

    if (!has_prefix(text, TCP_PREFIX) || !tcp_parse(text, &tcp))
        return true;
    return strcmp(tcp.host, "localhost") == 0 || is_loopback(&tcp);
}
