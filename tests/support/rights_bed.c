#include "tests/support/rights_bed.h"

#include "common/base/mem.h"
#include "nfvo/broker/topology_bus.h"
#include "proto/codec/codec.h"
#include "tests/support/intruder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HONEST "honest"
#define FENCE  "fence"

#define AT(place) (1U << BED_##place)
#define PEERS     (AT(ROOM) | AT(OTHER_ROOM) | AT(OPEN))
#define ROOMS     (AT(INNER) | PEERS)
#define LONELY    (AT(ALONE) | AT(OTHER_ALONE))
#define BOTH      (BED_TO_OPENBATON | BED_TO_UP)

/* clang-format off */
#define VICTIMS(X)                                             \
    X(QUEUE_MANAGER_HANDLING,   ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_ACTIONS,            ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_ACTIONS_REPLY,      ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_EVENT_REGISTER,     ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_EVENT_UNREGISTER,   ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_REPLIES,            ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_DEAD_LETTERS,       ROOMS,       BED_TO_OPENBATON) \
    X(QUEUE_INTERNAL,           AT(INNER),   0)                \
    X(QUEUE_REPLY_PREFIX "1",   PEERS,       0)                \
    X("victim",                 ROOMS,       BED_TO_OPENBATON) \
    X("mine2",                  PEERS,       BED_TO_OPENBATON) \
    X("xmine",                  PEERS,       0)                \
    X("minexone",               PEERS,       0)                \
    X("victim.events",          PEERS,       BED_TO_OPENBATON) \
    X("vim-drivers.victim.one", ROOMS,       BED_TO_OPENBATON) \
    X("vim-drivers.mine.one.x", PEERS,       0)                \
    X("monitor.victim.one",     PEERS,       BED_TO_OPENBATON) \
    X("ems.mine.register",      AT(AGENTS) | LONELY, BOTH)     \
    X("ems.mine.replies.1",     AT(AGENTS),  BOTH)             \
    X("ems.victim.register",    AT(AGENTS),  BOTH)             \
    X("ems.victim.replies.1",   AT(AGENTS),  BOTH)             \
    X(QUEUE_AGENT_METRICS,      AT(AGENTS),  BED_TO_UP)        \
    X("vnfm.victim.actions",    AT(AGENTS) | LONELY, 0)        \
    X("vnfm.mine2.actions",     AT(AGENTS),  0)                \
    X("vnfm.old.actions",       AT(AGENTS),  BED_TO_OPENBATON)
/* clang-format on */

const struct bed_victim bed_victims[] = {
#define X(queue, places, bound) {queue, places, bound},
    VICTIMS(X)
#undef X
};
const size_t bed_victim_n = ARRAY_LEN(bed_victims);
const char *const bed_keys[] = {
#define X(queue, places, bound) queue,
    VICTIMS(X)
#undef X
        NULL};

bool rights_bed_is_there(size_t victim, enum bed_place place)
{
    return bed_victims[victim].places & (1U << place);
}

bool rights_bed_has_exchange(enum bed_place place, const char *exchange)
{
    return strcmp(exchange, TOPOLOGY_AGENTS_EXCHANGE) != 0 || place == BED_AGENTS;
}

enum bed_place rights_bed_place(enum rights_place place)
{
    static const enum bed_place places[] = {[RIGHTS_IN_EVERYWHERE] = BED_INNER,
                                            [RIGHTS_IN_ROOM] = BED_ROOM,
                                            [RIGHTS_IN_OPEN_ROOM] = BED_OPEN,
                                            [RIGHTS_IN_AGENTS] = BED_AGENTS,
                                            [RIGHTS_IN_AGENT_ALONE] = BED_ALONE};
    return places[place];
}

static void need(int code, const char *what)
{
    if (code != 0)
        fail_msg("set up '%s': the broker said %d", what, code);
}

static void declare_ours(struct rights_bed *b, enum bed_place place)
{
    struct bus *bus = bus_new(&b->login[place]);
    if (place == BED_INNER)
        topology_declare(bus);
    else
        topology_declare_room(bus);
    test_bus_await(bus, BUS_READY);
    bus_free(bus);
}

static void furnish(struct rights_bed *b, enum bed_place place)
{
    struct intruder *owner = b->owner[place];
    need(intruder_exchange_declare(owner, TOPOLOGY_EXCHANGE, false, NULL), TOPOLOGY_EXCHANGE);
    if (rights_bed_has_exchange(place, TOPOLOGY_AGENTS_EXCHANGE))
        need(intruder_exchange_declare(owner, TOPOLOGY_AGENTS_EXCHANGE, false, NULL),
             TOPOLOGY_AGENTS_EXCHANGE);
    if (place <= BED_OPEN)
        declare_ours(b, place);
    for (size_t i = 0; i < bed_victim_n; i++) {
        const char *queue = bed_victims[i].queue;
        if (!rights_bed_is_there(i, place))
            continue;
        struct intruder_queue q = {.name = queue, .is_durable = true};
        q.is_passive = true; /* ours, with arguments */
        if (place > BED_OPEN || intruder_queue_declare(owner, &q) != 0) {
            q.is_passive = false;
            need(intruder_queue_declare(owner, &q), queue);
        }
        if (bed_victims[i].bound & BED_TO_OPENBATON)
            need(intruder_bind(owner, queue, TOPOLOGY_EXCHANGE, queue), queue);
        if ((bed_victims[i].bound & BED_TO_UP) &&
            rights_bed_has_exchange(place, TOPOLOGY_AGENTS_EXCHANGE))
            need(intruder_bind(owner, queue, TOPOLOGY_AGENTS_EXCHANGE, queue), queue);
    }
}

