/* The URL of a broker, and rules on recorded answers. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/arena.h"
#include "proto/messages/or_vnfm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *says; /* user password host port vhost tls; NULL: refused */
    } cases[] = {
        {"amqp://localhost", "guest guest localhost 5672 / 0"},
        {"amqp://localhost/", "guest guest localhost 5672 / 0"},
        {"amqps://h", "guest guest h 5671 / 1"},
        {"amqp://a:b@h:1234/kit", "a b h 1234 kit 0"},
        {"amqp://a%40b:c%3Ad@h/%2F", "a@b c:d h 5672 / 0"},
        {"amqp://a:b@[::1]:99/x", "a b ::1 99 x 0"},
        {"amqp://a:b@[::1]", "a b ::1 5672 / 0"},
        {"amqp://", NULL},
        {"amqp://:5672", NULL},
        {"amqp://h:0", NULL},
        {"amqp://h:70000", NULL},
        {"amqp://h:12x", NULL},
        {"amqp://h:", NULL},
        {"amqp://[::1", NULL},
        {"amqp://[::1]x", NULL},
        {"amqp://h/%zz", NULL},
        {"amqp://h/%0", NULL},
        {"amqp://h/%00", NULL},
        {"amqp://h?x=1", NULL},
        {"http://h", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct kit_url u;
        struct err err = ERR_INIT;
        char said[900] = "";
        if (kit_url_parse(cases[i].url, &u, &err) == ERR_OK)
            snprintf(said, sizeof(said), "%s %s %s %d %s %d", u.user, u.password, u.host, u.port,
                     u.vhost, u.has_tls);
        assert_string_equal(said, cases[i].says ? cases[i].says : "");
    }
}

static void no_password_in_the_error(void **state)
{
    (void)state;
    struct kit_url u;
    struct err err = ERR_INIT;
    assert_int_equal(kit_url_parse("amqp://a:secret@h:x/", &u, &err), ERR_INVALID);
    assert_null(strstr(err.msg, "secret"));
}

struct bench {
    struct kit_options o;
    struct kit_report report;
    struct kit k;
    struct kit_ask a;
};

static void begin(struct bench *b, enum kit_whose whose, const char *body)
{
    *b = (struct bench){.o = {.whose = whose, .type = "t"}};
    kit_report_init(&b->report, whose, "s", "t");
    b->k = (struct kit){.o = &b->o, .report = &b->report};
    b->a = (struct kit_ask){.id = "id-1",
                            .got = (char *)(uintptr_t)body,
                            .got_len = strlen(body),
                            .correlation_id = (char *)(uintptr_t) "id-1",
                            .content_type = (char *)(uintptr_t) "text/plain",
                            .answers = 1,
                            .answer = json_loads(body, JSON_DECODE_ANY, NULL)};
}

static void end(struct bench *b)
{
    json_decref(b->a.answer);
    kit_report_release(&b->report);
}

static void answers_of_a_vnfm(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says; /* what of the first finding; "": right; "id": the record's */
    } cases[] = {
        {"{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\"}}", ""},
        {"{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\"}}",
         "answered 'STOP', not START"},
        {"null", "answered null, not START"},
        {"", "answered null, not START"},
        {"{}", "answered without an action, not START"},
        {"5", "answered without an action, not START"},
        {"{\"action\":7}", "answered without an action, not START"},
        {"{\"action\":\"START\"}", "the answer has no virtualNetworkFunctionRecord"},
        {"{\"action\":\"START\",\"virtualNetworkFunctionRecord\":null}",
         "the answer has no virtualNetworkFunctionRecord"},
        {"{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":5}}", "id"},
        {"{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":\"r-2\"}}", "id"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        begin(&b, KIT_VNFM, cases[i].body);
        bool is_right = kit_check_vnfm(&b.k, KIT_START_RULE, &b.a, "START", "r-1");
        const struct kit_result *start = &b.report.rules[KIT_START_RULE];
        bool is_id = strcmp(cases[i].says, "id") == 0;
        assert_int_equal(is_right, !cases[i].says[0]);
        assert_int_equal(b.report.rules[KIT_RECORD_ID_RULE].verdict == KIT_FAILED, is_id);
        assert_string_equal(start->finding_n ? start->findings[0].what : "",
                            is_id ? "" : cases[i].says);
        end(&b);
    }
}

