/* SPDX-License-Identifier: MIT */
/* scenarios - short stories with an expected trace. Lines with a level are the
 * cores' own (docs/logs.md).
 *
 * Nothing is left to chance: a message takes a millisecond, a sync takes one,
 * and each pause is as long as it may be. So every time follows from these:
 *
 *     0  all start; the first HELLO of each finds no connection
 *    51  the coordinator looks for silent workers, as it does every 376 ms, an
 *        eighth of a lease of 3000 ms and one
 *    52  the client is welcome, and beats every 750 ms: at 802, 1552, 2302
 *   202  the workers are welcome, and beat every 750 ms: at 952, 1702, 2452
 *  1000  a story begins
 *
 * When what should happen has changed, `tests/sim/bless` writes the traces
 * anew.
 */
#include "tests/sim/scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "tests/sim/world.h"

#define BEGIN_MS 1000
#define FOR_EVER_MS 1000000

struct story {
    struct world *world;
    struct report *report;
    struct buf facts;
    const char *name;
    bool failed;
};

static void begin(struct story *s, const char *name, int64_t run_ms)
{
    struct world_config config = { .seed = 1,
                                   .n_workers = 2,
                                   .n_clients = 1,
                                   .quiet = true,
                                   .run_ms = run_ms };

    *s = (struct story){ .name = name };
    s->report = calloc(1, sizeof *s->report);
    ASSERT(s->report != NULL);
    s->report->timeline.on = true;
    s->report->timeline.facts = &s->facts;
    s->world = world_new(&config, s->report);
    world_start(s->world);
    world_run_until(s->world, BEGIN_MS);
    buf_clear(&s->facts);
}

static bool end(struct story *s)
{
    world_free(s->world);
    buf_fini(&s->facts);
    free(s->report);
    return !s->failed;
}

static void pass(struct story *s, int64_t ms)
{
    world_run_until(s->world, s->world->clock.now_ms + ms);
}

static void expect(struct story *s, const char *text)
{
    const char *facts = buf_text(&s->facts);

    if (strcmp(facts, text) != 0) {
        printf("scenario %s: expected\n%sbut it was\n%send of it\n", s->name,
               text, facts);
        s->failed = true;
    }
    buf_clear(&s->facts);
}

/* Submit and await a call. */
static void submit(struct story *s)
{
    static const uint8_t nil = 0xc0; /* msgpack */
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .fresh = true,
                                   .await = true,
                                   .kind = KIND_CALL,
                                   .fn = view_str("add"),
                                   .spec = { &nil, 1 } } };
    struct content content = { .kind = KIND_CALL,
                               .n = 1,
                               .fn = op.u.submit.fn,
                               .spec = op.u.submit.spec };
    struct request about = { .await = true,
                             .digest = content_digest(&content) };

    client_host_ask(&s->world->clients[0], &op, &about);
}

static void cancel(struct story *s, uint64_t job)
{
    struct op op = { .type = OP_CANCEL,
                     .u.cancel = { .job = job, .first = 1, .last = 1 } };
    struct request about = { .job = { job }, .first = 1, .last = 1, .n = 1 };

    ledger_ask_cancel(s->world, about.job, 1, 1);
    client_host_ask(&s->world->clients[0], &op, &about);
}

/* The beats at 1702 find a coordinator that does not know them; the HELLOs that
 * follow are there at 1705. */
