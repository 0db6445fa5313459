/* What goes wrong on the way, for VNFMs and drivers alike. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { DEEP = 20000, HUGE_SIZE = 8 << 20, UNREGISTER_MS = 10000, GRACE_MS = 1000, REPEATS = 3 };

bool kit_is_alive(struct kit *k)
{
    json_t *message = kit_alive(k);
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    return kit_await(k, a);
}

static int64_t grace(const struct kit *k)
{
    return k->o->answer_ms < GRACE_MS ? k->o->answer_ms : GRACE_MS;
}

static bool has_answer(struct kit *k, void *arg)
{
    (void)k;
    return ((const struct kit_ask *)arg)->answers > 0;
}

/* Requests whose answers are waited for together: one that answers none of them costs one wait. */
struct crowd {
    struct kit_ask *asks[KIT_ASKS_MAX];
    enum kit_rule rules[KIT_ASKS_MAX];
    unsigned n;
};

static bool are_all_answered(struct kit *k, void *arg)
{
    (void)k;
    const struct crowd *c = arg;
    for (unsigned i = 0; i < c->n; i++)
        if (!c->asks[i]->answers)
            return false;
    return true;
}

/* The bad one, and behind it a good one, which shows that the peer lives. wants: gets the bad one, if it
 * is to be answered. */
static void try_body(struct kit *k, enum kit_rule rule, const char *body, size_t len,
                     struct crowd *wants)
{
    struct kit_ask *bad = k->is_gone ? NULL : kit_send(k, body, len, NULL);
    if (!bad)
        return;
    bool is_alive = kit_is_alive(k);
    kit_check(k, rule, is_alive && kit_has_consumer(k), bad,
              is_alive ? "behind it, the peer no longer serves its queue"
                       : "behind it, a good request was not answered within %.1f s",
              (double)k->o->answer_ms / 1000);
    if (is_alive && wants && wants->n < KIT_ASKS_MAX) {
        wants->rules[wants->n] = rule;
        wants->asks[wants->n++] = bad;
    }
    if (!is_alive && !kit_is_alive(k)) /* it did not miss just the one */
        kit_revive(k, kit_has_consumer(k));
}

static void deep(struct sbuf *out, const char *before, const char *behind)
{
    sbuf_adds(out, before);
    for (int i = 0; i < DEEP; i++)
        sbuf_addc(out, '[');
    for (int i = 0; i < DEEP; i++)
        sbuf_addc(out, ']');
    sbuf_adds(out, behind);
}

static void huge(struct sbuf *out, const char *before, const char *behind)
{
    sbuf_adds(out, before);
    sbuf_grow(out, HUGE_SIZE);
    for (int i = 0; i < HUGE_SIZE; i++)
        sbuf_addc(out, 'x');
    sbuf_adds(out, behind);
}

#define V_START "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":"
#define D_CALL  "{\"methodName\":\"refresh\",\"parameters\":"
static const struct {
    enum kit_rule rule;
    const char *to_vnfm, *to_driver;
} bodies[] = {
    {KIT_BAD_NOT_JSON_RULE, "this is not JSON", "this is not JSON"},
    {KIT_BAD_NOT_JSON_RULE, "{\"action\":\"START\"", "{\"methodName\":\"refresh\""},
    {KIT_BAD_EMPTY_RULE, "", ""},
    {KIT_BAD_SHAPE_RULE, "null", "null"},
    {KIT_BAD_SHAPE_RULE, "[1,2]", "[1,2]"},
    {KIT_BAD_SHAPE_RULE, "42", "42"},
    {KIT_BAD_TYPES_RULE, V_START "5}", D_CALL "5}"},
    {KIT_BAD_TYPES_RULE, "{\"action\":7,\"vnfr\":[]}", "{\"methodName\":7,\"parameters\":[{}]}"},
    {KIT_BAD_TYPES_RULE, V_START "{\"id\":[1],\"vdu\":{\"a\":1}}}",
     D_CALL "[{\"name\":[1],\"type\":{\"a\":2}}]}"},
    {KIT_BAD_MISSING_RULE, "{\"action\":\"START\"}", "{\"methodName\":\"refresh\"}"},
    {KIT_BAD_MISSING_RULE, "{\"vnfr\":{\"id\":\"r-1\"}}", "{\"parameters\":[]}"},
    {KIT_BAD_UNKNOWN_RULE, "{\"action\":\"MAKE_COFFEE\",\"vnfr\":{\"id\":\"r-1\"}}", NULL},
    {KIT_BAD_BYTES_RULE, V_START "{\"id\":\"\xff\xfe\x80\"}}", D_CALL "[{\"name\":\"\xff\xfe\"}]}"},
};

static void of_no_method(struct kit *k, struct crowd *wants)
{
    json_t *call = kit_call(k, "makeCoffee", NULL);
    AUTO(freep) char *text = json_dumps(call, JSON_COMPACT);
    json_decref(call);
    try_body(k, KIT_BAD_UNKNOWN_RULE, text, strlen(text), wants);
}

