/* The methods of a driver, as an NFVO calls them: a network and a server are made and deleted. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/sys/ids.h"

#include <stdlib.h>

#define LAST KIT_RULE_N /* kit_driver_answer: an exception is no failure in itself */

static const char *id_of(const json_t *object)
{
    return kit_text(object, "extId");
}

/* The list, a new reference; NULL: none came, and the rule is broken. */
static json_t *list(struct kit *k, const char *method)
{
    const char *exception;
    enum kit_rule rule = strcmp(method, "listServer") == 0 ? KIT_LISTS_RULE : KIT_LISTS_MORE_RULE;
    struct kit_ask *a = kit_ask_for(k, rule, kit_call(k, method, NULL));
    if (!a)
        return NULL;
    if (a->got_len == 0) {
        kit_fail(k, KIT_EMPTY_LIST_RULE, a, "%s answered an empty body", method);
        return json_array();
    }
    const json_t *answer = kit_driver_answer(k, rule, a, &exception);
    if (answer && kit_check(k, rule, json_is_array(answer), a, "%s answered no list", method)) {
        if (json_array_size(answer) == 0)
            kit_report_pass(k->report, KIT_EMPTY_LIST_RULE);
        return json_deep_copy(answer);
    }
    return NULL;
}

/* What the cloud has: this member of the answer to refresh, a new reference. NULL: none. */
static json_t *refreshed(struct kit *k, const char *member)
{
    const char *exception;
    struct kit_ask *a = kit_ask_for(k, KIT_REFRESH_RULE, kit_call(k, "refresh", NULL));
    const json_t *answer = a ? kit_driver_answer(k, KIT_REFRESH_RULE, a, &exception) : NULL;
    return json_deep_copy(json_object_get(answer, member));
}

static bool has(const json_t *objects, const char *ext_id)
{
    size_t i;
    json_t *object;
    json_array_foreach(objects, i,
                       object) if (*ext_id && strcmp(id_of(object), ext_id) == 0) return true;
    return false;
}

static bool has_network(struct kit *k, const char *ext_id)
{
    json_t *objects = refreshed(k, "networks");
    bool is_there = has(objects, ext_id);
    json_decref(objects);
    return is_there;
}

static bool has_server(struct kit *k, const char *ext_id)
{
    json_t *objects = list(k, "listServer");
    bool is_there = has(objects, ext_id);
    json_decref(objects);
    return is_there;
}

static void refresh(struct kit *k)
{
    const char *exception;
    struct kit_ask *a = kit_ask_for(k, KIT_REFRESH_RULE, kit_call(k, "refresh", NULL));
    const json_t *answer = a ? kit_driver_answer(k, KIT_REFRESH_RULE, a, &exception) : NULL;
    json_t *pop = kit_pop(k);
    if (answer)
        kit_check(k, KIT_REFRESH_RULE,
                  strcmp(kit_text(answer, "name"), kit_text(pop, "name")) == 0 &&
                      strcmp(kit_text(answer, "type"), kit_text(pop, "type")) == 0 &&
                      json_is_array(json_object_get(answer, "images")) &&
                      json_is_array(json_object_get(answer, "networks")),
                  a, "the answer is not the VIM instance with name, type, images and networks");
    json_decref(pop);
}

static void networks(struct kit *k)
{
    const char *exception;
    char name[48], ext_id[256] = "";
    id_new(name + snprintf(name, sizeof(name), "bt-"));
    name[11] = '\0';
    struct kit_ask *a = kit_ask_for(k, KIT_NETWORKS_RULE,
                                    kit_call(k, "createNetwork",
                                             json_pack("[{ss s[] s{} ss}]", "name", name, "subnets",
                                                       "metadata", "subnet", "10.251.0.0/24")));
    const json_t *answer = a ? kit_driver_answer(k, KIT_NETWORKS_RULE, a, &exception) : NULL;
    if (answer && kit_check(k, KIT_NETWORKS_RULE, *id_of(answer), a, "the network has no extId"))
        snprintf(ext_id, sizeof(ext_id), "%s", id_of(answer));
    if (!ext_id[0]) {
        kit_skip(k, KIT_NETWORK_DELETE_RULE, "not reached: no network was made");
        return;
    }
    kit_check(k, KIT_NETWORKS_RULE, has_network(k, ext_id), a,
              "refresh does not have the network '%s'", ext_id);
    a = kit_ask_for(k, KIT_NETWORK_DELETE_RULE,
                    kit_call(k, "deleteNetwork", json_pack("[s]", ext_id)));
    answer = a ? kit_driver_answer(k, LAST, a, &exception) : NULL;
    if (a)
        kit_check(k, KIT_BOOLEANS_RULE, json_is_boolean(answer), a,
                  "deleteNetwork answered neither true nor false");
    kit_check(k, KIT_NETWORK_DELETE_RULE, !has_network(k, ext_id), a,
              "refresh still has the network '%s'", ext_id);
}