static bool running_work_outlives_the_coordinator(void)
{
    struct story s;

    begin(&s, __func__, 2000);
    submit(&s);
    pass(&s, 10);
    expect(&s,
           "[ 1000] c1     debug request-sent req=1 op=SUBMIT\n"
           "[ 1001] coord  debug job-accepted job=1 n=1 fn=add session=1\n"
           "[ 1001] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
           "[ 1002] disk   job 1\n"
           "[ 1002] w1     debug attempt-queued task=1.1 attempt=1.2\n"
           "[ 1002] w1     debug attempt-running task=1.1 attempt=1.2\n"
           "[ 1003] c1     debug request-answered req=1 op=RECEIPT\n");
    coord_host_kill(&s.world->coord, 500);
    pass(&s, 3000);
    expect(
        &s,
        "[ 1010] coord  is gone\n"
        "[ 1510] coord  starts, epoch 2\n"
        "[ 1553] coord  debug unknown-session conn=6\n"
        "[ 1554] c1     warn disconnected name=c1 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1556] c1     info connected name=c1 epoch=2 session=1\n"
        "[ 1556] c1     debug request-sent req=1 op=AWAIT\n"
        "[ 1557] coord  debug client-up client=c1 session=1\n"
        "[ 1703] coord  debug unknown-session conn=5\n"
        "[ 1703] coord  debug unknown-session conn=4\n"
        "[ 1704] w2     warn disconnected name=w2 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1704] w1     warn disconnected name=w1 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1705] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
        "[ 1705] coord  debug attempt-begun task=1.1 attempt=1.2 worker=w1\n"
        "[ 1705] coord  info recovered jobs=1 missing_workers=0\n"
        "[ 1706] w2     info connected name=w2 epoch=2 session=2\n"
        "[ 1706] w1     info connected name=w1 epoch=2 session=3\n"
        "[ 1706] w1     debug verdict task=1.1 attempt=1.2 verdict=keep\n"
        "[ 1707] coord  info worker-up worker=w2 session=2 slots=2 calls=6 "
        "functions=6\n"
        "[ 1707] coord  info worker-up worker=w1 session=3 slots=2 calls=6 "
        "functions=6\n"
        "[ 3002] w1     debug attempt-ended task=1.1 attempt=1.2 state=done "
        "reason=\"\"\n"
        "[ 3003] coord  debug attempt-ended task=1.1 attempt=1.2 worker=w1\n"
        "[ 3003] coord  debug task-ended task=1.1 state=done reason=\"\"\n"
        "[ 3003] coord  debug job-ended job=1 state=done\n"
        "[ 3004] disk   1.1 done\n"
        "[ 3004] coord  debug attempt-recorded task=1.1 attempt=1.2 worker=w1\n"
        "[ 3005] w1     debug result-acked task=1.1 attempt=1.2\n"
        "[ 3005] w1     debug attempt-dropped task=1.1 attempt=1.2\n"
        "[ 3005] c1     debug request-answered req=1 op=ENDED\n");
    return end(&s);
}

/* Its address refuses: nobody can have given that to another. The session ends
 * at 3954, a lease after the last ack; then come HELLOs after 200 and 400 ms,
 * and every 750 ms while the lease is held: the first that is heard at 10554.
 */
static bool running_work_outlives_three_leases_without_a_coordinator(void)
{
    struct story s;

    begin(&s, __func__, 12000);
    submit(&s);
    pass(&s, 10);
    buf_clear(&s.facts);
    coord_host_kill(&s.world->coord, 3 * COORD_HOST_LEASE_MS);
    pass(&s, 20000);
    expect(
        &s,
        "[ 1010] coord  is gone\n"
        "[ 3804] c1     warn disconnected name=c1 reason=\"no answer to a beat "
        "for a whole lease\"\n"
        "[ 3954] w2     warn disconnected name=w2 reason=\"no answer to a beat "
        "for a whole lease\"\n"
        "[ 3954] w1     warn disconnected name=w1 reason=\"no answer to a beat "
        "for a whole lease\"\n"
        "[10010] coord  starts, epoch 2\n"
        "[10156] w2     info connected name=w2 epoch=2 session=1\n"
        "[10157] coord  info worker-up worker=w2 session=1 slots=2 calls=6 "
        "functions=6\n"
        "[10555] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
        "[10555] coord  debug attempt-begun task=1.1 attempt=1.2 worker=w1\n"
        "[10555] coord  info recovered jobs=1 missing_workers=0\n"
        "[10556] w1     info connected name=w1 epoch=2 session=2\n"
        "[10556] w1     debug verdict task=1.1 attempt=1.2 verdict=keep\n"
        "[10557] coord  info worker-up worker=w1 session=2 slots=2 calls=6 "
        "functions=6\n"
        "[10956] c1     info connected name=c1 epoch=2 session=3\n"
        "[10957] coord  debug client-up client=c1 session=3\n"
        "[10958] c1     debug request-sent req=1 op=AWAIT\n"
        "[13002] w1     debug attempt-ended task=1.1 attempt=1.2 state=done "
        "reason=\"\"\n"
        "[13003] coord  debug attempt-ended task=1.1 attempt=1.2 worker=w1\n"
        "[13003] coord  debug task-ended task=1.1 state=done reason=\"\"\n"
        "[13003] coord  debug job-ended job=1 state=done\n"
        "[13004] disk   1.1 done\n"
        "[13004] coord  debug attempt-recorded task=1.1 attempt=1.2 worker=w1\n"
        "[13005] w1     debug result-acked task=1.1 attempt=1.2\n"
        "[13005] w1     debug attempt-dropped task=1.1 attempt=1.2\n"
        "[13005] c1     debug request-answered req=1 op=ENDED\n");
    return end(&s);
}

