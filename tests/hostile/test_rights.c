/* A client with the credentials of each account of proto/rights.h does on a real broker all that a
 * client can do: to each exchange and queue, with each key, in each way around keys (CC, BCC, dead
 * letters, an exchange called as the queue, bindings of exchanges, alternate exchanges), over the
 * management API, and in every other virtual host. Two things are held against it:
 *
 *  - the broker's answer is the one that follows from the row's patterns;
 *  - what came into each victim's queue is what `claims` below says of the row, in words that do
 *    not come from the patterns. A row without a claim fails. */
#include "common/base/mem.h"
#include "tests/support/intruder.h"
#include "tests/support/rights_bed.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FORBIDDEN = 403, BAD_AUTHOR = 406, OTHER_VHOST = 530, UNAUTHORIZED = 401 };
enum reach { UNSAID, NOWHERE, BOUND_UP, BOUND_OPENBATON, WHOLE_PLACE };

/* clang-format off */
#define ALL    "."
#define NONE   "^$"
#define ITS_OWN "^ems\\.mine\\."
#define HELLOS "^ems\\.mine\\.register$" /* to its own VNFM */
/* own: a name that the row is about, for a queue or an exchange of its own; "" none.
 * reach: the queues of its place that get what it sends. hears: others' keys that it may bind its queue to.
 * takes: victims' names that are its own, or that it may read. binds: others' that it may bind and unbind. */
static const struct {
    enum reach reach;
    const char *hears, *own, *takes, *binds;
} claims[RIGHTS_ACCOUNT_N] = {
    [RIGHTS_PEER]              = {WHOLE_PLACE,     ALL,     "mine",                 ""},
    [RIGHTS_DRIVER_BARE]       = {WHOLE_PLACE,     ALL,     "vim-drivers.mine.one", ""},
    [RIGHTS_SUBSCRIBER]        = {BOUND_OPENBATON, NONE,    "mine.one",             ""},
    [RIGHTS_COMPANION]         = {WHOLE_PLACE,     ALL,     "mine.one",             ""},
    [RIGHTS_MONITOR]           = {WHOLE_PLACE,     ALL,     "monitor.mine.one",     ""},
    [RIGHTS_READER]            = {NOWHERE,         NONE,    "",                     ""},
    [RIGHTS_REGISTRATION]      = {WHOLE_PLACE,     NONE,    "",                     ""},
    [RIGHTS_OPEN_VNFM]         = {WHOLE_PLACE,     NONE,    "mine",                 ""},
    [RIGHTS_OPEN_DRIVER]       = {WHOLE_PLACE,     NONE,    "mine",                 ""},
    [RIGHTS_OPEN_DRIVER_BARE]  = {BOUND_OPENBATON, NONE,    "vim-drivers.mine.one", ""},
    [RIGHTS_AGENTS_MANAGER]    = {WHOLE_PLACE,     ITS_OWN, "ems.mine.replies.own", "^ems\\.mine\\."},
    [RIGHTS_AGENT]             = {BOUND_UP,        NONE,    "vnfm.mine.actions",    ""},
    /* Agents of before: these reach each other, and are counted until they are replaced. */
    [RIGHTS_AGENT_OLD]         = {BOUND_OPENBATON, NONE,    "vnfm.mine.actions",    ""},
    [RIGHTS_AGENT_OLD_DEFAULT] = {WHOLE_PLACE,     HELLOS,  "vnfm.mine.actions",    "", HELLOS},
    [RIGHTS_AGENT_SHARED]      = {WHOLE_PLACE,     HELLOS,  "vnfm.mine.actions",    "", HELLOS},
    [RIGHTS_AGENT_UNMODIFIED]  = {WHOLE_PLACE,     HELLOS,  "vnfm.mine.actions",    "", HELLOS},
    [RIGHTS_METRICS]           = {NOWHERE,         NONE,    "",                     "^ems\\.metrics$"},
};
static const char *const exchanges[] = {"", TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE, "amq.topic", "amq.direct",
                                        "amq.fanout", "amq.headers", "amq.match"};
