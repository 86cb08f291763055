/* SPDX-License-Identifier: MIT */
/* cover - how often each kind of thing happened. */
#include "tests/sim/cover.h"

#include <stdio.h>

#include "libcommon/check.h"
#include "libcommon/err.h"

_Static_assert(OP_PIECES_REPLY < COVER_OPS, "one counter per operation");
_Static_assert((int)FATE_STARTED == (int)BLAME_STARTED, "blames come first");
_Static_assert(COORD_DRAIN < COVER_EVENTS, "one counter per event");
_Static_assert(WORKER_STUCK < COVER_EVENTS, "one counter per event");
_Static_assert(CLIENT_CLOSE < COVER_EVENTS, "one counter per event");
_Static_assert(WORKER_DO_REPLACE < COVER_EVENTS, "one counter per act");
_Static_assert(ERR_EXHAUSTED < COVER_CODES, "one counter per code");

static const char *const coord_event_names[COVER_EVENTS] = {
    [COORD_START] = "START",     [COORD_MESSAGE] = "MESSAGE",
    [COORD_GONE] = "GONE",       [COORD_TICK] = "TICK",
    [COORD_DURABLE] = "DURABLE", [COORD_READ] = "READ",
    [COORD_FULL] = "FULL",       [COORD_DRAIN] = "DRAIN",
    [COORD_REVOKED] = "REVOKED",
};
static const char *const worker_event_names[COVER_EVENTS] = {
    [WORKER_START] = "START",   [WORKER_MESSAGE] = "MESSAGE",
    [WORKER_TICK] = "TICK",     [WORKER_ENDED] = "ENDED",
    [WORKER_TAIL] = "TAIL",     [WORKER_DRAIN] = "DRAIN",
    [WORKER_HOLD] = "HOLD",     [WORKER_ADVANCED] = "ADVANCED",
    [WORKER_ABSENT] = "ABSENT", [WORKER_SIGN] = "SIGN",
    [WORKER_STUCK] = "STUCK",   [WORKER_PIECE] = "PIECE",
};
static const char *const worker_act_names[COVER_EVENTS] = {
    [WORKER_DO_START] = "START",
    [WORKER_DO_STOP] = "STOP",
    [WORKER_DO_TAIL] = "TAIL",
    [WORKER_DO_UNTAIL] = "UNTAIL",
    [WORKER_DO_KILL] = "KILL",
    [WORKER_DO_PROBE] = "PROBE",
    [WORKER_DO_NOTE] = "NOTE",
    [WORKER_DO_REPLACE] = "REPLACE",
    [WORKER_DO_FOLLOW] = "FOLLOW",
    [WORKER_DO_REJOIN] = "REJOIN",
    [WORKER_DO_READ_PIECE] = "READ_PIECE",
    [WORKER_DO_FORGET] = "FORGET",
};
static const char *const client_event_names[COVER_EVENTS] = {
    [CLIENT_START] = "START",   [CLIENT_MESSAGE] = "MESSAGE",
    [CLIENT_TICK] = "TICK",     [CLIENT_REQUEST] = "ASK",
    [CLIENT_FORGET] = "FORGET", [CLIENT_CLOSE] = "CLOSE",
};
static const char *const verdict_names[] = {
    [VERDICT_KEEP] = "keep",
    [VERDICT_KNOWN] = "known",
    [VERDICT_KILL] = "kill",
};
static const char *const op_names[COVER_OPS] = {
#define OP_NAME(NAME, member, number, ...) [number] = #NAME,
    OP_LIST(OP_NAME)
#undef OP_NAME
};
static const char *const fault_texts[] = {
#define FAULT_TEXT(name, text) [FAULT_##name] = text,
    FAULT_LIST(FAULT_TEXT)
#undef FAULT_TEXT
};
static const char *const fate_texts[] = {
#define FATE_TEXT(name, text) [FATE_##name] = text,
    FATE_LIST(FATE_TEXT)
#undef FATE_TEXT
};
static const char *const state_names[STATE_COUNT] = {
    [STATE_DONE] = "done",           [STATE_FAILED] = "failed",
    [STATE_CANCELLED] = "cancelled", [STATE_EXPIRED] = "expired",
    [STATE_LOST] = "lost",
};
static const char *const expired_names[COVER_REASONS] = {
    "queue-timeout", "deadline", "run-timeout", "idle-timeout", "start-timeout"
};
static const char *const ended_by_names[] = {
    [ENDED_BY_ITSELF] = "by itself",
    [ENDED_BY_ASKING] = "it was asked to",
    [ENDED_BY_KILL] = "it was killed",
};
static const char *const note_names[] = { "calls noted before the end" };
static const char *const removed_names[] = { "jobs and arrays removed" };
static const char *const waited_names[] = { "turns that another waited for" };
static const char *const code_names[COVER_CODES] = {
    [ERR_RANGE] = "RANGE",
    [ERR_ABSENT] = "ABSENT",
    [ERR_CONFLICT] = "CONFLICT",
    [ERR_FULL] = "FULL",
};

