/* SPDX-License-Identifier: MIT */
/* PROTOCOL.md says what the source says: operations, fields, limits, codes and
 * states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/ids.h"
#include "proto/bounds.h"
#include "proto/layout.h"
#include "proto/req.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "tests/support/op_sample.h"

#define PAGE TEST_DATA "/../../proto/PROTOCOL.md"

static int read_page(void **state)
{
    static struct buf page;
    FILE *file = fopen(PAGE, "r");
    size_t n;

    assert_non_null(file);
    do {
        n = fread(buf_room(&page, 4096), 1, 4096, file);
        page.len += n;
    } while (n > 0);
    fclose(file);
    *state = &page;
    return 0;
}

static int free_page(void **state)
{
    buf_fini(*state);
    return 0;
}

/* The page from a line on; fails when there is no such line. */
static const char *line_of(struct buf *page, const char *line)
{
    char with_ends[128];
    const char *at;

    snprintf(with_ends, sizeof with_ends, "\n%s\n", line);
    at = strstr(buf_text(page), with_ends);
    if (at == NULL)
        fail_msg("PROTOCOL.md has no line \"%s\"", line);
    return at + 1;
}

/* "u64", "outcome", "ruling[]" */
static void type_text(enum field_type type, char *out, size_t size)
{
    static const char *const plain[] = {
#define PLAIN_TEXT(type) [FIELD_##type] = #type,
        FIELD_PLAIN_LIST(PLAIN_TEXT)
#undef PLAIN_TEXT
            [FIELD_names] = "names",
    };
    const struct field_rule *rule = &field_rules[type];
    size_t i = 0;

    if (rule->record == NULL) {
        snprintf(out, size, "%s", plain[type]);
        return;
    }
    for (const char *c = rule->record()->name; *c != 0; c++)
        out[i++] = *c == '_' ? '_' : (char)(*c | ' '); /* lower case */
    snprintf(out + i, size - i, "%s",
             rule->kind == FIELD_IS_RECORDS ? "[]" : "");
}

/* The table behind `heading` has exactly these fields, in this order. */
static void assert_fields(struct buf *page, const char *heading,
                          const struct layout *layout)
{
    const char *at = line_of(page, heading) + 3;
    const char *end = strstr(at, "\n#");

    for (uint32_t i = 0; i < layout->n_fields; i++) {
        char row[128], type[32];

        type_text(layout->fields[i].type, type, sizeof type);
        snprintf(row, sizeof row, "| `%s` | %s |", layout->fields[i].name,
                 type);
        at = strstr(at, "\n| `");
        if (at == NULL || at > end || strncmp(at + 1, row, strlen(row)) != 0)
            fail_msg("PROTOCOL.md, %s: expected %s", heading, row);
        at++;
    }
    at = strstr(at, "\n| `");
    assert_true(at == NULL || at > end);
}

static void every_operation_has_its_fields(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        const struct layout *layout = layout_of_op(all_ops[i]);
        char heading[64];

        snprintf(heading, sizeof heading, "### %s %d", layout->name,
                 (int)all_ops[i]);
        assert_fields(*state, heading, layout);
    }
}

/* "C, W" */
static const char *senders_of(enum op_type type)
{
    switch (type) {
#define SENDERS(NAME, member, number, ...) case OP_##NAME:
        OPS_FROM_PEERS(SENDERS)
        return type == OP_BYE ? "C, W, Y" : "C, W";
        OPS_FROM_WORKERS(SENDERS)
        return "W";
        OPS_FROM_CLIENTS(SENDERS)
        return "C";
        OPS_TO_PEERS(SENDERS)
        OPS_TO_WORKERS(SENDERS) OPS_TO_CLIENTS(SENDERS) return "Y";
#undef SENDERS
    }
    return "";
}

