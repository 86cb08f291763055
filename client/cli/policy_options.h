/* SPDX-License-Identifier: MIT */
/* policy_options - the options that make the policy of a submit, each once.
 *
 * To add one:
 *   1. proto/op.h: a field at the end of POLICY_RECORD, and its row in
 *      PROTOCOL.md; its check in proto/policy.c;
 *   2. <yon/yon.h>: a member of the same name at the end of
 *      struct yon_policy;
 *   3. here: a line, in the list of its kind. A limit or a switch is read, and
 *      shown to people and to programs, by that line alone; another one is
 *      read in submission.c and shown in policydoc.c;
 *   4. its rule: of time in coordinator/core/model/timing.c or
 *      worker/core/limit.c, of failures in proto/policy.c;
 *   5. tests/sim/workload.c draws it, and an invariant says what it promises.
 * Without 2 or 3 nothing compiles.
 */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include "libcommon/check.h"
#include "proto/op.h"

#define AT_MOST_ONCE_HELP                                                   \
    "never start it twice; without this, what is lost with its worker, or " \
    "crashes, runs again, also without --retry"

/* clang-format off */
/* Times: X(field, ID, option, key in JSON, help) */
#define POLICY_LIMIT_LIST(X)                                                   \
    X(queue_ms, QUEUE_TIMEOUT, "queue-timeout", "queue_timeout_s",             \
      "it expires when no worker has taken it by then")                        \
    X(start_ms, START_TIMEOUT, "start-timeout", "start_timeout_s",             \
      "... or its worker has not started it")                                  \
    X(run_ms, RUN_TIMEOUT, "run-timeout", "run_timeout_s",                     \
      "... or a run of it takes longer")                                       \
    X(idle_ms, IDLE_TIMEOUT, "idle-timeout", "idle_timeout_s",                 \
      "... or writes nothing for so long (calls: does nothing)")               \
    X(total_ms, DEADLINE, "deadline", "deadline_s",                            \
      "... or so much time has passed since the submit")
/* Without a value: X(field, ID, option, key in JSON, text, help) */
#define POLICY_SWITCH_LIST(X)                                                  \
    X(at_most_once, AT_MOST_ONCE, "at-most-once", "at_most_once",              \
      "at most once", AT_MOST_ONCE_HELP)
/* Fields of others: X(field) */
#define POLICY_OTHER_LIST(X)                                                   \
    X(retries) X(backoff_min_ms) X(backoff_max_ms) X(retry_on)                 \
    X(max_fails) X(max_fails_percent)
/* clang-format on */

enum policy_field {
#define POLICY_FIELD(type, name) POLICY_FIELD_##name,
    POLICY_RECORD(POLICY_FIELD) POLICY_FIELD_COUNT
#undef POLICY_FIELD
};
#define POLICY_FIELD_BIT(name, ...) +BIT(POLICY_FIELD_##name)
_Static_assert(0 POLICY_LIMIT_LIST(POLICY_FIELD_BIT)
                       POLICY_SWITCH_LIST(POLICY_FIELD_BIT)
                           POLICY_OTHER_LIST(POLICY_FIELD_BIT) ==
                   BIT(POLICY_FIELD_COUNT) - 1,
               "each field of a policy is made by one option");
#undef POLICY_FIELD_BIT

#endif
