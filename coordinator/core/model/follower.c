/* SPDX-License-Identifier: MIT */
/* follower - who needs all of an output, and from where on. */
#include "coordinator/core/model/follower.h"

#include <stdlib.h>

#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/state.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"

static struct follower *find(const struct job *j, boot_id boot, uint64_t req)
{
    LIST_EACH (it, save, &j->followers) {
        struct follower *f = LIST_ENTRY(it, struct follower, in_job);

        if (f->req == req && boot_equal(f->boot, boot))
            return f;
    }
    return NULL;
}

static struct follower *follower_new(const struct open_request *request,
                                     struct job *j)
{
    struct follower *f = xcalloc(1, sizeof *f);

    list_init(&f->in_job);
    list_init(&f->in_parted);
    list_insert(&j->followers, &f->in_job);
    f->job = j;
    f->boot = request->session->boot;
    f->req = request->req;
    return f;
}

static void leave_request(struct follower *f)
{
    if (f->request == NULL)
        return;
    f->request->session->n_followers--;
    f->request->follower = NULL;
    f->request = NULL;
}

struct follower *follower_join(struct open_request *request, struct job *j,
                               uint32_t elem, uint8_t streams)
{
    struct follower *f = find(j, request->session->boot, request->req);

    ASSERT(request->follower == NULL);
    if (f == NULL)
        f = follower_new(request, j);
    list_remove(&f->in_parted);
    leave_request(f); /* of a session that is not known to be over */
    f->request = request;
    request->session->n_followers++;
    f->elem = elem;
    f->needs.streams = streams;
    request->follower = f;
    return f;
}

void follower_part(struct coord *c, struct follower *f, int64_t until_ms)
{
    ASSERT(f->request != NULL && f->request->follower == f);
    leave_request(f);
    f->until_ms = until_ms;
    list_insert(&c->parted, &f->in_parted);
}

void follower_free(struct follower *f)
{
    leave_request(f);
    list_remove(&f->in_job);
    list_remove(&f->in_parted);
    free(f);
}

void followers_free(struct job *j)
{
    LIST_EACH (it, save, &j->followers)
        follower_free(LIST_ENTRY(it, struct follower, in_job));
}

/* Of another attempt it has nothing yet. */
static void turn_to(struct follower *f, struct attempt_id id)
{
    if (attempt_equal(f->of, id))
        return;
    f->of = id;
    f->needs.keep[0] = f->needs.keep[1] = 0;
}

void follower_note(const struct session *s, const struct attempt *a,
                   uint8_t stream, uint64_t offset)
{
    ASSERT(stream == STREAM_OUT || stream == STREAM_ERR);
    LIST_EACH (it, save, &a->job->followers) {
        struct follower *f = LIST_ENTRY(it, struct follower, in_job);

        if (f->elem != a->task.elem || !boot_equal(f->boot, s->boot))
            continue;
        turn_to(f, a->id);
        f->needs.keep[stream - 1] = offset;
    }
}

static void add_need(struct followed *sum, const struct follower *f,
                     struct attempt_id id, uint8_t stream)
{
    uint64_t keep = attempt_equal(f->of, id) ? f->needs.keep[stream - 1] : 0;
    uint64_t *least = &sum->keep[stream - 1];

    if ((f->needs.streams & STREAM_BIT(stream)) == 0)
        return;
    if ((sum->streams & STREAM_BIT(stream)) == 0 || keep < *least)
        *least = keep;
    sum->streams |= (uint8_t)STREAM_BIT(stream);
}

struct followed follower_needs(const struct attempt *a)
{
    struct followed sum = { 0 };

    LIST_EACH (it, save, &a->job->followers) {
        const struct follower *f = LIST_ENTRY(it, struct follower, in_job);

        if (f->elem != a->task.elem)
            continue;
        add_need(&sum, f, a->id, STREAM_OUT);
        add_need(&sum, f, a->id, STREAM_ERR);
    }
    return sum;
}
