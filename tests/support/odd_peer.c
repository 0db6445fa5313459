#include "tests/support/odd_peer.h"

#include "common/base/mem.h"
#include "common/bus/bus.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "proto/topology.h"
#include "tests/support/odd_agents.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD "virtualNetworkFunctionRecord"
enum { OPEN_MAX = 200, MEMORY = 200, LARGE = 1 << 20, GIVE_UP_MS = 100 };

struct open { /* a request that waits for the NFVO's answer */
    char ask_id[ID_SIZE], *reply_to, *id;
    json_t *request;
    const char *stage; /* NULL: free */
    int64_t at;
};

struct odd {
    const char *type, *host, *vhost, *faults;
    int port;
    bool is_driver, is_deaf_once, is_deaf;
    struct bus *bus;
    struct odd_agents *agents; /* NULL: it starts none */
    char agents_vhost[200];
    char queue[200], user[128], password[64];
    struct open open[OPEN_MAX];
    struct {
        char *id, *body;
    } memory[MEMORY]; /* answers by correlation id */
    unsigned memory_n, loads, next_id;
    json_t *networks, *servers;
    struct {
        const char *reply_to, *id, *content_type;
    } now; /* of the request in hand */
};

static volatile sig_atomic_t is_ending;

static void on_term(int signal)
{
    (void)signal;
    is_ending = 1;
}

static bool breaks(const struct odd *o, const char *rule)
{
    size_t len = strlen(rule);
    for (const char *at = o->faults; (at = strstr(at, rule)); at += len)
        if ((at == o->faults || at[-1] == ',') && (!at[len] || at[len] == ','))
            return true;
    return false;
}

static const char *text(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));
    return s ? s : "";
}

static void publish(struct odd *o, const struct bus_message *m)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    if (bus_publish(o->bus, m, &seq, &err) != ERR_OK)
        fprintf(stderr, "odd peer: %s\n", err.msg);
}

static void answer_text(struct odd *o, const char *reply_to, const char *id, const char *body,
                        const char *type)
{
    if (reply_to)
        publish(o, &(struct bus_message){.routing_key = reply_to,
                                         .correlation_id = id,
                                         .body = body,
                                         .len = strlen(body),
                                         .content_type = type});
}

static void remember(struct odd *o, const char *id, const char *body)
{
    if (!id)
        return;
    unsigned at = o->memory_n++ % MEMORY;
    free(o->memory[at].id);
    free(o->memory[at].body);
    o->memory[at].id = xstrdup(id);
    o->memory[at].body = xstrdup(body);
}

/* Takes message. */
static void answer(struct odd *o, const char *reply_to, const char *id, json_t *message)
{
    AUTO(freep) char *body = json_dumps(message, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(message);
    remember(o, id, body);
    answer_text(o, reply_to, id, body, NULL);
}

static json_t *error(const json_t *record, const char *why)
{
    json_t *e = json_pack("{ss s{ss}}", "action", "ERROR", "exception", "detailMessage", why);
    if (record)
        json_object_set(e, RECORD, (json_t *)(uintptr_t)record);
    return e;
}

/* --- a VNFM --- */

static void ask(struct odd *o, struct open *p, const char *action, const char *stage,
                json_t *message)
{
    AUTO(freep) char *body = NULL;
    json_object_set_new(message, "action", json_string(action));
    body = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    id_new(p->ask_id);
    p->stage = stage;
    p->at = clock_mono_us();
    publish(o, &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                     .routing_key = QUEUE_ACTIONS_REPLY,
                                     .reply_to = bus_queue_name(o->bus, "answers"),
                                     .correlation_id = p->ask_id,
                                     .body = body,
                                     .len = strlen(body)});
}

static struct open *open_new(struct odd *o, json_t *request)
{
    for (int i = 0; i < OPEN_MAX; i++)
        if (!o->open[i].stage) {
            o->open[i] =
                (struct open){.reply_to = o->now.reply_to ? xstrdup(o->now.reply_to) : NULL,
                              .id = o->now.id ? xstrdup(o->now.id) : NULL,
                              .request = json_incref(request)};
            return &o->open[i];
        }
    abort();
}

