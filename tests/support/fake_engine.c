#include "tests/support/fake_engine.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/sys/task_queue.h"
#include "nfvo/lifecycle/operate.h"
#include "nfvo/store/store_misc.h"

struct fake_engine {
    struct sbuf asked; /* of the last operation */
    struct api_commands commands;
    struct task_queue *thread;
    struct db *db;
    enum fake_mood mood;
};

struct errand {
    struct task task;
    struct fake_engine *e;
    enum nfvo_event what;
    enum fake_mood mood;
    bool is_dry;
    char *id, *operation, *project, *name, *type, *doc;
    api_done_fn *done;
    void *arg;
};

static void errand_free(struct errand *t)
{
    free(t->id);
    free(t->operation);
    free(t->project);
    free(t->name);
    free(t->type);
    free(t->doc);
    free(t);
}

static enum err_code apply(struct errand *t, struct err *err)
{
    static const struct db_statement deploy = {
        "fake_deploy",
        "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, state) "
        "VALUES ($1, $1, 'DEPLOYING', 1, $2, $3, $4, '', $5, '{}')"};
    static const struct db_statement release = {"fake_release",
                                                "UPDATE nsr SET phase = 'TOMBSTONE' WHERE id = $1"};
    static const struct db_statement pop = {
        "fake_pop",
        "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
        "VALUES ($1, $1, 'READY', 1, $2, $3, $4, $5, '{}') ON CONFLICT (id) DO UPDATE SET "
        "name = excluded.name, doc = excluded.doc"};
    static const struct db_statement operate = {
        "fake_operate",
        "INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, vnfr_id, instance_id, "
        "origin, asked_by, asked_at, state_at, doc, request) SELECT $1, id, project_id, name, $2, "
        "'FAILED_TEMP', coalesce($3::text, ''), '', 'user', 'admin', 7, 8, $4, $5 FROM nsr WHERE "
        "id = $6"};
    static const struct db_statement pop_gone = {"fake_pop_gone", "DELETE FROM pop WHERE id = $1"};
    struct db *db = t->e->db;
    switch (t->what) {
    case EV_NSR_DEPLOY:
        return db_query(db, &deploy,
                        DB_PARAMS(db_param_text(t->id), db_param_text(t->project),
                                  db_param_text(t->name), db_param_text(t->type),
                                  db_param_text(t->doc)),
                        NULL, err);
    case EV_NSR_RELEASE:
        return db_query(db, &release, DB_PARAMS(db_param_text(t->id)), NULL, err);
    case EV_POP_REGISTER:
    case EV_POP_UPDATE:
        return db_query(db, &pop,
                        DB_PARAMS(db_param_text(t->id), db_param_text(t->project),
                                  db_param_text(t->name), db_param_text(t->type),
                                  db_param_text(t->doc)),
                        NULL, err);
    case EV_NSR_OPERATE:
        if (t->is_dry)
            return ERR_OK;
        return db_query(db, &operate,
                        DB_PARAMS(db_param_text(t->operation), db_param_text(t->name),
                                  db_param_text(t->type),
                                  db_param_text("{\"fault\":{\"message\":\"install.sh ended with "
                                                "1\"},\"steps\":[{\"n\":1,\"kind\":\"UPDATE\","
                                                "\"state\":\"FAILED\",\"of\":\"v\"}]}"),
                                  db_param_text(t->project), db_param_text(t->id)),
                        NULL, err);
    case EV_POP_DELETE:
        return db_query(db, &pop_gone, DB_PARAMS(db_param_text(t->id)), NULL, err);
    default:
        return ERR_OK;
    }
}