/* Silence is no refusal. What runs is stopped 1875 ms, five eighths of a lease,
 * after the last beat that was acked, that of 952. It is given to another by
 * the first look, 51 + 11 * 376, after a lease without a word since 953. */
static bool work_of_a_worker_that_is_cut_off_is_stopped_before_the_lease(void)
{
    struct story s;

    begin(&s, __func__, 12000);
    submit(&s);
    pass(&s, 10);
    buf_clear(&s.facts);
    net_stall(&s.world->workers[0].dealer, FOR_EVER_MS);
    pass(&s, 5000);
    expect(
        &s,
        "[ 1010] fault  a connection lets nothing through: w1\n"
        "[ 2827] w1     warn lease-lapsed held=1 running=1\n"
        "[ 2827] w1     warn disconnected name=w1 reason=\"the lease has "
        "lapsed\"\n"
        "[ 2827] w1     debug attempt-stopping task=1.1 attempt=1.2 "
        "reason=\"no longer wanted\"\n"
        "[ 2827] w1     debug attempt-dying task=1.1 attempt=1.2\n"
        "[ 2828] w1     debug attempt-dropped task=1.1 attempt=1.2\n"
        "[ 4187] coord  debug attempt-lost task=1.1 attempt=1.2 worker=w1 "
        "blame=suspect reason=\"its worker was lost, maybe before it had "
        "begun\"\n"
        "[ 4187] coord  warn worker-lost worker=w1 session=2 reason=\"no word "
        "from it for a whole lease\" attempts=1 requeued=1 ended=0 blamed=1\n"
        "[ 4187] coord  debug attempt-given task=1.1 attempt=1.3 worker=w2\n"
        "[ 4188] w2     debug attempt-queued task=1.1 attempt=1.3\n"
        "[ 4189] coord  debug attempt-begun task=1.1 attempt=1.3 worker=w2\n"
        "[ 4190] w2     debug verdict task=1.1 attempt=1.3 verdict=keep\n"
        "[ 4190] w2     debug attempt-running task=1.1 attempt=1.3\n");
    return end(&s);
}

static bool work_of_a_lost_worker_is_given_again_after_the_lease(void)
{
    struct story s;

    begin(&s, __func__, 100);
    submit(&s);
    pass(&s, 10);
    expect(&s,
           "[ 1000] c1     debug request-sent req=1 op=SUBMIT\n"
           "[ 1001] coord  debug job-accepted job=1 n=1 fn=add session=1\n"
           "[ 1001] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
           "[ 1002] disk   job 1\n"
           "[ 1002] w1     debug attempt-queued task=1.1 attempt=1.2\n"
           "[ 1002] w1     debug attempt-running task=1.1 attempt=1.2\n"
           "[ 1003] c1     debug request-answered req=1 op=RECEIPT\n");
    worker_host_kill(&s.world->workers[0], FOR_EVER_MS);
    pass(&s, 5000);
    expect(
        &s,
        "[ 1010] fault  the coordinator hears nothing of it: w1\n"
        "[ 1010] w1     is gone\n"
        "[ 4187] coord  debug attempt-lost task=1.1 attempt=1.2 worker=w1 "
        "blame=suspect reason=\"its worker was lost, maybe before it had "
        "begun\"\n"
        "[ 4187] coord  warn worker-lost worker=w1 session=2 reason=\"no word "
        "from it for a whole lease\" attempts=1 requeued=1 ended=0 blamed=1\n"
        "[ 4187] coord  debug attempt-given task=1.1 attempt=1.3 worker=w2\n"
        "[ 4188] w2     debug attempt-queued task=1.1 attempt=1.3\n"
        "[ 4189] coord  debug attempt-begun task=1.1 attempt=1.3 worker=w2\n"
        "[ 4190] w2     debug verdict task=1.1 attempt=1.3 verdict=keep\n"
        "[ 4190] w2     debug attempt-running task=1.1 attempt=1.3\n"
        "[ 4290] w2     debug attempt-ended task=1.1 attempt=1.3 state=done "
        "reason=\"\"\n"
        "[ 4291] coord  debug attempt-ended task=1.1 attempt=1.3 worker=w2\n"
        "[ 4291] coord  debug task-ended task=1.1 state=done reason=\"\"\n"
        "[ 4291] coord  debug job-ended job=1 state=done\n"
        "[ 4292] disk   1.1 done\n"
        "[ 4292] coord  debug attempt-recorded task=1.1 attempt=1.3 worker=w2\n"
        "[ 4293] w2     debug result-acked task=1.1 attempt=1.3\n"
        "[ 4293] w2     debug attempt-dropped task=1.1 attempt=1.3\n"
        "[ 4293] c1     debug request-answered req=1 op=ENDED\n");
    return end(&s);
}