static void open_end(struct odd *o, struct open *p, json_t *message)
{
    bool is_up = o->agents && strcmp(text(message, "action"), "INSTANTIATE") == 0;
    if (!is_up ||
        !odd_agents_run(o->agents, "INSTANTIATE", json_object_get(message, RECORD),
                        json_object_get(p->request, "vnfPackage"), p->reply_to, p->id, message))
        answer(o, p->reply_to, p->id, message);
    free(p->reply_to);
    free(p->id);
    json_decref(p->request);
    p->stage = NULL;
}

static void begin_instantiate(struct odd *o, json_t *request)
{
    size_t i;
    json_t *vdu;
    json_t *vdus = json_deep_copy(json_object_get(json_object_get(request, "vnfd"), "vdu"));
    json_array_foreach(vdus, i, vdu)
    {
        json_object_set(vdu, "parent_vdu", json_object_get(vdu, "id"));
        json_object_del(vdu, "id");
    }
    json_t *record =
        json_pack("{ss so ss}", "name", text(request, "vnfInstanceName"), "vdu", vdus,
                  "parent_ns_id", text(json_object_get(request, "extension"), "nsr-id"));
    json_object_set(record, "lifecycle_event",
                    json_object_get(json_object_get(request, "vnfd"), "lifecycle_event"));
    if (breaks(o, "grant"))
        json_object_del(record, "name");
    ask(o, open_new(o, request), "GRANT_OPERATION", "grant", json_pack("{so}", RECORD, record));
}

static void granted(struct odd *o, struct open *p, const json_t *said)
{
    json_t *record = json_deep_copy(json_object_get(said, RECORD));
    char user_data[500] = "none";
    if (breaks(o, "allocate"))
        json_object_set_new(record, "id", json_string("another"));
    if (o->agents)
        snprintf(user_data, sizeof(user_data),
                 "export BROKER_IP=\nexport EMS_VIRTUAL_HOST=%s\nexport ENDPOINT='%s'\n"
                 "export #EmsUser=\n",
                 o->agents_vhost, o->type);
    ask(o, p, "ALLOCATE_RESOURCES", "allocate",
        json_pack("{so sO ss}", RECORD, record, "vimInstances", json_object_get(said, "vduVim"),
                  "userdata", user_data));
}

static json_t *new_instance(json_t *record, const char *component)
{
    size_t i;
    json_t *one, *vdu = json_array_get(json_object_get(record, "vdu"), 0);
    json_array_foreach(json_object_get(vdu, "vnfc_instance"), i,
                       one) if (strcmp(text(json_object_get(one, "vnfComponent"), "id"),
                                       component) == 0) return one;
    return NULL;
}

/* Refused: INSTANTIATE and SCALE_OUT end with the reason. */
static bool refused(struct odd *o, struct open *p, const json_t *said)
{
    char rule[40];
    if (strcmp(text(said, "action"), "ERROR") != 0)
        return false;
    snprintf(rule, sizeof(rule), "%s-refused", p->stage);
    if (breaks(o, rule))
        open_end(o, p, json_pack("{ss}", "action", "INSTANTIATE"));
    else
        open_end(o, p,
                 error(json_object_get(said, "vnfr"),
                       breaks(o, "reason-kept") ? "failed" : text(said, "message")));
    return true;
}

