/* The owner of one machine has its agent's login, and wants to be root in another one: all that the
 * broker lets through past the routing key is tried (CC, BCC, dead letters, alternate exchanges,
 * bindings of exchanges), and a real agent of another host hears nothing of it. */
#include "proto/topology.h"
#include "tests/support/attack.h"
#include "tests/support/ems_bed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VICTIM "vnfm.web-4711.actions" /* of ems_bed's agent */
#define OWN    "vnfm.evil-1.actions"
#define NOBODY "ems.generic.replies.nobody" /* a key that agents may write */
#define ANSWER "ems.generic.replies.test"

enum { REFUSED = 403, ANY_CODE = -1 };

struct scene {
    struct ems_bed *bed;
    struct bus_options evil;
    char user[80];
};

static void open_scene(struct scene *s, enum ems_bed_kind kind)
{
    *s = (struct scene){.bed = ems_bed_new(EMS_BED_STRICT)};
    ems_bed_start(s->bed);
    ems_bed_script(s->bed, "stolen.sh", "echo \"$@\" >>../stolen\n");
    snprintf(s->user, sizeof(s->user), "%s.evil", s->bed->vhost->name);
    ems_bed_add_user(s->bed, s->user, "evil-1", kind);
    s->evil = test_bus_options(s->bed->vhost, "evil");
    s->evil.user = s->user;
    s->evil.password = "secret";
}

static void close_scene(struct scene *s)
{
    test_user_free(s->bed->vhost, s->user);
    ems_bed_free(s->bed);
}

/* A command that leaves the attack's name in a file of the machine in which it runs. */
static const char *command(struct scene *s, const char *name)
{
    return arena_printf(&s->bed->arena, "{\"action\":\"EXECUTE\",\"payload\":\"stolen.sh %s\"}",
                        name);
}

/* Scripts run one at a time and in order: after this one, all that came before it has run. */
static void expect_nothing_stolen(struct scene *s, const char *id)
{
    ems_bed_script(s->bed, "honest.sh", "echo fine\n");
    ems_bed_execute(s->bed, id, "honest.sh", "");
    assert_string_equal(ems_bed_await(s->bed, id, 1)->output, "fine\n");
    ems_bed_expect_text(s->bed, "stolen", "");
}

static void expect_code(const char *what, int got, int want)
{
    if (want != ANY_CODE && got != want)
        fail_msg("%s: the broker said %d, not %d", what, got, want);
}

/* --- what is sent to it, or copied --- */

struct publication {
    const char *exchange, *key, *header;
    int want; /* of an agent's login; an older one may do more, and reaches as little */
};

static const struct publication publications[] = {
    {TOPOLOGY_EXCHANGE, VICTIM, NULL, REFUSED},
    {TOPOLOGY_EXCHANGE, NOBODY, "CC", REFUSED},
    {TOPOLOGY_EXCHANGE, NOBODY, "BCC", REFUSED},
    {TOPOLOGY_EXCHANGE, "ems.generic.register", "CC", REFUSED},
    {TOPOLOGY_AGENTS_EXCHANGE, VICTIM, NULL, REFUSED},
    {TOPOLOGY_AGENTS_EXCHANGE, NOBODY, "CC", 0}, /* goes nowhere */
    {TOPOLOGY_AGENTS_EXCHANGE, NOBODY, "BCC", 0},
    {"", VICTIM, NULL, REFUSED},
    {"", OWN, "CC", REFUSED},
    {"", ANSWER, "BCC", REFUSED},
    {"amq.topic", NOBODY, "CC", REFUSED},
    {"amq.direct", NOBODY, "CC", REFUSED},
};

static void try_publications(struct scene *s, bool is_old)
{
    char name[64];
    int codes[ARRAY_LEN(publications)];
    for (size_t i = 0; i < ARRAY_LEN(publications); i++) {
        const struct publication *p = &publications[i];
        snprintf(name, sizeof(name), "publication-%zu", i);
        codes[i] =
            attack_publish(&s->evil, p->exchange, p->key, p->header, VICTIM, command(s, name));
    }
    expect_nothing_stolen(s, "after-publications");
    for (size_t i = 0; i < ARRAY_LEN(publications); i++) {
        snprintf(name, sizeof(name), "publication %zu", i);
        expect_code(name, codes[i], is_old ? ANY_CODE : publications[i].want);
    }
}

/* --- its own queue as a way on --- */

static void drop(struct scene *s, const char *what) /* absent is fine */
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s/" OWN, what, s->bed->vhost->name);
    test_broker_api(s->bed->vhost, "DELETE", path, NULL, NULL);
}

