/* SPDX-License-Identifier: MIT */
/* handle - yon_client of <yon/yon.h>: what all kinds of clients have in common.
 */
#include "client/lib/handle.h"

#include <stdlib.h>

#include "libcommon/check.h"

void handle_init(yon_client *c, const struct client_kind *kind,
                 struct loop *loop)
{
    ASSERT(kind->ask != NULL && kind->forget != NULL && kind->status != NULL);
    ASSERT(kind->set_patience != NULL && kind->close != NULL &&
           kind->free != NULL);
    *c = (struct yon_client){ .kind = kind, .loop = loop };
    list_init(&c->requests);
    outage_init(&c->outage, 0);
    loop_hold(loop);
}

void handle_fini(yon_client *c)
{
    ASSERT(list_is_empty(&c->requests));
    map_fini(&c->by_req);
    free(c->address);
    loop_drop(c->loop);
}