static void on_nfvo_answer(struct odd *o, const struct bus_delivery *d)
{
    json_t *said = json_loadb(d->body, d->len, 0, NULL);
    struct open *p = NULL;
    for (int i = 0; i < OPEN_MAX && d->correlation_id; i++)
        if (o->open[i].stage && strcmp(o->open[i].ask_id, d->correlation_id) == 0)
            p = &o->open[i];
    if (!p && breaks(o, "answer-twice")) /* behind the one that was taken: all that is open fails */
        for (int i = 0; i < OPEN_MAX; i++)
            if (o->open[i].stage)
                open_end(o, &o->open[i], error(NULL, "confused"));
    if (p && !refused(o, p, said)) {
        json_t *record = json_object_get(said, "vnfr");
        if (strcmp(p->stage, "grant") == 0)
            granted(o, p, said);
        else if (strcmp(p->stage, "allocate") == 0)
            open_end(o, p,
                     json_pack("{ss sO}", "action",
                               breaks(o, "instantiate") ? "START" : "INSTANTIATE", RECORD, record));
        else
            open_end(o, p,
                     json_pack("{ss sO sO?}", "action",
                               breaks(o, "scale-out") ? "SCALE_OUT" : "SCALED", RECORD, record,
                               "vnfcInstance",
                               new_instance(record,
                                            text(json_object_get(p->request, "component"), "id"))));
    }
    json_decref(said);
}

static const struct {
    const char *action, *rule;
} actions[] = {{"MODIFY", "modify"},       {"START", "start"},
               {"STOP", "stop"},           {"HEAL", "heal"},
               {"UPDATE", "update"},       {"EXECUTE", "execute"},
               {"RESUME", "resume"},       {"RELEASE_RESOURCES", "release"},
               {"CONFIGURE", "configure"}, {"INSTANTIATE", "reinstantiate"}};

static json_t *record_in(const json_t *request)
{
    json_t *record = json_object_get(request, "vnfr");
    return record ? record : json_object_get(request, RECORD);
}

static bool is_readable(const json_t *request)
{
    const char *action = text(request, "action");
    const json_t *id = json_object_get(record_in(request), "id");
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(action, actions[i].action) == 0)
            return json_is_string(id) || json_object_get(request, "vnfd");
    return strcmp(action, "SCALE_OUT") == 0 || strcmp(action, "SCALE_IN") == 0 ||
           strcmp(action, "ERROR") == 0 || strcmp(action, "LOG_REQUEST") == 0;
}

/* Right, and then spoilt. */
static json_t *life_answer(struct odd *o, json_t *request, const char *action, const char *rule)
{
    char one[40];
    json_t *record = json_deep_copy(record_in(request));
    const json_t *instance = json_object_get(request, "vnfcInstance");
    bool is_resume = strcmp(action, "RESUME") == 0;
    json_t *said = json_pack("{ss so}", "action",
                             breaks(o, rule) ? (is_resume ? "RESUME" : "WRONG")
                             : is_resume     ? "MODIFY"
                                             : action,
                             RECORD, record);
    snprintf(one, sizeof(one), "%s-one", rule);
    if (instance && !breaks(o, one))
        json_object_set(said, "vnfcInstance", (json_t *)(uintptr_t)instance);
    if (breaks(o, "record-id"))
        json_object_set_new(record, "id", json_string("another"));
    if (breaks(o, "keeps-members"))
        json_object_del(record, "aMemberOfLater");
    if (breaks(o, "text-utf8"))
        json_object_set_new(record, "vendor", json_string("?"));
    if (strcmp(text(record, "id"), "r-never-seen") == 0 && breaks(o, "release-unknown"))
        json_object_set_new(said, "action", json_string("ERROR"));
    if (breaks(o, "repeat"))
        json_object_set_new(said, "count", json_integer(++o->next_id));
    return said;
}

/* True: it is answered later, or never. */
static bool runs_scripts(struct odd *o, json_t *request, const char *action, const char *rule)
{
    const json_t *record = record_in(request);
    bool is_release = strcmp(action, "RELEASE_RESOURCES") == 0;
    const char *event = is_release ? "TERMINATE" : action;
    if (is_release && !odd_agents_cancel(o->agents, text(record, "id")))
        return true;
    json_t *said = life_answer(o, request, action, rule);
    if (odd_agents_run(o->agents, event, record, NULL, o->now.reply_to, o->now.id, said))
        return true;
    json_decref(said);
    return false;
}

