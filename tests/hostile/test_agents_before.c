/* Logins of agents that were launched with agents-default-exchange before such agents had virtual
 * hosts of their own may write the default exchange of the agents' virtual host, and so reach the
 * queue of every agent there. Their owners want to be root in another machine: a real agent, of
 * today, hears them and does nothing. */
#include "proto/topology.h"
#include "tests/support/attack.h"
#include "tests/support/ems_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VICTIM "vnfm.web-4711.actions" /* of ems_bed's agent */
#define OWN    "vnfm.evil-1.actions"
#define ANSWER "ems.generic.replies.test"

enum { BAD_AUTHOR = 406 };

struct scene {
    struct ems_bed *bed;
    struct bus_options evil;
    char user[80];
};

static void open_scene(struct scene *s, enum ems_bed_kind victim, enum ems_bed_kind attacker)
{
    *s = (struct scene){.bed = ems_bed_new(victim)};
    ems_bed_start(s->bed);
    ems_bed_script(s->bed, "stolen.sh", "echo \"$@\" >>../stolen\n");
    snprintf(s->user, sizeof(s->user), "ems.%s.evil",
             s->bed->vhost->name); /* as the NFVO names it */
    ems_bed_add_user(s->bed, s->user, "evil-1", attacker);
    s->evil = test_bus_options(s->bed->vhost, "evil");
    s->evil.user = s->user;
    s->evil.password = "secret";
}

static void close_scene(struct scene *s)
{
    test_user_free(s->bed->vhost, s->user);
    ems_bed_free(s->bed);
}

#define STOLEN "{\"action\":\"EXECUTE\",\"payload\":\"stolen.sh x\"}"

/* All that came before this one has been taken or dropped: commands come in order. */
static void expect_nothing_stolen(struct scene *s, const char *id)
{
    ems_bed_script(s->bed, "honest.sh", "echo fine\n");
    ems_bed_execute(s->bed, id, "honest.sh", "");
    assert_string_equal(ems_bed_await(s->bed, id, 1)->output, "fine\n");
    ems_bed_expect_text(s->bed, "stolen", "");
    assert_false(ems_bed_has(s->bed, "forged")); /* nor was the attacker's word sent on */
}

/* As itself, as nobody, as the VNFM; to the victim, and by CC behind a key of its own. With an id
 * and a reply_to of the attacker's choice: an answer of the victim would be taken for its own. */
static void try_commands(struct scene *s)
{
    const char *const authors[] = {NULL, s->user, s->bed->vhost->user};
    struct bus *b = bus_new(&s->evil);
    test_bus_await(b, BUS_READY);
    for (size_t i = 0; i < ARRAY_LEN(authors); i++) {
        bool is_lie = authors[i] && strcmp(authors[i], s->user) != 0;
        struct bus_message m = {.routing_key = VICTIM,
                                .body = STOLEN,
                                .len = strlen(STOLEN),
                                .correlation_id = "forged",
                                .reply_to = ANSWER,
                                .user_id = authors[i],
                                .is_mandatory = true}; /* not returned: it comes to the queue */
        assert_int_equal(bus_publish(b, &m, NULL, NULL), ERR_OK);
        struct bus_event ev = test_bus_await(b, is_lie ? BUS_FAULT : BUS_CONFIRMED);
        assert_int_equal(is_lie ? ev.code : BAD_AUTHOR, BAD_AUTHOR);
    }
    bus_free(b);
    assert_int_equal(attack_publish(&s->evil, "", OWN, "CC", VICTIM, STOLEN), 0);
    assert_int_equal(attack_publish(&s->evil, "", OWN, "BCC", VICTIM, STOLEN), 0);
    expect_nothing_stolen(s, "after-commands");
}

/* Its queue passes on what the VNFM sends to it, in the VNFM's name: the attacker's own VNF package
 * says what that is. */
static void try_dead_letters(struct scene *s)
{
    struct err err = ERR_INIT;
    uint32_t left = 0;
    assert_int_equal(attack_dead_letter(&s->evil, OWN, "", VICTIM), 0);
    struct bus_message m = {.routing_key = OWN,
                            .body = STOLEN,
                            .len = strlen(STOLEN),
                            .correlation_id = "forged",
                            .reply_to = ANSWER,
                            .user_id = s->bed->vhost->user};
    uint64_t seq = 0;
    struct bus_event ev;
    assert_int_equal(bus_publish(s->bed->bus, &m, &seq, NULL), ERR_OK);
    do
        ev = test_bus_await(s->bed->bus, BUS_CONFIRMED);
    while (ev.seq_last < seq); /* those before are of honest commands */
    enum err_code rc = bus_queue_check(s->bed->bus, OWN, &left, NULL, &err);
    assert_true(rc == ERR_NOT_FOUND || (rc == ERR_OK && left == 0)); /* it has gone on */
    expect_nothing_stolen(s, "after-dead-letters");
    test_queue_delete(s->bed->vhost, OWN);
}

static void attack(enum ems_bed_kind victim, enum ems_bed_kind attacker)
{
    struct scene s;
    open_scene(&s, victim, attacker);
    try_commands(&s);
    try_dead_letters(&s);
    close_scene(&s);
}

static void attack_by_an_old_agent_with_the_default_exchange(void **state)
{
    (void)state;
    attack(EMS_BED_STRICT, EMS_BED_OLD_DEFAULT);
}

static void attack_by_a_shared_unmodified_agent(void **state)
{
    (void)state;
    attack(EMS_BED_STRICT, EMS_BED_SHARED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_by_an_old_agent_with_the_default_exchange),
        cmocka_unit_test(attack_by_a_shared_unmodified_agent),
    };
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("agents_before", tests, NULL, NULL);
}
