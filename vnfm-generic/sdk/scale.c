/* SCALE_OUT: SCALING makes the NFVO create the instance, then the callback. amqp-protocol.md 4.7.
 */
#include "vnfm-generic/sdk/internal.h"

#include "common/base/text.h"

#include <string.h>
#include <strings.h>

/* The new one is the instance whose component is the one of the request. */
static struct vnfc_instance *instance_of(const struct vnfr *vnfr, const char *component_id)
{
    for (uint32_t v = 0; v < vnfr->vdu.n; v++)
        for (uint32_t i = 0; i < vnfr->vdu.at[v]->vnfc_instance.n; i++) {
            struct vnfc_instance *instance = vnfr->vdu.at[v]->vnfc_instance.at[i];
            if (instance->vnf_component && text_matches(instance->vnf_component->id, component_id))
                return instance;
        }
    return NULL;
}

static void scaled(struct ob_request *r, const struct envelope *answer, const struct err *failed)
{
    struct err err = ERR_INIT;
    if (failed) {
        ob_request_fail(r, failed);
        return;
    }
    (void)answer;
    struct ob_record *vnfr = ob_request_vnfr(r, &err);
    struct ob_record *component = vnfr ? ob_request_record(r, "component", &err) : NULL;
    const char *id = ob_get_str(component, "id");
    struct vnfc_instance *instance = component ? instance_of(vnfr->rec, id) : NULL;
    if (component && !instance)
        err_set(&err, ERR_PEER, "SCALING: the answer has no instance of component '%s'",
                id ? id : "");
    if (!instance) {
        ob_request_fail(r, &err);
        return;
    }
    if (r->msg->mode && strcasecmp(r->msg->mode, "standby") == 0) {
        instance->state = "STANDBY";
        vnfr->is_changed = true;
    }
    sbuf_clear(&r->vnfc_instance);
    proto_encode(&vnfc_instance_type, instance, PROTO_COMPLETE, &r->vnfc_instance);
    request_run_handler(r);
}

void scale_out_begin(struct ob_request *r)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, user_data = SBUF_INIT;
    struct err err = ERR_INIT;
    if (request_user_data(r, &user_data, &err) != ERR_OK) {
        ob_request_fail(r, &err);
        return;
    }
    sbuf_adds(&body, "{\"action\":\"SCALING\"");
    answer_member(&body, "virtualNetworkFunctionRecord", r->msg->vnfr);
    sbuf_adds(&body, ",\"userData\":"); /* capital D here: 3.4 */
    sbuf_add(&body, user_data.s, user_data.len);
    answer_member(&body, "vimInstance", r->msg->vim_instance);
    sbuf_addc(&body, '}');
    ask_nfvo(r, ACTION_SCALING, &body, 0, scaled);
}