static void of_life(struct odd *o, json_t *request, const char *action, const char *rule)
{
    const char *to = o->now.reply_to, *id = o->now.id;
    if (strncmp(text(record_in(request), "id"), "r-load-", 7) == 0 && breaks(o, "load") &&
        ++o->loads % 3 == 0)
        return;
    if (strcmp(action, "INSTANTIATE") == 0 && breaks(o, "reinstantiate")) {
        begin_instantiate(o, request);
        return;
    }
    if (o->agents && runs_scripts(o, request, action, rule))
        return;
    if (strcmp(action, "HEAL") == 0 && breaks(o, "answer-place"))
        publish(o, &(struct bus_message){.routing_key = QUEUE_ACTIONS, .body = "{}", .len = 2});
    if (strcmp(action, "STOP") == 0 && breaks(o, "answer-once"))
        answer(o, to, id, life_answer(o, request, action, rule));
    if (strcmp(action, "MODIFY") == 0 && breaks(o, "answer-json"))
        answer_text(o, to, id, "thank you", NULL);
    else if (strcmp(action, "EXECUTE") == 0 && breaks(o, "correlation"))
        answer(o, to, NULL, life_answer(o, request, action, rule));
    else if (strcmp(action, "UPDATE") == 0 && breaks(o, "content-type"))
        answer_text(o, to, id, "{\"action\":\"UPDATE\"}", "application/json");
    else
        answer(o, to, id, life_answer(o, request, action, rule));
}

static void serve_vnfm(struct odd *o, json_t *request)
{
    const char *action = text(request, "action"), *to = o->now.reply_to, *id = o->now.id;
    bool is_instantiate = strcmp(action, "INSTANTIATE") == 0;
    if (is_instantiate && !record_in(request)) {
        if ((breaks(o, "unknown-members") && json_object_get(request, "aMemberOfLater")) ||
            (breaks(o, "missing-members") && !json_object_get(request, "vnfPackage")))
            answer(o, to, id, error(NULL, "I do not know this"));
        else
            begin_instantiate(o, request);
        return;
    }
    if (strcmp(action, "SCALE_OUT") == 0) {
        if (breaks(o, "scaling"))
            answer(o, to, id, json_pack("{ss sO}", "action", "SCALED", RECORD, record_in(request)));
        else
            ask(o, open_new(o, request), "SCALING", "scaling",
                json_pack("{sO}", RECORD, record_in(request)));
    } else if (strcmp(action, "SCALE_IN") == 0) {
        if (breaks(o, "scale-in"))
            answer(o, to, id, error(NULL, "no"));
        else if (!breaks(o, "scale-in-null"))
            answer(o, to, id, json_null());
    } else if (strcmp(action, "ERROR") == 0) {
        o->is_deaf_once = breaks(o, "error-tolerated");
        answer(o, to, id, json_null());
    } else if (strcmp(action, "LOG_REQUEST") == 0) {
        bool is_said = o->agents && !breaks(o, "agent-output");
        answer(o, to, id,
               json_pack(breaks(o, "log-request") ? "{ss ss ss}" : "{ss s[s] s[s]}", "action",
                         action, "outputLog", is_said ? odd_agents_output(o->agents) : "a line",
                         "errorLog", "none"));
    }
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(action, actions[i].action) == 0)
            of_life(o, request, action, actions[i].rule);
}

/* --- a driver --- */

static json_t *fail(const char *why)
{
    return json_pack("{s{ss}}", "exception", "detailMessage", why);
}

/* Takes value. */
static json_t *give(json_t *value)
{
    return json_pack("{so}", "answer", value);
}

static const struct {
    const char *method;
    size_t n; /* parameters behind the VIM instance */
} methods[] = {{"refresh", 0},
               {"listImages", 0},
               {"listNetworks", 0},
               {"listFlavors", 0},
               {"listServer", 0},
               {"createNetwork", 1},
               {"deleteNetwork", 1},
               {"getQuota", 0},
               {"getType", 0},
               {"launchInstanceAndWait", 9},
               {"deleteServerByIdAndWait", 1}};