static const char *const names[] = {
#define X(name, word, ...) word,
    RIGHTS_ACCOUNTS(X)
#undef X
};
/* clang-format on */

static struct rights_bed *bed;
static bool is_clean = true;

struct attacker {
    enum rights_account who;
    const char *word, *user, *own, *takes;
    enum bed_place place;
    struct topology_rights rights;
    struct bus_options login;
    struct intruder *in, *owner;
};

/* --- what the patterns allow --- */

static bool fits(const char *pattern, const char *name)
{
    regex_t re;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        fail_msg("'%s' is no pattern", pattern);
    bool does = regexec(&re, name, 0, NULL, 0) == 0;
    regfree(&re);
    return does;
}

static const char *named(const char *exchange)
{
    return *exchange ? exchange : "amq.default";
}

static bool may_configure(const struct attacker *a, const char *name)
{
    return fits(a->rights.configure.s, name);
}

static bool may_write(const struct attacker *a, const char *name)
{
    return fits(a->rights.write.s, named(name));
}

static bool may_read(const struct attacker *a, const char *name)
{
    return fits(a->rights.read.s, named(name));
}

static bool may_use_key(const struct attacker *a, const struct sbuf *pattern, const char *exchange,
                        const char *key)
{
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && a->rights.exchanges[i]; i++)
        if (strcmp(a->rights.exchanges[i], exchange) == 0)
            return fits(pattern->s, key);
    return true;
}

static bool may_publish(const struct attacker *a, const char *exchange, const char *key)
{
    return may_write(a, exchange) && may_use_key(a, &a->rights.topic_write, exchange, key);
}

static bool may_hear(const struct attacker *a, const char *exchange, const char *key)
{
    return may_read(a, exchange) && may_use_key(a, &a->rights.topic_read, exchange, key);
}

static void expect(const struct attacker *a, bool is_allowed, int code, const char *what,
                   const char *on, const char *key)
{
    int want = is_allowed ? 0 : FORBIDDEN;
    if (code != want)
        fail_msg("%s: %s '%s' '%s': the broker said %d, not %d", a->word, what, on, key, code,
                 want);
}

static bool is_taken(const struct attacker *a, const char *queue)
{
    return *a->takes && fits(a->takes, queue);
}

/* What an attack sends: told when it comes to where it should not. */
static const char *text(const struct attacker *a, const char *attack, const char *exchange)
{
    return arena_printf(&bed->memory, "%s by %s through '%s'", attack, a->word, exchange);
}

#define EACH_EXCHANGE(a, x)                                                                        \
    for (size_t x = 0; x < ARRAY_LEN(exchanges); x++)                                              \
        if (rights_bed_has_exchange((a)->place, exchanges[x]))

/* --- the attacks --- */

static void try_publish(struct attacker *a)
{
    static const char *const headers[] = {"CC", "BCC"};
    EACH_EXCHANGE(a, x)
    {
        const char *exchange = exchanges[x];
        const char *body = text(a, "a key", exchange);
        for (const char *const *key = bed_keys; *key; key++)
            expect(a, may_publish(a, exchange, *key),
                   intruder_publish(
                       a->in,
                       &(struct intruder_message){.exchange = exchange, .key = *key, .body = body}),
                   "publish", exchange, *key);
        /* Behind a key that it may use: its own, else one of the table. */
        const char *const disguises[] = {a->own, QUEUE_MANAGER_HANDLING, "ems.mine.replies.nobody"};
        for (size_t i = 0; i < 2 * ARRAY_LEN(disguises); i++) {
            const char *key = disguises[i / 2];
            struct intruder_message m = {.exchange = exchange,
                                         .key = key,
                                         .header = headers[i % 2],
                                         .copy_to = bed_keys,
                                         .body = text(a, headers[i % 2], exchange)};
            expect(a, may_publish(a, exchange, key), intruder_publish(a->in, &m), m.header,
                   exchange, key);
        }
    }
}

