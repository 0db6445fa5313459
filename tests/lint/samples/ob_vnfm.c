// The sample in vnfm-generic/sdk/ob_vnfm.h
#include "vnfm-generic/sdk/ob_vnfm.h"

int switch_on(const char *hostname);
void wait_for_signal(void);

/* clang-format off */
/* sample */
static enum ob_code start(void *arg, struct ob_request *request, struct ob_err *err)
{
    struct ob_record *vnfr = ob_request_vnfr(request, err);
    if (!vnfr)
        return err->code;
    for (size_t i = 0; i < ob_count(vnfr, "vdu[0].vnfc_instance"); i++)
        if (switch_on(ob_get_str(vnfr, "vdu[0].vnfc_instance[%zu].hostname", i)) != 0)
            return ob_err_set(err, OB_ERR_PEER, "switch on '%s'", ob_get_str(vnfr, "name"));
    return OB_OK; // the SDK answers START with the record
}

int main(void)
{
    struct ob_err err = OB_ERR_INIT;
    struct ob_vnfm *vnfm = ob_vnfm_new(
        &(struct ob_vnfm_options){.type = "web",
                                  .broker = {.host = "10.0.0.5",
                                             .user = "openbaton-manager-user",
                                             .password = "openbaton"},
                                  .handlers = &(struct ob_vnfm_handlers){.start = start}},
        &err);
    if (!vnfm || ob_vnfm_start(vnfm, &err) != OB_OK)
        return 1;
    wait_for_signal();
    ob_vnfm_stop(vnfm, 5000);
    ob_vnfm_free(vnfm);
}
/* end */
/* clang-format on */