static bool a_result_whose_ack_is_lost_is_recorded_once(void)
{
    struct story s;

    begin(&s, __func__, 100);
    submit(&s);
    pass(&s, 104);
    expect(&s,
           "[ 1000] c1     debug request-sent req=1 op=SUBMIT\n"
           "[ 1001] coord  debug job-accepted job=1 n=1 fn=add session=1\n"
           "[ 1001] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
           "[ 1002] disk   job 1\n"
           "[ 1002] w1     debug attempt-queued task=1.1 attempt=1.2\n"
           "[ 1002] w1     debug attempt-running task=1.1 attempt=1.2\n"
           "[ 1003] c1     debug request-answered req=1 op=RECEIPT\n"
           "[ 1102] w1     debug attempt-ended task=1.1 attempt=1.2 state=done "
           "reason=\"\"\n"
           "[ 1103] coord  debug attempt-ended task=1.1 attempt=1.2 worker=w1\n"
           "[ 1103] coord  debug task-ended task=1.1 state=done reason=\"\"\n"
           "[ 1103] coord  debug job-ended job=1 state=done\n");
    net_break(&s.world->net, &s.world->workers[0].dealer);
    pass(&s, 5000);
    expect(
        &s,
        "[ 1104] fault  a connection breaks: w1\n"
        "[ 1104] fault  the coordinator hears nothing of it: w1\n"
        "[ 1104] disk   1.1 done\n"
        "[ 1104] coord  debug attempt-recorded task=1.1 attempt=1.2 worker=w1\n"
        "[ 1105] c1     debug request-answered req=1 op=ENDED\n"
        "[ 1703] coord  debug unknown-session conn=4\n"
        "[ 1704] w1     warn disconnected name=w1 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1706] w1     info connected name=w1 epoch=1 session=4\n"
        "[ 1706] w1     debug verdict task=1.1 attempt=1.2 verdict=kill\n"
        "[ 1706] w1     debug attempt-dropped task=1.1 attempt=1.2\n"
        "[ 1707] coord  debug worker-back worker=w1 session=4\n");
    return end(&s);
}

static bool a_running_job_is_cancelled(void)
{
    struct story s;

    begin(&s, __func__, 5000);
    submit(&s);
    pass(&s, 10);
    expect(&s,
           "[ 1000] c1     debug request-sent req=1 op=SUBMIT\n"
           "[ 1001] coord  debug job-accepted job=1 n=1 fn=add session=1\n"
           "[ 1001] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n"
           "[ 1002] disk   job 1\n"
           "[ 1002] w1     debug attempt-queued task=1.1 attempt=1.2\n"
           "[ 1002] w1     debug attempt-running task=1.1 attempt=1.2\n"
           "[ 1003] c1     debug request-answered req=1 op=RECEIPT\n");
    cancel(&s, 1);
    pass(&s, 100);
    expect(
        &s,
        "[ 1010] c1     debug request-sent req=2 op=CANCEL\n"
        "[ 1011] coord  debug range-cancelled job=1 first=1 last=1 ended=0 "
        "asked=1\n"
        "[ 1012] disk   1.1-1 shall be cancelled\n"
        "[ 1012] w1     debug attempt-stopping task=1.1 attempt=1.2 "
        "reason=\"\"\n"
        "[ 1013] w1     debug attempt-ended task=1.1 attempt=1.2 "
        "state=cancelled reason=cancelled\n"
        "[ 1013] c1     debug request-answered req=2 op=CANCEL_REPLY\n"
        "[ 1014] coord  debug attempt-ended task=1.1 attempt=1.2 worker=w1\n"
        "[ 1014] coord  debug task-ended task=1.1 state=cancelled "
        "reason=cancelled\n"
        "[ 1014] coord  debug job-ended job=1 state=cancelled\n"
        "[ 1015] disk   1.1 cancelled\n"
        "[ 1015] coord  debug attempt-recorded task=1.1 attempt=1.2 worker=w1\n"
        "[ 1016] w1     debug result-acked task=1.1 attempt=1.2\n"
        "[ 1016] w1     debug attempt-dropped task=1.1 attempt=1.2\n"
        "[ 1016] c1     debug request-answered req=1 op=ENDED\n");
    return end(&s);
}

