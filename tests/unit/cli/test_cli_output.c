/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/cli/command_line.h"
#include "client/cli/output.h"

/* ---- what stdout got ---- */

static FILE *file;
static int old_stdout;

static void catch_stdout(void)
{
    fflush(stdout);
    file = tmpfile();
    old_stdout = dup(STDOUT_FILENO);
    assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
}

static void assert_stdout(const char *want)
{
    char text[512];
    size_t len;

    fflush(stdout);
    dup2(old_stdout, STDOUT_FILENO);
    close(old_stdout);
    rewind(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    assert_string_equal(text, want);
}

/* ---- things that are numbers ---- */

static void number_text(void *arg, const void *thing, struct buf *out)
{
    (void)arg;
    buf_addf(out, "number %d\n", *(const int *)thing);
}

static void numbers_end(void *arg, struct buf *out)
{
    (void)arg;
    buf_addf(out, "the end\n");
}

static void number_id(void *arg, const void *thing, struct buf *out)
{
    (void)arg;
    buf_addf(out, "%d", *(const int *)thing);
}

static json_t *number_doc(void *arg, const void *thing)
{
    (void)arg;
    return json_pack("{s:i}", "n", *(const int *)thing);
}

static json_t *number_line(void *arg, const void *thing)
{
    (void)arg;
    return json_pack("{s:i, s:b}", "n", *(const int *)thing, "line", 1);
}

static const struct output_view numbers = {
    .schema = "yon.numbers/1",
    .key = "numbers",
    .text = number_text,
    .end = numbers_end,
    .id = number_id,
    .doc = number_doc,
};

static void show(enum output_id id, const struct output_view *view, int n)
{
    struct output out;

    catch_stdout();
    output_init(&out, output_kind(id), view, NULL);
    for (int i = 1; i <= n; i++)
        output_add(&out, &i);
    output_end(&out);
    output_fini(&out);
}

/* ---- tests ---- */

static void each_kind_shows_a_list_in_its_way(void **state)
{
    (void)state;
    show(OUTPUT_TABLE, &numbers, 2);
    assert_stdout("number 1\nnumber 2\nthe end\n");
    show(OUTPUT_JSON, &numbers, 2);
    assert_stdout("{\"schema\":\"yon.numbers/1\","
                  "\"numbers\":[{\"n\":1},{\"n\":2}]}\n");
    show(OUTPUT_JSONL, &numbers, 2);
    assert_stdout("{\"n\":1}\n{\"n\":2}\n");
    show(OUTPUT_ID, &numbers, 2);
    assert_stdout("1\n2\n");
}

static void an_empty_list_is_a_document_still(void **state)
{
    (void)state;
    show(OUTPUT_TABLE, &numbers, 0);
    assert_stdout("the end\n");
    show(OUTPUT_JSON, &numbers, 0);
    assert_stdout("{\"schema\":\"yon.numbers/1\",\"numbers\":[]}\n");
    show(OUTPUT_JSONL, &numbers, 0);
    assert_stdout("");
    show(OUTPUT_ID, &numbers, 0);
    assert_stdout("");
}

static void a_streamed_list_is_one_document(void **state)
{
    struct output_view view = numbers;

    (void)state;
    view.is_streamed = true;
    view.has_cursor = true;
    show(OUTPUT_JSON, &view, 2);
    assert_stdout("{\"schema\":\"yon.numbers/1\",\"cursor\":null,"
                  "\"numbers\":[\n {\"n\":1},\n {\"n\":2}]}\n");
    show(OUTPUT_JSON, &view, 0);
    assert_stdout("{\"schema\":\"yon.numbers/1\",\"cursor\":null,"
                  "\"numbers\":[]}\n");
}

static void a_list_without_its_end_is_not_shown(void **state)
{
    struct output out;
    int one = 1;

    (void)state;
    catch_stdout();
    output_init(&out, output_kind(OUTPUT_JSON), &numbers, NULL);
    output_add(&out, &one);
    output_fini(&out);
    assert_stdout("");
}

static void a_line_may_say_more_than_an_entry(void **state)
{
    struct output_view view = numbers;

    (void)state;
    view.line = number_line;
    show(OUTPUT_JSONL, &view, 1);
    assert_stdout("{\"n\":1,\"line\":true}\n");
    show(OUTPUT_JSON, &view, 1);
    assert_stdout("{\"schema\":\"yon.numbers/1\",\"numbers\":[{\"n\":1}]}\n");
}

static void what_a_view_lacks_shows_nothing_and_its_text_is_its_id(void **state)
{
    struct output_view view = { .text = number_text };
    int one = 1;

    (void)state;
    catch_stdout();
    output_one(output_kind(OUTPUT_JSON), &view, NULL, &one);
    output_one(output_kind(OUTPUT_JSONL), &view, NULL, &one);
    assert_stdout("");
    catch_stdout();
    output_one(output_kind(OUTPUT_ID), &view, NULL, &one);
    assert_stdout("number 1\n");
    view = (struct output_view){ .doc = number_doc };
    catch_stdout();
    output_one(output_kind(OUTPUT_TABLE), &view, NULL, &one);
    output_one(output_kind(OUTPUT_JSON), &view, NULL, &one);
    assert_stdout("{\"n\":1}\n");
}

static void the_kinds_are_the_choices_of_the_option(void **state)
{
    const struct option *o = global_options;
    char choices[128] = "";

    (void)state;
    while (o->id != OPT_OUTPUT)
        o++;
    for (unsigned id = 0; id < OUTPUT_COUNT; id++) {
        const struct output_kind *kind = output_kind((enum output_id)id);

        assert_int_equal(kind->id, id);
        assert_ptr_equal(output_kind_find(kind->name), kind);
        strcat(choices, id > 0 ? "|" : "");
        strcat(choices, kind->name);
    }
    assert_string_equal(o->value, choices);
    assert_null(output_kind_find("xml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_shows_a_list_in_its_way),
        cmocka_unit_test(an_empty_list_is_a_document_still),
        cmocka_unit_test(a_streamed_list_is_one_document),
        cmocka_unit_test(a_list_without_its_end_is_not_shown),
        cmocka_unit_test(a_line_may_say_more_than_an_entry),
        cmocka_unit_test(
            what_a_view_lacks_shows_nothing_and_its_text_is_its_id),
        cmocka_unit_test(the_kinds_are_the_choices_of_the_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
