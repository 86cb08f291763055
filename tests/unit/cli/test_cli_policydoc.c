/* SPDX-License-Identifier: MIT */
/* Policies as people and as programs read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/policydoc.h"

static void assert_text(struct policy p, const char *want)
{
    struct buf text = { 0 };

    policydoc_add(&text, &p);
    assert_string_equal(buf_text(&text), want);
    buf_fini(&text);
}

static void no_policy_is_no_text(void **state)
{
    (void)state;
    assert_text((struct policy){ 0 }, "");
}

static void text_has_the_words_of_the_options(void **state)
{
    (void)state;
    assert_text((struct policy){ .retries = 3 }, "retries 3, backoff 1s..1m");
    assert_text((struct policy){ .retries = 3,
                                 .backoff_max_ms = 90 * 1000,
                                 .retry_on = view_str("exit=75,lost"),
                                 .max_fails = 7 },
                "retries 3, backoff 0ms..90s, on exit=75,lost, max-fails 7");
    assert_text((struct policy){ .at_most_once = true,
                                 .max_fails_percent = 5,
                                 .run_ms = 1500,
                                 .total_ms = 2 * 3600 * 1000 },
                "max-fails 5%, run-timeout 1500ms, deadline 2h, at most once");
}

static void json_has_null_for_no_limit(void **state)
{
    struct policy p = { .retries = 2, .queue_ms = 1500 };
    json_t *doc = policydoc_json(&p);

    (void)state;
    assert_int_equal(json_integer_value(json_object_get(doc, "retries")), 2);
    assert_true(json_real_value(json_object_get(doc, "queue_timeout_s")) ==
                1.5);
    assert_true(json_real_value(json_object_get(doc, "backoff_max_s")) == 60);
    assert_true(json_is_null(json_object_get(doc, "run_timeout_s")));
    assert_true(json_is_null(json_object_get(doc, "retry_on")));
    assert_true(json_is_null(json_object_get(doc, "max_fails")));
    assert_true(json_is_false(json_object_get(doc, "at_most_once")));
    json_decref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_policy_is_no_text),
        cmocka_unit_test(text_has_the_words_of_the_options),
        cmocka_unit_test(json_has_null_for_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
