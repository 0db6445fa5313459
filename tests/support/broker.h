/* The broker of the integration tests: a virtual host per test, and its management API to do what a
 * client cannot.
 *
 *     struct test_vhost *v = test_vhost_new();          in the setup
 *     struct bus_options o = test_bus_options(v, "me");
 *     ...
 *     test_vhost_free(v);                               in the teardown
 *
 * OB_TEST_BROKER_{HOST,PORT,MANAGEMENT_PORT,USER,PASSWORD} tell where it is
 * (tests/support/servers). Whatever fails here fails the test (cmocka's fail_msg). The broker is
 * shared by tests that run side by side: nothing here touches another vhost. */
#ifndef TESTS_SUPPORT_BROKER_H
#define TESTS_SUPPORT_BROKER_H

#include "common/bus/bus.h"

struct test_vhost {
    char name[64];
    const char *host, *user, *password; /* of the environment */
    int port, management_port;
};

struct test_vhost *test_vhost_new(void); /* given */
/* A name only: for a virtual host that a registry makes, which takes no other's. */
struct test_vhost *test_vhost_later(void);
void test_vhost_free(struct test_vhost *v); /* deletes it on the broker, connections and all */

/* Options for a bus of this vhost: short timeouts and backoffs, the given connection name. Borrows
 * from v. */
struct bus_options test_bus_options(const struct test_vhost *v, const char *name);

/* Call the management API: path behind /api/ (segments percent-encoded by the caller), body JSON or
 * NULL. Returns the HTTP status; *ret_body (may be NULL) is given. */
long test_broker_api(const struct test_vhost *v, const char *method, const char *path,
                     const char *body, char **ret_body);

/* Pump until an event of this type is here; others are dropped. Fails the test after 60 s, saying
 * what came instead. */
struct bus_event test_bus_await(struct bus *bus, enum bus_event_type type);

/* Close the connection with this name from the broker's side. False: the management does not list
 * it yet, try again. */
bool test_connection_kill(const struct test_vhost *v, const char *name);
void test_queue_delete(const struct test_vhost *v, const char *queue);
/* A user with these permission patterns on v only; delete it in the end. */
void test_user_new(const struct test_vhost *v, const char *user, const char *password,
                   const char *configure, const char *write, const char *read);
void test_user_free(const struct test_vhost *v, const char *user);

#endif
