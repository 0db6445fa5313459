/* What VNFMs ask: GRANT_OPERATION, ALLOCATE_RESOURCES, SCALING, UPDATEVNFR. Answered as an NFVO does,
 * or as the scenario wants. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/sys/ids.h"
#include "nfvo/cli/kit/agents.h"

enum { LATE_MS = 2000 };

static json_t *instance(struct kit *k, const char *name, json_t *component)
{
    char host[256];
    json_t *ips = json_array();
    json_t *points = json_object_get(component, "connection_point"), *point;
    size_t i;
    unsigned n = ++k->instances;
    if (!k->nonce[0])
        id_token(k->nonce,
                 sizeof(k->nonce)); /* the account of its agent is one of the whole broker */
    snprintf(host, sizeof(host), "%.200s-%s-%u", name, k->nonce, 4700 + n);
    json_array_foreach(points, i, point)
    {
        char ip[32];
        snprintf(ip, sizeof(ip), "10.1.%u.%u", n / 200, n % 200 + 10);
        const char *net = kit_text(point, "virtual_link_reference");
        json_array_append_new(ips, json_pack("{ss ss}", "netName", net, "ip", ip));
    }
    char id[ID_SIZE];
    id_new(id);
    kit_agents_start(k, host, ips);
    return json_pack("{ss ss ss ss ss so s[] s[] sO}", "id", id, "hostname", host, "vc_id",
                     "server-1", "vim_id", "pop-1", "state", "ACTIVE", "ips", ips, "floatingIps",
                     "connection_point", "vnfComponent", component);
}

/* One for each component that has none. */
static void allocate(struct kit *k, json_t *record)
{
    json_t *vdu, *component;
    size_t v, c;
    json_array_foreach(json_object_get(record, "vdu"), v, vdu)
    {
        json_t *instances = json_object_get(vdu, "vnfc_instance");
        if (!json_is_array(instances)) {
            instances = json_array();
            json_object_set_new(vdu, "vnfc_instance", instances);
        }
        size_t n = json_array_size(instances);
        json_array_foreach(json_object_get(vdu, "vnfc"), c,
                           component) if (c >= n && json_is_object(component))
            json_array_append_new(instances, instance(k, kit_text(record, "name"), component));
    }
}

static json_t *grant(const struct kit *k, json_t *record)
{
    json_t *vims = json_object(), *vdu, *component;
    size_t v, c;
    char id[ID_SIZE];
    id_new(id);
    json_object_set_new(record, "id", json_string(id));
    json_array_foreach(json_object_get(record, "vdu"), v, vdu)
    {
        id_new(id);
        json_object_set_new(vdu, "id", json_string(id));
        json_object_set_new(vims, id, kit_pop(k));
        json_array_foreach(json_object_get(vdu, "vnfc"), c, component)
        {
            id_new(id);
            json_object_set_new(component, "id", json_string(id));
        }
    }
    return json_pack("{ss sb so sO}", "action", "GRANT_OPERATION", "grantAllowed", 1, "vduVim",
                     vims, "virtualNetworkFunctionRecord", record);
}

/* GRANT: a VDU per VDU of the VNFD that was sent, and no id yet. */
static void check_grant(struct kit *k, const struct bus_delivery *d, const json_t *record)
{
    size_t v;
    json_t *vdu;
    json_t *vdus = json_object_get(record, "vdu");
    bool is_known = json_array_size(vdus) > 0;
    json_array_foreach(vdus, v, vdu) is_known &=
        *kit_text(vdu, "parent_vdu") || *kit_text(vdu, "name");
    if (!d->reply_to)
        kit_report_fail(k->report, KIT_GRANT_RULE, NULL, d->body,
                        "GRANT_OPERATION has no reply_to");
    else if (!*kit_text(record, "name"))
        kit_report_fail(k->report, KIT_GRANT_RULE, NULL, d->body, "the record has no name");
    else if (!is_known)
        kit_report_fail(k->report, KIT_GRANT_RULE, NULL, d->body,
                        "the record's VDUs are missing, or tell neither parent_vdu nor name");
    else
        kit_report_pass(k->report, KIT_GRANT_RULE);
}

static bool has_granted_ids(const struct kit *k, const json_t *record, const json_t *vims)
{
    json_t *vdu;
    size_t v;
    const json_t *granted = json_object_get(k->granted, kit_text(record, "id"));
    const json_t *known = json_object_get(granted, "vduVim");
    bool is_right = granted != NULL;
    json_array_foreach(json_object_get(record, "vdu"), v, vdu) is_right &=
        json_object_get(known, kit_text(vdu, "id")) != NULL &&
        json_is_object(json_object_get(vims, kit_text(vdu, "id")));
    return is_right && json_array_size(json_object_get(record, "vdu")) > 0;
}