/* What the VNFM sends to this queue goes on with whose rights? */
static void send_as_vnfm(struct scene *s, const char *queue, const char *body)
{
    struct bus *b = s->bed->bus;
    struct err err = ERR_INIT;
    uint64_t seq;
    const struct bus_message m = {
        .routing_key = queue, .body = body, .len = strlen(body), .user_id = s->bed->vhost->user};
    if (bus_publish(b, &m, &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_bus_await(b, BUS_CONFIRMED);
    /* The queue has let it go when it is asked: it was dead-lettered before. */
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(b, queue, &messages, &consumers, &err);
    assert_true(rc == ERR_NOT_FOUND || (rc == ERR_OK && messages == 0));
}

static void try_dead_letters(struct scene *s, bool is_old)
{
    static const struct {
        const char *exchange;
        int want;
    } cases[] = {{"", REFUSED}, {TOPOLOGY_EXCHANGE, REFUSED}, {TOPOLOGY_AGENTS_EXCHANGE, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int got = attack_dead_letter(&s->evil, OWN, cases[i].exchange, VICTIM);
        send_as_vnfm(s, OWN, command(s, "dead-letter"));
        drop(s, "queues");
        expect_nothing_stolen(s, arena_printf(&s->bed->arena, "after-dead-letter-%zu", i));
        expect_code(cases[i].exchange, got, is_old ? ANY_CODE : cases[i].want);
    }
}

/* --- an exchange of its own, called as the queue --- */

static void try_exchanges(struct scene *s, bool is_old)
{
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE, ""};
    const struct bus_options *evil = &s->evil;
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        int made = attack_alternate(evil, OWN, exchanges[i]);
        /* Made without an alternate one, it may be bound to others, and others to it. */
        int to = 0, from = 0, sent = 0;
        if (made == 0) {
            to = attack_bind_exchange(evil, OWN, exchanges[i], "#");
            from = attack_bind_exchange(evil, exchanges[i], OWN, "#");
            sent = attack_publish(evil, OWN, VICTIM, NULL, NULL, command(s, "exchange"));
            int copied = attack_publish(evil, OWN, NOBODY, "CC", VICTIM, command(s, "copied"));
            expect_code("its own exchange", copied, is_old ? ANY_CODE : REFUSED);
        }
        drop(s, "exchanges");
        expect_nothing_stolen(s, arena_printf(&s->bed->arena, "after-exchange-%zu", i));
        if (is_old)
            continue;
        bool is_ours = strcmp(exchanges[i], TOPOLOGY_AGENTS_EXCHANGE) == 0;
        expect_code("alternate exchange", made, is_ours ? 0 : REFUSED);
        if (made == 0) {
            expect_code("to its exchange", to, REFUSED);
            expect_code("from its exchange", from, 0); /* which it may not write */
            expect_code("its own exchange", sent, REFUSED);
        }
    }
}

/* --- what others hear --- */

static void try_bindings(struct scene *s)
{
    static const char *const keys[] = {VICTIM, "ems.generic.register", ANSWER, "#", "*.*.*", OWN};
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE,
                                            "amq.topic"};
    expect_code("its own queue",
                attack_dead_letter(&s->evil, OWN, TOPOLOGY_AGENTS_EXCHANGE, VICTIM), 0);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        for (size_t j = 0; j < ARRAY_LEN(exchanges); j++) {
            expect_code(keys[i], attack_bind(&s->evil, OWN, exchanges[j], keys[i]), REFUSED);
            expect_code(keys[i], attack_bind(&s->evil, VICTIM, exchanges[j], keys[i]), REFUSED);
        }
    drop(s, "queues");
}

static void attack(enum ems_bed_kind kind)
{
    struct scene s;
    bool is_old = kind == EMS_BED_OLD;
    open_scene(&s, kind);
    try_publications(&s, is_old);
    try_dead_letters(&s, is_old);
    try_exchanges(&s, is_old);
    if (!is_old)
        try_bindings(&s);
    /* The victim works on, and is found again when it dies. */
    ems_bed_kill(s.bed, SIGKILL);
    ems_bed_start(s.bed);
    expect_nothing_stolen(&s, "after-all");
    close_scene(&s);
}

static void test_an_agent_reaches_no_other(void **state)
{
    (void)state;
    attack(EMS_BED_STRICT);
}

/* Those launched before have the rights of before. */
static void test_an_old_agent_reaches_no_new_one(void **state)
{
    (void)state;
    attack(EMS_BED_OLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_agent_reaches_no_other),
        cmocka_unit_test(test_an_old_agent_reaches_no_new_one),
    };
    return cmocka_run_group_tests_name("agents_attack", tests, NULL, NULL);
}