static void work(struct task *task, enum task_end end)
{
    struct errand *t = CONTAINER_OF(task, struct errand, task);
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    if (end != TASK_RUN)
        rc = err_set(&err, ERR_UNAVAIL, "stopping");
    else if (t->mood == FAKE_REFUSES)
        rc = err_set(&err, ERR_STATE, "the engine refuses");
    else if (t->mood == FAKE_WORKS)
        rc = apply(t, &err);
    t->done(t->arg, rc == ERR_OK ? NULL : &err, t->doc);
    if (t->what == EV_NSR_OPERATE) { /* its row is no parked call */
        db_results_clear(t->e->db);
        errand_free(t);
        return;
    }
    if (rc == ERR_OK && t->operation && t->mood == FAKE_WORKS)
        rc = store_rest_call_finish(t->e->db, t->operation, 200,
                                    t->what == EV_NSR_LOGS ? t->doc : "", &err);
    if (rc == ERR_OK && t->operation && t->mood == FAKE_FAILS)
        rc = store_rest_call_finish(
            t->e->db, t->operation, 422,
            "{\"code\":\"ERR_PEER\",\"message\":\"the driver says no\",\"hint\":\"h\"}", &err);
    db_results_clear(t->e->db);
    errand_free(t);
}

static void deploy(struct errand *t, const struct deploy_request *req)
{
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "{\"id\":\"%s\",\"name\":\"%s\",\"status\":\"NULL\",\"vnf_dependency\":[]}",
              t->id, req->nsd->name);
    t->project = xstrdup(req->project_id);
    t->name = xstrdup(req->nsd->name);
    t->type = xstrdup(req->nsd->id);
    t->doc = sbuf_take(&doc);
}

static void pop_set(struct errand *t, const struct vim_instance *pop)
{
    struct sbuf doc = SBUF_INIT;
    proto_encode(&vim_instance_type, pop, PROTO_REST | PROTO_NO_SECRETS, &doc);
    t->project = xstrdup(pop->project_id);
    t->name = xstrdup(pop->name);
    t->type = xstrdup(pop->type);
    t->doc = sbuf_take(&doc);
}

/* The answer repeats the question. */
static void logs(struct errand *t, const struct logs_request *req)
{
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "[\"%s\",\"%s\",\"%d\",\"%d\"]", req->vnfr_name, req->hostname, (int)req->lines,
              req->is_full);
    t->doc = sbuf_take(&doc);
}

/* What was asked, in words, for tests to compare. */
static void describe(struct sbuf *out, const struct operate_request *r)
{
    const struct plan_request *p = &r->plan;
    sbuf_clear(out);
    sbuf_adds(out, operation_kind_word(p->kind));
    if (p->vnfr)
        sbuf_addf(out, " vnfr=%s", p->vnfr);
    if (p->instance)
        sbuf_addf(out, " instance=%s", p->instance);
    if (p->failed)
        sbuf_addf(out, " failed=%s", p->failed);
    for (uint32_t i = 0; i < p->n_counts; i++)
        sbuf_addf(out, " vdu=%s number=%u pop=%s%s", p->counts[i].vdu ? p->counts[i].vdu : "-",
                  p->counts[i].number, p->counts[i].pop ? p->counts[i].pop : "-",
                  p->counts[i].is_standby ? " standby" : "");
    if (r->component)
        sbuf_addf(out, " points=%u", r->component->connection_point.n);
    if (r->policy)
        sbuf_addf(out, " policy=%s", fault_policy_words[r->policy]);
    if (r->cause)
        sbuf_addf(out, " cause='%s'", r->cause);
    if (r->script)
        sbuf_addf(out, " script='%s'", r->script);
    if (r->image)
        sbuf_addf(out, " image='%s'", r->image);
    if (r->attempts > 1)
        sbuf_addf(out, " attempts=%u", r->attempts);
    if (r->basis)
        sbuf_addf(out, " basis=%s", r->basis);
    if (r->vnfd)
        sbuf_addf(out, " vnfd=%s", r->vnfd->name);
    if (r->deploy)
        sbuf_addf(out, " pops=%u vnfms=%u", r->deploy->pops.n, r->deploy->vnfms.n);
    for (uint32_t i = 0; i < r->configurations.n; i++)
        sbuf_addf(out, " %s=%s", r->configurations.at[i].key, r->configurations.at[i].value);
    sbuf_addf(out, "%s%s%s%s", p->drains ? " drains" : "", p->is_record_only ? " record" : "",
              r->may_queue ? " queue" : "", r->is_dry ? " plan" : "");
}

