/* The table of rights, walked: no row but the NFVO's own reaches a name of the NFVO's or of another
 * account, and a name that is a pattern gives nothing. */
#include "proto/rights.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool matches(const struct sbuf *pattern, const char *name)
{
    regex_t re;
    if (regcomp(&re, pattern->s, REG_EXTENDED | REG_NOSUB) != 0)
        fail_msg("'%s' is no pattern", pattern->s);
    bool is_match = regexec(&re, name, 0, NULL, 0) == 0;
    regfree(&re);
    return is_match;
}

static const struct rights_names mine = {.queue = "my.queue",
                                         .type = "mytype",
                                         .prefix = "nfvo.mine",
                                         .endpoint = "myvnfm",
                                         .host = "my-host-1"};

static void test_nobody_reaches_what_is_not_its_own(void **state)
{
    static const char *const others[] = {QUEUE_MANAGER_HANDLING,
                                         QUEUE_ACTIONS,
                                         QUEUE_ACTIONS_REPLY,
                                         QUEUE_EVENT_REGISTER,
                                         QUEUE_EVENT_UNREGISTER,
                                         QUEUE_REPLIES,
                                         QUEUE_REPLY_PREFIX "1",
                                         QUEUE_INTERNAL,
                                         QUEUE_DEAD_LETTERS,
                                         QUEUE_BROKER_LOG,
                                         QUEUE_BROKER_LOG_EXCHANGE,
                                         "generic",
                                         "myXqueue",
                                         "my.queue2",
                                         "vim-drivers.other.x",
                                         "vim-drivers.mytype.x.y",
                                         "monitor.other.x",
                                         "nfvo.other.nsr.create",
                                         "nfvo.mine",
                                         "vnfm.other-host.actions",
                                         "vnfm.my-host-10.actions",
                                         "ems.other.register",
                                         "ems.other.replies.1",
                                         "amq.topic",
                                         "#",
                                         "*"};
    (void)state;
    for (int who = RIGHTS_NFVO + 1; who < RIGHTS_ACCOUNT_N; who++) {
        AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
        rights_of(who, &mine, &r);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
            if (matches(&r.configure, others[i]) || matches(&r.write, others[i]) ||
                matches(&r.read, others[i]))
                fail_msg("%s reaches '%s'", rights_rows[who].word, others[i]);
    }
}

static void test_each_gets_its_own(void **state)
{
    static const struct {
        enum rights_account who;
        const char *name, *needs; /* c, w, r, W(rite key), R(ead key) */
    } cases[] = {
        {RIGHTS_NFVO, QUEUE_INTERNAL, "cwr"},
        {RIGHTS_PEER, "my.queue", "cwr"},
        {RIGHTS_PEER, "amq.default", "w"},
        {RIGHTS_PEER, TOPOLOGY_EXCHANGE, "wr"},
        {RIGHTS_PEER, "amq.gen-x", "cr"},
        {RIGHTS_DRIVER_BARE, "vim-drivers.mytype.any", "cwr"},
        {RIGHTS_SUBSCRIBER, "nfvo.mine.nsr.create", "cwrR"},
        {RIGHTS_SUBSCRIBER, QUEUE_EVENT_REGISTER, "W"},
        {RIGHTS_COMPANION, "nfvo.mine.nsr.create", "cwr"},
        {RIGHTS_COMPANION, "amq.default", "w"},
        {RIGHTS_MONITOR, "monitor.mytype.zabbix", "cwr"},
        {RIGHTS_REGISTRATION, QUEUE_MANAGER_HANDLING, "W"},
        {RIGHTS_REGISTRATION, QUEUE_ACTIONS_REPLY, "W"},
        {RIGHTS_REGISTRATION, "amq.default", "w"},
        {RIGHTS_AGENTS_MANAGER, "ems.myvnfm.register", "cwrR"},
        {RIGHTS_AGENTS_MANAGER, TOPOLOGY_AGENTS_EXCHANGE, "r"},
        {RIGHTS_AGENT, "vnfm.my-host-1.actions", "cr"},
        {RIGHTS_AGENT, TOPOLOGY_AGENTS_EXCHANGE, "w"},
        {RIGHTS_AGENT, QUEUE_AGENT_METRICS, "W"},
        {RIGHTS_AGENT_UNMODIFIED, "ems.myvnfm.register", "wR"},
        {RIGHTS_METRICS, QUEUE_AGENT_METRICS, "r"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
        rights_of(cases[i].who, &mine, &r);
        for (const char *n = cases[i].needs; *n; n++)
            if (!matches(*n == 'c'   ? &r.configure
                         : *n == 'w' ? &r.write
                         : *n == 'r' ? &r.read
                         : *n == 'W' ? &r.topic_write
                                     : &r.topic_read,
                         cases[i].name))
                fail_msg("%s, '%s': %c", rights_rows[cases[i].who].word, cases[i].name, *n);
    }
}

/* Names that are patterns, or that are missing: of each row that takes a name. */
static void test_names_that_are_no_names(void **state)
{
    static const char *const bad[] = {NULL,  "",       ".*",  "a|b", "#",
                                      "a b", "{type}", "x\n", "^",   "a$"};
    (void)state;
    for (int who = RIGHTS_NFVO + 1; who < RIGHTS_ACCOUNT_N; who++) {
        if (!strchr(rights_rows[who].read, '{') && !strchr(rights_rows[who].configure, '{'))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
            AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
            const struct rights_names names = {bad[i], bad[i], bad[i], bad[i], bad[i]};
            rights_of(who, &names, &r);
            assert_string_equal(r.configure.s, "^$");
            assert_string_equal(r.write.s, "^$");
            assert_string_equal(r.read.s, "^$");
            assert_string_equal(r.topic_write.s, "^$");
            assert_string_equal(r.topic_read.s, "^$");
        }
    }
}

/* A dot in a bare type would reach into another type's names. */
static void test_a_type_has_no_dots(void **state)
{
    AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
    (void)state;
    rights_of(RIGHTS_DRIVER_BARE, &(struct rights_names){.type = "a.b"}, &r);
    assert_string_equal(r.configure.s, "^$");
}

static void test_prefixes(void **state)
{
    static const struct {
        const char *prefix;
        enum err_code want;
    } cases[] = {
        {"nfvo.fm", ERR_OK},     {"core.nse", ERR_OK},        {"nfvo", ERR_DENIED},
        {"vnfm", ERR_DENIED},    {"vnfm.x", ERR_DENIED},      {"nfvo.event", ERR_DENIED},
        {"ems", ERR_DENIED},     {"amq.gen-x", ERR_DENIED},   {"nfvo.reply.x", ERR_DENIED},
        {"monitor", ERR_DENIED}, {"vim-drivers", ERR_DENIED}, {"nfvo.replies", ERR_DENIED},
        {"", ERR_DENIED},        {"a.*", ERR_DENIED},         {"nfvo.replies2", ERR_OK},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (topology_check_prefix(cases[i].prefix, NULL) != cases[i].want)
            fail_msg("'%s'", cases[i].prefix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_reaches_what_is_not_its_own),
        cmocka_unit_test(test_each_gets_its_own),
        cmocka_unit_test(test_names_that_are_no_names),
        cmocka_unit_test(test_a_type_has_no_dots),
        cmocka_unit_test(test_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
