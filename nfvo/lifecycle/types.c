#include "nfvo/lifecycle/types.h"

#include <stddef.h>
#include <string.h>

#define X(name, ...) #name,
const char *const nsr_phase_names[] = {NSR_PHASES(X)};
const char *const vnfr_phase_names[] = {VNFR_PHASES(X)};
const char *const instance_phase_names[] = {INSTANCE_PHASES(X)};
const char *const pop_phase_names[] = {POP_PHASES(X)};
#undef X

const char *vnfr_status_of(int phase)
{
#define X(name, status, ...) #status,
    static const char *const status[] = {VNFR_PHASES(X)};
#undef X
    return phase >= 0 && phase < VNFR_PHASE_N ? status[phase] : "ERROR";
}

/* A code given twice does not compile (-Woverride-init). */
#define X(name, code, ...) [code] = #name,
const char *const command_names[CMD_KIND_N] = {COMMAND_KINDS(X)};
#undef X

#define X(name, code, peer, call, again, within, quarters, ...)                                    \
    [code] = {                                                                                     \
        #name,   COMMAND_##peer, call, SEND_##again, offsetof(struct lifecycle_settings, within),  \
        quarters},
const struct command_row command_rows[CMD_KIND_N] = {COMMAND_KINDS(X)};
#undef X

bool command_is_to(enum command_peer peer, int kind)
{
    return kind >= 0 && kind < CMD_KIND_N && command_rows[kind].word &&
           command_rows[kind].peer == peer;
}

int command_kind_of(enum command_peer peer, const char *call)
{
    for (int kind = 0; call && kind < CMD_KIND_N; kind++)
        if (command_is_to(peer, kind) && strcmp(command_rows[kind].call, call) == 0)
            return kind;
    return 0;
}

int64_t command_time(const struct lifecycle_settings *s, int kind)
{
    const struct command_row *row = &command_rows[kind];
    int64_t within;
    memcpy(&within, (const char *)s + row->within, sizeof(within));
    return within * row->quarters / 4;
}

#define PROTO_THIS struct deploy_vnfm
PROTO_RECORD_DEFINE(deploy_vnfm, DEPLOY_VNFM_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct deploy_request
PROTO_RECORD_DEFINE(deploy_request, DEPLOY_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct listed_server
PROTO_RECORD_DEFINE(listed_server, LISTED_SERVER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct pop_listing
PROTO_RECORD_DEFINE(pop_listing, POP_LISTING_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct pop_request
PROTO_RECORD_DEFINE(pop_request, POP_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct internal
PROTO_RECORD_DEFINE(internal, INTERNAL_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct nsr_state
PROTO_RECORD_DEFINE(nsr_state, NSR_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct asker
PROTO_RECORD_DEFINE(asker, ASKER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfr_state
PROTO_RECORD_DEFINE(vnfr_state, VNFR_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct instance_state
PROTO_RECORD_DEFINE(instance_state, INSTANCE_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct pop_use
PROTO_RECORD_DEFINE(pop_use, POP_USE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct pop_state
PROTO_RECORD_DEFINE(pop_state, POP_STATE_FIELDS)
#undef PROTO_THIS
