#include "nfvo/lifecycle/reconcile/heal.h"

#include "common/base/text.h"

#define HOUR_US INT64_C(3600000000)

enum heal_policy heal_policy_of(const char *vdu, const char *vnfd)
{
    const char *word = vdu && *vdu ? vdu : vnfd;
    return text_equal(word, "instance") ? HEAL_INSTANCE
           : text_equal(word, "vnf")    ? HEAL_VNF
                                        : HEAL_BY_NOBODY;
}

int64_t heal_pause(const struct heal_limits *limits, int64_t attempts)
{
    int64_t pause = limits->pause_us;
    for (int64_t k = 1; k < attempts && pause < HOUR_US; k++)
        pause *= 2;
    return pause < HOUR_US ? pause : HOUR_US;
}

/* An outage first: then all servers of the PoP are in the same case, and none of the others counts. */
enum heal_answer heal_decide(const struct heal_limits *limits, const struct heal_facts *f,
                             int64_t *ret_at)
{
    bool is_same_hour = f->attempts > 0 && f->now < f->hour_at + HOUR_US;
    *ret_at = 0;
    if (f->outage_at && !f->is_outage_acked && f->now < f->outage_at + limits->outage_us) {
        *ret_at = f->outage_at + limits->outage_us;
        return HEAL_AFTER_OUTAGE;
    }
    if (!f->good_since)
        return HEAL_SETTLING;
    if (f->now < f->good_since + limits->settle_us) {
        *ret_at = f->good_since + limits->settle_us;
        return HEAL_SETTLING;
    }
    if (f->looked_at <= f->changed_at) /* what is known of it is from before: it may be healed */
        return HEAL_UNSEEN;
    if (is_same_hour && f->attempts >= limits->per_hour) {
        *ret_at = f->hour_at + HOUR_US;
        return HEAL_HOUR;
    }
    if (is_same_hour && f->now < f->last_at + heal_pause(limits, f->attempts)) {
        *ret_at = f->last_at + heal_pause(limits, f->attempts);
        return HEAL_PAUSE;
    }
    return f->running >= limits->at_once ? HEAL_TURN : HEAL_NOW;
}
