#include "nfvo/lifecycle/operation/retry.h"

/* clang-format off */
static const enum step_form forms[CAUSE_N][GROUP_N][SDK_N] = {
#define X(cause, group, ours, java, python, unknown, go) \
    [CAUSE_##cause][GROUP_##group] = { [SDK_C] = FORM_##ours, [SDK_JAVA] = FORM_##java, [SDK_PYTHON] = FORM_##python, \
        [SDK_UNKNOWN] = FORM_##unknown, [SDK_GO] = FORM_##go },
    RETRY_FORMS(X)
#undef X
};
/* clang-format on */

enum retry_group retry_group(const struct plan_step *s)
{
    if (step_kinds[s->kind].peer == PEER_DRIVER)
        return GROUP_DRIVER;
    if (step_kinds[s->kind].peer != PEER_VNFM)
        return GROUP_INTERNAL;
    switch (s->kind) {
    case STEP_SCALE_OUT:
        return GROUP_SCALE_OUT;
    case STEP_HEAL:
    case STEP_UPDATE:
    case STEP_UPDATE_SCRIPT:
    case STEP_EXECUTE:
    case STEP_SCALE_IN:
        return GROUP_ONE;
    default:
        return s->instance ? GROUP_ONE : GROUP_WHOLE;
    }
}

enum step_form retry_form(const struct plan_step *s, enum sdk sdk,
                          const struct retry_consent *consent)
{
    enum retry_group group = retry_group(s);
    bool is_unknown = s->state == STEP_STATE_UNKNOWN || s->cause == CAUSE_OUTCOME;
    if (group == GROUP_DRIVER)
        return FORM_LISTING;
    if (group == GROUP_INTERNAL || (s->kind == STEP_UPDATE_SCRIPT && sdk != SDK_C))
        return FORM_MESSAGE; /* the same text in the same place: it may come twice */
    enum fault_cause cause = is_unknown               ? CAUSE_OUTCOME
                             : s->cause == CAUSE_NONE ? CAUSE_SCRIPT
                                                      : s->cause;
    enum step_form form = forms[cause][group][sdk];
    if (s->kind == STEP_TERMINATE) /* whatever comes of it is an end */
        return FORM_MESSAGE;
    if (s->kind == STEP_INSTANTIATE && s->is_touched && !s->is_machines &&
        (form != FORM_RESUME || consent->repeat))
        return FORM_ANEW; /* what is there of it goes first, so nothing runs twice */
    if (form == FORM_REFUSED && is_unknown && consent->unknown == UNKNOWN_REPEAT)
        return FORM_MESSAGE;
    if (form == FORM_REFUSED && !is_unknown && consent->repeat)
        return FORM_MESSAGE;
    if (form == FORM_RESUME && consent->repeat && sdk != SDK_C)
        return FORM_MESSAGE; /* it may not know how to resume; ours goes on where it failed */
    return form;
}

const char *retry_refusal(const struct plan_step *s)
{
    if (s->state == STEP_STATE_UNKNOWN || s->cause == CAUSE_OUTCOME)
        return "its outcome is unknown, and this VNFM would run its scripts a second time; look, "
               "then "
               "retry with \"unknown\": \"repeat\" or \"done\"";
    return "this VNFM cannot go on where it failed and would run all of its scripts again; retry "
           "with \"repeat\": true";
}
