/* INSTANTIATE: build the record, GRANT_OPERATION, ALLOCATE_RESOURCES, the callback.
 * amqp-protocol.md 4.3. */
#include "vnfm-generic/sdk/internal.h"

static void allocated(struct ob_request *r, const struct envelope *answer, const struct err *err)
{
    (void)answer;
    if (err)
        ob_request_fail(r, err);
    else
        request_run_handler(r);
}

static void allocate(struct ob_request *r, const struct envelope *granted)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, user_data = SBUF_INIT;
    struct err err = ERR_INIT;
    if (request_decode(r, &err) != ERR_OK || request_user_data(r, &user_data, &err) != ERR_OK) {
        ob_request_fail(r, &err);
        return;
    }
    sbuf_adds(&body, "{\"action\":\"ALLOCATE_RESOURCES\"");
    answer_member(&body, "virtualNetworkFunctionRecord", granted->vnfr);
    answer_member(&body, "vimInstances",
                  granted->vdu_vim.n ? granted->vdu_vim : (struct proto_raw){"{}", 2});
    sbuf_adds(&body, ",\"userdata\":");
    sbuf_add(&body, user_data.s, user_data.len);
    answer_member(&body, "keyPairs", r->msg->keys.n ? r->msg->keys : (struct proto_raw){"[]", 2});
    sbuf_addc(&body, '}');
    ask_nfvo(r, ACTION_ALLOCATE_RESOURCES, &body, 0, allocated);
}

static void granted(struct ob_request *r, const struct envelope *answer, const struct err *err)
{
    struct err missing;
    if (err) {
        ob_request_fail(r, err);
    } else if (!answer->vnfr.n) {
        err_set(&missing, ERR_PEER, "GRANT_OPERATION: the answer has no record");
        ob_request_fail(r, &missing);
    } else if (r->vnfm->is_allocating_itself) {
        request_run_handler(r);
    } else {
        allocate(r, answer);
    }
}

static enum err_code build(struct ob_request *r, struct sbuf *out, struct err *err)
{
    const struct envelope *m = r->msg;
    struct vlr_list vlrs = {0};
    struct vnfd *vnfd;
    if (!m->vnfd.n)
        return err_set(err, ERR_INVALID, "INSTANTIATE has no vnfd");
    enum err_code rc = proto_decode(&vnfd_type, m->vnfd.at, m->vnfd.n, 0, &r->arena, &vnfd, err);
    if (rc != ERR_OK)
        return err_add(err, "vnfd of INSTANTIATE");
    if (m->vlrs.n)
        rc = proto_decode_list(&vlr_type, m->vlrs.at, m->vlrs.n, &r->arena, &vlrs, err);
    if (rc != ERR_OK)
        return err_add(err, "vlrs of INSTANTIATE");
    struct vnfr *vnfr =
        vnfr_build(vnfd, m->vnf_instance_name, m->vnfdf ? m->vnfdf->flavour_key : NULL, &vlrs,
                   proto_strmap_get(&m->extension, "nsr-id"), &r->arena);
    sbuf_adds(out, "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":");
    proto_encode(&vnfr_type, vnfr, PROTO_COMPLETE, out);
    sbuf_addc(out, '}');
    return ERR_OK;
}

void instantiate_begin(struct ob_request *r)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    if (build(r, &body, &err) != ERR_OK)
        ob_request_fail(r, &err);
    else
        ask_nfvo(r, ACTION_GRANT_OPERATION, &body, 0, granted);
}
