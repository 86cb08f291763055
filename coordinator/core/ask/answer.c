/* SPDX-License-Identifier: MIT */
/* answer - a request is opened, answered, refused. */
#include "coordinator/core/ask/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "libcommon/map.h"
#include "libcommon/trace.h"

#define REQUESTS_MAX (1u << 17) /* open requests of one client */

void answer(struct coord *c, struct open_request *request, const struct op *op)
{
    actions_send(c, request->session, op);
    open_request_free(c, request);
}

static void say_refused(struct coord *c, struct session *s, uint64_t req,
                        enum err code, uint32_t retry_ms, const char *text)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .req = req,
                                    .code = code,
                                    .retry_ms = retry_ms,
                                    .message = view_str(text) } };
    actions_send(c, s, &op);
}

static void refuse(struct coord *c, struct session *s, uint64_t req,
                   enum err code, uint32_t retry_ms, const char *text)
{
    trace_line(c->trace, TRACE_DEBUG, "request-refused",
               "session=%" PRIu64 " req=%" PRIu64 " error=%s message=%s",
               s->id.n, req, err_text(code), text);
    say_refused(c, s, req, code, retry_ms, text);
}

void answer_refuse(struct coord *c, struct open_request *request, enum err code,
                   uint32_t retry_ms, const char *format, ...)
{
    char text[ERRMSG_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    refuse(c, request->session, request->req, code, retry_ms, text);
    open_request_free(c, request);
}

void answer_nonsense(struct coord *c, struct session *s, const char *format,
                     ...)
{
    char text[ERRMSG_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    actions_nonsense(c, s, text);
    say_refused(c, s, 0, ERR_FORMAT, 0, text);
}

struct open_request *answer_open(struct coord *c, struct session *s,
                                 uint64_t req, enum op_type type,
                                 const struct request_rule *rule)
{
    if (map_get(&s->requests, req) != NULL)
        return NULL; /* sent again: the first one is being worked on */
    if (s->requests.n >= REQUESTS_MAX) {
        refuse(c, s, req, ERR_BUSY, 500, "too many open requests");
        return NULL;
    }
    return open_request_new(s, req, type, rule);
}
