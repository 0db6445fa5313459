/* An installation of before has peers in the NFVO's own virtual host, with rights like those of open
 * registration. Whoever may write the default exchange there reaches the NFVO's own queue, and
 * wants to be the NFVO: nothing that it did not publish itself counts. */
#include "common/base/mem.h"
#include "common/ports/bus_amqp.h"
#include "common/sys/clock.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/broker/topology_bus.h"
#include "proto/rights.h"
#include "tests/support/intruder.h"
#include "tests/support/rights_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BAD_AUTHOR = 406 };

static struct test_vhost *inner;
static struct engine_amqp *port;
static struct engine_bus bus;
static struct topology_rights rights;
static char user[80];
static struct bus_options login;
static struct intruder *evil;
static bool is_upgrading;

static bool hears_anonymous(void *arg)
{
    (void)arg;
    return is_upgrading;
}

static struct bus *open_room(void *arg, const char *room)
{
    struct bus_options o = test_bus_options(inner, "engine");
    struct bus *b = bus_new(&o);
    (void)arg;
    (void)room;
    topology_declare(b);
    return b;
}

static struct bus_happened await(enum bus_happening what)
{
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    struct bus_happened h = {0};
    do {
        h = (struct bus_happened){0};
        bus.next(bus.ctx, 100, &h);
        assert_true(clock_mono_us() < until);
    } while (h.what != what);
    return h;
}

static int set_up(void **state)
{
    static const char *const queues[] = {QUEUE_ACTIONS, QUEUE_REPLIES};
    int code;
    (void)state;
    inner = test_vhost_new();
    struct engine_amqp_options o = {.open = open_room,
                                    .queues = queues,
                                    .n_queues = ARRAY_LEN(queues),
                                    .inner_queue = QUEUE_INTERNAL,
                                    .prefetch = 8,
                                    .user = inner->user,
                                    .hears_anonymous = hears_anonymous,
                                    .reply_queue = QUEUE_REPLIES,
                                    .reply_prefix = QUEUE_REPLY_PREFIX,
                                    .reply_expires_ms = 60000,
                                    .dead_letters = QUEUE_DEAD_LETTERS,
                                    .dead_letter_body = dead_letter_body,
                                    .wake_fd = -1};
    port = engine_amqp_new(&o);
    bus = engine_amqp_bus(port);
    await(HAPPENED_READY);
    snprintf(user, sizeof(user), "%s.evil", inner->name);
    rights = (struct topology_rights)RIGHTS_INIT;
    rights_of(RIGHTS_OPEN_VNFM, &(struct rights_names){.queue = "mine"}, &rights);
    rights_bed_put_user(inner, user, "", &rights);
    login = test_bus_options(inner, "evil");
    login.user = user;
    login.password = "secret";
    evil = intruder_new(&login, &code);
    assert_int_equal(code, 0);
    return 0;
}

static int set_up_upgrade(void **state)
{
    is_upgrading = true;
    return set_up(state);
}

static int tear_down(void **state)
{
    (void)state;
    is_upgrading = false;
    intruder_free(evil);
    engine_amqp_free(port);
    test_user_free(inner, user);
    test_vhost_free(inner);
    topology_rights_release(&rights);
    return 0;
}

static void send_as_nfvo(const char *key, const char *body)
{
    struct send s = {.room = "", .exchange = "", .key = key, .command = "c1"};
    struct err err = ERR_INIT;
    uint64_t seq;
    if (bus.publish(bus.ctx, &s, body, strlen(body), &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static void expect(const char *body, bool is_forged)
{
    struct bus_happened h = await(HAPPENED_DELIVERY);
    assert_string_equal(h.message.queue, QUEUE_INTERNAL);
    assert_string_equal(h.message.body, body);
    assert_int_equal(h.message.is_forged, is_forged);
    bus.ack(bus.ctx, h.token);
}

static void attack_messages_between_the_nfvos_own_parts(void **state)
{
    static const char *const to[] = {QUEUE_INTERNAL, NULL};
    struct intruder_message m = {.exchange = "", .key = QUEUE_INTERNAL, .body = "forged"};
    (void)state;
    assert_int_equal(intruder_publish(evil, &m), 0); /* the broker lets it through */
    expect("forged", true);
    m.user_id = user;
    assert_int_equal(intruder_publish(evil, &m), 0);
    expect("forged", true);
    m.user_id = inner->user; /* the NFVO's name is not to be had */
    assert_int_equal(intruder_publish(evil, &m), BAD_AUTHOR);
    m = (struct intruder_message){
        .exchange = "", .key = "mine", .header = "CC", .copy_to = to, .body = "copied"};
    assert_int_equal(intruder_publish(evil, &m), 0);
    expect("copied", true);
    send_as_nfvo(QUEUE_INTERNAL, "true");
    expect("true", false);
}

/* Its queue passes on what the NFVO sends to it, in the NFVO's name. */
static void attack_dead_letters_to_the_nfvos_own_queue(void **state)
{
    (void)state;
    struct intruder_queue q = {
        .name = "mine", .dead_letter_exchange = "", .dead_letter_key = QUEUE_INTERNAL};
    assert_int_equal(intruder_queue_declare(evil, &q), 0);
    send_as_nfvo("mine", "brought back");
    expect("brought back", true);
}

/* While processes of before rooms, which say no author, may still run beside this one. */
static void test_an_nfvo_of_before_is_heard_for_a_time(void **state)
{
    struct intruder_message m = {.exchange = "", .key = QUEUE_INTERNAL, .body = "of before"};
    (void)state;
    assert_int_equal(intruder_publish(evil, &m), 0);
    expect("of before", false);
    m.user_id = user;
    assert_int_equal(intruder_publish(evil, &m), 0);
    expect("of before", true);
    attack_dead_letters_to_the_nfvos_own_queue(state);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(attack_messages_between_the_nfvos_own_parts),
        T(attack_dead_letters_to_the_nfvos_own_queue),
        cmocka_unit_test_setup_teardown(test_an_nfvo_of_before_is_heard_for_a_time, set_up_upgrade,
                                        tear_down),
    };
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("inner_room", tests, NULL, NULL);
}