static void every_operation_names_its_senders(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        char heading[64], from[32];
        const char *at;

        snprintf(heading, sizeof heading, "### %s %d", op_name(all_ops[i]),
                 (int)all_ops[i]);
        snprintf(from, sizeof from, "\n\nFrom %s. ", senders_of(all_ops[i]));
        at = line_of(*state, heading) + strlen(heading);
        if (strncmp(at, from, strlen(from)) != 0)
            fail_msg("PROTOCOL.md, %s: expected %s", heading, from);
    }
}

/* ---- the table of requests in section 7 ---- */

/* Whether a cell of a table has the word. */
static bool cell_has(const char *cell, const char *word)
{
    const char *at = strstr(cell, word);

    return at != NULL && at < strchr(cell, '|');
}

/* The row has exactly the answers of the request, and names those that close
 * it. */
static void assert_answers(const char *row, enum op_type request, bool awaits)
{
    const char *answers = strchr(row + 1, '|') + 1;
    const char *closers = strchr(answers, '|') + 1;

    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        enum req_answer expected = req_answer(request, awaits, all_ops[i]);
        const char *name = op_name(all_ops[i]);
        char quoted[64], last[64];

        if (all_ops[i] == OP_REFUSED)
            continue; /* closes all of them */
        snprintf(quoted, sizeof quoted, "`%s`", name);
        snprintf(last, sizeof last, " %s |", name);
        if (cell_has(answers, quoted) != (expected != REQ_IGNORED) ||
            (strncmp(closers, last, strlen(last)) == 0) !=
                (expected == REQ_CLOSES))
            fail_msg("PROTOCOL.md, section 7: is %s an answer to %s, and the "
                     "last? The lists of op.h say otherwise",
                     name, op_name(request));
    }
}

static void assert_row_of_request(struct buf *page, enum op_type request,
                                  const char *suffix, bool awaits)
{
    char begin[64];
    const char *row;

    snprintf(begin, sizeof begin, "\n| `%s`%s | ", op_name(request), suffix);
    row = strstr(line_of(page, "| request | answers | closed by |"), begin);
    if (row == NULL)
        fail_msg("PROTOCOL.md, section 7: no row %s", begin + 1);
    assert_answers(row + 1, request, awaits);
}

static void every_request_has_its_answers(void **state)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        n += req_is_request(all_ops[i]);
        if (all_ops[i] == OP_SUBMIT) {
            assert_row_of_request(*state, OP_SUBMIT, " without await", false);
            assert_row_of_request(*state, OP_SUBMIT, " with await", true);
        } else if (req_is_request(all_ops[i])) {
            assert_row_of_request(*state, all_ops[i], "", false);
        }
    }
    assert_true(n > 0);
}