/* Nothing bears another's name. */
static void try_author(struct attacker *a)
{
    EACH_EXCHANGE(a, x)
    {
        struct intruder_message m = {.exchange = exchanges[x],
                                     .key = "ems.mine.replies.nobody",
                                     .body = text(a, "another's name", exchanges[x]),
                                     .user_id = bed->vhosts[0]->user};
        int want = may_publish(a, m.exchange, m.key) ? BAD_AUTHOR : FORBIDDEN;
        int code = intruder_publish(a->in, &m);
        if (code != want)
            fail_msg("%s: in the NFVO's name to '%s': %d", a->word, m.exchange, code);
    }
}

static const char *own_or_any(const struct attacker *a)
{
    return *a->own ? a->own : "mine";
}

/* What honest peers send to its queue goes on, with whose rights? */
static void try_dead_letters(struct attacker *a)
{
    const char *own = own_or_any(a);
    EACH_EXCHANGE(a, x)
    for (const char *const *key = bed_keys; *key; key++) {
        struct intruder_queue q = {
            .name = own, .dead_letter_exchange = exchanges[x], .dead_letter_key = *key};
        int code = intruder_queue_declare(a->in, &q);
        expect(a, may_configure(a, own) && may_read(a, own) && may_write(a, exchanges[x]), code,
               "dead letters to", exchanges[x], *key);
        if (code != 0)
            break;
        struct intruder_message m = {
            .exchange = "", .key = own, .body = text(a, "dead letter", exchanges[x])};
        assert_int_equal(intruder_publish(a->owner, &m), 0);
        assert_int_equal(intruder_queue_delete(a->owner, own), 0);
    }
}

/* An exchange that bears the name of the queue that it may have. */
static void try_exchange(struct attacker *a)
{
    const char *own = own_or_any(a);
    EACH_EXCHANGE(a, x)
    {
        int code = intruder_exchange_declare(a->in, own, false, exchanges[x]);
        expect(a, may_configure(a, own) && may_read(a, own) && may_write(a, exchanges[x]), code,
               "alternate exchange", exchanges[x], own);
        if (code == 0) {
            struct intruder_message m = {.exchange = own,
                                         .key = own,
                                         .header = "CC",
                                         .copy_to = bed_keys,
                                         .body = text(a, "alternate", exchanges[x])};
            expect(a, may_write(a, own), intruder_publish(a->in, &m), "publish", own, own);
        }
        assert_int_equal(intruder_exchange_delete(a->owner, own), 0);
    }
}

static void try_exchange_bindings(struct attacker *a)
{
    const char *own = own_or_any(a);
    expect(a, may_configure(a, own), intruder_exchange_declare(a->in, own, false, NULL),
           "declare exchange", own, "");
    assert_int_equal(intruder_exchange_declare(a->owner, own, false, NULL), 0);
    EACH_EXCHANGE(a, x)
    {
        const char *other = exchanges[x];
        if (!*other)
            continue; /* nothing can be bound to it, by anybody */
        expect(a, may_write(a, other) && may_read(a, own),
               intruder_bind_exchange(a->in, other, own, "#"), "bind its exchange to", other, "#");
        expect(a, may_write(a, own) && may_hear(a, other, "#"),
               intruder_bind_exchange(a->in, own, other, "#"), "bind to its exchange", other, "#");
        EACH_EXCHANGE(a, y)
        {
            if (!*exchanges[y])
                continue;
            bool is_allowed = may_write(a, other) && may_hear(a, exchanges[y], "victim");
            expect(a, is_allowed, intruder_bind_exchange(a->in, other, exchanges[y], "victim"),
                   "bind exchanges", other, exchanges[y]);
            if (is_allowed)
                intruder_unbind_exchange(a->owner, other, exchanges[y], "victim");
        }
    }
    struct intruder_message m = {.exchange = own,
                                 .key = own,
                                 .header = "BCC",
                                 .copy_to = bed_keys,
                                 .body = text(a, "its exchange", own)};
    expect(a, may_write(a, own), intruder_publish(a->in, &m), "publish", own, own);
    assert_int_equal(intruder_exchange_delete(a->owner, own), 0);
}