static void operate_as(struct errand *t, const struct operate_request *r)
{
    describe(&t->e->asked, r);
    t->operation = xstrdup(r->operation_id);
    t->is_dry = r->is_dry;
    t->name = xstrdup(operation_kind_word(r->plan.kind));
    t->type = xstrdup(r->plan.vnfr ? r->plan.vnfr : "");
    t->project = xstrdup(r->request ? r->request : ""); /* the row's */
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "{\"kind\":\"%s\",\"steps\":[]}", t->name);
    t->doc = sbuf_take(&doc);
}

static void verb_as(struct errand *t, const struct verb_request *r)
{
    sbuf_clear(&t->e->asked);
    sbuf_addf(&t->e->asked, "%s %s%s%s%s by %s", operation_event_words[r->verb], r->operation_id,
              r->consent.repeat ? " repeat" : "",
              r->consent.unknown == UNKNOWN_REPEAT    ? " unknown=repeat"
              : r->consent.unknown == UNKNOWN_IS_DONE ? " unknown=done"
                                                      : "",
              r->mode == CANCEL_FORCEFUL   ? " forceful"
              : r->mode == CANCEL_GRACEFUL ? " graceful"
                                           : "",
              r->asked_by);
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "{\"id\":\"%s\"}", r->operation_id);
    t->doc = sbuf_take(&doc);
}

static void submit(void *ctx, struct api_command *cmd, api_done_fn *done, void *arg)
{
    struct fake_engine *e = ctx;
    struct errand *t = xcalloc(1, sizeof(*t));
    const struct pop_request *pop = cmd->agg_kind == AGG_POP ? cmd->payload : NULL;
    const struct logs_request *of_logs = cmd->event == EV_NSR_LOGS ? cmd->payload : NULL;
    const char *operation = pop ? pop->operation : of_logs ? of_logs->operation : NULL;
    *t = (struct errand){.task = {.run = work, .who = ""},
                         .e = e,
                         .what = cmd->event,
                         .mood = e->mood,
                         .id = xstrdup(cmd->agg),
                         .operation = operation ? xstrdup(operation) : NULL,
                         .done = done,
                         .arg = arg};
    if (cmd->event == EV_NSR_DEPLOY)
        deploy(t, cmd->payload);
    else if (pop && pop->pop)
        pop_set(t, pop->pop);
    else if (of_logs)
        logs(t, of_logs);
    else if (cmd->event == EV_NSR_OPERATE)
        operate_as(t, cmd->payload);
    else if (cmd->event == EV_NSR_OPERATION_VERB)
        verb_as(t, cmd->payload);
    api_command_free(cmd);
    if (!task_queue_push(e->thread, &t->task, 0, 0))
        abort();
}

struct fake_engine *fake_engine_new(const struct test_schema *schema)
{
    struct fake_engine *e = xcalloc(1, sizeof(*e));
    e->asked = (struct sbuf)SBUF_INIT;
    e->commands = (struct api_commands){.ctx = e, .submit = submit};
    e->thread = task_queue_new(1, 200);
    e->db = test_schema_open(schema);
    return e;
}

void fake_engine_free(struct fake_engine *e)
{
    task_queue_free(e->thread);
    db_free(e->db);
    sbuf_release(&e->asked);
    free(e);
}

const struct api_commands *fake_engine_commands(struct fake_engine *e)
{
    return &e->commands;
}

void fake_engine_set(struct fake_engine *e, enum fake_mood mood)
{
    e->mood = mood;
}

const char *fake_engine_asked(struct fake_engine *e)
{
    return e->asked.s ? e->asked.s : "";
}