void kit_bodies(struct kit *k)
{
    bool is_vnfm = k->o->whose == KIT_VNFM;
    AUTO(sbuf_release) struct sbuf large = SBUF_INIT;
    struct crowd wants = {.n = 0};
    for (size_t i = 0; i < ARRAY_LEN(bodies) && !kit_stopped(); i++) {
        const char *body = is_vnfm ? bodies[i].to_vnfm : bodies[i].to_driver;
        if (body)
            try_body(k, bodies[i].rule, body, strlen(body), &wants);
    }
    if (!is_vnfm)
        of_no_method(k, &wants);
    deep(&large, is_vnfm ? V_START : D_CALL, "}");
    try_body(k, KIT_BAD_DEEP_RULE, large.s, large.len, &wants);
    sbuf_clear(&large);
    huge(&large, is_vnfm ? V_START "{\"id\":\"r-1\",\"name\":\"" : D_CALL "[{\"name\":\"",
         is_vnfm ? "\"}}" : "\"}]}");
    try_body(k, KIT_BAD_HUGE_RULE, large.s, large.len, NULL);
    kit_until(k, grace(k), are_all_answered, &wants);
    for (unsigned i = 0; i < wants.n; i++)
        kit_check(k, KIT_BAD_ANSWERED_RULE, wants.asks[i]->answers > 0, wants.asks[i],
                  "it was not answered (rule %s)", kit_rules[wants.rules[i]].word);
}

void kit_repeats(struct kit *k)
{
    static const struct kit_send encodings[] = {
        {.content_type = "application/octet-stream", .content_encoding = "binary"},
        {.content_type = "application/json"}};
    json_t *message = kit_alive(k);
    AUTO(freep) char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        struct kit_ask *a = kit_send(k, text, strlen(text), &encodings[i]);
        kit_check(k, KIT_ENCODING_RULE, kit_await(k, a), a, "content_type '%s' was not answered",
                  encodings[i].content_type);
    }
    struct kit_ask *first = kit_send(k, text, strlen(text), NULL);
    if (!first || !kit_await(k, first))
        return;
    struct kit_ask *second = NULL; /* an answer counts for the first of those that have none */
    bool is_again = false;
    /* While the peer still waits for the broker to confirm its answer, that stands for both. */
    for (int i = 0; i < REPEATS && !is_again; i++) {
        struct kit_ask *again =
            kit_send(k, text, strlen(text), &(struct kit_send){.repeat = first});
        second = second ? second : again;
        is_again = second && kit_until(k, grace(k), has_answer, second);
    }
    if (!k->has_correlation)
        kit_skip(k, KIT_REPEAT_RULE,
                 "not applicable: it does not announce 'correlation', and an "
                 "NFVO sends it nothing twice");
    else if (kit_check(k, KIT_REPEAT_RULE, is_again, second, "the repeat was not answered"))
        kit_check(k, KIT_REPEAT_RULE, json_equal(first->answer, second->answer), second,
                  "the repeat was answered otherwise than the first");
}

static json_t *numbered(const struct kit *k, unsigned i)
{
    char id[40];
    json_t *message = kit_alive(k);
    if (k->o->whose == KIT_DRIVER)
        return message;
    snprintf(id, sizeof(id), "r-load-%u", i);
    json_object_set_new(json_object_get(message, "virtualNetworkFunctionRecord"), "id",
                        json_string(id));
    return message;
}

void kit_load(struct kit *k)
{
    struct crowd *c = xcalloc(1, sizeof(*c));
    unsigned missing = 0, wrong = 0;
    for (unsigned i = 0; i < k->o->load && i < KIT_ASKS_MAX / 2; i++) {
        json_t *message = numbered(k, i);
        struct kit_ask *a = kit_send_json(k, message);
        json_decref(message);
        if (a)
            c->asks[c->n++] = a;
    }
    int64_t began = clock_mono_us();
    kit_until(k, k->o->answer_ms + 20 * (int64_t)c->n, are_all_answered, c);
    struct kit_ask *bad = NULL;
    for (unsigned i = 0; i < c->n; i++) {
        char id[40];
        snprintf(id, sizeof(id), "r-load-%u", i);
        const json_t *record = json_object_get(c->asks[i]->answer, "virtualNetworkFunctionRecord");
        bool is_missing = c->asks[i]->answers == 0;
        bool is_wrong =
            !is_missing && k->o->whose == KIT_VNFM && strcmp(kit_text(record, "id"), id) != 0;
        missing += is_missing;
        wrong += is_wrong;
        bad = !bad && (is_missing || is_wrong) ? c->asks[i] : bad;
    }
    kit_check(k, KIT_LOAD_RULE, !missing && !wrong, bad,
              "of %u requests at once %u were not answered, %u with another's record", c->n,
              missing, wrong);
    if (!missing)
        kit_announce(k, "%u requests at once: answered within %.2f s", c->n,
                     (double)(clock_mono_us() - began) / 1e6);
    free(c);
}