static json_t *launch_call(struct kit *k, const char *name, const char *image, const char *token)
{
    json_t *call =
        kit_call(k, "launchInstanceAndWait",
                 json_pack("[s s s s [] [] s {} []]", name, image, "m1.small", "", "#!/bin/sh\n"));
    if (token)
        json_object_set_new(call, "clientToken", json_string(token));
    return call;
}

static void delete_server(struct kit *k, const char *ext_id)
{
    for (int i = 0; i < 2; i++) { /* it need not answer */
        json_t *call = kit_call(k, "deleteServerByIdAndWait", json_pack("[s]", ext_id));
        struct kit_ask *a = kit_send_json(k, call);
        json_decref(call);
        kit_await(k, a);
        if (i == 0)
            kit_check(k, KIT_DELETE_RULE, !has_server(k, ext_id), a,
                      "listServer still has the server '%s'", ext_id);
        else
            kit_check(k, KIT_DELETE_TWICE_RULE, kit_is_alive(k), a,
                      "after a second deletion it answers nothing");
    }
}

static void skip_servers(struct kit *k, const char *why)
{
    kit_skip(k, KIT_LAUNCH_RULE, why);
    kit_skip(k, KIT_LAUNCH_TOKEN_RULE, why);
    kit_skip(k, KIT_DELETE_RULE, why);
    kit_skip(k, KIT_DELETE_TWICE_RULE, why);
}

static void servers(struct kit *k, const char *image)
{
    const char *exception;
    char name[40], token[ID_SIZE], ext_id[256] = "";
    id_new(token);
    snprintf(name, sizeof(name), "baton-test-%.6s-1", token);
    struct kit_ask *a =
        kit_ask_for(k, KIT_LAUNCH_RULE, launch_call(k, name, image, k->has_token ? token : NULL));
    const json_t *answer = a ? kit_driver_answer(k, KIT_LAUNCH_RULE, a, &exception) : NULL;
    if (answer && kit_check(k, KIT_LAUNCH_RULE,
                            *id_of(answer) && (strcmp(kit_text(answer, "name"), name) == 0 ||
                                               strcmp(kit_text(answer, "hostName"), name) == 0),
                            a, "the answer is no server with extId and the name '%s'", name))
        snprintf(ext_id, sizeof(ext_id), "%s", id_of(answer));
    if (!ext_id[0]) {
        skip_servers(k, "not reached: no server was made");
        return;
    }
    kit_check(k, KIT_LAUNCH_RULE, has_server(k, ext_id), a,
              "listServer does not have the server '%s'", ext_id);
    if (!k->has_token) {
        kit_skip(k, KIT_LAUNCH_TOKEN_RULE, "not applicable: it does not announce 'client_token'");
    } else if ((a = kit_ask_for(k, KIT_LAUNCH_TOKEN_RULE, launch_call(k, name, image, token)))) {
        answer = kit_driver_answer(k, KIT_LAUNCH_TOKEN_RULE, a, &exception);
        if (answer)
            kit_check(k, KIT_LAUNCH_TOKEN_RULE, strcmp(id_of(answer), ext_id) == 0, a,
                      "the same token made the server '%s' beside '%s'", id_of(answer), ext_id);
    }
    delete_server(k, ext_id);
}

