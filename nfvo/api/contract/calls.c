/* What each call takes and gives. A call that gets built gets a row. */
#include <string.h>

#include "nfvo/api/contract/contract.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/alarm.h"
#include "proto/records/manager.h"
#include "proto/records/operation.h"
#include "proto/records/package.h"
#include "proto/records/record.h"
#include "proto/records/vim.h"

/* Bodies that one call only has: declared where it is. */
extern const struct proto_type account_wanted_type, log_lines_type, service_wanted_type,
    password_change_type, nsd_part_type, vnffgd_type, restart_body_type, upgrade_body_type,
    configure_body_type, verb_body_type, alarm_body_type, replay_body_type, scale_body_type,
    action_body_type, pnfr_type;

/* clang-format off */
#define NONE         {BODY_NONE, NULL, NULL, false}
#define REC(t)       {BODY_RECORD, &t##_type, NULL, false}
#define MAYBE(t)     {BODY_RECORD, &t##_type, NULL, true}
#define LISTED(t)    {BODY_RECORDS, &t##_type, NULL, false}
#define PART(t)      {BODY_PARTIAL, &t##_type, NULL, false}
#define PART_IF(t)   {BODY_PARTIAL, &t##_type, NULL, true}
#define SHAPE(s)     {BODY_SHAPE, NULL, #s, false}
#define SHAPE_IF(s)  {BODY_SHAPE, NULL, #s, true}
#define SHAPES(s)    {BODY_SHAPES, NULL, #s, false}
#define FORM(s)      {BODY_FORM, NULL, #s, false}
#define OF(form)     {BODY_##form, NULL, NULL, false}
#define IDS          SHAPE(ids)
#define DONE         SHAPE_IF(nothing)
#define V1  "/api/v1"
#define NSD V1 "/ns-descriptors"
#define NSR V1 "/ns-records"
#define VNF NSR "/{id}/vnfrecords/{vnfrId}"
#define VDU VNF "/vdunits"
#define ONE VDU "/{vduId}/vnfcinstances/{instanceId}"
#define OPERATION "plan queue attempts basis" /* of calls that ask for an operation */

#define EXAMPLE_VNFD "{\"name\":\"web\",\"vendor\":\"me\",\"version\":\"1.0\",\"type\":\"web\",\"endpoint\":\"generic\",\"vdu\":[{\"vm_image\":[\"debian-12\"],\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}],\"scale_in_out\":2}],\"virtual_link\":[{\"name\":\"net\"}]}"
#define EXAMPLE_NSD  "{\"name\":\"shop\",\"vendor\":\"me\",\"version\":\"1.0\",\"vld\":[{\"name\":\"net\"}],\"vnfd\":[" EXAMPLE_VNFD "]}"
#define EXAMPLE_POP  "{\"name\":\"pop\",\"type\":\"test\",\"authUrl\":\"http://192.0.2.1/\"}"
#define EXAMPLE_IDS  "[\"3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf31\"]"
#define EXAMPLE_VNFM "{\"type\":\"web\",\"endpointType\":\"REST\",\"endpoint\":\"http://192.0.2.1:9000\",\"enabled\":true,\"active\":true}"
#define EXAMPLE_SAID(action) "{\"action\":\"" action "\",\"virtualNetworkFunctionRecord\":{\"id\":\"3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf31\",\"name\":\"web\",\"parent_ns_id\":\"8d1fba9e-6f7c-4f0e-9d0f-1f6f9fae1a11\"}}"

