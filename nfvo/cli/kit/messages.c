#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/sys/ids.h"

#include <stdlib.h>

json_t *kit_pop(const struct kit *k)
{
    if (k->o->cloud)
        return json_deep_copy(k->o->cloud);
    return json_pack("{ss ss ss ss sb s[] s[] s{}}", "id", "7f1bd2c8-0000-4000-8000-00000000ba70",
                     "name", "baton-test", "type", k->o->type, "authUrl", "http://127.0.0.1/",
                     "active", 1, "images", "networks", "metadata");
}

static json_t *points(void)
{
    return json_pack("[{ss ss si}]", "virtual_link_reference", "private",
                     "virtual_link_reference_id", "net-1", "interfaceId", 0);
}

/* Java and Python SDKs iterate over every collection without looking: none is missing. */
static json_t *vdu(const char *id)
{
    return json_pack("{ss ss s[s] si s[s] s[{so}] s[] s[] s[] s[] s{}}", "id", id, "name", "vdu-1",
                     "vm_image", "cirros", "scale_in_out", 3, "vimInstanceName", "baton-test",
                     "vnfc", "connection_point", points(), "vnfc_instance", "monitoring_parameter",
                     "lifecycle_event", "fault_management_policy", "metadata");
}

static json_t *link(void)
{
    return json_pack("{ss s[] s[] s[]}", "name", "private", "connection_points_references", "qos",
                     "test_access");
}

json_t *kit_instantiate(const struct kit *k, const char *name, const char *more)
{
    json_t *vnfd = json_pack(
        "{ss ss ss ss ss ss s[] s[o] s[o] s[{ss}] s[] s[] s[] s[] s{} sb s{s[] ss}}", "id", "d-1",
        "name", name, "type", k->o->type, "endpoint", k->o->type, "vendor", "baton-test", "version",
        "1.0", "lifecycle_event", "vdu", vdu("u-1"), "virtual_link", link(), "deployment_flavour",
        "flavour_key", "m1.small", "auto_scale_policy", "connection_point", "monitoring_parameter",
        "provides", "requires", "cyclicDependency", 0, "configurations", "configurationParameters",
        "name", "configuration");
    json_t *message = json_pack(
        "{ss so s{ss} ss s[{ss ss ss ss}] s{ss ss ss ss ss} s{s[o]} s{ss ss s[]} s[]}", "action",
        "INSTANTIATE", "vnfd", vnfd, "vnfdf", "flavour_key", "m1.small", "vnfInstanceName", name,
        "vlrs", "id", "l-1", "name", "private", "status", "LINKDOWN", "parent_ns", "n-1",
        "extension", "brokerIp", k->url.host, "brokerPort", k->port, "monitoringIp", "", "timezone",
        "CET", "nsr-id", "nsr-baton-test", "vimInstances", "u-1", kit_pop(k), "vnfPackage", "id",
        "p-1", "name", name, "scripts", "keys");
    if (more) {
        json_object_set_new(message, "aMemberOfLater", json_string(more));
        json_object_set_new(vnfd, "aMemberOfLater", json_pack("[s]", more));
    }
    return message;
}

json_t *kit_record_of(const struct kit *k, const char *id)
{
    json_t *one = vdu("u-9");
    json_t *component = json_pack("{ss so}", "id", "c-1", "connection_point", points());
    json_object_set_new(one, "parent_vdu", json_string("u-1"));
    json_object_set_new(one, "vnfc", json_pack("[O]", component));
    json_object_set_new(one, "vnfc_instance",
                        json_pack("[{ss ss ss ss ss s[{ss ss}] s[] s[] so}]", "id", "i-1",
                                  "hostname", "baton-test-4711", "vc_id", "server-1", "vim_id",
                                  "pop-1", "state", "ACTIVE", "ips", "netName", "private", "ip",
                                  "10.1.0.4", "floatingIps", "connection_point", "vnfComponent",
                                  component));
    return json_pack("{ss si ss ss ss ss ss s[] s[o] s[o] s[] s[] s[] s[] s[] s[] s{ss s[]} s{ss "
                     "s[]} s{ss s[]}}",
                     "id", id, "hbVersion", 3, "name", "baton-test", "type", k->o->type, "endpoint",
                     k->o->type, "parent_ns_id", "nsr-baton-test", "status", "ACTIVE",
                     "connected_external_virtual_link", "vdu", one, "virtual_link", link(),
                     "lifecycle_event", "lifecycle_event_history", "connection_point",
                     "auto_scale_policy", "monitoring_parameter", "vnf_address", "configurations",
                     "name", "c", "configurationParameters", "provides", "name", "p",
                     "configurationParameters", "requires", "name", "r", "configurationParameters");
}

json_t *kit_request(const char *action, const char *record_name, json_t *record)
{
    return json_pack("{ss so}", "action", action, record_name, record);
}

json_t *kit_call(const struct kit *k, const char *method, json_t *parameters)
{
    if (!parameters)
        parameters = json_array();
    json_array_insert_new(parameters, 0, kit_pop(k));
    return json_pack("{ss so}", "methodName", method, "parameters", parameters);
}

json_t *kit_alive(const struct kit *k)
{
    if (k->o->whose == KIT_DRIVER)
        return kit_call(k, "refresh", NULL);
    return kit_request("START", "virtualNetworkFunctionRecord",
                       k->record ? json_deep_copy(k->record) : kit_record_of(k, "r-alive"));
}