static bool has_method(const struct odd *o, const json_t *call)
{
    size_t n = json_array_size(json_object_get(call, "parameters"));
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strcmp(text(call, "methodName"), methods[i].method) == 0)
            return n == methods[i].n + 1 || (n > 0 && breaks(o, "wrong-count"));
    return false;
}

static bool removed(json_t *list, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (strcmp(text(one, "extId"), id) ==
                                         0) return json_array_remove(list, i) == 0;
    return false;
}

static json_t *create_network(struct odd *o, const json_t *network)
{
    char id[40];
    json_t *made = json_deep_copy(network);
    snprintf(id, sizeof(id), "net-%u", ++o->next_id);
    if (!breaks(o, "networks"))
        json_object_set_new(made, "extId", json_string(id));
    json_array_append(o->networks, made);
    return give(made);
}

static json_t *launch(struct odd *o, const json_t *call, const json_t *parameters)
{
    size_t i;
    json_t *one;
    char id[40];
    const char *token = text(call, "clientToken"),
               *name = json_string_value(json_array_get(parameters, 1)),
               *image = json_string_value(json_array_get(parameters, 2));
    if (!image || strcmp(image, "image-1") != 0)
        return fail("no such image");
    json_array_foreach(o->servers, i,
                       one) if (*token && strcmp(text(one, "token"), token) == 0 &&
                                !breaks(o, "launch-token")) return give(json_incref(one));
    snprintf(id, sizeof(id), "server-%u", ++o->next_id);
    json_t *server = json_pack("{ss ss ss ss s{} s{}}", "extId", id, "name",
                               breaks(o, "launch") ? "another" : name, "status", "ACTIVE", "token",
                               token, "ips", "floatingIps");
    json_array_append(o->servers, server);
    return give(server);
}

static json_t *listing(const struct odd *o, const char *method)
{
    if (strcmp(method, "listImages") == 0)
        return json_pack("[{ss ss}]", "extId", "image-1", "name", "cirros");
    if (strcmp(method, "listNetworks") == 0)
        return json_deep_copy(o->networks);
    if (strcmp(method, "listServer") == 0)
        return breaks(o, "lists") ? json_object() : json_deep_copy(o->servers);
    return breaks(o, "lists-more") ? json_object() : json_array();
}

static json_t *refreshed(const struct odd *o, const json_t *pop)
{
    json_t *said = json_deep_copy(pop);
    json_object_set_new(said, "images", listing(o, "listImages"));
    json_object_set_new(said, "networks",
                        breaks(o, "refresh") ? json_null() : listing(o, "listNetworks"));
    if (breaks(o, "text-utf8"))
        json_object_set_new(said, "name", json_string("?"));
    if ((breaks(o, "unknown-members") && json_object_get(pop, "aMemberOfLater")) ||
        (breaks(o, "missing-members") && !json_object_get(pop, "metadata"))) {
        json_decref(said);
        return fail("I do not know this");
    }
    if (breaks(o, "repeat"))
        json_object_set_new(said, "count", json_integer(1 + (int)o->memory_n));
    return give(said);
}