const struct contract_row contract_rows[] = {
    {"POST",   "/oauth/token",                        "login",               FORM(token_request), SHAPE(token), NULL, "{\"grant_type\":\"password\",\"username\":\"admin\",\"password\":\"openbaton\"}"},
    {"POST",   "/oauth/revoke",                       "logout",              FORM(revoke_request), DONE, NULL, NULL},
    {"GET",    V1 "/sessions",                        "listSessions",        NONE, SHAPES(object), NULL, NULL},
    {"DELETE", V1 "/sessions/{id}",                   "endSession",          NONE, NONE, NULL, NULL},
    /* descriptors */
    {"POST",   NSD,                                   "createNsd",           REC(nsd), REC(nsd), NULL, EXAMPLE_NSD},
    {"GET",    NSD,                                   "listNsds",            NONE, LISTED(nsd), NULL, NULL},
    {"POST",   NSD "/multipledelete",                 "deleteNsds",          IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    NSD "/{id}",                           "getNsd",              NONE, REC(nsd), NULL, NULL},
    {"PUT",    NSD "/{id}",                           "updateNsd",           PART(nsd), REC(nsd), NULL, NULL},
    {"DELETE", NSD "/{id}",                           "deleteNsd",           NONE, NONE, NULL, NULL},
    {"GET",    NSD "/{id}/vnfdescriptors",            "listVnfdsOfNsd",      NONE, LISTED(vnfd), NULL, NULL},
    {"POST",   NSD "/{id}/vnfdescriptors",            "addVnfdToNsd",        REC(vnfd), REC(vnfd), NULL, EXAMPLE_VNFD},
    {"GET",    NSD "/{id}/vnfdescriptors/{vnfdId}",   "getVnfdOfNsd",        NONE, REC(vnfd), NULL, NULL},
    {"PUT",    NSD "/{id}/vnfdescriptors/{vnfdId}",   "updateVnfdOfNsd",     REC(vnfd), REC(vnfd), NULL, EXAMPLE_VNFD},
    {"DELETE", NSD "/{id}/vnfdescriptors/{vnfdId}",   "removeVnfdFromNsd",   NONE, NONE, NULL, NULL},
    {"GET",    NSD "/{id}/vnfdependencies",           "listDependenciesOfNsd", NONE, LISTED(vnf_dependency), NULL, NULL},
    {"POST",   NSD "/{id}/vnfdependencies",           "addDependencyToNsd",  REC(vnf_dependency), REC(vnf_dependency), NULL, "{\"source\":\"db\",\"target\":\"web\",\"parameters\":[\"port\"]}"},
    {"GET",    NSD "/{id}/vnfdependencies/{depId}",   "getDependencyOfNsd",  NONE, REC(vnf_dependency), NULL, NULL},
    {"PUT",    NSD "/{id}/vnfdependencies/{depId}",   "updateDependencyOfNsd", REC(vnf_dependency), REC(vnf_dependency), NULL, NULL},
    {"DELETE", NSD "/{id}/vnfdependencies/{depId}",   "removeDependencyFromNsd", NONE, NONE, NULL, NULL},
    {"GET",    NSD "/{id}/pnfdescriptors",            "listPnfdsOfNsd",      NONE, LISTED(nsd_part), NULL, NULL},
    {"POST",   NSD "/{id}/pnfdescriptors",            "addPnfdToNsd",        PART(nsd_part), REC(nsd_part), NULL, NULL},
    {"GET",    NSD "/{id}/pnfdescriptors/{partId}",   "getPnfdOfNsd",        NONE, REC(nsd_part), NULL, NULL},
    {"PUT",    NSD "/{id}/pnfdescriptors/{partId}",   "updatePnfdOfNsd",     PART(nsd_part), REC(nsd_part), NULL, NULL},
    {"DELETE", NSD "/{id}/pnfdescriptors/{partId}",   "removePnfdFromNsd",   NONE, NONE, NULL, NULL},
    {"GET",    NSD "/{id}/security",                  "getSecurityOfNsd",    NONE, REC(nsd_part), NULL, NULL},
    {"POST",   NSD "/{id}/security",                  "setSecurityOfNsd",    PART(nsd_part), REC(nsd_part), NULL, NULL},
    {"GET",    NSD "/{id}/security/{partId}",         "getSecurityOfNsdById", NONE, REC(nsd_part), NULL, NULL},
    {"PUT",    NSD "/{id}/security/{partId}",         "updateSecurityOfNsd", PART(nsd_part), REC(nsd_part), NULL, NULL},
    {"DELETE", NSD "/{id}/security/{partId}",         "removeSecurityFromNsd", NONE, NONE, NULL, NULL},
    {"POST",   V1 "/vnf-descriptors",                 "createVnfd",          REC(vnfd), REC(vnfd), NULL, EXAMPLE_VNFD},
    {"GET",    V1 "/vnf-descriptors",                 "listVnfds",           NONE, LISTED(vnfd), NULL, NULL},
    {"POST",   V1 "/vnf-descriptors/multipledelete",  "deleteVnfds",         IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/vnf-descriptors/{id}",            "getVnfd",             NONE, REC(vnfd), NULL, NULL},
    {"PUT",    V1 "/vnf-descriptors/{id}",            "updateVnfd",          REC(vnfd), REC(vnfd), NULL, EXAMPLE_VNFD},
    {"DELETE", V1 "/vnf-descriptors/{id}",            "deleteVnfd",          NONE, NONE, NULL, NULL},
    {"GET",    V1 "/vnf-descriptors/{id}/vdus/{vduId}", "getVduOfVnfd",      NONE, REC(vdu), NULL, NULL},
    {"POST",   V1 "/vnf-packages",                    "uploadPackage",       OF(FILE), REC(vnfd), NULL, NULL},
    {"GET",    V1 "/vnf-packages",                    "listPackages",        NONE, LISTED(vnf_package), NULL, NULL},
    {"POST",   V1 "/vnf-packages/multipledelete",     "deletePackages",      IDS, NONE, NULL, EXAMPLE_IDS},
    {"POST",   V1 "/vnf-packages/marketdownload",     "downloadPackageFromMarket", SHAPE_IF(link), SHAPE(object), NULL, NULL},
    {"POST",   V1 "/vnf-packages/package-repository-download", "downloadPackageFromRepository", SHAPE_IF(link), SHAPE(object), NULL, NULL},
    {"GET",    V1 "/vnf-packages/{id}",               "getPackage",          NONE, REC(vnf_package), NULL, NULL},
    {"PUT",    V1 "/vnf-packages/{id}",               "updatePackage",       PART(vnf_package), REC(vnf_package), NULL, NULL},
    {"DELETE", V1 "/vnf-packages/{id}",               "deletePackage",       NONE, NONE, NULL, NULL},
    {"GET",    V1 "/vnf-packages/{id}/scripts/{scriptId}", "getScript",      NONE, OF(TEXT), NULL, NULL},
    {"PUT",    V1 "/vnf-packages/{id}/scripts/{scriptId}", "updateScript",   OF(TEXT), OF(TEXT), "plan", "#!/bin/sh\necho ready\n"},
    {"GET",    V1 "/vnf-forwarding-graphs",           "listForwardingGraphs", NONE, LISTED(vnffgd), NULL, NULL},
    {"POST",   V1 "/vnf-forwarding-graphs",           "createForwardingGraph", PART(vnffgd), REC(vnffgd), NULL, "{\"name\":\"chain\"}"},
    {"GET",    V1 "/vnf-forwarding-graphs/{partId}",  "getForwardingGraph",  NONE, REC(vnffgd), NULL, NULL},
    {"PUT",    V1 "/vnf-forwarding-graphs/{partId}",  "updateForwardingGraph", PART(vnffgd), REC(vnffgd), NULL, NULL},
    {"DELETE", V1 "/vnf-forwarding-graphs/{partId}",  "deleteForwardingGraph", NONE, NONE, NULL, NULL},
    {"GET",    V1 "/virtual-link-descriptors",        "listVirtualLinks",    NONE, LISTED(vld), NULL, NULL},
    {"POST",   V1 "/virtual-link-descriptors",        "createVirtualLink",   REC(vld), REC(vld), NULL, "{\"name\":\"net\"}"},
    {"GET",    V1 "/virtual-link-descriptors/{partId}", "getVirtualLink",    NONE, REC(vld), NULL, NULL},
    {"PUT",    V1 "/virtual-link-descriptors/{partId}", "updateVirtualLink", REC(vld), REC(vld), NULL, NULL},
    {"DELETE", V1 "/virtual-link-descriptors/{partId}", "deleteVirtualLink", NONE, NONE, NULL, NULL},
    {"GET",    V1 "/vnfcomponents",                   "listVnfComponents",   NONE, LISTED(vnf_component), NULL, NULL},
    {"GET",    V1 "/vnfcomponents/{id}",              "getVnfComponent",     NONE, REC(vnf_component), NULL, NULL},
    /* network services */
    {"GET",    NSR,                                   "listNsrs",            NONE, LISTED(nsr), NULL, NULL},
    {"POST",   NSR "/multipledelete",                 "deleteNsrs",          IDS, NONE, NULL, EXAMPLE_IDS},
    {"POST",   NSR "/{id}",                           "deployNsd",           PART_IF(deploy_body), REC(nsr), "plan basis", "{\"vduVimInstances\":{\"web-1\":[\"pop\"]}}"},
    {"GET",    NSR "/{id}",                           "getNsr",              NONE, REC(nsr), NULL, NULL},
    {"PUT",    NSR "/{id}",                           "updateNsr",           SHAPE_IF(object), REC(nsr), NULL, NULL},
    {"DELETE", NSR "/{id}",                           "deleteNsr",           NONE, NONE, "plan", NULL},
    {"GET",    NSR "/{id}/history",                   "listHistoryOfNsr",    NONE, SHAPES(object), NULL, NULL},
    {"GET",    NSR "/{id}/operations",                "listOperationsOfNsr", NONE, LISTED(shown_operation), "operation_filter", NULL},
    {"POST",   NSR "/{id}/resume",                    "resumeNsr",           SHAPE_IF(consent), DONE, OPERATION, "{\"repeat\":true}"},
    {"PUT",    NSR "/{id}/vnfd/{vnfdId}",             "addVnf",              PART_IF(deploy_body), REC(nsr), OPERATION, "{}"},
    {"POST",   NSR "/{id}/vnfd/{vnfdId}",             "addVnfByPost",        PART_IF(deploy_body), REC(nsr), OPERATION, "{}"},
    {"GET",    NSR "/{id}/vnfrecords",                "listVnfrs",           NONE, LISTED(vnfr), NULL, NULL},
    {"POST",   NSR "/{id}/vnfrecords",                "echoVnfr",            PART(vnfr), REC(vnfr), NULL, NULL},
    {"POST",   NSR "/{id}/vnfrecords/multipledelete", "removeVnfs",          IDS, NONE, OPERATION, EXAMPLE_IDS},
    {"GET",    VNF,                                   "getVnfr",             NONE, REC(vnfr), NULL, NULL},
    {"PUT",    VNF,                                   "updateVnfr",          PART(configure_body), REC(vnfr), OPERATION, NULL},
    {"DELETE", VNF,                                   "removeVnf",           NONE, NONE, OPERATION, NULL},
    {"GET",    VNF "/history",                        "listHistoryOfVnfr",   NONE, SHAPES(object), NULL, NULL},
    {"PATCH",  VNF "/configurations",                 "configureVnf",        PART(configure_body), REC(vnfr), OPERATION, "{\"configurationParameters\":[{\"confKey\":\"port\",\"value\":\"8080\"}]}"},
    {"POST",   VNF "/execute-script",                 "executeScript",       OF(TEXT), DONE, OPERATION, "#!/bin/sh\nuptime\n"},
    {"POST",   VNF "/update",                         "runUpdateScripts",    SHAPE_IF(nothing), DONE, OPERATION, NULL},
    {"POST",   VNF "/upgrade",                        "upgradeVnf",          PART(upgrade_body), DONE, OPERATION, NULL},
    {"POST",   VNF "/restart",                        "restartVnf",          PART(restart_body), DONE, OPERATION, "{\"imageName\":\"\"}"},
    {"POST",   VNF "/start",                          "startVnf",            SHAPE_IF(nothing), DONE, OPERATION, NULL},
    {"POST",   VNF "/stop",                           "stopVnf",             SHAPE_IF(nothing), DONE, OPERATION, NULL},
    {"POST",   VDU "/vnfcinstances",                  "scaleOut",            PART(scale_body), DONE, OPERATION, "{\"vnfComponent\":{\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}}"},
    {"POST",   VDU "/{vduId}/vnfcinstances",          "scaleOutVdu",         PART(scale_body), DONE, OPERATION, NULL},
    {"POST",   VDU "/{vduId}/vnfcinstances/standby",  "addStandby",          PART(scale_body), DONE, OPERATION, NULL},
    {"DELETE", VDU "/vnfcinstances",                  "scaleIn",             PART_IF(scale_body), NONE, OPERATION, NULL},
    {"DELETE", VDU "/{vduId}/vnfcinstances",          "scaleInVdu",          PART_IF(scale_body), NONE, OPERATION, NULL},
    {"POST",   NSR "/{id}/vnfcinstances",             "scaleOutVnfs",        PART(scale_body), DONE, OPERATION, "{\"vdus\":[{\"vnf\":\"web\",\"vdu\":\"front\",\"number\":2}]}"},
    {"DELETE", NSR "/{id}/vnfcinstances",             "scaleInVnfs",         PART(scale_body), NONE, OPERATION, "{\"vdus\":[{\"vnf\":\"web\",\"vdu\":\"front\",\"number\":2}]}"},
    {"DELETE", ONE,                                   "removeInstance",      PART_IF(scale_body), NONE, OPERATION, NULL},
    {"POST",   ONE "/switchtostandby",                "switchToStandby",     PART_IF(vnfc_instance), DONE, OPERATION, NULL},
    {"POST",   ONE "/actions",                        "healInstance",        PART(action_body), DONE, OPERATION, "{\"action\":\"HEAL\",\"cause\":\"it does not answer\"}"},
    {"POST",   ONE "/start",                          "startInstance",       SHAPE_IF(nothing), DONE, OPERATION, NULL},
    {"POST",   ONE "/stop",                           "stopInstance",        SHAPE_IF(nothing), DONE, OPERATION, NULL},
    {"GET",    NSR "/{id}/vnfdependencies",           "listDependenciesOfNsr", NONE, LISTED(vnf_record_dependency), NULL, NULL},
    {"POST",   NSR "/{id}/vnfdependencies",           "echoDependency",      PART(vnf_record_dependency), REC(vnf_record_dependency), NULL, NULL},
    {"GET",    NSR "/{id}/vnfdependencies/{depId}",   "getDependencyOfNsr",  NONE, REC(vnf_record_dependency), NULL, NULL},
    {"PUT",    NSR "/{id}/vnfdependencies/{depId}",   "echoDependencyById",  PART(vnf_record_dependency), REC(vnf_record_dependency), NULL, NULL},
    {"DELETE", NSR "/{id}/vnfdependencies/{depId}",   "removeDependencyFromNsr", NONE, NONE, NULL, NULL},
    {"GET",    NSR "/{id}/vnfdependenciesList",       "listDependenciesByHost", NONE, SHAPES(host_dependency), NULL, NULL},
    {"GET",    NSR "/{id}/pnfrecords",                "listPnfrs",           NONE, SHAPES(object), NULL, NULL},
    {"POST",   NSR "/{id}/pnfrecords",                "echoPnfr",            PART(pnfr), REC(pnfr), NULL, NULL},
    {"GET",    NSR "/{id}/pnfrecords/{partId}",       "getPnfr",             NONE, REC(pnfr), NULL, NULL},
    {"PUT",    NSR "/{id}/pnfrecords/{partId}",       "echoPnfrById",        PART(pnfr), REC(pnfr), NULL, NULL},
    {"DELETE", NSR "/{id}/pnfrecords/{partId}",       "removePnfr",          NONE, NONE, NULL, NULL},
    /* PoPs */
    {"POST",   V1 "/datacenters",                     "createPop",           REC(vim_instance), REC(vim_instance), NULL, EXAMPLE_POP},
    {"GET",    V1 "/datacenters",                     "listPops",            NONE, LISTED(vim_instance), NULL, NULL},
    {"POST",   V1 "/datacenters/multipledelete",      "deletePops",          IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/datacenters/search/findByName",   "findPop",             NONE, REC(vim_instance), "pop_name", NULL},
    {"GET",    V1 "/datacenters/{id}",                "getPop",              NONE, REC(vim_instance), NULL, NULL},
    {"PUT",    V1 "/datacenters/{id}",                "updatePop",           PART(vim_instance), REC(vim_instance), NULL, EXAMPLE_POP},
    {"DELETE", V1 "/datacenters/{id}",                "deletePop",           NONE, NONE, NULL, NULL},
    {"GET",    V1 "/datacenters/{id}/refresh",        "refreshPop",          NONE, REC(vim_instance), NULL, NULL},
    {"GET",    V1 "/datacenters/{id}/images",         "listImagesOfPop",     NONE, LISTED(image), NULL, NULL},
    {"GET",    V1 "/datacenters/{id}/images/{imageId}", "getImageOfPop",     NONE, REC(image), NULL, NULL},
    /* managers, drivers, events */
    {"GET",    V1 "/vnfmanagers",                     "listVnfms",           NONE, LISTED(vnfm_endpoint), NULL, NULL},
    {"GET",    V1 "/vnfmanagers/{id}",                "getVnfm",             NONE, MAYBE(vnfm_endpoint), NULL, NULL},
    {"DELETE", V1 "/vnfmanagers/{id}",                "deleteVnfm",          NONE, NONE, NULL, NULL},
    {"GET",    V1 "/plugins",                         "listDrivers",         NONE, SHAPES(text), NULL, NULL},
    {"GET",    V1 "/baton/managers",                  "listAccounts",        NONE, SHAPES(account), NULL, NULL},
    {"POST",   V1 "/baton/managers",                  "createAccount",       PART(account_wanted), SHAPE(account), NULL, "{\"name\":\"web-vnfm\",\"kind\":\"vnfm\",\"type\":\"web\"}"},
    {"GET",    V1 "/baton/managers/{name}",           "getAccount",          NONE, SHAPE(account), NULL, NULL},
    {"PATCH",  V1 "/baton/managers/{name}",           "updateAccount",       PART(account_wanted), SHAPE(account), NULL, "{\"sdk\":\"python\"}"},
    {"POST",   V1 "/baton/managers/{name}/rotate",    "rotatePassword",      NONE, SHAPE(account), NULL, NULL},
    {"DELETE", V1 "/baton/managers/{name}",           "deleteAccount",       NONE, NONE, NULL, NULL},
    {"POST",   V1 "/events",                          "subscribe",           REC(event_endpoint), REC(event_endpoint), NULL, "{\"name\":\"me\",\"type\":\"REST\",\"endpoint\":\"http://192.0.2.1:8000/\",\"event\":\"INSTANTIATE_FINISH\"}"},
    {"GET",    V1 "/events",                          "listSubscriptions",   NONE, LISTED(event_endpoint), NULL, NULL},
    {"GET",    V1 "/events/actions",                  "listEventNames",      NONE, SHAPES(text), NULL, NULL},
    {"POST",   V1 "/events/multipledelete",           "deleteSubscriptions", IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/events/{id}",                     "getSubscription",     NONE, REC(event_endpoint), NULL, NULL},
    {"POST",   V1 "/events/{id}/replay",              "replayEvents",        PART(replay_body), SHAPE(object), NULL, "{\"after\":0}"},
    {"DELETE", V1 "/events/{id}",                     "deleteSubscription",  NONE, NONE, NULL, NULL},
    /* the image repository */
    {"POST",   V1 "/nfvimage",                        "addImage",            OF(IMAGE), REC(nfv_image), "nfv_image", NULL},
    {"GET",    V1 "/nfvimage",                        "listImages",          NONE, LISTED(nfv_image), NULL, NULL},
    {"GET",    V1 "/nfvimage/{id}",                   "getImage",            NONE, REC(nfv_image), NULL, NULL},
    {"DELETE", V1 "/nfvimage/{id}",                   "deleteImage",         NONE, NONE, NULL, NULL},
    {"GET",    V1 "/nfvimage/file/{id}",              "getImageFile",        NONE, OF(OCTETS), "image_token", NULL},
    /* users, projects, services, keys */
    {"PUT",    V1 "/users/changepwd",                 "changeOwnPassword",   PART(password_change), DONE, NULL, NULL},
    {"PUT",    V1 "/users/changepwd/{username}",      "changePassword",      PART(password_change), DONE, NULL, NULL},
    {"GET",    V1 "/users",                           "listUsers",           NONE, LISTED(user), NULL, NULL},
    {"POST",   V1 "/users",                           "createUser",          REC(user), REC(user), NULL, "{\"username\":\"alice\",\"password\":\"Some-1-password\",\"enabled\":true,\"roles\":[{\"role\":\"USER\",\"project\":\"default\"}]}"},
    {"POST",   V1 "/users/multipledelete",            "deleteUsers",         IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/users/current",                   "getCurrentUser",      NONE, REC(user), NULL, NULL},
    {"GET",    V1 "/users/{id}",                      "getUser",             NONE, REC(user), NULL, NULL},
    {"PUT",    V1 "/users/{id}",                      "updateUser",          PART(user), REC(user), NULL, NULL},
    {"DELETE", V1 "/users/{id}",                      "deleteUser",          NONE, NONE, NULL, NULL},
    {"DELETE", V1 "/users/{id}/roles/{project}",      "removeRole",          NONE, NONE, NULL, NULL},
    {"GET",    V1 "/projects",                        "listProjects",        NONE, LISTED(project), NULL, NULL},
    {"POST",   V1 "/projects",                        "createProject",       REC(project), REC(project), NULL, "{\"name\":\"shop\",\"description\":\"the web shop\"}"},
    {"POST",   V1 "/projects/multipledelete",         "deleteProjects",      IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/projects/{id}",                   "getProject",          NONE, REC(project), NULL, NULL},
    {"PUT",    V1 "/projects/{id}",                   "updateProject",       PART(project), REC(project), NULL, "{\"description\":\"the old web shop\"}"},
    {"DELETE", V1 "/projects/{id}",                   "deleteProject",       NONE, NONE, NULL, NULL},
    {"GET",    V1 "/projects/{id}/use",               "getUseOfProject",     NONE, SHAPE(project_use), NULL, NULL},
    {"GET",    V1 "/quotas",                          "getQuotas",           NONE, SHAPE(pop_quotas), NULL, NULL},
    {"GET",    V1 "/components/services",             "listServices",        NONE, LISTED(service), NULL, NULL},
    {"POST",   V1 "/components/services/create",      "createService",       REC(service_wanted), OF(OCTETS), NULL, "{\"name\":\"autoscaling\",\"roles\":[\"*\"]}"},
    {"POST",   V1 "/components/services/register",    "registerService",     OF(TEXT), SHAPE(service_token), NULL, NULL},
    {"POST",   V1 "/components/services/multipledelete", "deleteServices",   IDS, NONE, NULL, EXAMPLE_IDS},
    {"DELETE", V1 "/components/services/{id}",        "deleteService",       NONE, NONE, NULL, NULL},
    {"POST",   V1 "/keys",                            "importKey",           REC(ssh_key), REC(ssh_key), NULL, NULL},
    {"GET",    V1 "/keys",                            "listKeys",            NONE, LISTED(ssh_key), NULL, NULL},
    {"POST",   V1 "/keys/generate",                   "generateKey",         OF(TEXT), OF(TEXT), NULL, "mykey"},
    {"POST",   V1 "/keys/multipledelete",             "deleteKeys",          IDS, NONE, NULL, EXAMPLE_IDS},
    {"GET",    V1 "/keys/{id}",                       "getKey",              NONE, REC(ssh_key), NULL, NULL},
    {"DELETE", V1 "/keys/{id}",                       "deleteKey",           NONE, NONE, NULL, NULL},
    /* operations and what happens */
    {"GET",    V1 "/baton/operations",                "listOperations",      NONE, LISTED(shown_operation), "operation_nsr operation_filter", NULL},
    {"GET",    V1 "/baton/operations/{id}",           "getOperation",        NONE, REC(shown_operation), NULL, NULL},
    {"POST",   V1 "/baton/operations/{id}/retry",     "retryOperation",      PART_IF(verb_body), REC(shown_operation), NULL, "{\"repeat\":true}"},
    {"POST",   V1 "/baton/operations/{id}/rollback",  "rollBackOperation",   PART_IF(verb_body), REC(shown_operation), NULL, NULL},
    {"POST",   V1 "/baton/operations/{id}/cancel",    "cancelOperation",     PART_IF(verb_body), REC(shown_operation), NULL, "{\"mode\":\"GRACEFUL\"}"},
    {"POST",   V1 "/baton/operations/{id}/fail",      "failOperation",       PART_IF(verb_body), REC(shown_operation), NULL, NULL},
    {"POST",   V1 "/baton/operations/{id}/continue",  "continueOperation",   PART_IF(verb_body), REC(shown_operation), NULL, NULL},
    {"GET",    V1 "/baton/alarms",                    "listAlarms",          NONE, LISTED(alarm), NULL, NULL},
    {"GET",    V1 "/baton/alarms/{id}",               "getAlarm",            NONE, REC(alarm), NULL, NULL},
    {"PATCH",  V1 "/baton/alarms/{id}",               "acknowledgeAlarm",    PART(alarm_body), REC(alarm), NULL, "{\"ackState\":\"ACKNOWLEDGED\"}"},
    {"GET",    V1 "/baton/pops/{id}/reconcile",       "getDriftOfPop",       NONE, SHAPE(object), NULL, NULL},
    {"POST",   V1 "/baton/pops/{id}/reconcile",       "reconcilePop",        NONE, SHAPE(object), NULL, NULL},
    {"POST",   V1 "/baton/pops/{id}/collect",         "collectOrphans",      IDS, SHAPE(object), NULL, EXAMPLE_IDS},
    {"GET",    V1 "/baton/explain/{id}",              "explain",             NONE, SHAPE(object), "explain", NULL},
    {"GET",    V1 "/baton/status",                    "getStatus",           NONE, SHAPE(object), NULL, NULL},
    {"GET",    V1 "/baton/targets",                   "listTargets",         NONE, SHAPES(target), "targets", NULL},
    {"GET",    V1 "/baton/dead-letters",              "listDeadLetters",     NONE, SHAPES(object), NULL, NULL},
    {"DELETE", V1 "/baton/dead-letters",              "deleteDeadLetters",   NONE, NONE, NULL, NULL},
    {"GET",    V1 "/baton/events",                    "streamEvents",        NONE, OF(STREAM), "stream", NULL},
    {"POST",   V1 "/logs/{nsrId}/vnfrecord/{vnfrName}/hostname/{hostname}", "getLogs", PART_IF(log_lines), SHAPE(logs), "full", "{\"lines\":50}"},
    {"GET",    V1 "/history",                         "listRequests",        NONE, SHAPES(request), NULL, NULL},
    {"GET",    V1 "/history/{n}",                     "listFirstRequests",   NONE, SHAPES(request), NULL, NULL},
    {"GET",    V1 "/audit",                           "listAudit",           NONE, SHAPES(object), NULL, NULL},
    {"GET",    V1 "/operations/{id}",                 "getRequest",          NONE, SHAPE(slow_request), NULL, NULL},
    /* VNFMs over HTTP: they ask */
    {"POST",   "/admin/v1/vnfm-register",             "registerVnfm",        REC(vnfm_endpoint), NONE, NULL, EXAMPLE_VNFM},
    {"POST",   "/admin/v1/vnfm-unregister",           "unregisterVnfm",      REC(vnfm_endpoint), NONE, NULL, EXAMPLE_VNFM},
    {"POST",   "/admin/v1/vnfm-core-actions",         "tellResult",          REC(vnfm_or), NONE, NULL, EXAMPLE_SAID("START")},
    {"POST",   "/admin/v1/vnfm-core-actions-reply",   "tellResultAndWait",   REC(vnfm_or), NONE, NULL, EXAMPLE_SAID("START")},
    {"POST",   "/admin/v1/vnfm-core-grant",           "askForGrant",         REC(vnfm_or), SHAPE(object), NULL, EXAMPLE_SAID("GRANT_OPERATION")},
    {"POST",   "/admin/v1/vnfm-core-allocate",        "askForServers",       REC(vnfm_or), SHAPE(object), NULL, EXAMPLE_SAID("ALLOCATE_RESOURCES")},
    {"POST",   "/admin/v1/vnfm-core-scale",           "askForOneMoreServer", REC(vnfm_or), SHAPE(object), NULL, EXAMPLE_SAID("SCALING")},
    /* the server itself */
    {"GET",    V1 "/main/openbaton-rc",               "getClientFile",       NONE, OF(OCTETS), NULL, NULL},
    {"GET",    V1 "/main/version",                    "getVersion",          NONE, OF(TEXT), NULL, NULL},
    {"GET",    V1 "/version",                         "getVersionAgain",     NONE, OF(TEXT), NULL, NULL},
    {"GET",    V1 "/openapi.json",                    "getOpenapi",          NONE, SHAPE(object), NULL, NULL},
    {"GET",    "/",                                   "getFront",            NONE, SHAPE(front), NULL, NULL},
    {"GET",    "/ui/{hash}/{name}",                   "getDashboardFile",    NONE, OF(SCRIPT), NULL, NULL},
    {"GET",    "/doc",                                "getDocuments",        NONE, OF(HTML), NULL, NULL},
    {"GET",    "/doc/{name}",                         "getDocument",         NONE, OF(DOCUMENT), NULL, NULL},
    {"GET",    "/doc/schemas/{name}",                 "getSchema",           NONE, OF(DOCUMENT), NULL, NULL},
    {"GET",    "/env",                                "getEnvironment",      NONE, SHAPE(object), NULL, NULL},
    {"GET",    "/configprops",                        "getConfigprops",      NONE, SHAPE(object), NULL, NULL},
    {"GET",    "/metrics",                            "getMetrics",          NONE, OF(METRICS), NULL, NULL},
    {"GET",    "/healthz",                            "getHealth",           NONE, SHAPE(health), NULL, NULL},
    {"GET",    "/readyz",                             "getReadiness",        NONE, SHAPE(health), NULL, NULL},
    {0},
};
/* clang-format on */

const struct contract_row *contract_find(const struct endpoint *e)
{
    for (const struct contract_row *r = contract_rows; r->method; r++)
        if (strcmp(r->method, e->method) == 0 && strcmp(r->path, e->path) == 0)
            return r;
    return NULL;
}
