/* SPDX-License-Identifier: MIT */
/* advance - the last word of a call, kept at its attempt. */
#include "coordinator/core/ask/advance.h"

#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"

static void take_one(struct coord *c, const struct session *s,
                     const struct advance *said)
{
    struct attempt *a = attempt_find(
        c, (struct task_id){ .job = { said->job }, .elem = said->elem });
    struct attempt_id id = { said->epoch, said->attempt };

    if (a == NULL || !attempt_is_active(a) || a->session != s ||
        !attempt_equal(a->id, id))
        return; /* overtaken by the end of the attempt */
    if (said->pid != 0)
        a->pid = said->pid;
    if (said->done == 0 && said->total == 0 && said->doing.len == 0 &&
        said->pid != 0)
        return; /* it only names its process */
    blob_unref(a->doing);
    a->doing = blob_new(said->doing);
    a->done = said->done;
    a->total = said->total;
    a->job->n_advances++;
}

void advance_take(struct coord *c, struct session *s, const struct op *op)
{
    const struct advances *said = &op->u.advanced.advances;

    for (size_t i = 0; i < said->n; i++)
        take_one(c, s, &said->at[i]);
}

const struct attempt *advance_of(const struct coord *c, const struct job *j,
                                 uint32_t elem)
{
    const struct attempt *a;

    if (j->n_advances == 0 || (j->array && elem == 0))
        return NULL;
    a = attempt_find(
        c, (struct task_id){ .job = j->id, .elem = elem == 0 ? 1 : elem });
    if (a == NULL || !attempt_is_active(a) || a->doing == NULL)
        return NULL;
    return a;
}
