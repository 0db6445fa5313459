#include "nfvo/lifecycle/domain.h"

#include "nfvo/lifecycle/nsr.h"
#include "nfvo/lifecycle/pop.h"
#include "proto/topology.h"

#include <string.h>

/* clang-format off */
static const struct row_kind row_kinds[ROW_KIND_N] = {
    [ROW_NSR]          = { "nsr",            { "project_id", "name", "nsd_id", "pops" },         true,  true,  true },
    [ROW_VNFR]         = { "vnfr",           { "name", "endpoint" },                             true,  true,  true },
    [ROW_INSTANCE]     = { "instance",       { "vnfr_id", "pop_id", "hostname", "vc_id", "agent" }, true,  false, true },
    [ROW_POP]          = { "pop",            { "project_id", "name", "type" },                   true,  true,  true },
    [ROW_SUBSCRIPTION] = { "event_endpoint", { "project_id", "event", "nsr_id", "vnfr_id" },     false, false, false },
    [ROW_DRIVER]       = { "vim_driver",     { "type", "capabilities" },                         false, false, false },
};

static const struct agg_kind agg_kinds[AGG_N] = {
    [AGG_NSR] = { "nsr", ROW_NSR, { ROW_VNFR, ROW_INSTANCE }, 2 },
    [AGG_POP] = { "pop", ROW_POP, { 0 }, 0 },
};
/* clang-format on */

_Static_assert(INSTANCE_DELETING == 4, "migrations/0006_agents.sql and store_agent.c say so");

