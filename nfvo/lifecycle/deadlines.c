#include "nfvo/lifecycle/deadlines.h"

#include <string.h>

/* clang-format off */
const struct phase_bound vnfr_bounds[VNFR_PHASE_N] = {
    [VNFR_INSTANTIATING] = { BOUND_COMMAND, { CMD_INSTANTIATE } },
    [VNFR_GRANTING]      = { BOUND_COMMAND, { CMD_PREPARE_POP } },
    [VNFR_GRANTED]       = { BOUND_COMMAND, { CMD_INSTANTIATE } },
    [VNFR_ALLOCATING]    = { BOUND_INSTANCES },
    [VNFR_ALLOCATED]     = { BOUND_COMMAND, { CMD_INSTANTIATE } },
    [VNFR_WAIT_SOURCES]  = { BOUND_COMMAND, { CMD_TIMER_SOURCES } },
    [VNFR_MODIFYING]     = { BOUND_COMMAND, { CMD_MODIFY } },
    [VNFR_WAIT_TURN]     = { BOUND_COMMAND, { CMD_TIMER_TURN } },
    [VNFR_STARTING]      = { BOUND_COMMAND, { CMD_START } },
    [VNFR_ACTIVE]        = { BOUND_STABLE },
    [VNFR_HELD]          = { BOUND_STABLE },
    [VNFR_FAILED]        = { BOUND_STABLE },
    [VNFR_UNDOING]       = { BOUND_INSTANCES },
    [VNFR_RELEASING]     = { BOUND_COMMAND, { CMD_RELEASE_RESOURCES } },
    [VNFR_DELETING]      = { BOUND_INSTANCES },
    [VNFR_GONE]          = { BOUND_STABLE },
};
/* DELETING is looked at again and again, since a server must not be forgotten; the user's patience
 * is the NSR's, CMD_TIMER_RELEASE. */
const struct phase_bound instance_bounds[INSTANCE_PHASE_N] = {
    [INSTANCE_LAUNCHING] = { BOUND_COMMAND, { CMD_LAUNCH } },
    [INSTANCE_DOUBT]     = { BOUND_COMMAND, { CMD_TIMER_DOUBT } },
    [INSTANCE_UP]        = { BOUND_STABLE },
    [INSTANCE_FAILED]    = { BOUND_STABLE },
    [INSTANCE_DELETING]  = { BOUND_POP,     { CMD_DELETE, CMD_LIST_POP, CMD_TIMER_LIST } },
    [INSTANCE_GONE]      = { BOUND_STABLE },
};
const struct phase_bound pop_bounds[POP_PHASE_N] = {
    [POP_REGISTERING]    = { BOUND_COMMAND, { CMD_REFRESH } },
    [POP_READY]          = { BOUND_STABLE },
};
/* clang-format on */

static bool is_open(const struct commands *commands, const struct phase_bound *b, const char *about)
{
    for (uint32_t i = 0; i < commands->n; i++) {
        const struct command *c = commands->at[i];
        if (c->mark == ROW_GONE || strcmp(c->subject, about) != 0)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(b->commands) && b->commands[k]; k++)
            if (c->kind == b->commands[k])
                return true;
    }
    return false;
}

static bool has_waiting_instance(const struct row *vnfr, const struct rows *members)
{
    for (uint32_t i = 0; i < members->n; i++) {
        const struct row *r = members->at[i];
        if (r->kind == ROW_INSTANCE && r->mark != ROW_GONE &&
            strcmp(r->key[INSTANCE_VNFR], vnfr->id) == 0 &&
            instance_bounds[r->phase].by != BOUND_STABLE)
            return true;
    }
    return false;
}

static bool is_bounded(const struct row *r, const struct phase_bound *b, const struct rows *members,
                       const struct commands *commands)
{
    switch (b->by) {
    case BOUND_STABLE:
        return true;
    case BOUND_COMMAND:
        return is_open(commands, b, r->id);
    case BOUND_POP:
        return is_open(commands, b, r->id) || is_open(commands, b, r->key[INSTANCE_POP]);
    case BOUND_INSTANCES:
        return has_waiting_instance(r, members);
    case BOUND_NONE:
        break;
    }
    return false;
}

static bool is_nsr_bounded(const struct row *root, const struct rows *members,
                           const struct commands *commands)
{
    static const struct phase_bound releasing = {BOUND_COMMAND, {CMD_TIMER_RELEASE}};
    bool waits = root->phase != NSR_DEPLOYING;
    for (uint32_t i = 0; i < members->n; i++)
        waits |= members->at[i]->kind == ROW_VNFR &&
                 vnfr_bounds[members->at[i]->phase].by != BOUND_STABLE;
    return waits && (root->phase != NSR_RELEASING || is_open(commands, &releasing, root->id));
}

const struct row *first_unbounded(const struct row *root, const struct rows *members,
                                  const struct commands *commands)
{
    if (!root || root->mark == ROW_GONE)
        return NULL;
    if (root->kind == ROW_NSR && !is_nsr_bounded(root, members, commands))
        return root;
    if (root->kind == ROW_POP && !is_bounded(root, &pop_bounds[root->phase], members, commands))
        return root;
    for (uint32_t i = 0; i < members->n; i++) {
        const struct row *r = members->at[i];
        const struct phase_bound *b = r->kind == ROW_VNFR       ? &vnfr_bounds[r->phase]
                                      : r->kind == ROW_INSTANCE ? &instance_bounds[r->phase]
                                                                : NULL;
        if (b && r->mark != ROW_GONE && !is_bounded(r, b, members, commands))
            return r;
    }
    return NULL;
}