static void every_record_has_its_fields(void **state)
{
#define RECORD_FIELDS(NAME, type) \
    assert_fields(*state, "### " #type, field_rules[FIELD_##type].record());
    RECORD_LIST(RECORD_FIELDS)
#undef RECORD_FIELDS
}

static void assert_row(struct buf *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void assert_row(struct buf *page, const char *format, ...)
{
    char row[128];
    va_list args;

    row[0] = '\n';
    va_start(args, format);
    vsnprintf(row + 1, sizeof row - 1, format, args);
    va_end(args);
    if (strstr(buf_text(page), row) == NULL)
        fail_msg("PROTOCOL.md has no row \"%s\"", row + 1);
}

static void every_limit_is_the_one_of_the_source(void **state)
{
#define LIMIT(name) \
    {               \
#name, name \
    }
    static const struct {
        const char *name;
        uint64_t value;
    } limits[] = {
        LIMIT(PROTO_VERSION),  LIMIT(PROTO_VERSION_MIN),
        LIMIT(FRAME_HEAD_LEN), LIMIT(FRAME_LEN_MAX),
        LIMIT(FRAME_LEN_GOOD), LIMIT(OP_DEPTH_MAX),
        LIMIT(OP_VALUES_MAX),  LIMIT(NAME_LEN_MAX),
        LIMIT(TEXT_LEN_MAX),   LIMIT(SPEC_LEN_MAX),
        LIMIT(ITEMS_LEN_MAX),  LIMIT(RESULT_LEN_MAX),
        LIMIT(OUTPUT_LEN_MAX), LIMIT(BODY_LEN_MAX),
        LIMIT(FUNCTIONS_MAX),  LIMIT(FUNCTIONS_LEN_MAX),
        LIMIT(MODULES_MAX),    LIMIT(MODULE_NAME_LEN_MAX),
        LIMIT(LABELS_MAX),     LIMIT(LIST_LEN_MAX),
        LIMIT(ARGV_MAX),       LIMIT(VALUE_DEPTH_MAX),
        LIMIT(JOB_ID_MAX),     LIMIT(ELEM_MAX),
        LIMIT(SILENCE_MAX_MS),
    };
#undef LIMIT

    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        assert_row(*state, "| `%s` | %llu |", limits[i].name,
                   (unsigned long long)limits[i].value);
}

static void every_code_and_state_is_listed(void **state)
{
#define CODE_ROW(name, number, text) \
    assert_row(*state, "| %d | %s | %s |", number, #name, text);
    YON_ERR_LIST(CODE_ROW)
#undef CODE_ROW
#define STATE_ROW(name, number, text)                 \
    assert_row(*state, "| %d | %s |%s", number, text, \
               state_is_terminal(number) ? " yes |" : " |");
    STATE_LIST(STATE_ROW)
#undef STATE_ROW
    assert_row(*state, "| %d | handed back |", STATE_HANDED_BACK);
    assert_row(*state, "| %d | keep |", VERDICT_KEEP);
    assert_row(*state, "| %d | known |", VERDICT_KNOWN);
    assert_row(*state, "| %d | kill |", VERDICT_KILL);
}

static void digests_are_those_of_the_example(void **state)
{
    struct attempt_key h = { .job = 1, .elem = 2, .epoch = 3, .attempt = 4 };
    char text[64];

    snprintf(text, sizeof text, "`0x%016llx`",
             (unsigned long long)op_digest_attempt(h));
    assert_non_null(strstr(buf_text(*state), text));
    snprintf(text, sizeof text, "`0x%016llx`",
             (unsigned long long)op_digest_request(7));
    assert_non_null(strstr(buf_text(*state), text));
}

/* No layout nests deeper than readers allow: an array of records is one more
 * than the records, and these one more than their fields. */
static unsigned depth_of(const struct layout *layout)
{
    unsigned deepest = 0;

    for (uint32_t i = 0; i < layout->n_fields; i++) {
        const struct field_rule *rule = &field_rules[layout->fields[i].type];
        unsigned depth = rule->kind == FIELD_IS_NAMES ? 1 : 0;

        if (rule->record != NULL)
            depth = depth_of(rule->record()) +
                    (rule->kind == FIELD_IS_RECORDS ? 1 : 0);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void nothing_nests_deeper_than_readers_allow(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++)
        assert_in_range(depth_of(layout_of_op(all_ops[i])), 1, OP_DEPTH_MAX);
    assert_true(OP_DEPTH_MAX <= SCAN_DEPTH_MAX);
    assert_true(VALUE_DEPTH_MAX <= SCAN_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_its_fields),
        cmocka_unit_test(every_operation_names_its_senders),
        cmocka_unit_test(every_request_has_its_answers),
        cmocka_unit_test(every_record_has_its_fields),
        cmocka_unit_test(every_limit_is_the_one_of_the_source),
        cmocka_unit_test(every_code_and_state_is_listed),
        cmocka_unit_test(digests_are_those_of_the_example),
        cmocka_unit_test(nothing_nests_deeper_than_readers_allow),
    };

    return cmocka_run_group_tests(tests, read_page, free_page);
}
