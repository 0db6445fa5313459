/* What the broker's patterns let through and what they stop: as regular expressions, as the broker
 * uses them (search, so that the anchors count). */
#include "proto/topology.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool matches(const struct sbuf *pattern, const char *name)
{
    regex_t re;
    assert_int_equal(regcomp(&re, pattern->s, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&re, name, 0, NULL, 0) == 0;
    regfree(&re);
    return is_match;
}

enum who {
    REGISTRATION,
    STRICT,
    VNFM,
    VNFM_DEFAULT,
    PLUGIN,
    PLUGIN_DEFAULT,
    AGENT,     /* of the VNFM "generic" */
    AGENT_OLD, /* launched before TOPOLOGY_AGENTS_EXCHANGE was there */
    AGENT_OLD_DEFAULT,
    AGENT_UNMODIFIED,
    AGENTS_MANAGER
};
#define C  1  /* configure */
#define W  2  /* write */
#define R  4  /* read */
#define TW 8  /* publish with that key */
#define TR 16 /* bind with that key */

static void fill_rights(struct topology_rights *r, enum who who, const char *peer)
{
    if (who == REGISTRATION)
        topology_rights_registration(r);
    else if (who == STRICT)
        topology_rights_registration_strict(r);
    else if (who == VNFM || who == VNFM_DEFAULT)
        topology_rights_vnfm(r, peer, who == VNFM_DEFAULT);
    else if (who == AGENT)
        topology_rights_agent(r, peer, "generic");
    else if (who == AGENT_OLD || who == AGENT_OLD_DEFAULT)
        topology_rights_agent_old(r, peer, "generic", who == AGENT_OLD_DEFAULT);
    else if (who == AGENT_UNMODIFIED)
        topology_rights_agent_unmodified(r, peer, "generic");
    else if (who == AGENTS_MANAGER)
        topology_rights_agents_manager(r, peer);
    else
        topology_rights_plugin(r, peer, who == PLUGIN_DEFAULT);
}

/* What the account may do with that name: the bits above. */
static int rights_on(enum who who, const char *peer, const char *name)
{
    AUTO(topology_rights_release) struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    fill_rights(&r, who, peer);
    return (matches(&r.configure, name) ? C : 0) | (matches(&r.write, name) ? W : 0) |
           (matches(&r.read, name) ? R : 0) | (matches(&r.topic_write, name) ? TW : 0) |
           (matches(&r.topic_read, name) ? TR : 0);
}

static void test_rights(void **state)
{
    (void)state;
    static const struct {
        enum who who;
        const char *peer, *name;
        int want;
    } cases[] = {
        {REGISTRATION, "", "amq.gen-Xy1", C | R},
        {REGISTRATION, "", "nfvo.manager.handling", TW},
        {REGISTRATION, "", TOPOLOGY_EXCHANGE, W},
        {REGISTRATION, "", "amq.default", W},
        {STRICT, "", "amq.default", 0},
        {STRICT, "", TOPOLOGY_EXCHANGE, W},
        {STRICT, "", "nfvo.manager.handling", TW},
        {REGISTRATION, "", "vim-drivers.x.y", 0},
        {REGISTRATION, "", "generic", 0},
        {REGISTRATION, "", "#", 0},
        {REGISTRATION, "", "*.*.*", 0},
        {REGISTRATION, "", "vnfm.nfvo.actions", TW}, /* the Java SDK's requests */
        {REGISTRATION, "", "vnfm.nfvo.actions.reply", TW},
        {REGISTRATION, "", "vnfm.nfvo.actions.reply.x", 0},
        {REGISTRATION, "", "vnfm.web-1.actions", 0},
        {REGISTRATION, "", "nfvo.internal", 0},
        {REGISTRATION, "", "nfvo.replies", 0},
        {REGISTRATION, "", "nfvo.event.register", 0},
        {STRICT, "", "vnfm.nfvo.actions.reply", TW},
        {REGISTRATION, "", "nfvo.manager.handling.x", 0},
        {REGISTRATION, "", "x.nfvo.manager.handling", 0},
        {REGISTRATION, "", "nfvoXmanager.handling", 0},
        {REGISTRATION, "", "amq.generic", 0},
        {REGISTRATION, "", "", TR}, /* no key of ours is empty */

        {VNFM, "generic", "generic", C | W | R | TR},
        {VNFM, "generic", "generic2", 0},
        {VNFM, "generic", "xgeneric", 0},
        {VNFM, "generic", TOPOLOGY_EXCHANGE, W | R},
        {VNFM, "generic", "amq.default", 0},
        {VNFM, "generic", "vnfm.nfvo.actions", TW},
        {VNFM, "generic", "vnfm.nfvo.actions.reply", TW},
        {VNFM, "generic", "nfvo.manager.handling", TW},
        {VNFM, "generic", "nfvo.replies", TW},
        {VNFM, "generic", "nfvo.reply.8f0c", TW},
        {VNFM, "generic", "nfvo.internal", 0},
        {VNFM, "generic", "nfvo.event.register", 0},
        {VNFM, "generic", "vim-drivers.test.test", 0},
        {VNFM, "generic", "#", 0},
        {VNFM, "generic", "amq.gen-1", C | R},
        {VNFM_DEFAULT, "python", "amq.default", W},
        {VNFM_DEFAULT, "python", "python", C | W | R | TR},
        {VNFM, "my.vnfm-1_x", "my.vnfm-1_x", C | W | R | TR},
        {VNFM, "my.vnfm", "myXvnfm", 0},

        /* names that are patterns: no rights at all */
        {VNFM, "a.*|x", "x", 0},
        {VNFM, "a.*|x", "abc", 0},
        {VNFM, "a.*|x", "a.*|x", 0},
        {VNFM, ".*", "generic", 0},
        {VNFM, "#", "#", 0},
        {VNFM, "vim-drivers.*.*", "vim-drivers.*.*", 0},
        {VNFM, "a\nb", "b", 0},
        {VNFM, "", "generic", 0},
        {VNFM, "x", "", 0},
        {PLUGIN, ".*", "vim-drivers.x.y", 0},
        {PLUGIN, "#", "vim-drivers.#.x", 0},

        {PLUGIN, "vim-drivers.test.test", "vim-drivers.test.test", C | W | R | TR},
        {PLUGIN, "vim-drivers.test.test", "vim-drivers.test.test2", 0},
        {PLUGIN, "vim-drivers.test.test", "vim-drivers.test", 0},
        {PLUGIN, "vim-drivers.test.test", "vim-drivers.docker.docker", 0},
        {PLUGIN, "vim-drivers.test.test", "nfvo.replies", TW},
        {PLUGIN, "vim-drivers.test.test", "vnfm.nfvo.actions", 0},
        {PLUGIN, "vim-drivers.test.test", "vnfm.nfvo.actions.reply", 0},
        {PLUGIN, "vim-drivers.test.test", "amq.default", 0},
        {PLUGIN_DEFAULT, "vim-drivers.test.test", "amq.default", W},
        {PLUGIN, "openstack", "vim-drivers.openstack.any-name_1", C | W | R | TR},
        {PLUGIN, "openstack", "vim-drivers.openstack.a.b", 0},
        {PLUGIN, "openstack", "vim-drivers.openstack.#", 0},
        {PLUGIN, "openstack", "vim-drivers.openstack.*", 0},
        {PLUGIN, "openstack", "vim-drivers.openstack.", 0},
        {PLUGIN, "openstack", "openstack", 0}, /* a VNFM's queue may be called so */
        {PLUGIN, "monitor.zabbix-plugin.zabbix", "monitor.zabbix-plugin.zabbix", C | W | R | TR},
        {PLUGIN, "monitor.zabbix-plugin.zabbix", "monitor.zabbix-plugin.other", 0},
        {PLUGIN, "vim-drivers.test.test", "amq.gen-1", C | R},
        {PLUGIN_DEFAULT, "openstack", "amq.default", 0}, /* Python needs neither */
        {PLUGIN, "openstack", "amq.gen-1", 0},
        {PLUGIN, "openstack", TOPOLOGY_EXCHANGE, W | R},

        {AGENT, "web-4711", "vnfm.web-4711.actions", C | R},
        {AGENT, "web-4711", "vnfm.web-47110.actions", 0},
        {AGENT, "web-4711", "vnfm.xweb-4711.actions", 0},
        {AGENT, "web-4711", TOPOLOGY_EXCHANGE, 0},
        {AGENT, "web-4711", TOPOLOGY_AGENTS_EXCHANGE, W},
        {AGENT, "web-4711", "emsXup", 0},
        {AGENT, "web-4711", "ems.upper", 0},
        {AGENT, "web-4711", "ems.generic.register", TW},
        {AGENT, "web-4711", "ems.generic.replies.1", TW},
        {AGENT, "web-4711", "ems.other.register", 0},
        {AGENT, "web-4711", "amq.default", 0},
        {AGENT, "web-4711", "amq.gen-1", 0},
        {AGENT, "web-4711", "#", 0},
        {AGENT, ".*", "vnfm.web-4711.actions", 0},
        {AGENT, ".*", TOPOLOGY_AGENTS_EXCHANGE, 0},
        {AGENT, "a|b", "b", 0},
        {AGENT_OLD, "web-4711", "vnfm.web-4711.actions", C | W | R | TR},
        {AGENT_OLD, "web-4711", TOPOLOGY_EXCHANGE, W | R},
        {AGENT_OLD, "web-4711", TOPOLOGY_AGENTS_EXCHANGE, 0},
        {AGENT_OLD, "web-4711", "ems.generic.replies.1", TW},
        {AGENT_OLD, "web-4711", "amq.default", 0},
        {AGENT_OLD, ".*", "vnfm.web-4711.actions", 0},
        {AGENT_OLD_DEFAULT, "web-4711", "amq.default", W},
        {AGENT_OLD_DEFAULT, "web-4711", TOPOLOGY_EXCHANGE, W | R},
        {AGENT_OLD_DEFAULT, "web-4711", "ems.generic.register", W | TW | TR},
        {AGENT_UNMODIFIED, "web-4711", "amq.default", W},
        {AGENT_UNMODIFIED, "web-4711", TOPOLOGY_AGENTS_EXCHANGE, W}, /* ours, beside it */
        {AGENT_UNMODIFIED, "web-4711", TOPOLOGY_EXCHANGE, R},
        {AGENT_UNMODIFIED, "web-4711", "ems.generic.register", W | TW | TR}, /* it binds it */
        {AGENT_UNMODIFIED, "web-4711", "vnfm.web-4711.actions", C | W | R | TR},
        {AGENT_UNMODIFIED, "web-4711", "vnfm.web-1.actions", 0},
        {AGENT_UNMODIFIED, ".*", "vnfm.web-4711.actions", 0},
        {AGENTS_MANAGER, "generic", "ems.generic.register", C | W | R | TR},
        {AGENTS_MANAGER, "generic", "ems.generic.replies.7", C | W | R | TR},
        {AGENTS_MANAGER, "generic", "ems.other.register", 0},
        {AGENTS_MANAGER, "generic", "vnfm.web-4711.actions", 0},
        {AGENTS_MANAGER, "generic", "amq.default", W},
        {AGENTS_MANAGER, "generic", TOPOLOGY_EXCHANGE, R},
        {AGENTS_MANAGER, "generic", TOPOLOGY_AGENTS_EXCHANGE, R},
        {AGENTS_MANAGER, "#", "ems.#.register", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int got = rights_on(cases[i].who, cases[i].peer, cases[i].name);
        if (got != cases[i].want)
            fail_msg("case %zu, '%s' on '%s': got %d, want %d", i, cases[i].peer, cases[i].name,
                     got, cases[i].want);
    }
}

/* Without topic rights on an exchange that it may write or read, an account may use every key. */
static void test_no_exchange_without_topic_rights(void **state)
{
    static const char *const all[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    (void)state;
    for (int who = REGISTRATION; who <= AGENTS_MANAGER; who++) {
        AUTO(topology_rights_release) struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
        fill_rights(&r, who, "vim-drivers.x.y");
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
            bool is_listed = false;
            for (size_t j = 0; j < TOPOLOGY_RIGHTS_EXCHANGES && r.exchanges[j]; j++)
                is_listed |= strcmp(r.exchanges[j], all[i]) == 0;
            if ((matches(&r.write, all[i]) || matches(&r.read, all[i])) && !is_listed)
                fail_msg("account %d: '%s'", who, all[i]);
        }
    }
}

/* What each SDK of the reference does, by account, as it was seen to do it (tests/interop): all of
 * it must be allowed, or that SDK's peers never get past the step. */
static void test_sdks_get_what_they_need(void **state)
{
    (void)state;
    static const struct {
        const char *sdk;
        enum who who;
        const char *peer, *name;
        int needs;
    } cases[] = {
        /* registers, then asks on the connection with which it registered */
        {"Java VNFM", REGISTRATION, "", TOPOLOGY_EXCHANGE, W},
        {"Java VNFM", REGISTRATION, "", QUEUE_MANAGER_HANDLING, TW},
        {"Java VNFM: GRANT, ALLOCATE", REGISTRATION, "", QUEUE_ACTIONS_REPLY, TW},
        {"Java VNFM: unsolicited", REGISTRATION, "", QUEUE_ACTIONS, TW},
        {"Java VNFM: queue", VNFM_DEFAULT, "java", "java", C | W | R | TR},
        {"Java VNFM: binding", VNFM_DEFAULT, "java", TOPOLOGY_EXCHANGE, R},
        {"Java VNFM: answers", VNFM_DEFAULT, "java", "amq.default", W},
        /* once that connection broke, it has the new login */
        {"Java VNFM: again", VNFM_DEFAULT, "java", TOPOLOGY_EXCHANGE, W},
        {"Java VNFM: again", VNFM_DEFAULT, "java", QUEUE_ACTIONS_REPLY, TW},
        {"Java VNFM: again", VNFM_DEFAULT, "java", QUEUE_ACTIONS, TW},
        {"Java VNFM: unregister", VNFM_DEFAULT, "java", QUEUE_MANAGER_HANDLING, TW},

        {"Java driver", REGISTRATION, "", "amq.gen-1", C | R},
        {"Java driver", REGISTRATION, "", TOPOLOGY_EXCHANGE, W},
        {"Java driver", REGISTRATION, "", QUEUE_MANAGER_HANDLING, TW},
        {"Java driver: queue", PLUGIN_DEFAULT, "vim-drivers.j.j", "vim-drivers.j.j",
         C | W | R | TR},
        {"Java driver: answers", PLUGIN_DEFAULT, "vim-drivers.j.j", TOPOLOGY_EXCHANGE, W | R},
        {"Java driver: answers", PLUGIN_DEFAULT, "vim-drivers.j.j", QUEUE_REPLIES, TW},

        {"Python VNFM", REGISTRATION, "", "amq.gen-1", C | R},
        {"Python VNFM", REGISTRATION, "", "amq.default", W},
        {"Python VNFM: unregister", REGISTRATION, "", TOPOLOGY_EXCHANGE, W},
        {"Python VNFM: unregister", REGISTRATION, "", QUEUE_MANAGER_HANDLING, TW},
        {"Python VNFM: queue", VNFM_DEFAULT, "python", "python", C | W | R | TR},
        {"Python VNFM: binding", VNFM_DEFAULT, "python", TOPOLOGY_EXCHANGE, R},
        {"Python VNFM: GRANT", VNFM_DEFAULT, "python", "amq.gen-1", C | R},
        {"Python VNFM: all it sends", VNFM_DEFAULT, "python", "amq.default", W},

        {"Python driver", REGISTRATION, "", "amq.gen-1", C | R},
        {"Python driver", REGISTRATION, "", TOPOLOGY_EXCHANGE, W},
        {"Python driver", REGISTRATION, "", QUEUE_MANAGER_HANDLING, TW},
        {"Python driver: queue", PLUGIN_DEFAULT, "p", "vim-drivers.p.q", C | W | R | TR},
        {"Python driver: answers", PLUGIN_DEFAULT, "p", TOPOLOGY_EXCHANGE, W | R},
        {"Python driver: answers", PLUGIN_DEFAULT, "p", QUEUE_REPLIES, TW},

        {"Go VNFM, driver", REGISTRATION, "", "amq.gen-1", C | R},
        {"Go VNFM, driver", REGISTRATION, "", "amq.default", W},
        {"Go VNFM: queue", VNFM_DEFAULT, "go", "go", C | W | R | TR},
        {"Go VNFM: GRANT", VNFM_DEFAULT, "go", "amq.gen-1", C | R},
        {"Go VNFM: GRANT", VNFM_DEFAULT, "go", TOPOLOGY_EXCHANGE, W | R},
        {"Go VNFM: GRANT, ALLOCATE", VNFM_DEFAULT, "go", QUEUE_ACTIONS_REPLY, TW},
        {"Go VNFM: answers", VNFM_DEFAULT, "go", "amq.default", W},
        {"Go VNFM: unregister", VNFM_DEFAULT, "go", QUEUE_MANAGER_HANDLING, TW},
        {"Go driver: queue", PLUGIN_DEFAULT, "vim-drivers.g.g", "vim-drivers.g.g", C | W | R | TR},
        {"Go driver: answers", PLUGIN_DEFAULT, "vim-drivers.g.g", "amq.default", W},
        {"Go driver: unregister", PLUGIN_DEFAULT, "vim-drivers.g.g", TOPOLOGY_EXCHANGE, W | R},
        {"Go driver: unregister", PLUGIN_DEFAULT, "vim-drivers.g.g", QUEUE_MANAGER_HANDLING, TW},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int got = rights_on(cases[i].who, cases[i].peer, cases[i].name);
        if ((got & cases[i].needs) != cases[i].needs)
            fail_msg("%s: '%s' on '%s': got %d, needs %d", cases[i].sdk, cases[i].peer,
                     cases[i].name, got, cases[i].needs);
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *user, *queue; /* queue NULL: a plugin */
        bool want;
    } cases[] = {
        {"generic", "generic", true},
        {"python", "my-queue_1", true},
        {"a.b", "a.b", true},
        {"admin", "generic", false},
        {"guest", "generic", false},
        {REGISTRATION_USER, "generic", false},
        {"nfvo-login", "generic", false},
        {"", "generic", false},
        {"generic", "", false},
        {"generic", "#", false},
        {"generic", "vim-drivers.*.*", false},
        {"generic", "a.*|x", false},
        {"generic", "a b", false},
        {"generic", "a\n", false},
        {"generic", "gen\xc3\xa9rique", false},
        {"generic", "nfvo.manager.handling", false},
        {"generic", "nfvo.replies", false},
        {"generic", "vnfm.nfvo.actions", false},
        {"generic", "vnfm.web-1.actions", false},
        {"generic", "vim-drivers.openstack.openstack", false},
        {"generic", "monitor.zabbix.zabbix", false},
        {"generic", "ems.generic.register", false},
        {"generic", "amq.gen-abc", false},
        {"generic", TOPOLOGY_EXCHANGE, false},
        {"vim-drivers.test.test", NULL, true},
        {"monitor.zabbix-plugin.zabbix", NULL, true},
        {"openstack", NULL, true},
        {"vim-drivers.test.test", "generic", false}, /* a driver's user */
        {"vim-drivers.*.x", NULL, false},
        {"nfvo.replies", NULL, false},
        {"openstack.x", NULL, false},
        {"admin", NULL, false},
        {"", NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = ERR_INIT;
        enum err_code rc =
            cases[i].queue ? topology_check_vnfm(cases[i].user, cases[i].queue, "nfvo-login", &err)
                           : topology_check_plugin(cases[i].user, "nfvo-login", &err);
        if (rc != (cases[i].want ? ERR_OK : ERR_DENIED))
            fail_msg("'%s', '%s': got %s", cases[i].user, cases[i].queue, err_name(rc));
        assert_true(cases[i].want || err.msg[0]);
    }
    assert_int_equal(topology_check_vnfm(NULL, NULL, NULL, NULL), ERR_DENIED);
    assert_int_equal(topology_check_plugin(NULL, NULL, NULL), ERR_DENIED);
}

static void test_driver_queues(void **state)
{
    static const struct {
        const char *queue, *type;
    } cases[] = {
        {"vim-drivers.test.test", "test"}, {"vim-drivers.openstack.a.b", "openstack"},
        {"vim-drivers.test", NULL},        {"vim-drivers..x", NULL},
        {"vim-drivers.test.", NULL},       {"vim-drivers.*.x", NULL},
        {"monitor.zabbix.zabbix", NULL},   {"generic", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *type = NULL;
        size_t len = 0;
        bool is_driver = topology_driver_type(cases[i].queue, &type, &len);
        if (is_driver != (cases[i].type != NULL) ||
            (is_driver && (len != strlen(cases[i].type) || strncmp(type, cases[i].type, len) != 0)))
            fail_msg("'%s'", cases[i].queue);
    }
}

static void test_subscribers(void **state)
{
    static const struct {
        const char *queue;
        enum err_code want;
    } cases[] = {
        {"nfvo.fm.nsr.create", ERR_OK}, {"core.nse.nsr.error", ERR_OK},
        {"amq.gen-x", ERR_OK},          {QUEUE_INTERNAL, ERR_DENIED},
        {QUEUE_REPLIES, ERR_DENIED},    {"nfvo.reply.1", ERR_DENIED},
        {QUEUE_ACTIONS, ERR_DENIED},    {"vim-drivers.a.b", ERR_DENIED},
        {"ems.x.register", ERR_DENIED}, {QUEUE_MANAGER_HANDLING, ERR_DENIED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (topology_check_subscriber(cases[i].queue, NULL) != cases[i].want)
            fail_msg("'%s'", cases[i].queue);
}

/* Where answers may go: what the broker makes, and plain names that are nobody's of ours. */
static void a_reply_queue_is_no_queue_of_ours(void **state)
{
    static const struct {
        const char *reply_to;
        enum err_code want;
    } cases[] = {
        {"amq.gen-JzTY20BRgKO-HjmUJj0wLg", ERR_OK},
        {"amq.rabbitmq.reply-to.g1h2AA5yZXBseUA4MzIyMDk4Mw.xy==", ERR_OK},
        {"my-vnfm.replies", ERR_OK},
        {NULL, ERR_DENIED},
        {"", ERR_DENIED},
        {"amq.direct", ERR_DENIED},
        {"amq.gen-a\tb", ERR_DENIED},
        {"a b", ERR_DENIED},
        {"#", ERR_DENIED},
        {QUEUE_INTERNAL, ERR_DENIED},
        {QUEUE_REPLIES, ERR_DENIED},
        {QUEUE_REPLY_PREFIX "x", ERR_DENIED},
        {QUEUE_ACTIONS, ERR_DENIED},
        {QUEUE_ACTIONS_REPLY, ERR_DENIED},
        {QUEUE_MANAGER_HANDLING, ERR_DENIED},
        {QUEUE_EVENT_REGISTER, ERR_DENIED},
        {QUEUE_DEAD_LETTERS, ERR_DENIED},
        {"vim-drivers.test.test", ERR_DENIED},
        {"vnfm.web-1.actions", ERR_DENIED},
        {"ems.generic.register", ERR_DENIED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (topology_check_reply_to(cases[i].reply_to, NULL) != cases[i].want)
            fail_msg("'%s'", cases[i].reply_to ? cases[i].reply_to : "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_queue_is_no_queue_of_ours),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_sdks_get_what_they_need),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_driver_queues),
        cmocka_unit_test(test_subscribers),
        cmocka_unit_test(test_no_exchange_without_topic_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