static void empty_all(void)
{
    for (int p = 0; p < BED_PLACE_N; p++)
        for (size_t i = 0; i < bed_victim_n; i++)
            if (rights_bed_is_there(i, p))
                rights_bed_empty(bed, p, bed_victims[i].queue);
}

struct hearing {
    const char *claim;
    size_t n;
    const char *wrong;
};

static void hear(void *arg, const char *key)
{
    struct hearing *h = arg;
    if (!fits(h->claim, key))
        h->wrong = arena_strdup(&bed->memory, key);
    h->n++;
}

/* Its own queue hears others only where the claim says so. */
static void try_hear(struct attacker *a)
{
    const char *own = own_or_any(a);
    const char *const keys[] = {"#", "*", "*.*", "*.*.*", "victim.#"};
    expect(a, may_configure(a, own),
           intruder_queue_declare(a->in, &(struct intruder_queue){.name = own}), "declare", own,
           "");
    assert_int_equal(intruder_queue_declare(a->owner, &(struct intruder_queue){.name = own}), 0);
    EACH_EXCHANGE(a, x)
    {
        const char *exchange = exchanges[x];
        if (!*exchange)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            expect(a, may_write(a, own) && may_hear(a, exchange, keys[i]),
                   intruder_bind(a->in, own, exchange, keys[i]), "bind", exchange, keys[i]);
        for (const char *const *key = bed_keys; *key; key++)
            expect(a, may_write(a, own) && may_hear(a, exchange, *key),
                   intruder_bind(a->in, own, exchange, *key), "bind", exchange, *key);
    }
    for (const char *const *key = bed_keys; *key; key++)
        EACH_EXCHANGE(a, x)
        {
            struct intruder_message m = {.exchange = exchanges[x], .key = *key, .body = *key};
            if (*exchanges[x])
                assert_int_equal(intruder_publish(a->owner, &m), 0);
        }
    struct intruder_message end = {.exchange = "", .key = own, .body = "the end"};
    assert_int_equal(intruder_publish(a->owner, &end), 0);
    struct hearing h = {.claim = claims[a->who].hears};
    intruder_take_until(a->owner, own, end.body, hear, &h);
    if (h.wrong)
        fail_msg("%s: its queue heard what was for '%s'", a->word, h.wrong);
    if (h.n == 0 && strcmp(h.claim, NONE) != 0)
        fail_msg("%s: its queue heard nothing", a->word);
    assert_int_equal(intruder_queue_delete(a->owner, own), 0);
    empty_all();
}

/* --- what it may do to others' queues and exchanges: nothing --- */

static void try_queue(struct attacker *a, const char *queue)
{
    AUTO(freep) char *body = NULL;
    const char *other = "xmine";
    struct intruder_queue q = {.name = queue, .is_durable = true};
    expect(a, false, intruder_queue_declare(a->in, &q), "declare", queue, "");
    expect(a, false, intruder_exchange_declare(a->in, queue, false, NULL), "exchange", queue, "");
    expect(a, false, intruder_queue_delete(a->in, queue), "delete", queue, "");
    bool binds = claims[a->who].binds && fits(claims[a->who].binds, queue);
    expect(a, binds && may_hear(a, TOPOLOGY_EXCHANGE, queue),
           intruder_unbind(a->in, queue, TOPOLOGY_EXCHANGE, queue), "unbind", queue, "");
    if (binds)
        intruder_bind(a->owner, queue, TOPOLOGY_EXCHANGE, queue);
    expect(a, false, intruder_bind(a->in, queue, TOPOLOGY_EXCHANGE, other), "bind", queue, other);
    if (is_taken(a, queue))
        return;
    expect(a, false, intruder_consume(a->in, queue), "consume", queue, "");
    expect(a, false, intruder_get(a->in, queue, &body), "get", queue, "");
    expect(a, false, intruder_purge(a->in, queue), "purge", queue, "");
}

