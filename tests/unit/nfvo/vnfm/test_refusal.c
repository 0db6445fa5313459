/* What is read out of the broker's log, and what is said about it: nfvo/vnfm/refusal.c. The lines
 * are those of RabbitMQ 3.10.8. */
#include "nfvo/vnfm/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT "2026-11-29 18:47:46.654490+00:00 [error] <0.908.0> "
#define CHANNEL                                                                                    \
    AT "Channel error on connection <0.899.0> (127.0.0.1:51758 -> 127.0.0.1:5672, vhost: '/', "    \
       "user: 'peer'), channel 1:\n" AT
#define OPENING                                                                                    \
    AT "Error on AMQP connection <0.835.0> (127.0.0.1:1 -> 127.0.0.1:5672, user: 'peer', state: "  \
       "opening):\n" AT
#define STARTING                                                                                   \
    AT "Error on AMQP connection <0.825.0> (127.0.0.1:1 -> 127.0.0.1:5672, state: starting):\n" AT
#define DENIED(operation, what)                                                                    \
    CHANNEL "operation " operation " caused a channel exception access_refused: access to " what   \
            " in vhost '/' refused for user 'peer'\n"

static void test_read(void **state)
{
    static const struct {
        const char *line;
        enum refusal_kind kind; /* REFUSAL_KIND_N: it is none */
        const char *account, *vhost, *operation, *needs, *object;
    } cases[] = {
        {STARTING "PLAIN login refused: user 'peer' - invalid credentials\n", REFUSAL_LOGIN, "peer",
         "", "", "", ""},
        {STARTING "PLAIN login refused: user 'guest' can only connect via localhost\n",
         REFUSAL_LOGIN, "guest", "", "", "", ""},
        {OPENING "vhost nosuch not found\n", REFUSAL_VHOST, "peer", "nosuch", "", "", ""},
        {OPENING "access to vhost 'v2' refused for user 'peer'\n", REFUSAL_VHOST, "peer", "v2", "",
         "", ""},
        {OPENING "connection refused for user 'peer': user connection limit (0) is reached\n",
         REFUSAL_LIMIT, "peer", "", "", "", ""},
        {DENIED("queue.declare", "queue 'other'"), REFUSAL_ACCESS, "peer", "/", "queue.declare",
         "configure", "queue 'other'"},
        {DENIED("queue.bind", "queue 'other'"), REFUSAL_ACCESS, "peer", "/", "queue.bind", "write",
         "queue 'other'"},
        {DENIED("basic.consume", "queue 'other'"), REFUSAL_ACCESS, "peer", "/", "basic.consume",
         "read", "queue 'other'"},
        {DENIED("basic.publish", "exchange 'amq.default'"), REFUSAL_ACCESS, "peer", "/",
         "basic.publish", "write", "exchange 'amq.default'"},
        {DENIED("queue.bind", "topic 'x' in exchange 'e'"), REFUSAL_ACCESS, "peer", "/",
         "queue.bind", "topic read", "topic 'x' in exchange 'e'"},
        {DENIED("basic.publish", "topic 'x' in exchange 'e'"), REFUSAL_ACCESS, "peer", "/",
         "basic.publish", "topic write", "topic 'x' in exchange 'e'"},
        {CHANNEL
         "operation queue.declare caused a channel exception precondition_failed: inequivalent arg "
         "'durable' for queue 'own' in vhost '/': received 'true' but current is 'false'\n",
         REFUSAL_ARGUMENT, "peer", "/", "queue.declare", "", "queue 'own'"},
        {CHANNEL "operation queue.declare caused a channel exception precondition_failed: cannot "
                 "declare queue 'zz': queue limit in vhost 'v2' (0) is reached\n",
         REFUSAL_LIMIT, "peer", "/", "queue.declare", "", "queue 'zz'"},
        {CHANNEL "operation queue.declare caused a channel exception resource_locked: cannot "
                 "obtain exclusive access to locked queue 'o' in vhost '/'. It could be originally "
                 "declared on another connection\n",
         REFUSAL_LOCKED, "peer", "/", "queue.declare", "", "queue 'o'"},
        {CHANNEL "operation basic.publish caused a channel exception not_found: no exchange 'e' in "
                 "vhost '/'\n",
         REFUSAL_MISSING, "peer", "/", "basic.publish", "", "exchange 'e'"},
        /* who looks whether a queue is there */
        {CHANNEL "operation queue.declare caused a channel exception not_found: no queue 'q' in "
                 "vhost '/'\n",
         REFUSAL_KIND_N, 0, 0, 0, 0, 0},
        {AT "closing AMQP connection <0.1.0> (127.0.0.1:1 -> 127.0.0.1:2, vhost: '/', user: "
            "'peer'):\n" AT "client unexpectedly closed TCP connection\n",
         REFUSAL_KIND_N, 0, 0, 0, 0, 0},
        {AT "Supervisor: crashed\n", REFUSAL_KIND_N, 0, 0, 0, 0, 0},
        {"", REFUSAL_KIND_N, 0, 0, 0, 0, 0},
        {"> ", REFUSAL_KIND_N, 0, 0, 0, 0, 0},
        /* names of strangers: newlines, what a terminal obeys, quotes */
        {STARTING "PLAIN login refused: user 'ev\n" AT
                  "il\x1b[31m' \"x\xff' - invalid credentials\n",
         REFUSAL_LOGIN, "ev il?[31m' \"x?", "", "", "", ""},
        {STARTING "PLAIN login refused: user 'a' - invalid credentials' - invalid credentials\n",
         REFUSAL_LOGIN, "a' - invalid credentials", "", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct refusal r;
        /* without the NUL, at the end of its memory */
        size_t len = strlen(cases[i].line);
        char *line = malloc(len + 1);
        memcpy(line, cases[i].line, len);
        bool is = refusal_read(line, len, &r);
        free(line);
        if (is != (cases[i].kind != REFUSAL_KIND_N))
            fail_msg("case %zu: %d (%s)", i, is, cases[i].line);
        if (!is)
            continue;
        assert_int_equal(r.kind, cases[i].kind);
        assert_string_equal(r.account, cases[i].account);
        assert_string_equal(r.vhost, cases[i].vhost);
        assert_string_equal(r.operation, cases[i].operation);
        assert_string_equal(r.needs, cases[i].needs);
        assert_string_equal(r.object, cases[i].object);
        assert_true(r.words[0]);
    }
}

/* Texts of any length stay in their arrays, and do not end inside of a character. */
static void test_long_names(void **state)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    struct refusal r;
    (void)state;
    sbuf_adds(&line, STARTING "PLAIN login refused: user '");
    for (int i = 0; i < 40000; i++)
        sbuf_adds(&line, "\xc3\xa4");
    sbuf_adds(&line, "' - invalid credentials\n");
    assert_false(refusal_read(line.s, line.len, &r)); /* its end is beyond what is looked at */
    sbuf_clear(&line);
    sbuf_adds(
        &line, CHANNEL
        "operation queue.declare caused a channel exception access_refused: access to queue '");
    for (int i = 0; i < 120; i++)
        sbuf_adds(&line, "\xe2\x82\xac");
    sbuf_adds(&line, "' in vhost '/' refused for user 'peer'\n");
    assert_true(refusal_read(line.s, line.len, &r));
    assert_true(strlen(r.object) < sizeof(r.object) && strlen(r.words) < sizeof(r.words));
    assert_memory_equal(r.object + strlen(r.object) - 3, "\xe2\x82\xac", 3);
}

