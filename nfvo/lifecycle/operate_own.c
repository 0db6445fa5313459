/* What the NFVO does itself for a step: applied, and restored by a rollback. */
#include "nfvo/lifecycle/operate_private.h"

/* clang-format off */
static const struct {
    operate_step_fn *apply, *restore; /* restore NULL: nothing undoes it */
} own[STEP_KIND_N] = {
    [STEP_SET_COMPONENT] = { operate_set_component, operate_unset_component },
    [STEP_SET_IMAGE] = { operate_set_image, operate_restore_values },
    [STEP_SET_VNFD] = { operate_set_vnfd, operate_restore_values },
    [STEP_MARK_FAILED] = { operate_mark_failed, operate_unmark },
    [STEP_SET_CONFIG] = { operate_exchange_config, operate_exchange_config },
    [STEP_DROP_INSTANCE] = { operate_drop_instance, NULL },
    [STEP_SET_DEPENDENCIES] = { operate_set_dependencies, operate_unset_dependencies },
    [STEP_DROP] = { operate_drop, NULL },
};
/* clang-format on */

void operate_apply(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    if (own[a->kind].apply)
        own[a->kind].apply(m, v, a);
}

void operate_restore(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    if (own[a->kind].restore)
        own[a->kind].restore(m, v, a);
}
