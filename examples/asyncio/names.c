/* SPDX-License-Identifier: MIT */
/* names - the addresses of a host, while others run. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <yon/io.h>

static int look_up(void *host)
{
    struct sockaddr_storage found[8];
    char text[INET6_ADDRSTRLEN];
    size_t n;
    int err = yon_lookup(host, "80", found, 8, &n);

    for (size_t i = 0; err == 0 && i < n; i++) {
        const struct sockaddr_in *at = (struct sockaddr_in *)&found[i];

        inet_ntop(AF_INET, &at->sin_addr, text, sizeof text);
        printf("%s, port %d\n", text, ntohs(at->sin_port));
    }
    return err;
}

int main(void)
{
    return yon_run(look_up, "127.0.0.1") == 0 ? 0 : 1;
}