/* Every kind, of everybody, is told with what to do; what is known stands in it. */
static void test_hints(void **state)
{
    (void)state;
    for (int about = 0; about < ABOUT_N; about++)
        for (int kind = 0; kind < REFUSAL_KIND_N; kind++) {
            AUTO(sbuf_release) struct sbuf hint = SBUF_INIT;
            struct refusal r = {
                .kind = (enum refusal_kind)kind, .account = "acc", .vhost = "v", .needs = ""};
            struct refusal_place place = {(enum refusal_about)about, "sub", "/", "agents",
                                          "registrar"};
            refusal_hint(&r, &place, &hint);
            if (kind == REFUSAL_LOGIN && about == ABOUT_NFVO)
                continue; /* then nfvo is not here to tell it */
            if (about == ABOUT_LEFT)
                continue; /* not told at all */
            if (!hint.len || strchr(hint.s, '{'))
                fail_msg("%s, %s: '%s'", refusal_about_names[about], refusal_kind_names[kind],
                         hint.s);
        }
}

static void test_options_are_named(void **state)
{
    static const struct {
        enum refusal_about about;
        enum refusal_kind kind;
        const char *object, *want;
    } cases[] = {
        {ABOUT_AGENT, REFUSAL_ACCESS, "exchange 'amq.default'", "agents-default-exchange = yes"},
        {ABOUT_AGENT, REFUSAL_ACCESS, "queue 'ems.generic.register'",
         "agents-default-exchange = yes"},
        {ABOUT_AGENT, REFUSAL_ACCESS, "queue 'vnfm.web-1.actions'", "EMS_EXCHANGE in place of"},
        {ABOUT_AGENT, REFUSAL_ACCESS, "exchange 'openbaton-exchange'", "write 'ems.up' only"},
        {ABOUT_AGENT, REFUSAL_VHOST, "", "'agents' (option agents-vhost"},
        {ABOUT_REGISTRATION, REFUSAL_ACCESS, "exchange 'amq.default'",
         "registration-default-exchange = yes"},
        {ABOUT_REGISTRATION, REFUSAL_LOGIN, "", "registration-password"},
        {ABOUT_VNFM, REFUSAL_ACCESS, "queue 'x'",
         "VNFM 'sub' may use the queue that it registered"},
        {ABOUT_DRIVER, REFUSAL_ACCESS, "queue 'x'", "vim-drivers.<type>.<name>"},
        {ABOUT_NOBODY, REFUSAL_LOGIN, "", "baton manager enrol NAME --type TYPE"},
        {ABOUT_VNFM, REFUSAL_LOGIN, "", "baton manager rotate acc"},
        {ABOUT_DRIVER, REFUSAL_VHOST, "", "baton manager show acc"},
        {ABOUT_REGISTRATION, REFUSAL_VHOST, "", "registration-room"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf hint = SBUF_INIT;
        struct refusal r = {.kind = cases[i].kind, .account = "acc", .vhost = "/", .needs = ""};
        struct refusal_place place = {cases[i].about, "sub", "/", "agents", "registrar"};
        snprintf(r.object, sizeof(r.object), "%s", cases[i].object);
        refusal_hint(&r, &place, &hint);
        if (!strstr(hint.s, cases[i].want))
            fail_msg("case %zu: '%s'", i, hint.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_options_are_named),
    };
    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
