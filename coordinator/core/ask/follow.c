/* SPDX-License-Identifier: MIT */
/* follow - followers come and go, and workers keep what they need. */
#include "coordinator/core/ask/follow.h"

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/state.h"

static bool is_same(const struct followed *a, const struct followed *b)
{
    return a->streams == b->streams && a->keep[0] == b->keep[0] &&
           a->keep[1] == b->keep[1];
}

static void tell(struct coord *c, struct attempt *a, struct followed needs)
{
    struct op op = { .type = OP_FOLLOW,
                     .u.follow = { .id = attempt_key_of(a),
                                   .streams = needs.streams,
                                   .out_keep = needs.keep[0],
                                   .err_keep = needs.keep[1] } };

    a->followed = needs;
    a->follow_said = true;
    actions_send(c, a->session, &op);
}

static void look_again(struct coord *c, struct attempt *a)
{
    struct followed needs = follower_needs(a);

    if (attempt_is_given(a) && !is_same(&needs, &a->followed))
        tell(c, a, needs);
}

static struct attempt *attempt_of(const struct coord *c,
                                  const struct follower *f)
{
    return attempt_find(c,
                        (struct task_id){ .job = f->job->id, .elem = f->elem });
}

void follow_begin(struct coord *c, struct open_request *request, struct job *j,
                  uint32_t elem)
{
    uint8_t streams = request->follow & STREAM_BITS;
    struct attempt *a;

    if (streams == 0 || request->follower != NULL || (j->array && elem == 0))
        return;
    a = attempt_of(c, follower_join(request, j, elem == 0 ? 1 : elem, streams));
    if (a != NULL)
        look_again(c, a);
}

uint64_t follow_tail(const struct session *s, struct attempt *a, uint8_t stream,
                     uint64_t offset)
{
    follower_note(s, a, stream, offset);
    a->followed.keep[stream - 1] = follower_needs(a).keep[stream - 1];
    return a->followed.keep[stream - 1];
}

uint8_t follow_assign(struct attempt *a)
{
    a->followed = follower_needs(a);
    a->follow_said = a->followed.streams != 0;
    return a->followed.streams;
}

void follow_renew(struct coord *c, struct attempt *a)
{
    struct followed needs = follower_needs(a);

    if (attempt_is_given(a) && (needs.streams != 0 || a->follow_said))
        tell(c, a, needs);
}

static void repeat_follow(struct coord *c, const struct session *s)
{
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);

        if (a->follow_said)
            follow_renew(c, a);
    }
}

static void repeat_receipts(struct coord *c, const struct session *s)
{
    LIST_EACH (it, save, &s->request_list) {
        const struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_session);
        struct op op = { .type = OP_RECEIPT, .u.receipt.req = request->req };

        if (request->follower == NULL || !request->receipted)
            continue;
        op.u.receipt.job = request->follower->job->id.n;
        actions_send(c, request->session, &op);
    }
}

void follow_beat(struct coord *c, const struct session *s)
{
    repeat_follow(c, s);
    if (s->n_followers > 0)
        repeat_receipts(c, s);
}

void follow_tick(struct coord *c)
{
    LIST_EACH (it, save, &c->parted) {
        struct follower *f = LIST_ENTRY(it, struct follower, in_parted);
        struct attempt *a = attempt_of(c, f);

        if (c->now_ms < f->until_ms) {
            actions_wake(c, f->until_ms);
            continue;
        }
        follower_free(f);
        if (a != NULL)
            look_again(c, a);
    }
}