static bool a_submit_that_a_crash_loses_is_sent_again(void)
{
    struct story s;

    begin(&s, __func__, 100);
    submit(&s);
    pass(&s, 1);
    expect(
        &s,
        "[ 1000] c1     debug request-sent req=1 op=SUBMIT\n"
        "[ 1001] coord  debug job-accepted job=1 n=1 fn=add session=1\n"
        "[ 1001] coord  debug attempt-given task=1.1 attempt=1.2 worker=w1\n");
    coord_host_kill(&s.world->coord, 500);
    pass(&s, 5000);
    expect(
        &s,
        "[ 1001] fault  a break loses messages under way: w1\n"
        "[ 1001] fault  a crash loses the batch being written\n"
        "[ 1001] coord  is gone\n"
        "[ 1501] coord  starts, epoch 2\n"
        "[ 1553] coord  debug unknown-session conn=6\n"
        "[ 1554] c1     warn disconnected name=c1 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1556] c1     info connected name=c1 epoch=2 session=1\n"
        "[ 1556] c1     debug request-sent req=1 op=SUBMIT\n"
        "[ 1557] coord  debug client-up client=c1 session=1\n"
        "[ 1557] coord  debug job-accepted job=257 n=1 fn=add session=1\n"
        "[ 1558] disk   job 257\n"
        "[ 1559] c1     debug request-answered req=1 op=RECEIPT\n"
        "[ 1703] coord  debug unknown-session conn=4\n"
        "[ 1703] coord  debug unknown-session conn=5\n"
        "[ 1704] w1     warn disconnected name=w1 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1704] w2     warn disconnected name=w2 reason=\"the coordinator "
        "does not know this session\"\n"
        "[ 1705] coord  info recovered jobs=1 missing_workers=0\n"
        "[ 1706] w1     info connected name=w1 epoch=2 session=2\n"
        "[ 1706] w2     info connected name=w2 epoch=2 session=3\n"
        "[ 1707] coord  info worker-up worker=w1 session=2 slots=2 calls=6 "
        "functions=6\n"
        "[ 1707] coord  debug attempt-given task=257.1 attempt=2.2 worker=w1\n"
        "[ 1707] coord  info worker-up worker=w2 session=3 slots=2 calls=6 "
        "functions=6\n"
        "[ 1708] w1     debug attempt-queued task=257.1 attempt=2.2\n"
        "[ 1708] w1     debug attempt-running task=257.1 attempt=2.2\n"
        "[ 1808] w1     debug attempt-ended task=257.1 attempt=2.2 state=done "
        "reason=\"\"\n"
        "[ 1809] coord  debug attempt-ended task=257.1 attempt=2.2 worker=w1\n"
        "[ 1809] coord  debug task-ended task=257.1 state=done reason=\"\"\n"
        "[ 1809] coord  debug job-ended job=257 state=done\n"
        "[ 1810] disk   257.1 done\n"
        "[ 1810] coord  debug attempt-recorded task=257.1 attempt=2.2 "
        "worker=w1\n"
        "[ 1811] w1     debug result-acked task=257.1 attempt=2.2\n"
        "[ 1811] w1     debug attempt-dropped task=257.1 attempt=2.2\n"
        "[ 1811] c1     debug request-answered req=1 op=ENDED\n");
    return end(&s);
}

bool scenarios_run(void)
{
    static bool (*const stories[])(void) = {
        running_work_outlives_the_coordinator,
        running_work_outlives_three_leases_without_a_coordinator,
        work_of_a_worker_that_is_cut_off_is_stopped_before_the_lease,
        work_of_a_lost_worker_is_given_again_after_the_lease,
        a_result_whose_ack_is_lost_is_recorded_once,
        a_running_job_is_cancelled,
        a_submit_that_a_crash_loses_is_sent_again,
    };
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        good = stories[i]() && good;
    printf("%zu scenarios %s\n", ARRAY_LEN(stories),
           good ? "went as told" : "FAILED");
    return good;
}
