#include "nfvo/lifecycle/domain.h"

#include "nfvo/lifecycle/author.h"
#include "nfvo/lifecycle/nsr.h"
#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/pop.h"
#include "proto/topology.h"

#include <string.h>

/* clang-format off */
static const struct row_kind row_kinds[ROW_KIND_N] = {
    [ROW_NSR]      = { "nsr",            { "project_id", "name", "nsd_id", "pops" },       { nsr_phase_names, NSR_PHASE_N },           true,  true },
    [ROW_VNFR]     = { "vnfr",           { "name", "endpoint", "room" },                   { vnfr_phase_names, VNFR_PHASE_N },         true,  true },
    [ROW_INSTANCE] = { "instance",       { "vnfr_id", "pop_id", "hostname", "vc_id", "agent", "flavour" },
                                                                                           { instance_phase_names, INSTANCE_PHASE_N }, false, true },
    [ROW_POP]      = { "pop",            { "project_id", "name", "type" },                 { pop_phase_names, POP_PHASE_N },           true,  true },
    [ROW_INTEREST] = { "event_interest", { "project_id", "event", "subject" },             { 0 },                                      false, false },
    [ROW_DRIVER]   = { "vim_driver",     { "type", "capabilities", "absent", "room" },     { 0 },                                      false, false },
    [ROW_OPERATION] = { .table = "operation",
                        .keys = { "project_id", "nsr_name", "kind", "vnfr_id", "instance_id", "origin", "asked_by", "asked_at", "state_at", "ended_at" },
                        .phases = { operation_state_words, OPERATION_STATE_N }, .has_doc = true, .phase_column = "state",
                        .numbers = 1u << OPERATION_ASKED_AT | 1u << OPERATION_STATE_AT | 1u << OPERATION_ENDED_AT,
                        .open = "is_open", .n_open = OPERATION_STATE_COMPLETED, .once = "request", .survives_root = true },
    [ROW_VNFM]     = { "vnfm_sdk",       { "sdk" },                                        { 0 },                                      false, false },
    [ROW_USE]      = { "instance_use",   { "pop_id", "flavour", "n" },                     { 0 },                                      false, false },
    [ROW_USE_OF_NSR] = { "nsr_use",      { "pop_id", "flavour", "n" },                     { 0 },                                      false, false },
    [ROW_IMAGE]    = { "nfv_image",      { "project_id", "name" },                         { 0 },                                      true,  false },
};

static const struct agg_kind agg_kinds[AGG_N] = {
    [AGG_NSR] = { "nsr", ROW_NSR, { ROW_VNFR, ROW_INSTANCE, ROW_OPERATION }, 3 },
    [AGG_POP] = { "pop", ROW_POP, { 0 }, 0 },
};
/* clang-format on */

