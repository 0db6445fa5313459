/* Agents for tests of the generic VNFM: a virtual host of their own with the rights of
 * proto/topology.h, and real ems-agents that its user data starts, each in a folder of its own. */
#ifndef TESTS_SUPPORT_AGENTS_H
#define TESTS_SUPPORT_AGENTS_H

#include "tests/support/broker.h"

#include <sys/types.h>

struct test_agents {
    struct test_vhost *vhost;
    char folder[80]; /* <folder>/<hostname> is BATON_ROOT */
    char manager[80];
    const char *endpoint;
};

/* The manager's broker user gets its rights there; password "private" (mini_nfvo). Given. */
struct test_agents *test_agents_new(const char *manager, const char *endpoint);
/* All of all machines, as test_agents_kill. */
void test_agents_end(struct test_agents *a);
void test_agents_free(struct test_agents *a); /* ends them before */
/* Its broker user. is_old: of an agent launched before TOPOLOGY_AGENTS_EXCHANGE was there. */
void test_agents_login(struct test_agents *a, const char *hostname, bool is_old);
/* Runs user data as the NFVO would fill it, with our ems-agent on PATH. */
void test_agents_boot(struct test_agents *a, const char *hostname, const char *user_data);
/* A new root file system, as a cloud's rebuild gives: kill -9, its folder is emptied, and it boots. */
void test_agents_rebuild(struct test_agents *a, const char *hostname, const char *user_data);
/* kill -9, of the agent and what would start it again, or of all of its machine, scripts and what
 * they left included. They are gone when it returns. */
void test_agents_kill(struct test_agents *a, const char *hostname, bool with_scripts);
/* The text of a file in the instance's scripts folder: "" when it is not there. Given. */
char *test_agents_read(const struct test_agents *a, const char *hostname, const char *name);

#endif
