#include "nfvo/event/subscription.h"

#include <string.h>

#include "common/http/dial.h"
#include "proto/records/manager.h"
#include "proto/topology.h"

static enum err_code wrong(const char *member, struct err *err)
{
    err_add(err, "%s", member);
    return err_where(err, "%s", member);
}

static enum err_code check_url(const char *url, const struct dial_rules *dial, struct err *err)
{
    enum err_code rc = dial_check_url(dial, url, err);
    if (rc == ERR_DENIED && err) /* that user may subscribe, only not this */
        err->code = ERR_INVALID;
    return rc;
}

enum err_code subscription_check(const struct event_endpoint *e, const struct dial_rules *dial,
                                 struct err *err)
{
    enum err_code rc = proto_validate(&event_endpoint_type, e, err);
    if (rc != ERR_OK)
        return rc;
    if (!e->project_id || !*e->project_id) {
        err_set(err, ERR_INVALID, "must not be empty");
        return wrong("projectId", err);
    }
    if (strcmp(e->type, "RABBIT") == 0)
        return topology_check_subscriber(e->endpoint, err) == ERR_OK ? ERR_OK
                                                                     : wrong("endpoint", err);
    if (strcmp(e->type, "REST") == 0)
        return check_url(e->endpoint, dial, err) == ERR_OK ? ERR_OK : wrong("endpoint", err);
    err_set(err, ERR_INVALID, "'%s' is not delivered to", e->type);
    err_hint(err, "RABBIT with a queue, or REST with a URL");
    return wrong("type", err);
}