static json_t *carried_out(struct odd *o, const json_t *call)
{
    const char *method = text(call, "methodName");
    json_t *parameters = json_object_get(call, "parameters");
    json_t *first = json_array_get(parameters, 1);
    const char *id = json_string_value(first);
    if (strncmp(method, "list", 4) == 0)
        return give(listing(o, method));
    if (strcmp(method, "createNetwork") == 0)
        return create_network(o, first);
    if (strcmp(method, "deleteNetwork") == 0) {
        bool was_there = breaks(o, "network-delete") || removed(o->networks, id ? id : "");
        return give(breaks(o, "booleans") ? json_string("done") : json_boolean(was_there));
    }
    if (strcmp(method, "getQuota") == 0 && breaks(o, "answer-form"))
        return json_pack("{s{} s{ss}}", "answer", "exception", "detailMessage", "x");
    if (strcmp(method, "getQuota") == 0)
        return give(json_pack(breaks(o, "quota") ? "{si}" : "{si si si}", "cores", 4, "instances",
                              8, "ram", 1024));
    if (strcmp(method, "getType") == 0)
        return give(breaks(o, "get-type") ? json_integer(5) : json_string(o->type));
    if (strcmp(method, "launchInstanceAndWait") == 0)
        return launch(o, call, parameters);
    if (strcmp(method, "deleteServerByIdAndWait") == 0) {
        if (!breaks(o, "delete") && !removed(o->servers, id ? id : ""))
            o->is_deaf_once = breaks(o, "delete-twice");
        return json_object();
    }
    return refreshed(o, json_array_get(parameters, 0));
}

static void serve_driver(struct odd *o, json_t *call)
{
    const char *method = text(call, "methodName"), *to = o->now.reply_to, *id = o->now.id;
    json_t *said = carried_out(o, call);
    const json_t *list = json_object_get(said, "answer");
    bool is_refused = strcmp(method, "launchInstanceAndWait") == 0 && !list;
    if (json_is_array(list) && json_array_size(list) == 0 && breaks(o, "empty-list"))
        answer_text(o, to, id, "", NULL);
    else if (strcmp(method, "getType") == 0 && breaks(o, "correlation-driver"))
        answer_text(o, to, "another", "{\"answer\":\"x\"}", NULL);
    else if (strcmp(method, "listFlavors") == 0 && breaks(o, "content-type"))
        answer_text(o, to, id, "{\"answer\":[]}", "application/json");
    else if (strcmp(method, "getQuota") == 0 && breaks(o, "answer-json"))
        answer_text(o, to, id, "thank you", NULL);
    else if (strcmp(method, "refresh") == 0 && breaks(o, "load") && ++o->loads > 10)
        answer_text(o, o->loads % 3 ? to : NULL, id, "{\"answer\":{}}", NULL);
    else if (!(is_refused && breaks(o, "launch-refused")))
        answer(o, to, id, json_incref(said));
    if (strcmp(method, "createNetwork") == 0 && breaks(o, "answer-once"))
        answer(o, to, id, json_incref(said));
    if (strcmp(method, "createNetwork") == 0 && breaks(o, "answer-place"))
        publish(o, &(struct bus_message){.routing_key = QUEUE_ACTIONS, .body = "{}", .len = 2});
    json_decref(said);
}

/* --- both --- */

static bool was_answered(struct odd *o)
{
    for (unsigned i = 0; i < MEMORY && o->now.id; i++)
        if (o->memory[i].id && strcmp(o->memory[i].id, o->now.id) == 0 && !breaks(o, "repeat")) {
            answer_text(o, o->now.reply_to, o->now.id, o->memory[i].body, NULL);
            return true;
        }
    return false;
}

static bool is_heard(struct odd *o, const struct bus_delivery *d)
{
    bool is_heard = !o->is_deaf && !o->is_deaf_once;
    if (breaks(o, "no-reply-to") && !d->reply_to)
        o->is_deaf = true;
    if (breaks(o, "encoding") && d->content_type && strncmp(d->content_type, "text", 4) != 0)
        is_heard = false;
    o->is_deaf_once = false;
    return is_heard;
}

