/* The NFVO refuses, comes late, or says it twice. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"

#define RECORD "virtualNetworkFunctionRecord"

static void check_refused(struct kit *k, enum kit_rule rule, struct kit_ask *a, const char *what)
{
    if (!a)
        return;
    const json_t *exception = json_object_get(a->answer, "exception");
    if (kit_check(k, rule, kit_is_error(a->answer), a, "%s was refused, and the answer is no ERROR",
                  what))
        kit_check(k, KIT_REASON_KEPT_RULE,
                  strstr(kit_text(exception, "detailMessage"), "no room left") != NULL, a,
                  "%s: exception.detailMessage does not have the reason", what);
}

static json_t *scale_out(struct kit *k)
{
    json_t *record = kit_record_of(k, "r-scale");
    json_t *component = json_pack("{ss s[]}", "id", "c-2", "connection_point");
    json_array_append(json_object_get(json_array_get(json_object_get(record, "vdu"), 0), "vnfc"),
                      component);
    return json_pack("{ss so so ss s{ss} so}", "action", "SCALE_OUT", RECORD, record, "component",
                     component, "mode", "", "extension", "brokerIp", k->url.host, "vimInstance",
                     kit_pop(k));
}

static void refuse(struct kit *k)
{
    unsigned before = k->grants;
    k->grant = KIT_REFUSES;
    struct kit_ask *a =
        kit_ask_for(k, KIT_GRANT_REFUSED_RULE, kit_instantiate(k, "baton-test-refused", NULL));
    k->grant = KIT_NORMAL;
    if (k->grants == before)
        kit_skip(k, KIT_GRANT_REFUSED_RULE, "not reached: it asked for no grant");
    else
        check_refused(k, KIT_GRANT_REFUSED_RULE, a, "GRANT_OPERATION");
    if (!k->allocates) {
        kit_skip(k, KIT_ALLOCATE_REFUSED_RULE, "not applicable: it allocates itself");
    } else {
        k->allocate = KIT_REFUSES;
        a = kit_ask_for(k, KIT_ALLOCATE_REFUSED_RULE,
                        kit_instantiate(k, "baton-test-no-server", NULL));
        k->allocate = KIT_NORMAL;
        check_refused(k, KIT_ALLOCATE_REFUSED_RULE, a, "ALLOCATE_RESOURCES");
    }
    if (!k->scalings) {
        kit_skip(k, KIT_SCALING_REFUSED_RULE, "not applicable: it asks no SCALING");
    } else {
        k->scaling = KIT_REFUSES;
        a = kit_ask_for(k, KIT_SCALING_REFUSED_RULE, scale_out(k));
        k->scaling = KIT_NORMAL;
        check_refused(k, KIT_SCALING_REFUSED_RULE, a, "SCALING");
    }
}

static void instantiate_with(struct kit *k, enum kit_rule rule, enum kit_manner grant,
                             enum kit_manner allocate, const char *name)
{
    k->grant = grant;
    k->allocate = allocate;
    struct kit_ask *a = kit_ask_for(k, rule, kit_instantiate(k, name, NULL));
    k->grant = k->allocate = KIT_NORMAL;
    if (a)
        kit_check(k, rule, strcmp(kit_text(a->answer, "action"), "INSTANTIATE") == 0, a,
                  "INSTANTIATE was not answered INSTANTIATE");
}

void kit_vnfm_refusals(struct kit *k)
{
    refuse(k);
    struct kit_options patient = *k->o;
    const struct kit_options *usual = k->o;
    patient.answer_ms += 4000; /* what it is made to wait for */
    k->o = &patient;
    instantiate_with(k, KIT_GRANT_LATE_RULE, KIT_LATE, KIT_NORMAL, "baton-test-late");
    k->o = usual;
    instantiate_with(k, KIT_ANSWER_TWICE_RULE, KIT_TWICE, KIT_TWICE, "baton-test-twice");
}

/* --- members: more, fewer, and texts that are not ASCII --- */

#define TEXT "w\xc3\xb6rk \"quoted\" \\ back\nline \xe2\x98\x83 \xf0\x9f\x8e\xbb"

static void texts(struct kit *k)
{
    json_t *record = kit_record_of(k, "r-text");
    json_object_set_new(record, "vendor", json_string(TEXT));
    json_object_set_new(record, "aMemberOfLater", json_pack("{s[i]}", "kept", 1));
    struct kit_ask *a = kit_ask_for(k, KIT_TEXT_RULE, kit_request("START", RECORD, record));
    if (!a)
        return;
    const json_t *got = json_object_get(a->answer, RECORD);
    kit_check(k, KIT_TEXT_RULE, strcmp(kit_text(got, "vendor"), TEXT) == 0, a,
              "the record's member vendor came back as another text");
    kit_check(k, KIT_KEEPS_MEMBERS_RULE, json_object_get(got, "aMemberOfLater") != NULL, a,
              "a member of the record that it does not know was dropped");
}

static void fewer(struct kit *k)
{
    json_t *message = kit_instantiate(k, "baton-test-bare", NULL);
    json_object_del(message, "vnfPackage");
    json_object_del(message, "keys");
    struct kit_ask *a = kit_ask_for(k, KIT_MEMBERS_LESS_RULE, message);
    if (a)
        kit_check(k, KIT_MEMBERS_LESS_RULE,
                  strcmp(kit_text(a->answer, "action"), "INSTANTIATE") == 0, a,
                  "INSTANTIATE without vnfPackage and keys was not answered INSTANTIATE");
}

void kit_vnfm_members(struct kit *k)
{
    texts(k);
    k->grant = k->allocate = KIT_ADDS;
    struct kit_ask *a =
        kit_ask_for(k, KIT_MEMBERS_MORE_RULE, kit_instantiate(k, "baton-test-more", "more"));
    k->grant = k->allocate = KIT_NORMAL;
    if (a)
        kit_check(k, KIT_MEMBERS_MORE_RULE,
                  strcmp(kit_text(a->answer, "action"), "INSTANTIATE") == 0, a,
                  "INSTANTIATE with members that it does not know was not answered INSTANTIATE");
    fewer(k);
}