struct rights_bed *rights_bed_new(void)
{
    struct rights_bed *b = xcalloc(1, sizeof(*b));
    for (int p = 0; p < BED_PLACE_N; p++) {
        int code;
        b->vhosts[p] = test_vhost_new();
        b->login[p] = test_bus_options(b->vhosts[p], "nfvo");
        b->owner[p] = intruder_new(&b->login[p], &code);
        need(code, b->vhosts[p]->name);
        furnish(b, p);
    }
    return b;
}

void rights_bed_free(struct rights_bed *b)
{
    if (!b)
        return;
    for (int who = RIGHTS_NFVO + 1; who < RIGHTS_ACCOUNT_N; who++)
        test_broker_api(
            b->vhosts[0], "DELETE",
            arena_printf(&b->memory, "users/%s.%s", b->vhosts[0]->name, rights_rows[who].word),
            NULL, NULL);
    for (int p = 0; p < BED_PLACE_N; p++) {
        intruder_free(b->owner[p]);
        test_vhost_free(b->vhosts[p]);
    }
    arena_release(&b->memory);
    free(b);
}

static void put(const struct test_vhost *v, const char *path, const char *body)
{
    AUTO(freep) char *reply = NULL;
    long status = test_broker_api(v, "PUT", path, body, &reply);
    if (status < 200 || status > 299)
        fail_msg("PUT %s: %ld: %s", path, status, reply);
}

static void add_member(struct sbuf *out, const char *name, const char *value)
{
    sbuf_addf(out, "%s\"%s\":", out->len ? "," : "{", name);
    proto_quotes(out, value);
}

void rights_bed_put_user(const struct test_vhost *v, const char *user, const char *tag,
                         const struct topology_rights *r)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    put(v, arena_printf(&a, "users/%s", user),
        arena_printf(&a, "{\"password\":\"secret\",\"tags\":\"%s\"}", tag));
    add_member(&body, "configure", r->configure.s);
    add_member(&body, "write", r->write.s);
    add_member(&body, "read", r->read.s);
    sbuf_addc(&body, '}');
    put(v, arena_printf(&a, "permissions/%s/%s", v->name, user), body.s);
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && r->exchanges[i]; i++) {
        sbuf_clear(&body);
        add_member(&body, "exchange", r->exchanges[i]);
        add_member(&body, "write", r->topic_write.s);
        add_member(&body, "read", r->topic_read.s);
        sbuf_addc(&body, '}');
        put(v, arena_printf(&a, "topic-permissions/%s/%s", v->name, user), body.s);
    }
}

const char *rights_bed_user(struct rights_bed *b, enum rights_account who,
                            struct topology_rights *r)
{
    static const struct rights_names names = {
        .queue = "mine", .type = "mine", .prefix = "mine", .endpoint = "mine", .host = "mine"};
    const struct rights_row *row = &rights_rows[who];
    const char *user = arena_printf(&b->memory, "%s.%s", b->vhosts[0]->name, row->word);
    rights_of(who, &names, r);
    rights_bed_put_user(b->vhosts[rights_bed_place(row->place)], user, row->tag, r);
    return user;
}

static void send(struct rights_bed *b, enum bed_place place, const char *queue, const char *body)
{
    need(intruder_publish(b->owner[place],
                          &(struct intruder_message){.exchange = "", .key = queue, .body = body}),
         queue);
}

void rights_bed_put_honest(struct rights_bed *b, enum bed_place place)
{
    for (size_t i = 0; i < bed_victim_n; i++)
        if (rights_bed_is_there(i, place))
            send(b, place, bed_victims[i].queue, HONEST);
}

struct counting {
    struct bed_count count;
    struct arena *memory;
};

static void count_one(void *arg, const char *body)
{
    struct counting *c = arg;
    if (strcmp(body, HONEST) == 0)
        c->count.honest++;
    else if (c->count.hostile++ == 0)
        c->count.first = arena_strdup(c->memory, body);
}

struct bed_count rights_bed_empty(struct rights_bed *b, enum bed_place place, const char *queue)
{
    struct counting c = {.memory = &b->memory};
    send(b, place, queue, FENCE); /* what was sent before it is in the queue before it */
    intruder_take_until(b->owner[place], queue, FENCE, count_one, &c);
    return c.count;
}
