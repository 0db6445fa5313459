/* /vnfmanagers and /plugins: rest-api.md 2.10. */
#include <string.h>

#include "nfvo/api/context.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_misc.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/vnfmanagers"

/* Unknown: an empty body, as the reference answers. */
static enum err_code vnfm_get(struct call *c, struct err *err)
{
    struct vnfm_endpoint_list list = {0};
    const char *id = call_param(c, "id");
    enum err_code rc = store_vnfm_list(call_db(c), &c->arena, &list, err);
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        if (strcmp(list.at[i]->id, id) == 0)
            call_json(c, &vnfm_endpoint_type, list.at[i]);
    return rc;
}

static enum err_code vnfm_delete(struct call *c, struct err *err)
{
    return store_vnfm_delete(call_db(c), call_param(c, "id"), err);
}

/* clang-format off */
const struct endpoint manager_endpoints[] = {
    {"GET",    BASE,              list_answer,   200, LIST(VNFM), "List the VNFMs that registered"},
    {"GET",    BASE "/{id}",      vnfm_get,    200, 0,         "Show a VNFM"},
    {"DELETE", BASE "/{id}",      vnfm_delete, 204, API_ADMIN, "Forget a VNFM"},
    {"GET",    "/api/v1/plugins", list_answer, 200, LIST(DRIVER), "List the queues of VIM drivers"},
    {0},
};
/* clang-format on */