static void try_others(struct attacker *a)
{
    for (size_t i = 0; i < bed_victim_n; i++) {
        const char *queue = bed_victims[i].queue;
        bool is_its_own = is_taken(a, queue) && may_configure(a, queue);
        if (rights_bed_is_there(i, a->place) && !is_its_own)
            try_queue(a, queue);
        /* Needs no right, wherever it is: trust.md H8. It takes nothing. */
        intruder_queue_declare(a->in, &(struct intruder_queue){.name = queue, .is_passive = true});
    }
    EACH_EXCHANGE(a, x)
    {
        if (!*exchanges[x])
            continue;
        expect(a, false, intruder_exchange_delete(a->in, exchanges[x]), "delete", exchanges[x], "");
        expect(a, false, intruder_exchange_declare(a->in, exchanges[x], false, NULL), "declare",
               exchanges[x], "");
    }
}

/* --- elsewhere --- */

static void try_elsewhere(struct attacker *a)
{
    for (int p = 0; p < BED_PLACE_N; p++) {
        struct bus_options o = a->login;
        int code = 0;
        o.vhost = bed->vhosts[p]->name;
        if (p == (int)a->place)
            continue;
        intruder_free(intruder_new(&o, &code));
        if (code != OTHER_VHOST)
            fail_msg("%s: virtual host of place %d: %d", a->word, p, code);
    }
}

static void try_management(struct attacker *a)
{
    const char *own = bed->vhosts[a->place]->name, *other = bed->vhosts[BED_OTHER_ROOM]->name;
    struct arena *m = &bed->memory;
    struct test_vhost as = *bed->vhosts[a->place];
    const char *rights = "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}";
    const char *take = "{\"count\":1,\"ackmode\":\"ack_requeue_false\",\"encoding\":\"auto\"}";
    const struct {
        const char *method, *path, *body;
    } calls[] = {
        {"GET", arena_printf(m, "queues/%s", other), NULL},
        {"GET", arena_printf(m, "vhosts/%s/connections", other), NULL},
        {"GET", "users", NULL},
        {"GET", "definitions", NULL},
        {"PUT", arena_printf(m, "users/%s", a->user),
         "{\"password\":\"x\",\"tags\":\"administrator\"}"},
        {"PUT", arena_printf(m, "permissions/%s/%s", own, a->user), rights},
        {"PUT", arena_printf(m, "permissions/%s/%s", other, a->user), rights},
        {"PUT", arena_printf(m, "policies/%s/p", own),
         "{\"pattern\":\".*\",\"definition\":{\"dead-letter-exchange\":\"\"}}"},
        {"PUT", arena_printf(m, "operator-policies/%s/p", own),
         "{\"pattern\":\".*\",\"definition\":{\"expires\":1}}"},
        {"PUT", arena_printf(m, "parameters/shovel/%s/s", own), "{\"value\":{}}"},
        {"PUT", arena_printf(m, "vhosts/%s-more", own), "{}"},
        {"DELETE", arena_printf(m, "vhosts/%s", other), NULL},
        {"POST", arena_printf(m, "queues/%s/victim/get", own), take},
        {"POST", arena_printf(m, "queues/%s/victim/get", other), take},
        {"DELETE", arena_printf(m, "queues/%s/victim/contents", own), NULL},
        {"DELETE", arena_printf(m, "queues/%s/victim", own), NULL},
        {"POST", arena_printf(m, "exchanges/%s/amq.default/publish", own),
         "{\"properties\":{},\"routing_key\":\"victim\",\"payload\":\"x\","
         "\"payload_encoding\":\"string\"}"},
    };
    as.user = a->user;
    as.password = "secret";
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        AUTO(freep) char *reply = NULL;
        long status = test_broker_api(&as, calls[i].method, calls[i].path, calls[i].body, &reply);
        bool is_refused = status == UNAUTHORIZED ||
                          (*rights_rows[a->who].tag && (status == 400 || status == FORBIDDEN));
        if (!is_refused)
            fail_msg("%s: %s %s: %ld %s", a->word, calls[i].method, calls[i].path, status, reply);
    }
}

