/* A VNF from INSTANTIATE to RELEASE_RESOURCES, with every operation on the way. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"

#define RECORD "virtualNetworkFunctionRecord"

static json_t *record(const struct kit *k)
{
    return json_deep_copy(k->record);
}

static const char *id_of(const struct kit *k)
{
    return kit_text(k->record, "id");
}

static json_t *first_instance(const json_t *vnfr)
{
    json_t *vdu = json_array_get(json_object_get(vnfr, "vdu"), 0);
    return json_array_get(json_object_get(vdu, "vnfc_instance"), 0);
}

static json_t *with_instance(json_t *message, const struct kit *k)
{
    json_object_set_new(message, "vnfcInstance", json_deep_copy(first_instance(k->record)));
    return message;
}

static json_t *dependency(void)
{
    return json_pack("{ss s{ss} s{s{s{ss}}} s{s{s{s{s{ss}}}}}}", "target", "baton-test", "idType",
                     "db", "db", "parameters", "db", "parameters", "private", "", "vnfcParameters",
                     "db", "parameters", "i-9", "parameters", "private", "10.1.0.9");
}

static json_t *script(void)
{
    return json_pack("{ss ss s[iiiii]}", "id", "s-1", "name", "ob_runtime_script", "payload", 116,
                     114, 117, 101, 10);
}

static bool names_instance(const struct kit_ask *a, const json_t *wanted)
{
    const json_t *said = json_object_get(a->answer, "vnfcInstance");
    return *kit_text(wanted, "id") && strcmp(kit_text(said, "id"), kit_text(wanted, "id")) == 0;
}

static bool keeps_instances(const json_t *answer, const struct kit *k)
{
    const json_t *got = first_instance(json_object_get(answer, RECORD));
    return !k->allocates || *kit_text(got, "id");
}

static void instantiate(struct kit *k)
{
    struct kit_ask *a =
        kit_ask_for(k, KIT_INSTANTIATE_RULE, kit_instantiate(k, "baton-test-1", NULL));
    const char *granted = kit_text(json_object_get(k->grant_sent, RECORD), "id");
    if (!k->grants)
        kit_fail(k, KIT_GRANT_RULE, a, "INSTANTIATE came without a GRANT_OPERATION");
    if (!k->allocates)
        kit_skip(k, KIT_ALLOCATE_RULE, "not applicable: it allocates itself");
    if (a && kit_check_vnfm(k, KIT_INSTANTIATE_RULE, a, "INSTANTIATE", granted)) {
        kit_check(k, KIT_INSTANTIATE_RULE, keeps_instances(a->answer, k), a,
                  "the instances that were allocated are not in the record");
        k->record = json_deep_copy(json_object_get(a->answer, RECORD));
    }
    if (!first_instance(k->record)) {
        kit_announce(k, "no record with an instance came: the next steps use the kit's own");
        json_decref(k->record);
        k->record = kit_record_of(k, *granted ? granted : "r-baton-test");
    }
}

static void repeats_of_life(struct kit *k)
{
    json_t *message = kit_request("MODIFY", "vnfr", record(k));
    json_object_set_new(message, "vnfrd", dependency());
    struct kit_ask *a = kit_ask_for(k, KIT_MODIFY_RULE, message);
    if (a)
        kit_check_vnfm(k, KIT_MODIFY_RULE, a, "MODIFY", id_of(k));
    a = kit_ask_for(k, KIT_START_RULE, kit_request("START", RECORD, record(k)));
    if (a)
        kit_check_vnfm(k, KIT_START_RULE, a, "START", id_of(k));
    a = kit_ask_for(k, KIT_STOP_RULE, kit_request("STOP", RECORD, record(k)));
    if (a)
        kit_check_vnfm(k, KIT_STOP_RULE, a, "STOP", id_of(k));
}

static void of_one(struct kit *k)
{
    static const struct {
        const char *action;
        enum kit_rule rule, rule_one;
    } rows[] = {{"STOP", KIT_STOP_RULE, KIT_STOP_ONE_RULE},
                {"START", KIT_START_RULE, KIT_START_ONE_RULE},
                {"HEAL", KIT_HEAL_RULE, KIT_HEAL_ONE_RULE}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *message = with_instance(kit_request(rows[i].action, RECORD, record(k)), k);
        if (rows[i].rule == KIT_HEAL_RULE)
            json_object_set_new(message, "cause", json_string("why not"));
        struct kit_ask *a = kit_ask_for(k, rows[i].rule, message);
        if (a && kit_check_vnfm(k, rows[i].rule, a, rows[i].action, id_of(k)))
            kit_check(k, rows[i].rule_one, names_instance(a, first_instance(k->record)), a,
                      "the answer does not have the vnfcInstance that was asked about");
    }
}

static json_t *scale_out_message(struct kit *k)
{
    json_t *with = record(k);
    json_t *component = json_pack("{ss s[{ss ss si}]}", "id", "c-baton-test-2", "connection_point",
                                  "virtual_link_reference", "private", "virtual_link_reference_id",
                                  "net-1", "interfaceId", 0);
    json_t *vdu = json_array_get(json_object_get(with, "vdu"), 0);
    json_array_append(json_object_get(vdu, "vnfc"), component);
    return json_pack("{ss so so ss s{ss ss s[]} s{ss ss ss ss} so so}", "action", "SCALE_OUT",
                     RECORD, with, "component", component, "mode", "", "vnfPackage", "id", "p-1",
                     "name", "p", "scripts", "extension", "brokerIp", k->url.host, "brokerPort",
                     k->port, "monitoringIp", "", "timezone", "CET", "vimInstance", kit_pop(k),
                     "dependency", dependency());
}

static void scale(struct kit *k)
{
    unsigned before = k->scalings;
    struct kit_ask *a = kit_ask_for(k, KIT_SCALE_OUT_RULE, scale_out_message(k));
    bool has_asked = k->scalings > before;
    if (k->allocates && !has_asked)
        kit_fail(k, KIT_SCALING_RULE, a, "SCALE_OUT came without a SCALING");
    else if (!has_asked)
        kit_skip(k, KIT_SCALING_RULE, "not applicable: it allocates itself");
    if (a && kit_check_vnfm(k, KIT_SCALE_OUT_RULE, a, "SCALED", id_of(k))) {
        const json_t *made = json_object_get(a->answer, "vnfcInstance");
        kit_check(k, KIT_SCALE_OUT_RULE,
                  !has_asked || strcmp(kit_text(json_object_get(made, "vnfComponent"), "id"),
                                       "c-baton-test-2") == 0,
                  a, "vnfcInstance is not that of the component");
    }
    json_t *message = kit_request("SCALE_IN", RECORD, record(k));
    a = kit_send_json(k, with_instance(message, k));
    json_decref(message);
    bool is_answered = kit_await(k, a);
    kit_check(k, KIT_SCALE_IN_NULL_RULE, is_answered, a, "SCALE_IN was not answered");
    kit_check(k, KIT_SCALE_IN_RULE, !is_answered || !kit_is_error(a->answer), a,
              "SCALE_IN was answered ERROR");
}

static void rest(struct kit *k)
{
    json_t *message = kit_request("UPDATE", "vnfr", record(k));
    struct kit_ask *a = kit_ask_for(k, KIT_UPDATE_RULE, message);
    if (a)
        kit_check_vnfm(k, KIT_UPDATE_RULE, a, "UPDATE", id_of(k));
    message = kit_request("UPDATE", "vnfr", record(k));
    json_object_set_new(message, "script", script());
    a = kit_ask_for(k, KIT_UPDATE_RULE, message);
    if (a)
        kit_check_vnfm(k, KIT_UPDATE_RULE, a, "UPDATE", id_of(k));
    message = kit_request("EXECUTE", "vnfr", record(k));
    json_object_set_new(message, "script", script());
    a = kit_ask_for(k, KIT_EXECUTE_RULE, message);
    if (a)
        kit_check_vnfm(k, KIT_EXECUTE_RULE, a, "EXECUTE", id_of(k));
    message = kit_request("RESUME", "vnfr", record(k));
    json_object_set_new(message, "vnfrd", dependency());
    a = kit_ask_for(k, KIT_RESUME_RULE, message);
    const char *said = a ? kit_action(a->answer) : NULL;
    if (a)
        kit_check(k, KIT_RESUME_RULE, said && *said && strcmp(said, "RESUME") != 0, a,
                  "RESUME was answered %s", said && *said ? "RESUME" : "null");
    message = json_pack("{ss ss ss}", "action", "LOG_REQUEST", "vnfrName", "baton-test-1",
                        "hostname", kit_text(first_instance(k->record), "hostname"));
    a = kit_ask_for(k, KIT_LOG_RULE, message);
    if (a)
        kit_check(k, KIT_LOG_RULE,
                  strcmp(kit_text(a->answer, "action"), "LOG_REQUEST") == 0 &&
                      json_is_array(json_object_get(a->answer, "outputLog")) &&
                      json_is_array(json_object_get(a->answer, "errorLog")),
                  a, "the answer is not LOG_REQUEST with outputLog and errorLog");
}

static void again(struct kit *k)
{
    unsigned before = k->grants;
    json_t *message = kit_instantiate(k, "baton-test-1", NULL);
    json_object_set_new(message, "vnfr", record(k));
    struct kit_ask *a = kit_ask_for(k, KIT_REINSTANTIATE_RULE, message);
    if (a && kit_check_vnfm(k, KIT_REINSTANTIATE_RULE, a, "INSTANTIATE", id_of(k)))
        kit_check(k, KIT_REINSTANTIATE_RULE, k->grants == before, a,
                  "it asked for a grant of a record that is there");
}

static void release(struct kit *k)
{
    struct kit_ask *a =
        kit_ask_for(k, KIT_RELEASE_RULE, kit_request("RELEASE_RESOURCES", "vnfr", record(k)));
    if (a)
        kit_check_vnfm(k, KIT_RELEASE_RULE, a, "RELEASE_RESOURCES", id_of(k));
    a = kit_ask_for(k, KIT_RELEASE_UNKNOWN_RULE,
                    kit_request("RELEASE_RESOURCES", "vnfr", kit_record_of(k, "r-never-seen")));
    if (a)
        kit_check_vnfm(k, KIT_RELEASE_UNKNOWN_RULE, a, "RELEASE_RESOURCES", "r-never-seen");
}

void kit_vnfm_lifecycle(struct kit *k)
{
    instantiate(k);
    repeats_of_life(k);
    of_one(k);
    scale(k);
    rest(k);
    again(k);
    json_t *message = kit_request("ERROR", "vnfr", record(k));
    json_object_set_new(message, "message", json_string("told by the test kit"));
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    kit_check(k, KIT_ERROR_TOLD_RULE, kit_is_alive(k), a, "after ERROR it answers nothing");
    release(k);
}