static bool pop_of_nsr(const struct row *root, const struct row *pop)
{
    size_t n = strlen(pop->id);
    for (const char *p = root->key[NSR_POPS]; (p = strstr(p, pop->id)) != NULL; p += n)
        if ((p == root->key[NSR_POPS] || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

static bool any(const struct row *root, const struct row *candidate)
{
    (void)root;
    (void)candidate;
    return true;
}

static const struct fact_kind fact_kinds[] = {
    {FACT_POPS, ROW_POP, AGG_NSR,
     "FROM pop r WHERE r.id IN (SELECT unnest(string_to_array(n.pops, ',')) FROM nsr n WHERE n.id "
     "= ANY($1))",
     pop_of_nsr},
    {FACT_SUBSCRIPTIONS, ROW_SUBSCRIPTION, AGG_NSR,
     "FROM event_endpoint r WHERE $1::text[] IS NOT NULL", any},
    {FACT_DRIVERS, ROW_DRIVER, AGG_N, /* any aggregate's */
     "FROM (SELECT queue AS id, type, capabilities FROM vim_driver WHERE active) r WHERE "
     "$1::text[] IS NOT NULL",
     any},
};

/* --- messages --- */

static unsigned facts_of_vnfr_events(const enum vnfr_event *events, size_t n)
{
    unsigned facts =
        FACT_SUBSCRIPTIONS; /* what follows (another VNFR's step, the NSR's end) may tell them */
    for (size_t i = 0; i < n; i++)
        facts |= fsm_facts(&vnfr_fsm, events[i]);
    return facts;
}

/* A VNFM's request for a release leads to deletes: the facts of what an answer may set off. */
static unsigned facts_of_answer(int command_kind)
{
    static const enum vnfr_event release[] = {VNFR_EV_RELEASED};
    static const enum vnfr_event other[] = {VNFR_EV_INSTANTIATED, VNFR_EV_MODIFIED, VNFR_EV_STARTED,
                                            VNFR_EV_FAULT};
    return command_kind == CMD_RELEASE ? facts_of_vnfr_events(release, 1)
                                       : facts_of_vnfr_events(other, 4);
}

static unsigned facts_of_request(enum action a)
{
    static const enum vnfr_event grant[] = {VNFR_EV_GRANT}, allocate[] = {VNFR_EV_ALLOCATE},
                                 update[] = {VNFR_EV_UPDATE};
    return facts_of_vnfr_events(a == ACTION_GRANT_OPERATION      ? grant
                                : a == ACTION_ALLOCATE_RESOURCES ? allocate
                                                                 : update,
                                1);
}

static bool is_request(enum action a)
{
    return a == ACTION_GRANT_OPERATION || a == ACTION_ALLOCATE_RESOURCES ||
           a == ACTION_UPDATEVNFR || a == ACTION_SCALING;
}

/* vnfm.nfvo.actions(.reply): requests, and answers that do not say to what. */
static enum err_code understand_vnfm(const struct message *m, struct arena *a, struct intent *in,
                                     struct err *err)
{
    struct vnfm_or *msg;
    enum err_code rc = proto_decode(&vnfm_or_type, m->body, m->len, 0, a, &msg, err);
    if (rc != ERR_OK)
        return rc;
    enum action action = action_parse(msg->action);
    if (action == ACTION_NONE)
        return err_set(err, ERR_INVALID, "action: unknown action '%s'",
                       msg->action ? msg->action : "");
    const char *nsr =
        msg->record && msg->record->parent_ns_id ? msg->record->parent_ns_id : msg->nsr_id;
    in->agg_kind = AGG_NSR;
    in->agg = nsr ? nsr : "-"; /* nobody's: whoever asked is told so */
    in->payload = msg;
    in->event = is_request(action) ? EV_VNFM_REQUEST : EV_VNFM_ANSWER;
    in->facts = is_request(action) ? facts_of_request(action)
                                   : facts_of_answer(CMD_RELEASE) | facts_of_answer(CMD_START);
    if (in->event == EV_VNFM_ANSWER && !nsr)
        return err_set(err, ERR_NOT_FOUND, "'%s' names no network service", msg->action);
    return ERR_OK;
}

static const char *command_of(const struct message *m)
{
    static const char prefix[] = QUEUE_REPLY_PREFIX;
    if (m->first_death_queue && strncmp(m->first_death_queue, prefix, sizeof(prefix) - 1) == 0)
        return m->first_death_queue + sizeof(prefix) - 1;
    return m->correlation_id;
}

static bool is_driver_command(int kind)
{
    return kind == CMD_LAUNCH || kind == CMD_DELETE || kind == CMD_REFRESH ||
           kind == CMD_CREATE_NETWORK || kind == CMD_LISTING;
}

/* nfvo.replies: the command's id tells whose answer it is and how to read it. */
static enum err_code understand_reply(const struct message *m, struct arena *a, struct intent *in,
                                      struct err *err)
{
    int agg_kind, kind;
    const char *command = command_of(m);
    if (!command || !command_id_parse(command, a, &in->agg, &agg_kind, &kind) || agg_kind >= AGG_N)
        return err_set(err, ERR_NOT_FOUND, "an answer to nothing of ours");
    in->agg_kind = (uint8_t)agg_kind;
    in->command = arena_strdup(a, command);
    struct driver_reply *reply = NULL;
    struct vnfm_or *msg = NULL;
    if (is_driver_command(kind)) {
        in->event = EV_DRIVER_ANSWER;
        in->facts =
            agg_kind == AGG_NSR ? FACT_POPS | FACT_SUBSCRIPTIONS | FACT_DRIVERS : FACT_DRIVERS;
        if (proto_is_nothing(m->body, m->len))
            return ERR_OK;
        enum err_code rc = proto_decode(&driver_reply_type, m->body, m->len, 0, a, &reply, err);
        in->payload = reply;
        return rc;
    }
    in->event = EV_VNFM_ANSWER;
    in->facts = facts_of_answer(kind);
    if (proto_is_nothing(m->body, m->len))
        return ERR_OK;
    enum err_code rc = proto_decode(&vnfm_or_type, m->body, m->len, 0, a, &msg, err);
    in->payload = msg;
    return rc;
}

static enum err_code understand_internal(const struct message *m, struct arena *a,
                                         struct intent *in, struct err *err)
{
    struct internal *msg;
    enum err_code rc = proto_decode(&internal_type, m->body, m->len, 0, a, &msg, err);
    if (rc == ERR_OK)
        rc = proto_validate(&internal_type, msg, err);
    if (rc != ERR_OK)
        return rc;
    in->agg_kind = msg->to_kind == AGG_POP ? AGG_POP : AGG_NSR;
    in->agg = msg->to;
    in->event = EV_INTERNAL;
    in->payload = msg;
    in->facts =
        in->agg_kind == AGG_NSR ? FACT_POPS | FACT_SUBSCRIPTIONS | FACT_DRIVERS : FACT_DRIVERS;
    return ERR_OK;
}

static enum err_code understand(const struct message *m, struct arena *a, struct intent *in,
                                struct err *err)
{
    in->reply_to = m->reply_to ? arena_strdup(a, m->reply_to) : NULL;
    in->correlation_id = m->correlation_id ? arena_strdup(a, m->correlation_id) : NULL;
    if (strcmp(m->queue, QUEUE_REPLIES) == 0)
        return understand_reply(m, a, in, err);
    if (strcmp(m->queue, QUEUE_INTERNAL) == 0)
        return understand_internal(m, a, in, err);
    return understand_vnfm(m, a, in, err);
}

static void decide(struct decision *d)
{
    if (d->in->agg_kind == AGG_POP)
        pop_decide(d);
    else
        nsr_decide(d);
}

static bool is_or_vnfm(int command_kind)
{
    return (command_kind >= CMD_INSTANTIATE && command_kind <= CMD_RELEASE) ||
           command_kind == CMD_LOGS;
}

void nfvo_domain_init(struct domain *dom, const struct lifecycle_settings *settings)
{
    *dom =
        (struct domain){.rows = row_kinds,
                        .n_rows = ROW_KIND_N,
                        .aggs = agg_kinds,
                        .n_aggs = AGG_N,
                        .facts = fact_kinds,
                        .n_facts = ARRAY_LEN(fact_kinds),
                        .understand = understand,
                        .decide = decide,
                        .flush = model_flush,
                        .event_deadline = EV_DEADLINE,
                        .event_in_doubt = EV_IN_DOUBT,
                        .event_bad_reply = EV_BAD_REPLY,
                        .event_answer_lost = EV_ANSWER_LOST,
                        .may_have_reply_queue = is_or_vnfm,
                        .facts_of_internal_events = FACT_POPS | FACT_SUBSCRIPTIONS | FACT_DRIVERS,
                        .settings = settings};
}
