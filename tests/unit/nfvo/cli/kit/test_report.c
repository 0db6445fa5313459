#include "nfvo/cli/kit/report.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOSTILE                                                                                    \
    "</pre><script>alert(1)</script>&\"'\x1b[31m\n# not a test\nnot ok 99 - x \xe2\x80\xae \xff"

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' in:\n%s", part, text);
}

static void fill(struct kit_report *r)
{
    kit_report_init(r, KIT_VNFM, "VNFM '<b>'", "2026-12-01T00:00:00Z");
    kit_report_pass(r, KIT_START_RULE);
    kit_report_pass(r, KIT_MODIFY_RULE);
    kit_report_fail(r, KIT_MODIFY_RULE, HOSTILE, HOSTILE, HOSTILE);
    kit_report_pass(r, KIT_MODIFY_RULE); /* stays failed */
    kit_report_fail(r, KIT_HEAL_ONE_RULE, NULL, NULL, "no instance");
    kit_report_skip(r, KIT_ACCOUNT_RULE, "not applicable: " HOSTILE);
    kit_report_skip(r, KIT_ACCOUNT_RULE, "another reason");
}

static void tap_of_hostile_text(void **state)
{
    (void)state;
    struct kit_report r;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    fill(&r);
    kit_report_tap(&r, &out);
    unsigned lines = 0, total = 0;
    for (const char *at = out.s; (at = strstr(at, "\nok ")); at++)
        lines++;
    for (const char *at = out.s; (at = strstr(at, "\nnot ok ")); at++)
        lines++;
    assert_int_equal(sscanf(out.s, "1..%u", &total), 1);
    assert_int_equal(lines, total); /* a peer's text makes no line of its own */
    has(out.s, "\nok 11 - start: START is answered START with the record\n");
    has(out.s, "\nnot ok 10 - modify: MODIFY is answered MODIFY with the record\n  ---\n");
    has(out.s, "with the record\n  ---\n  operator_sees: \"a VNF that depends on others");
    has(out.s,
        "heal-one: the answer to HEAL has the instance that was healed # TODO advice only\n");
    has(out.s, "# SKIP not applicable: </pre>");
    has(out.s, "\\u001b");
    has_not(out.s, "\x1b");
    has_not(out.s, "another reason");
    has(out.s, "# SKIP not reached\n");
    kit_report_release(&r);
}

static void html_of_hostile_text(void **state)
{
    (void)state;
    struct kit_report r;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    fill(&r);
    sbuf_adds(&r.notes, "<i>note</i>\n");
    kit_report_html(&r, &out);
    has_not(out.s, "<script");
    has_not(out.s, "<b>'");
    has_not(out.s, "<i>");
    has_not(out.s, "\x1b");
    has_not(out.s, "\xff");
    has_not(out.s, "\xe2\x80\xae");
    has_not(out.s, "http://");
    has(out.s, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;");
    has(out.s, "default-src 'none'");
    has(out.s, "<td class=\"failed\">failed</td><td><code>modify</code>");
    has(out.s, "<td class=\"advice\">advice</td><td><code>heal-one</code>");
    has(out.s, "An operator sees:</b> a VNF that depends on others never starts");
    assert_true(strstr(out.s, "<code>modify</code>") < strstr(out.s, "<code>start</code>"));
    kit_report_release(&r);
}

static void json_of_hostile_text(void **state)
{
    (void)state;
    struct kit_report r;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    fill(&r);
    kit_report_json(&r, &out);
    json_t *said = json_loads(out.s, 0, NULL);
    assert_non_null(said);
    assert_int_equal(json_integer_value(json_object_get(said, "failed")), 1);
    assert_int_equal(json_integer_value(json_object_get(said, "advised")), 1);
    assert_int_equal(json_integer_value(json_object_get(said, "passed")), 1);
    json_decref(said);
    kit_report_release(&r);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct kit_report r;
    AUTO(sbuf_release) struct sbuf large = SBUF_INIT;
    for (int i = 0; i < KIT_SHOWN_MAX; i++)
        sbuf_adds(&large, "\xe2\x98\x83");
    kit_report_init(&r, KIT_DRIVER, "s", "t");
    for (int i = 0; i < 2 * KIT_FINDINGS_MAX; i++)
        kit_report_fail(&r, KIT_LOAD_RULE, large.s, large.s, "w");
    const struct kit_result *result = &r.rules[KIT_LOAD_RULE];
    assert_int_equal(result->finding_n, KIT_FINDINGS_MAX);
    assert_int_equal(result->failures, 2 * KIT_FINDINGS_MAX);
    assert_int_equal(strlen(result->findings[0].got), KIT_SHOWN_MAX + 4);
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    kit_report_html(&r, &out);
    has(out.s, "and 8 more");
    kit_report_release(&r);
}

static void rules_have_words_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < KIT_RULE_N; i++) {
        assert_true(kit_rules[i].word[0] && kit_rules[i].text[0] && kit_rules[i].seen[0]);
        assert_int_equal(strspn(kit_rules[i].word, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(kit_rules[i].word));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(kit_rules[i].word, kit_rules[j].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tap_of_hostile_text),
                                       cmocka_unit_test(html_of_hostile_text),
                                       cmocka_unit_test(json_of_hostile_text),
                                       cmocka_unit_test(long_texts_are_cut_between_characters),
                                       cmocka_unit_test(rules_have_words_of_their_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