static void answers_of_a_driver(void **state)
{
    (void)state;
    static const struct {
        const char *body, *exception;
        bool is_form, is_answer;
    } cases[] = {
        {"{\"answer\":[]}", NULL, true, true},
        {"{}", NULL, true, true},
        {"{\"exception\":{\"detailMessage\":\"no\"}}", "no", true, false},
        {"{\"exception\":{}}", "", false, false},
        {"{\"exception\":5}", "", false, false},
        {"{\"answer\":1,\"exception\":{\"detailMessage\":\"no\"}}", "no", false, false},
        {"{\"result\":1}", NULL, false, true},
        {"[]", NULL, false, true},
        {"nonsense", NULL, false, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        const char *exception;
        begin(&b, KIT_DRIVER, cases[i].body);
        const json_t *answer = kit_driver_answer(&b.k, KIT_REFRESH_RULE, &b.a, &exception);
        assert_int_equal(answer != NULL, cases[i].is_answer);
        assert_int_equal(b.report.rules[KIT_METHOD_ANSWER_RULE].verdict,
                         cases[i].is_form ? KIT_PASSED : KIT_FAILED);
        if (cases[i].exception)
            assert_string_equal(exception, cases[i].exception);
        else
            assert_null(exception);
        end(&b);
    }
}

static void what_all_answers_have(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id, *type;
        enum kit_rule broken; /* KIT_RULE_N: none */
    } cases[] = {
        {"{}", "id-1", "text/plain", KIT_RULE_N},
        {"null", "id-1", "text/plain", KIT_RULE_N},
        {"", "id-1", "text/plain", KIT_RULE_N},
        {"thanks", "id-1", "text/plain", KIT_ANSWER_JSON_RULE},
        {"[1]", "id-1", "text/plain", KIT_ANSWER_JSON_RULE},
        {"{}", NULL, "text/plain", KIT_CORRELATION_RULE},
        {"{}", "id-2", "text/plain", KIT_CORRELATION_RULE},
        {"{}", "id-1", "application/json", KIT_CONTENT_TYPE_RULE},
        {"{}", "id-1", NULL, KIT_CONTENT_TYPE_RULE},
    };
    static const enum kit_rule rules[] = {KIT_ANSWER_JSON_RULE, KIT_CORRELATION_RULE,
                                          KIT_CONTENT_TYPE_RULE};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        begin(&b, KIT_VNFM, cases[i].body);
        b.a.correlation_id = (char *)(uintptr_t)cases[i].id;
        b.a.content_type = (char *)(uintptr_t)cases[i].type;
        kit_check_answer(&b.k, &b.a);
        for (size_t r = 0; r < ARRAY_LEN(rules); r++)
            assert_int_equal(b.report.rules[rules[r]].verdict,
                             rules[r] == cases[i].broken ? KIT_FAILED : KIT_PASSED);
        end(&b);
    }
}

/* What the kit sends is right: the codec takes it as a message of an NFVO, without a warning. */
static void requests_are_right(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, KIT_VNFM, "{}");
    json_t *messages[] = {kit_instantiate(&b.k, "n", NULL), kit_alive(&b.k),
                          kit_request("RESUME", "vnfr", kit_record_of(&b.k, "r-1"))};
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct or_vnfm *message;
        struct err err = ERR_INIT;
        char *text = json_dumps(messages[i], JSON_COMPACT);
        assert_non_null(text);
        if (proto_decode(&or_vnfm_type, text, strlen(text), 0, &a, &message, &err) != ERR_OK)
            fail_msg("%s: %s", text, err.msg);
        free(text);
        json_decref(messages[i]);
    }
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(urls),
                                       cmocka_unit_test(no_password_in_the_error),
                                       cmocka_unit_test(answers_of_a_vnfm),
                                       cmocka_unit_test(answers_of_a_driver),
                                       cmocka_unit_test(what_all_answers_have),
                                       cmocka_unit_test(requests_are_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