/* --- what came of it --- */

static bool is_reached(const struct attacker *a, const struct bed_victim *v)
{
    switch (claims[a->who].reach) {
    case WHOLE_PLACE:
        return true;
    case BOUND_OPENBATON:
        return v->bound & BED_TO_OPENBATON;
    case BOUND_UP:
        return v->bound & BED_TO_UP;
    default:
        return false;
    }
}

static void count_victims(const struct attacker *a, bool is_honest_there)
{
    for (int p = 0; p < BED_PLACE_N; p++)
        for (size_t i = 0; i < bed_victim_n; i++) {
            const struct bed_victim *v = &bed_victims[i];
            if (!rights_bed_is_there(i, p))
                continue;
            struct bed_count count = rights_bed_empty(bed, p, v->queue);
            bool is_reach = p == (int)a->place && is_reached(a, v);
            if (!is_reach && count.hostile > 0)
                fail_msg("'%s' of place %d got %zu messages: %s", v->queue, p, count.hostile,
                         count.first);
            /* Else the attacks above are none, or the claim says too much. */
            if (is_reach && !is_honest_there && count.hostile == 0)
                fail_msg("%s does not reach '%s'", a->word, v->queue);
            if (is_honest_there && p == (int)a->place && count.honest != 1)
                fail_msg("'%s' lost what was in it to %s", v->queue, a->word);
        }
}

static void test_account(void **state)
{
    enum rights_account who = (enum rights_account)(size_t)*state;
    struct attacker a = {.who = who,
                         .word = names[who],
                         .own = claims[who].own,
                         .takes = claims[who].takes,
                         .place = rights_bed_place(rights_rows[who].place),
                         .rights = RIGHTS_INIT};
    int code;
    if (claims[who].reach == UNSAID)
        fail_msg("'%s' is new in proto/rights.h: say in claims what it may reach", a.word);
    a.user = rights_bed_user(bed, who, &a.rights);
    a.login = bed->login[a.place];
    a.login.user = a.user;
    a.login.password = "secret";
    a.owner = bed->owner[a.place];
    a.in = intruder_new(&a.login, &code);
    assert_int_equal(code, 0);
    if (!is_clean) { /* the account before failed half way */
        intruder_queue_delete(a.owner, own_or_any(&a));
        intruder_exchange_delete(a.owner, own_or_any(&a));
        empty_all();
    }
    is_clean = false;
    try_publish(&a);
    try_author(&a);
    try_dead_letters(&a);
    try_exchange(&a);
    try_exchange_bindings(&a);
    count_victims(&a, false);
    try_hear(&a);
    rights_bed_put_honest(bed, a.place);
    try_others(&a);
    try_elsewhere(&a);
    try_management(&a);
    count_victims(&a, true);
    intruder_free(a.in);
    topology_rights_release(&a.rights);
    is_clean = true;
}

static int set_up(void **state)
{
    (void)state;
    bed = rights_bed_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rights_bed_free(bed);
    return 0;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[RIGHTS_ACCOUNT_N - 1];
    for (size_t who = RIGHTS_NFVO + 1; who < RIGHTS_ACCOUNT_N; who++)
        tests[who - 1] = (struct CMUnitTest){
            .name = names[who], .test_func = test_account, .initial_state = (void *)who};
    if (argc > 1) /* only this account */
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("rights", tests, ARRAY_LEN(tests), set_up, tear_down);
}