/* Last of those that may leave it deaf: a deaf peer is started again, or what follows is not tested. */
void kit_no_reply_to(struct kit *k)
{
    json_t *message = kit_alive(k);
    AUTO(freep) char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    struct kit_ask *a =
        kit_send(k, text, strlen(text), &(struct kit_send){.has_no_reply_to = true});
    k->is_one_way = k->one_way > 0;
    k->one_way_allowed = 1; /* where else should it answer to */
    bool is_alive = kit_is_alive(k);
    kit_check(k, KIT_NO_REPLY_TO_RULE, is_alive, a, "behind it, nothing is answered any more");
    if (!is_alive && !kit_revive(k, true))
        kit_announce(k, "it is deaf; the rest is not tested (give --run to have it started again)");
}

static bool serves_again(struct kit *k, void *arg)
{
    (void)arg;
    return kit_has_consumer(k);
}

void kit_reconnect(struct kit *k)
{
    struct err err = ERR_INIT;
    int64_t deadline = clock_mono_us() + kit_patience(k) * INT64_C(1000);
    bool is_back = false;
    if (!k->has_api || !k->registrations) {
        kit_skip(k, KIT_RECONNECT_RULE,
                 "not applicable: the kit may not close its connection (no "
                 "management API, or an account of its own)");
        return;
    }
    kit_allow_more(k);
    if (kit_broker_cut(k, &err) != ERR_OK) {
        kit_skip(k, KIT_RECONNECT_RULE, err.msg);
        return;
    }
    k->is_shaken = true;
    while (!is_back && clock_mono_us() < deadline && !kit_stopped() && !kit_has_ended(k))
        is_back = kit_until(k, 1000, serves_again, NULL) && kit_is_alive(k);
    kit_check(k, KIT_RECONNECT_RULE, is_back, NULL,
              "its connection was closed by the broker, and %s",
              k->o->run && !k->child ? "it ended" : "it did not come back");
    if (!is_back)
        kit_revive(k, true);
}

static bool is_back_again(struct kit *k, void *before)
{
    return k->registrations > *(unsigned *)before && kit_has_consumer(k);
}

void kit_killed(struct kit *k)
{
    enum { IN_HAND = 5 };
    struct crowd in_hand = {.n = 0};
    struct err err = ERR_INIT;
    unsigned before = k->registrations, answered = 0;
    if (!k->child && !k->o->pid) {
        kit_skip(k, KIT_KILLED_RULE, "not applicable: neither --run nor --pid was given");
        kit_skip(k, KIT_KILLED_REQUEST_RULE, "not applicable: neither --run nor --pid was given");
        return;
    }
    k->is_shaken = true;
    kit_allow_more(k);
    for (int i = 0; i < IN_HAND; i++) {
        json_t *message = kit_alive(k);
        struct kit_ask *a = kit_send_json(k, message);
        json_decref(message);
        if (a)
            in_hand.asks[in_hand.n++] = a;
    }
    if (k->child) {
        kit_signal_peer(k, SIGKILL);
        if (kit_start_peer(k, &err) != ERR_OK)
            kit_announce(k, "%s", err.msg);
    } else if (kill(k->o->pid, SIGKILL) != 0) {
        kit_skip(k, KIT_KILLED_RULE, strerror(errno));
        return;
    } else {
        kit_announce(k, "process %d was killed: start it again", (int)k->o->pid);
    }
    bool is_back =
        kit_until(k, k->child ? kit_patience(k) : k->o->wait_ms, is_back_again, &before) &&
        kit_is_alive(k);
    kit_check(k, KIT_KILLED_RULE, is_back, NULL, "it did not register and serve again");
    kit_until(k, is_back ? grace(k) : 0, are_all_answered, &in_hand);
    for (unsigned i = 0; i < in_hand.n; i++)
        answered += in_hand.asks[i]->answers > 0;
    kit_check(k, KIT_KILLED_REQUEST_RULE, answered == IN_HAND, in_hand.asks[0],
              "of %d requests in hand %u were answered", IN_HAND, answered);
    k->is_gone = !is_back;
}

static bool has_unregistered(struct kit *k, void *arg)
{
    (void)arg;
    return k->unregistrations > 0;
}

static bool is_over(struct kit *k, void *arg)
{
    return has_unregistered(k, arg) || kit_has_ended(k);
}

void kit_unregister(struct kit *k)
{
    if (!k->child) {
        kit_skip(k, KIT_UNREGISTER_RULE, "not applicable: only with --run");
        return;
    }
    kill(-k->child, SIGTERM);
    kit_until(k, UNREGISTER_MS, is_over, NULL);
    if (!kit_until(k, GRACE_MS, has_unregistered, NULL))
        kit_fail(k, KIT_UNREGISTER_RULE, NULL, "nothing came after SIGTERM");
}
