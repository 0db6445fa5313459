/* Calls of the contract (rest-api.md, section 2) that are not built: 501 and what it is,
 * decisions.md D29. "Nothing at this path" would send a user looking for a mistake of their own. A
 * call that gets built leaves this table. */
#include "nfvo/api/context.h"

#define V1  "/api/v1"
#define NSD V1 "/ns-descriptors"
#define NSR V1 "/ns-records"

static enum err_code unbuilt(struct call *c, struct err *err)
{
    err_set(err, ERR_UNSUPPORTED, "%s is not built: %s %s", c->endpoint->summary,
            c->endpoint->method, c->endpoint->path);
    return err_hint(err, "what there is: GET /api/v1/openapi.json");
}

/* clang-format off */
#define ROW(method, path, flags, summary) {method, path, unbuilt, 501, flags, summary},
#define GET(path, summary)    ROW("GET", path, API_PROJECT, summary)
#define POST(path, summary)   ROW("POST", path, API_PROJECT, summary)
#define PUT(path, summary)    ROW("PUT", path, API_PROJECT, summary)
#define DELETE(path, summary) ROW("DELETE", path, API_PROJECT, summary)

const struct endpoint unbuilt_endpoints[] = {
    POST(NSD "/marketdownload",                       "Downloading an NSD from a marketplace")
    POST(NSD "/package-repository-download",          "Downloading an NSD from a package repository")
    POST(V1 "/nsd-tosca",                             "Onboarding a TOSCA template")
    POST(V1 "/csar-nsd",                              "Onboarding a CSAR")
    POST(V1 "/csar-vnfd",                             "Onboarding a CSAR")
    POST(V1 "/csar-ns/marketdownload",                "Downloading a CSAR from a marketplace")
    POST(V1 "/csar-vnf/marketdownload",               "Downloading a CSAR from a marketplace")
    POST(NSR,                                         "Deploying an NSD that is in the body")
    POST(V1 "/datacenters/{id}/images",               "Adding an image to a PoP")
    PUT(V1 "/datacenters/{id}/images/{imageId}",      "Changing an image of a PoP")
    DELETE(V1 "/datacenters/{id}/images/{imageId}",   "Removing an image from a PoP")
    ROW("GET", V1 "/plugins/{type}/{name}/{version}", 0, "Installing a driver from a marketplace")
    {0},
};
/* clang-format on */
