/* The status of a service on the wire, as it follows from those of its VNFRs. */
#include "nfvo/lifecycle/nsr_private.h"

#include <string.h>

bool nsr_all_in(const struct nsr_model *m, int phase)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase != phase)
            return false;
    return true;
}

/* Smallest status by the order of amqp-protocol.md 4.1; any TERMINATED wins. */
const char *nsr_status_of_all(const struct nsr_model *m)
{
    static const char *const order[] = {"ERROR",    "NULL",    "INITIALIZED",
                                        "INACTIVE", "SCALING", "ACTIVE"};
    size_t least = ARRAY_LEN(order) - 1;
    bool is_resuming = false;
    bool is_released = m->d->root->phase >= NSR_RELEASING;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr_member *v = &m->vnfrs[i];
        const char *s = v->row->phase == VNFR_ACTIVE && v->st->wire ? v->st->wire
                        : v->row->phase < VNFR_ACTIVE && v->st->broken
                            ? "ERROR" /* on its way yet, though its operation has failed */
                        : v->st->is_resuming ? "RESUMING"
                                             : vnfr_status_of(v->row->phase);
        if (strcmp(s, "TERMINATED") == 0 && is_released)
            return "TERMINATED";
        if (strcmp(s, "TERMINATED") == 0) /* it leaves, and the service goes on without it */
            continue;
        is_resuming |= strcmp(s, "RESUMING") == 0;
        for (size_t k = 0; k < least; k++)
            if (strcmp(order[k], s) == 0)
                least = k;
    }
    return is_resuming && least > 0 ? "RESUMING" : order[least];
}