/* One kind of counter. None that has a name must stay 0 in a long run. */
struct group {
    const char *title;
    const uint64_t *counts;
    const char *const *names;
    size_t n;
};

#define GROUPS_MAX 15
static size_t groups_of(const struct cover *c, struct group *out)
{
    const struct group groups[] = {
        { "operations delivered", c->ops, op_names, COVER_OPS },
        { "faults", c->faults, fault_texts, FAULT_COUNT },
        { "verdicts", c->verdicts, verdict_names, ARRAY_LEN(verdict_names) },
        { "attempts that failed", c->fates, fate_texts, FATE_COUNT },
        { "coordinator events", c->coord_events, coord_event_names,
          COVER_EVENTS },
        { "worker events", c->worker_events, worker_event_names, COVER_EVENTS },
        { "worker acts", c->worker_acts, worker_act_names, COVER_EVENTS },
        { "client events", c->client_events, client_event_names, COVER_EVENTS },
        { "recorded outcomes", c->states, state_names, STATE_COUNT },
        { "expired elements", c->expired, expired_names, COVER_REASONS },
        { "what ended attempts", c->ended_by, ended_by_names,
          ARRAY_LEN(ended_by_names) },
        { "replaced processes", &c->notes, note_names, ARRAY_LEN(note_names) },
        { "retention", &c->removed, removed_names, ARRAY_LEN(removed_names) },
        { "reads", &c->waited, waited_names, ARRAY_LEN(waited_names) },
        { "refusals heard", c->refusals, code_names, COVER_CODES },
    };

    _Static_assert(ARRAY_LEN(groups) == GROUPS_MAX, "room for all groups");
    memcpy(out, groups, sizeof groups);
    return ARRAY_LEN(groups);
}

const char *fault_text(enum fault f)
{
    ASSERT(f < FAULT_COUNT);
    return fault_texts[f];
}

void cover_add(struct cover *sum, const struct cover *more)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)more;

    _Static_assert(sizeof *sum % sizeof(uint64_t) == 0, "only counters");
    for (size_t i = 0; i < sizeof *sum / sizeof(uint64_t); i++)
        to[i] += from[i];
}

static void group_print(const struct group *g)
{
    printf("%s:\n", g->title);
    for (size_t i = 0; i < g->n; i++)
        if (g->names[i] != NULL)
            printf("  %10llu  %s\n", (unsigned long long)g->counts[i],
                   g->names[i]);
}

void cover_print(const struct cover *c)
{
    struct group groups[GROUPS_MAX];
    size_t n = groups_of(c, groups);

    for (size_t i = 0; i < n; i++)
        group_print(&groups[i]);
}

bool cover_is_whole(const struct cover *c)
{
    struct group groups[GROUPS_MAX];
    size_t n = groups_of(c, groups);
    bool whole = true;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < groups[i].n; k++) {
            if (groups[i].names[k] == NULL || groups[i].counts[k] > 0)
                continue;
            printf("never occurred, among %s: %s\n", groups[i].title,
                   groups[i].names[k]);
            whole = false;
        }
    }
    return whole;
}