static void check_allocate(struct kit *k, const struct bus_delivery *d, const json_t *message,
                           const json_t *record)
{
    if (!d->reply_to)
        kit_report_fail(k->report, KIT_ALLOCATE_RULE, NULL, d->body,
                        "ALLOCATE_RESOURCES has no reply_to");
    else if (!has_granted_ids(k, record, json_object_get(message, "vimInstances")))
        kit_report_fail(k->report, KIT_ALLOCATE_RULE, NULL, d->body,
                        "ids of the record, its VDUs or of vimInstances are not those granted");
    else
        kit_report_pass(k->report, KIT_ALLOCATE_RULE);
}

static enum kit_manner *manner_of(struct kit *k, const char *action, unsigned **ret_count)
{
    if (strcmp(action, "GRANT_OPERATION") == 0)
        return *ret_count = &k->grants, &k->grant;
    if (strcmp(action, "ALLOCATE_RESOURCES") == 0)
        return *ret_count = &k->allocates, &k->allocate;
    if (strcmp(action, "SCALING") == 0)
        return *ret_count = &k->scalings, &k->scaling;
    return NULL;
}

static json_t *answer_of(struct kit *k, const char *action, const struct bus_delivery *d,
                         const json_t *message, json_t *record)
{
    if (strcmp(action, "GRANT_OPERATION") == 0) {
        check_grant(k, d, record);
        json_t *answer = grant(k, record);
        json_decref(k->grant_sent);
        k->grant_sent = json_deep_copy(answer);
        if (!k->granted)
            k->granted = json_object();
        json_object_set(k->granted, kit_text(record, "id"), k->grant_sent);
        return answer;
    }
    /* With the broker in it, it starts an agent; other user data says nothing of the VNFM's answers. */
    const char *user_data = kit_text(message, "userdata");
    if (!*user_data)
        user_data = kit_text(message, "userData");
    if (strstr(user_data, "BROKER_IP")) {
        k->has_user_data = true;
        kit_agents_see(k, user_data);
    }
    if (strcmp(action, "ALLOCATE_RESOURCES") == 0) {
        check_allocate(k, d, message, record);
        allocate(k, record);
        json_decref(k->allocated);
        k->allocated = json_deep_copy(record);
    } else if (strcmp(action, "SCALING") == 0) {
        kit_report_pass(k->report, KIT_SCALING_RULE);
        allocate(k, record);
        action = "SCALED";
    }
    return json_pack("{ss sO}", "action", action, "vnfr", record);
}

#define REFUSAL "no room left: told by the test kit"
static void send_answer(struct kit *k, const struct bus_delivery *d, enum kit_manner manner,
                        json_t *answer)
{
    if (manner == KIT_ADDS) {
        json_object_set_new(answer, "aMemberOfLater", json_pack("{s[i]}", "list", 1));
        json_t *record = json_object_get(answer, "vnfr");
        if (!record)
            record = json_object_get(answer, "virtualNetworkFunctionRecord");
        json_object_set_new(record, "aMemberOfLater", json_string("kept"));
    }
    AUTO(freep) char *text = json_dumps(answer, JSON_COMPACT);
    if (manner == KIT_LATE) {
        kit_reply_late(k, d->reply_to, d->correlation_id, text,
                       k->o->late_ms ? k->o->late_ms : LATE_MS);
        return;
    }
    kit_reply(k, d->reply_to, d->correlation_id, text);
    if (manner == KIT_TWICE)
        kit_reply(k, d->reply_to, d->correlation_id, text);
}

/* Answers of VNFMs that got no reply_to come here, too (Python): they ask nothing. */
void kit_on_question(struct kit *k, const struct bus_delivery *d)
{
    json_t *message = json_loadb(d->body, d->len, 0, NULL);
    const char *action = kit_text(message, "action");
    json_t *record = json_object_get(message, "virtualNetworkFunctionRecord");
    unsigned *count = NULL;
    enum kit_manner usual = KIT_NORMAL, *manner = manner_of(k, action, &count);
    if (count)
        (*count)++;
    bool is_question = manner || strcmp(action, "UPDATEVNFR") == 0;
    manner = manner ? manner : &usual;
    if (!is_question)
        k->one_way++;
    else if (!json_is_object(record))
        kit_report_fail(k->report, KIT_GRANT_RULE, NULL, d->body,
                        "a question without virtualNetworkFunctionRecord");
    if (is_question && json_is_object(record) && d->reply_to) {
        json_t *answer = *manner == KIT_REFUSES ? json_pack("{ss sO ss}", "action", "ERROR", "vnfr",
                                                            record, "message", REFUSAL)
                                                : answer_of(k, action, d, message, record);
        send_answer(k, d, *manner, answer);
        json_decref(answer);
    }
    json_decref(message);
}