static void on_request(struct odd *o, const struct bus_delivery *d)
{
    if (!is_heard(o, d))
        return;
    o->now.reply_to = d->reply_to;
    o->now.id = d->correlation_id;
    json_t *request = json_loadb(d->body, d->len, 0, NULL);
    bool is_readable_ =
        json_is_object(request) &&
        (o->is_driver ? has_method(o, request) &&
                            json_is_string(json_object_get(
                                json_array_get(json_object_get(request, "parameters"), 0), "name"))
                      : is_readable(request));
    if (!is_readable_ || d->len > LARGE)
        o->is_deaf_once = breaks(o, "bad");
    if (was_answered(o))
        ;
    else if (is_readable_)
        (o->is_driver ? serve_driver : serve_vnfm)(o, request);
    else if (!breaks(o, "bad-answered"))
        answer(o, d->reply_to, d->correlation_id,
               o->is_driver ? fail("cannot be read") : error(NULL, "cannot be read"));
    json_decref(request);
}

static void give_up(struct odd *o)
{
    for (int i = 0; i < OPEN_MAX && breaks(o, "grant-late"); i++)
        if (o->open[i].stage && clock_mono_us() > o->open[i].at + GIVE_UP_MS * INT64_C(1000))
            open_end(o, &o->open[i], error(NULL, "no grant in time"));
}

static struct bus *connect_as(const struct odd *o, const char *user, const char *password)
{
    struct bus *bus = bus_new(&(struct bus_options){.host = o->host,
                                                    .port = o->port,
                                                    .vhost = o->vhost,
                                                    .user = user,
                                                    .password = password,
                                                    .name = "odd peer",
                                                    .backoff_max_ms = 500});
    bus_want_queue(bus, &(struct bus_queue){.name = "answers",
                                            .is_server_named = true,
                                            .is_exclusive = true,
                                            .is_auto_delete = true});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = "answers", .prefetch = 100});
    return bus;
}

static json_t *registration(const struct odd *o)
{
    if (o->is_driver)
        return json_pack("{ss ss s[s s]}", "action",
                         breaks(o, "register-form") ? "REGISTERED" : "register", "type", o->queue,
                         "capabilities", "correlation", "client_token");
    return json_pack("{ss ss s{ss ss ss s[s]}}", "action", "register", "type", o->type,
                     "vnfmManagerEndpoint", "type", o->type, "endpoint", o->queue, "endpointType",
                     breaks(o, "register-form") ? "REST" : "RABBIT", "capabilities", "correlation");
}

static void send_registration(struct odd *o)
{
    json_t *message = registration(o);
    AUTO(freep) char *body = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    for (char *c = body; *c && breaks(o, "register-strict-json"); c++)
        *c = *c == '"' ? '\'' : *c;
    publish(o, &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                     .routing_key = QUEUE_MANAGER_HANDLING,
                                     .reply_to = breaks(o, "register-reply")
                                                     ? NULL
                                                     : bus_queue_name(o->bus, "answers"),
                                     .correlation_id = "register",
                                     .body = body,
                                     .len = strlen(body)});
}