static bool pop_of_nsr(const struct row *root, const struct row *pop)
{
    size_t n = strlen(pop->id);
    for (const char *p = root->key[NSR_POPS]; (p = strstr(p, pop->id)) != NULL; p += n)
        if ((p == root->key[NSR_POPS] || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

static bool use_of_pop(const struct row *root, const struct row *use)
{
    return strcmp(root->id, use->key[USE_POP]) == 0;
}

static bool of_its_project(const struct row *root, const struct row *image)
{
    return strcmp(root->key[NSR_PROJECT], image->key[IMAGE_PROJECT]) == 0;
}

static bool any(const struct row *root, const struct row *candidate)
{
    (void)root;
    (void)candidate;
    return true;
}

/* PoPs that fact_key names. $1 has to be mentioned. */
#define NAMED_POPS                                                                                 \
    "(SELECT unnest(string_to_array(k, ',')) FROM unnest($2::text[]) k WHERE $1::text[] IS NOT "   \
    "NULL)"
/* Which driver serves a type, as fact_driver chooses. types: a SELECT of one column, type. */
#define DRIVERS_OF(types)                                                                          \
    "FROM (SELECT DISTINCT d.queue AS id, d.type, d.capabilities, d.absent_since::text AS "        \
    "absent, "                                                                                     \
    "d.room "                                                                                      \
    "FROM (" types ") t JOIN LATERAL (SELECT * FROM vim_driver c WHERE "                           \
    "c.type = split_part(t.type, '.', 1) AND (c.queue = 'vim-drivers.' || t.type OR "              \
    "starts_with(c.queue, 'vim-drivers.' || t.type || "                                            \
    "CASE WHEN strpos(t.type, '.') > 0 THEN '' ELSE '.' END)) ORDER BY "                           \
    "c.queue = 'vim-drivers.' || t.type DESC, c.absent_since IS NULL DESC, c.absent_since DESC, "  \
    "c.queue COLLATE \"C\" LIMIT 1) d ON true) r"
#define USE_OF(pops)                                                                               \
    "FROM (SELECT concat_ws(' ', i.pop_id, i.flavour) AS id, i.pop_id, i.flavour, "                \
    "count(*)::text AS n FROM instance i WHERE i.phase IN ('LAUNCHING', 'DOUBT', 'UP') AND "       \
    "i.pop_id IN " pops " GROUP BY i.pop_id, i.flavour) r"

static const struct fact_kind fact_kinds[] = {
    {FACT_POPS, ROW_POP, AGG_NSR,
     "FROM pop r WHERE r.id IN (SELECT unnest(string_to_array(n.pops, ',')) FROM nsr n WHERE n.id "
     "= ANY($1))",
     pop_of_nsr, false},
    /* Two looks into the same index: in one condition they were a scan of the whole table. */
    {FACT_SUBSCRIPTIONS, ROW_INTEREST, AGG_NSR,
     "FROM (SELECT concat_ws(' ', i.subject, i.project_id, i.event) AS id, i.* FROM event_interest "
     "i "
     "WHERE i.subject = '' AND i.project_id = ANY ('{*}'::text[] || ARRAY(SELECT DISTINCT "
     "n.project_id FROM nsr n WHERE n.id = ANY ($1::text[]))) "
     "UNION ALL SELECT concat_ws(' ', i.subject, i.project_id, i.event), i.* FROM event_interest i "
     "WHERE i.subject = ANY ($1::text[] || "
     "ARRAY(SELECT v.id FROM vnfr v WHERE v.agg = ANY ($1::text[])))) r",
     any, false},
    /* Any aggregate's: the PoP's own, or those of the NSR; fact_key is the type of a PoP that is
     * not stored yet, or gets another one. */
    {FACT_DRIVERS, ROW_DRIVER, AGG_N,
     DRIVERS_OF("SELECT p.type FROM pop p WHERE p.id = ANY ($1::text[] || ARRAY(SELECT "
                "unnest(string_to_array(n.pops, ',')) FROM nsr n WHERE n.id = ANY ($1::text[]))) "
                "UNION SELECT unnest($2::text[])"),
     any, true},
    /* What fails or is being deleted is left out: the driver has the last word. */
    {FACT_USE, ROW_USE, AGG_POP,
     USE_OF("(SELECT p.id FROM pop p WHERE p.id = ANY ($1::text[]) AND "
            "strpos(p.state, '\"quota\":') > 0)"),
     use_of_pop, false},
    /* Rows of their own: facts of a batch are one list, and a PoP counts all of its. */
    {FACT_USE_OF_NSR, ROW_USE_OF_NSR, AGG_NSR,
     USE_OF("(SELECT unnest(string_to_array(n.pops, ',')) FROM nsr n WHERE n.id = "
            "ANY ($1::text[]))"),
     any, false},
    {FACT_NAMED_POPS, ROW_POP, AGG_NSR, "FROM pop r WHERE r.id IN " NAMED_POPS, any, true},
    {FACT_NAMED_POPS, ROW_DRIVER, AGG_NSR,
     DRIVERS_OF("SELECT p.type FROM pop p WHERE p.id IN " NAMED_POPS), any, true},
    {FACT_NAMED_POPS, ROW_USE_OF_NSR, AGG_NSR, USE_OF(NAMED_POPS), any, true},
    {FACT_NAMED_POPS, ROW_IMAGE, AGG_NSR,
     "FROM nfv_image r WHERE r.project_id IN (SELECT p.project_id FROM pop p WHERE p.id "
     "IN " NAMED_POPS ")",
     any, true},
    {FACT_IMAGES, ROW_IMAGE, AGG_NSR,
     "FROM nfv_image r WHERE r.project_id IN (SELECT n.project_id FROM nsr n WHERE n.id = "
     "ANY ($1::text[]))",
     of_its_project, false},
    /* By the account that serves the type; of before rooms, one without an account. */
    {FACT_VNFMS, ROW_VNFM, AGG_NSR,
     "FROM (SELECT DISTINCT ON (e.type) e.type AS id, m.sdk FROM vnfm_endpoint e JOIN "
     "manager_credentials m ON m.sdk <> '' AND (m.username = e.account OR e.account = '' AND "
     "m.type = e.type) WHERE e.type IN (SELECT v.endpoint FROM vnfr v WHERE v.agg = "
     "ANY ($1::text[])) ORDER BY e.type, e.active DESC, m.username) r",
     any, false},
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

/* A VNFM's request for a release leads to deletes, and so may any end of an operation's step, which
 * may set off a rollback: the facts of what an answer may set off. */
static unsigned facts_of_answer(int command_kind)
{
    static const enum vnfr_event release[] = {VNFR_EV_RELEASED};
    static const enum vnfr_event other[] = {VNFR_EV_INSTANTIATED, VNFR_EV_MODIFIED, VNFR_EV_STARTED,
                                            VNFR_EV_FAULT};
    bool may_delete = command_kind == CMD_RELEASE_RESOURCES || command_kind >= CMD_STEP_FIRST;
    unsigned facts = may_delete ? facts_of_vnfr_events(release, 1) : facts_of_vnfr_events(other, 4);
    return command_kind >= CMD_STEP_FIRST ? facts | FACT_VNFMS : facts;
}

static unsigned facts_of_request(enum action a)
{
    static const enum vnfr_event grant[] = {VNFR_EV_GRANT}, allocate[] = {VNFR_EV_ALLOCATE},
                                 update[] = {VNFR_EV_UPDATE};
    if (a == ACTION_SCALING) /* operate_scaling.c */
        return FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS | FACT_IMAGES;
    return (a == ACTION_GRANT_OPERATION ? FACT_IMAGES : 0u) |
           facts_of_vnfr_events(a == ACTION_GRANT_OPERATION      ? grant
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
    enum err_code rc =
        proto_decode(&vnfm_or_type, m->body, m->len, PROTO_EMPTY_IS_ABSENT, a, &msg, err);
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
                                   : facts_of_answer(CMD_RELEASE_RESOURCES) |
                                         facts_of_answer(CMD_START) | FACT_VNFMS;
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
    if (command_is_to(COMMAND_TO_DRIVER, kind)) {
        in->event = EV_DRIVER_ANSWER;
        in->facts =
            agg_kind == AGG_NSR ? FACT_POPS | FACT_SUBSCRIPTIONS | FACT_DRIVERS : FACT_DRIVERS;
        if (kind == CMD_REFRESH || kind == CMD_GET_QUOTA)
            in->facts |= FACT_USE;
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
    enum err_code rc =
        proto_decode(&vnfm_or_type, m->body, m->len, PROTO_EMPTY_IS_ABSENT, a, &msg, err);
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
    if (in->agg_kind == AGG_POP && strcmp(msg->what, "prepare") == 0)
        in->facts |= FACT_USE;
    if (in->agg_kind == AGG_NSR && strcmp(msg->what, "prepared") == 0)
        in->facts |= FACT_IMAGES; /* the next PoP may be chosen */
    return ERR_OK;
}

static enum err_code understand(const struct message *m, struct arena *a, struct intent *in,
                                struct err *err)
{
    /* One that is none costs its request the answer, and nobody else anything. */
    in->reply_to = m->reply_to && topology_check_reply_to(m->reply_to, NULL) == ERR_OK
                       ? arena_strdup(a, m->reply_to)
                       : NULL;
    in->correlation_id = m->correlation_id ? arena_strdup(a, m->correlation_id) : NULL;
    if (strcmp(m->queue, QUEUE_REPLIES) == 0)
        return understand_reply(m, a, in, err);
    if (strcmp(m->queue, QUEUE_INTERNAL) == 0)
        return understand_internal(m, a, in, err);
    return understand_vnfm(m, a, in, err);
}

static void decide(struct decision *d)
{
    if (author_is_foreign(d))
        nsr_foreign(d);
    else if (d->in->agg_kind == AGG_POP)
        pop_decide(d);
    else
        nsr_decide(d);
}

static void refused(struct decision *d)
{
    if (d->in->agg_kind == AGG_POP)
        pop_refused(d);
    else
        nsr_refused(d);
}

static bool is_or_vnfm(int command_kind)
{
    return command_is_to(COMMAND_TO_VNFM, command_kind);
}

void nfvo_domain_init(struct domain *dom, const struct lifecycle_settings *settings)
{
    *dom = (struct domain){.rows = row_kinds,
                           .n_rows = ROW_KIND_N,
                           .aggs = agg_kinds,
                           .n_aggs = AGG_N,
                           .facts = fact_kinds,
                           .n_facts = ARRAY_LEN(fact_kinds),
                           .commands = {command_names, CMD_KIND_N},
                           .understand = understand,
                           .decide = decide,
                           .refused = refused,
                           .flush = model_flush,
                           .event_deadline = EV_DEADLINE,
                           .event_in_doubt = EV_IN_DOUBT,
                           .event_bad_reply = EV_BAD_REPLY,
                           .event_answer_lost = EV_ANSWER_LOST,
                           .may_have_reply_queue = is_or_vnfm,
                           .facts_of_internal_events =
                               FACT_POPS | FACT_SUBSCRIPTIONS | FACT_DRIVERS | FACT_VNFMS,
                           .settings = settings};
}