static void refused(struct kit *k)
{
    const char *exception;
    struct kit_ask *a = kit_ask_for(k, KIT_LAUNCH_REFUSED_RULE,
                                    launch_call(k, "baton-test-no-image-2", "no-such-image", NULL));
    if (!a)
        return;
    kit_report_pass(k->report, KIT_LAUNCH_REFUSED_RULE);
    const json_t *answer = kit_driver_answer(k, LAST, a, &exception);
    const json_t *server =
        answer ? answer : json_object_get(json_object_get(a->answer, "exception"), "server");
    if (!*id_of(server))
        return;
    json_t *call = kit_call(k, "deleteServerByIdAndWait", json_pack("[s]", id_of(server)));
    a = kit_send_json(k, call);
    json_decref(call);
    kit_await(k, a);
}

static void questions(struct kit *k)
{
    const char *exception;
    struct kit_ask *a = kit_ask_for(k, KIT_QUOTA_RULE, kit_call(k, "getQuota", NULL));
    const json_t *answer = a ? kit_driver_answer(k, KIT_QUOTA_RULE, a, &exception) : NULL;
    if (answer)
        kit_check(k, KIT_QUOTA_RULE,
                  json_is_integer(json_object_get(answer, "cores")) &&
                      json_is_integer(json_object_get(answer, "instances")) &&
                      json_is_integer(json_object_get(answer, "ram")),
                  a, "the answer lacks cores, instances or ram");
    a = kit_ask_for(k, KIT_GET_TYPE_RULE, kit_call(k, "getType", NULL));
    answer = a ? kit_driver_answer(k, KIT_GET_TYPE_RULE, a, &exception) : NULL;
    if (answer)
        kit_check(k, KIT_GET_TYPE_RULE, json_is_string(answer), a, "the answer is no text");
    a = kit_ask_for(k, KIT_METHOD_COUNT_RULE, kit_call(k, "refresh", json_pack("[i]", 1)));
    if (a) {
        kit_driver_answer(k, LAST, a, &exception);
        kit_check(k, KIT_METHOD_COUNT_RULE, exception != NULL, a,
                  "refresh with a parameter too many was carried out");
    }
}

void kit_driver_methods(struct kit *k)
{
    refresh(k);
    json_t *images = refreshed(k, "images");
    json_decref(list(k, "listImages"));
    json_decref(list(k, "listNetworks"));
    json_decref(list(k, "listFlavors"));
    json_decref(list(k, "listServer"));
    networks(k);
    const json_t *image = json_array_get(images, 0);
    AUTO(freep) char *id = image ? xstrdup(id_of(image)) : NULL;
    json_decref(images);
    if (id && *id)
        servers(k, id);
    else
        skip_servers(k, "not applicable: refresh has no image; give a PoP that has by --cloud");
    refused(k);
    questions(k);
}

/* --- members --- */

#define TEXT "w\xc3\xb6rk \"quoted\" \\ back\nline \xe2\x98\x83 \xf0\x9f\x8e\xbb"

static void ask_refresh(struct kit *k, enum kit_rule rule, const char *member, json_t *value)
{
    const char *exception;
    json_t *call = kit_call(k, "refresh", NULL);
    json_t *pop = json_array_get(json_object_get(call, "parameters"), 0);
    bool is_text = rule == KIT_TEXT_RULE;
    if (value) {
        json_object_set_new(pop, member, value);
    } else {
        json_object_del(pop, "metadata");
        json_object_del(pop, "location");
    }
    if (rule == KIT_MEMBERS_MORE_RULE)
        json_object_set_new(call, "aMemberOfLater", json_true());
    struct kit_ask *a = kit_ask_for(k, rule, call);
    const json_t *answer = a ? kit_driver_answer(k, rule, a, &exception) : NULL;
    if (answer)
        kit_check(k, rule, !is_text || strcmp(kit_text(answer, member), TEXT) == 0, a,
                  "the VIM instance's %s came back as another text", member);
}

void kit_driver_members(struct kit *k)
{
    if (k->o->cloud)
        kit_skip(k, KIT_TEXT_RULE, "not applicable: the VIM instance is that of --cloud");
    else
        ask_refresh(k, KIT_TEXT_RULE, "name", json_string(TEXT));
    ask_refresh(k, KIT_MEMBERS_MORE_RULE, "aMemberOfLater", json_pack("[i]", 1));
    ask_refresh(k, KIT_MEMBERS_LESS_RULE, NULL, NULL);
}