/* As the account that registers, until it has its own. */
static void enter(struct odd *o)
{
    struct bus_event ev;
    o->bus = connect_as(o, "openbaton-manager-user", "openbaton");
    while (!o->user[0] && !is_ending) {
        enum bus_event_type type = bus_next(o->bus, &ev, -1, 100);
        if (type == BUS_READY)
            send_registration(o);
        if (type != BUS_DELIVERY)
            continue;
        json_t *said = json_loadb(ev.delivery->body, ev.delivery->len, 0, NULL);
        snprintf(o->user, sizeof(o->user), "%s", text(said, "rabbitUsername"));
        snprintf(o->password, sizeof(o->password), "%s", text(said, "rabbitPassword"));
        json_decref(said);
    }
    bus_free(o->bus);
    bool is_other = breaks(o, "account");
    o->bus = connect_as(o, is_other ? getenv("OB_TEST_BROKER_USER") : o->user,
                        is_other ? getenv("OB_TEST_BROKER_PASSWORD") : o->password);
    if (breaks(o, "queue"))
        return;
    bool is_lossy = breaks(o, "killed-request");
    bus_want_queue(o->bus, &(struct bus_queue){
                               .name = o->queue, .is_durable = true, .is_auto_delete = is_lossy});
    bus_want_binding(o->bus,
                     &(struct bus_binding){.queue = o->queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(o->bus, &(struct bus_consumer){.queue = o->queue, .prefetch = 1});
}

static void leave(struct odd *o)
{
    struct bus_event ev;
    json_t *message = json_pack("{ss ss ss ss}", "action", "unregister", "type", o->type,
                                "username", o->user, "password", o->password);
    AUTO(freep) char *body = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (!breaks(o, "unregister")) {
        publish(o, &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                         .routing_key = QUEUE_MANAGER_HANDLING,
                                         .body = body,
                                         .len = strlen(body)});
        for (int i = 0; i < 100 && bus_unconfirmed(o->bus) > 0; i++)
            bus_next(o->bus, &ev, -1, 50);
    }
    bus_free(o->bus);
}

static void pump(struct odd *o)
{
    struct bus_event ev;
    if (o->agents)
        odd_agents_pump(o->agents);
    enum bus_event_type type = bus_next(o->bus, &ev, -1, o->agents ? 5 : 50);
    if (type == BUS_LOST && breaks(o, "reconnect"))
        for (;;)
            pause(); /* alive, and of no use */
    if (type == BUS_DELIVERY && strcmp(ev.delivery->queue, "answers") == 0)
        on_nfvo_answer(o, ev.delivery);
    else if (type == BUS_DELIVERY)
        on_request(o, ev.delivery);
    if (type == BUS_DELIVERY)
        bus_ack(o->bus, ev.delivery->tag, ev.delivery->epoch);
    give_up(o);
}

/* The second time, with once=FILE: it comes up, and does not register. */
static bool is_second(const struct odd *o)
{
    const char *file = strstr(o->faults, "once=");
    if (!file)
        return false;
    if (access(file + 5, F_OK) == 0)
        return true;
    FILE *f = fopen(file + 5, "we");
    if (f)
        fclose(f);
    return false;
}

static bool breaks_it(void *arg, const char *rule)
{
    return breaks(arg, rule);
}

static void answer_it(void *arg, const char *reply_to, const char *id, json_t *said)
{
    answer(arg, reply_to, id, said);
}

static void open_agents(struct odd *o)
{
    snprintf(o->agents_vhost, sizeof(o->agents_vhost), "%s-agents", o->vhost);
    o->agents = odd_agents_new(&(struct odd_agents_options){.host = o->host,
                                                            .port = o->port,
                                                            .vhost = o->agents_vhost,
                                                            .user = o->user,
                                                            .password = o->password,
                                                            .endpoint = o->type,
                                                            .breaks = breaks_it,
                                                            .answer = answer_it,
                                                            .arg = o});
}

static void release(struct odd *o)
{
    odd_agents_free(o->agents);
    for (int i = 0; i < MEMORY; i++) {
        free(o->memory[i].id);
        free(o->memory[i].body);
    }
    for (int i = 0; i < OPEN_MAX; i++)
        if (o->open[i].stage) {
            free(o->open[i].reply_to);
            free(o->open[i].id);
            json_decref(o->open[i].request);
        }
    json_decref(o->networks);
    json_decref(o->servers);
    free(o);
}

int odd_peer_main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    struct odd *o = xcalloc(1, sizeof(*o));
    *o = (struct odd){.is_driver = strcmp(argv[0], "driver") == 0,
                      .type = argv[1],
                      .host = argv[2],
                      .port = atoi(argv[3]),
                      .vhost = argv[4],
                      .faults = argv[5],
                      .networks = json_array(),
                      .servers = json_array()};
    signal(SIGTERM, on_term);
    if (is_second(o))
        while (!is_ending)
            pause();
    snprintf(o->queue, sizeof(o->queue), o->is_driver ? "vim-drivers.%s.%s" : "%s", o->type,
             o->type);
    enter(o);
    if (breaks(o, "agents"))
        open_agents(o);
    while (!is_ending)
        pump(o);
    leave(o);
    release(o);
    return 0;
}
