/* SPDX-License-Identifier: MIT */
/* lookup - the addresses of a name: yon_lookup of <yon/io.h>. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <yon/io.h>

#include "libcommon/err.h"

/* Addresses of a host that are tried. */
#define LOOKUP_MAX 16

/* yon_lookup. */
enum err lookup_await(const char *host, const char *service,
                      struct sockaddr_storage *out, size_t max, size_t *n);

#endif
